package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/evaluate/ages"
	"github.com/openkyc/openkyc/internal/kyc"
)

type evaluateAgeCommand struct {
	People    string  `required:"" help:"CSV file of people: a picture, the age in years when it was taken, the sex (m, f, or nothing)."`
	Images    string  `required:"" help:"Folder of the pictures, JPEG or PNG."`
	Tolerance float64 `default:"25" help:"Years that a face may look from the age, as a scenario's thresholds.ageTolerance."`
	Certainty float64 `default:"98" help:"Percent that the network must be certain of a gender, as a scenario's thresholds.genderCertainty."`
	JSON      bool    `help:"Print the figures as one JSON object."`
	Jobs      int     `default:"1" help:"Pictures read at one time."`
	Models    string  `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
}

// Help is what evaluate age --help says below its first line.
func (evaluateAgeCommand) Help() string {
	return "A line of the list is a.jpg,34,f; a first line may name the columns. Take people like yours, of all ages, and one picture of each: several pictures of one person make the intervals too narrow. " +
		"A wrong refusal of one in a hundred needs some hundreds of people to be seen at all. Nothing leaves the machine, and nothing is stored."
}

func (c *evaluateAgeCommand) Run(w *world) (err error) {
	text, err := os.ReadFile(c.People)
	if err != nil {
		return fmt.Errorf("the list of people: %w", err)
	}
	people, err := ages.ParsePeople(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.People, err)
	}
	if !(c.Tolerance > 0 && c.Certainty >= 50 && c.Certainty < 100) {
		return errors.New("--tolerance is a number of years over 0, --certainty a percentage from 50 to less than 100")
	}
	reader, err := app.OpenFaceReader(c.Models, max(c.Jobs, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	report, err := ages.Run(w.ctx, reader, ages.Options{People: people, Dir: c.Images, Jobs: c.Jobs, Progress: countdown(w.stderr),
		Rules: kyc.Thresholds{AgeTolerance: c.Tolerance, GenderCertainty: c.Certainty}})
	if err != nil {
		return err
	}
	if c.JSON {
		return report.WriteJSON(w.stdout)
	}
	return report.WriteText(w.stdout)
}

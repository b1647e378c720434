package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/evaluate/faces"
)

type evaluateFacesCommand struct {
	Pairs  string  `required:"" help:"CSV file of pairs: a picture, another one, same or different."`
	Images string  `required:"" help:"Folder of the pictures, JPEG or PNG."`
	FAR    float64 `name:"far" help:"A rate of false accepts that you wish for, for example 0.0005: print the distance and the true accepts that it costs."`
	Page   string  `help:"Write an HTML page with the curves and the pairs that are hardest to tell here. It shows faces: keep it as you keep them."`
	Save   string  `name:"calibration" help:"Write a calibration for this installation here; openkyc calibration apply takes it."`
	JSON   bool    `help:"Print the figures as one JSON object."`
	Jobs   int     `default:"1" help:"Pictures read at one time. Times are only comparable between runs of the same number."`
	Models string  `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
}

// Help is what evaluate faces --help says below its first line.
func (evaluateFacesCommand) Help() string {
	return "A line of the list is a.jpg,b.jpg,same or a.jpg,c.jpg,different; a first line may name the columns. Take people like yours: a rate of 0.1 % " +
		"needs 1,000 pairs of two persons at least, and wrong lines in the list are the first thing to look for on the page. Nothing leaves the machine, and nothing is stored but what you name."
}

func (c *evaluateFacesCommand) Run(w *world) (err error) {
	text, err := os.ReadFile(c.Pairs)
	if err != nil {
		return fmt.Errorf("the list of pairs: %w", err)
	}
	pairs, err := faces.ParsePairs(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Pairs, err)
	}
	if c.FAR != 0 && !(c.FAR > 0 && c.FAR < 1) {
		return fmt.Errorf("--far is a share between 0 and 1: 0.001 is one in a thousand")
	}
	if err := writable(c.Page, c.Save); err != nil {
		return err
	}
	reader, err := app.OpenFaceReader(c.Models, max(c.Jobs, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	report, err := faces.Run(w.ctx, reader, faces.Options{Pairs: pairs, Dir: c.Images, Jobs: c.Jobs, Progress: countdown(w.stderr)})
	if err != nil {
		return err
	}
	if err := c.write(w, report); err != nil {
		return err
	}
	if c.Save == "" {
		return nil
	}
	calibration, err := report.Calibration(time.Now())
	if err != nil {
		return err
	}
	return private(c.Save, func(out io.Writer) error {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(calibration)
	})
}

func (c *evaluateFacesCommand) write(w *world, report *faces.Report) error {
	if err := w.publish(report, c.Page, c.JSON); err != nil || c.JSON {
		return err
	}
	if c.FAR > 0 {
		p := report.At(c.FAR)
		if !p.Measurable {
			return fmt.Errorf("a rate of %g cannot be told from %d pairs of two persons: %.0f are needed", c.FAR, report.Impostor, 1/c.FAR)
		}
		fmt.Fprintf(w.stdout, "For a FAR of %g: pairs up to a distance of %.4f, which accepts %.2f %% of the pairs of one person.\n", c.FAR, p.Distance, 100*p.TAR.Value)
	}
	return nil
}

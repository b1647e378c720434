package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/evaluate"
)

type evaluateMRZCommand struct {
	Truth  string `required:"" help:"JSON file that says what is printed on each picture."`
	Images string `required:"" help:"Folder of the pictures, JPEG or PNG."`
	Page   string `help:"Write an HTML page with every miss and every wrong accept here. It shows parts of the pictures: keep it as you keep them."`
	JSON   bool   `help:"Print the figures as one JSON object."`
	Peers  bool   `help:"Read the same pictures with Tesseract, too, where it is installed."`
	Node   string `name:"peer-node" placeholder:"DIR" help:"Read the same pictures with npm mrz-detection, too, installed below this folder (npm install --ignore-scripts --prefix DIR mrz-detection@0.4.1)."`
	Jobs   int    `default:"1" help:"Pictures read at one time. Times are only comparable between runs of the same number."`
	Models string `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
}

// Help is what evaluate mrz --help says below its first line.
func (evaluateMRZCommand) Help() string {
	return `The truth is an object {"a.jpg": ["first line", "second line"], "b.png": "both\nlines", "nothing.jpg": null} or an array of ` +
		`{"file": …, "mrz": …, "format": …, "difficulty": …}. Nothing leaves the machine and nothing is stored but the page.`
}

func (c *evaluateMRZCommand) Run(w *world) (err error) {
	text, err := os.ReadFile(c.Truth)
	if err != nil {
		return fmt.Errorf("the truth file: %w", err)
	}
	truth, err := evaluate.ParseTruth(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Truth, err)
	}
	if err := writable(c.Page); err != nil {
		return err
	}
	reader, err := app.OpenZoneReader(c.Models, max(c.Jobs, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	report, err := evaluate.Run(w.ctx, reader, evaluate.Options{Truth: truth, Dir: c.Images, Jobs: c.Jobs, Progress: countdown(w.stderr)})
	if err != nil {
		return err
	}
	if err := w.publish(report, c.Page, c.JSON); err != nil || c.JSON {
		return err
	}
	if c.Page != "" {
		fmt.Fprintf(w.stdout, "misses and wrong accepts: %s\n", c.Page)
	}
	return c.peers(w, truth)
}

// peers reads the same pictures with others' programs, one at a time.
func (c *evaluateMRZCommand) peers(w *world, truth []evaluate.Specimen) error {
	measure := func(name string, reader evaluate.Reader) error {
		fmt.Fprintf(w.stdout, "\n%s on the same pictures:\n", name)
		report, err := evaluate.Run(w.ctx, reader, evaluate.Options{Truth: truth, Dir: c.Images, Progress: countdown(w.stderr)})
		if err != nil {
			return err
		}
		return report.WriteText(w.stdout)
	}
	if c.Peers {
		peer, err := evaluate.FindTesseract()
		if err != nil {
			fmt.Fprintf(w.stdout, "\n%v.\n", err)
		} else if err := measure("Tesseract", peer); err != nil {
			return err
		}
	}
	if c.Node == "" {
		return nil
	}
	peer, err := evaluate.StartMRZDetection(w.ctx, c.Node)
	if err != nil {
		fmt.Fprintf(w.stdout, "\n%v.\n", err)
		return nil
	}
	return errors.Join(measure("npm mrz-detection", peer), peer.Close())
}

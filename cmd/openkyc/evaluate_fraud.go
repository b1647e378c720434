package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/evaluate/forgery"
)

type evaluateFraudCommand struct {
	Images string `required:"" help:"Folder of the pictures, JPEG or PNG. Those in its folder 'honest' are genuine; every other folder is a kind of forgery."`
	Truth  string `help:"JSON file of labels in place of folders."`
	JSON   bool   `help:"Print every picture with its scores and verdicts as one JSON object."`
	Folder string `name:"document-types" env:"OPENKYC_DOCUMENT_TYPES" help:"Folder of document types of your own."`
	Models string `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
}

// Help is what evaluate fraud --help says below its first line.
func (evaluateFraudCommand) Help() string {
	return `The truth is an object {"a.jpg": "honest", "b.jpg": "screen"}, its files below the folder of pictures. Use files as they came from the phone: what a ` +
		"messenger or an editor saved anew has lost the traces. Three hundred honest pictures without an alarm mean a rate below 1.3 %. Nothing leaves the machine and nothing is stored."
}

func (c *evaluateFraudCommand) Run(w *world) (err error) {
	own := forgery.Own{Files: os.DirFS(c.Images), Progress: countdown(w.stderr)}
	if c.Truth != "" {
		text, err := os.ReadFile(c.Truth)
		if err != nil {
			return fmt.Errorf("the truth file: %w", err)
		}
		if own.Labels, err = forgery.ParseLabels(text); err != nil {
			return fmt.Errorf("%s: %w", c.Truth, err)
		}
	}
	limits, err := fraud.Measured()
	if err != nil {
		return err
	}
	known, err := types.Open(c.Folder)
	if err != nil {
		return err
	}
	bench, err := app.OpenBench(c.Models, known, w.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	report, err := forgery.Evaluate(w.ctx, bench, own, limits)
	if err != nil {
		return err
	}
	if c.JSON {
		return report.WriteJSON(w.stdout)
	}
	return report.WriteText(w.stdout)
}

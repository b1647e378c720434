package main

import (
	"errors"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/evaluate/attacks"
)

type evaluateSelfiesCommand struct {
	Seeds  int    `default:"30" help:"Drawn persons; each sends a selfie and a recording, then copies of them and new selfies. Thirty take some minutes."`
	From   int64  `name:"seed" help:"The first seed. Default: where measuring seeds begin; do not choose limits on those."`
	JSON   bool   `help:"Print the figures as one JSON object."`
	Jobs   int    `default:"1" help:"Persons at one time."`
	Models string `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
}

// Help is what evaluate selfies --help says below its first line.
func (evaluateSelfiesCommand) Help() string {
	return "Counts which selfies are taken for one that was sent before: copies should be, new pictures of the same person should not. " +
		"Nobody here exists: persons, rooms and cameras are drawn, so the figures say what the rule can tell, not how often it errs with your people. Nothing leaves the machine, and nothing is stored."
}

func (c *evaluateSelfiesCommand) Run(w *world) (err error) {
	if c.Seeds < 1 {
		return errors.New("--seeds must be at least 1")
	}
	if c.From == 0 {
		c.From = attacks.MeasuringSeeds
	}
	room, err := app.OpenAttackedRoom(c.Models, max(c.Jobs, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	report, err := attacks.Selfies(w.ctx, room, attacks.Options{First: c.From, Seeds: c.Seeds, Jobs: c.Jobs, Progress: countdown(w.stderr)})
	if err != nil {
		return err
	}
	if c.JSON {
		return report.WriteJSON(w.stdout)
	}
	return report.WriteText(w.stdout)
}

package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/evaluate/attacks"
	"github.com/openkyc/openkyc/internal/kyc"
)

type evaluateAttacksCommand struct {
	Seeds  int      `default:"10" help:"Drawn persons; each gives three honest sessions and one attack of each species. Ten take some minutes."`
	From   int64    `name:"seed" help:"The first seed. Default: where measuring seeds begin; do not choose limits on those."`
	Own    string   `name:"recordings" placeholder:"DIR" help:"Measure recordings of yours instead, from openkyc attacks record."`
	Only   []string `placeholder:"SPECIES" help:"Play these only, for example genuine,puppet. Without genuine nothing is held against an earlier session."`
	Moves  []string `enum:"nod,blink,closer" help:"What the scenario adds to turns of the head: nod, blink, closer, or several. Nothing by default."`
	Light  bool     `help:"The scenario lights faces with the screen's colours, too."`
	Page   string   `help:"Write an HTML page with the figures and frames of each species here."`
	JSON   bool     `help:"Print the figures and every session as one JSON object."`
	Jobs   int      `default:"1" help:"Sessions played at one time."`
	Models string   `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
}

// Help is what evaluate attacks --help says below its first line.
func (evaluateAttacksCommand) Help() string {
	return "Nobody on the bench exists: persons, cameras, screens and prints are drawn. What passes here passes elsewhere, too; what is refused here need not be " +
		"refused elsewhere. Nothing leaves the machine and nothing is stored but the page."
}

func (c *evaluateAttacksCommand) Run(w *world) (err error) {
	if c.Seeds < 1 {
		return fmt.Errorf("--seeds must be at least 1")
	}
	if c.From == 0 {
		c.From = attacks.MeasuringSeeds
	}
	if err := writable(c.Page); err != nil {
		return err
	}
	room, err := app.OpenAttackedRoom(c.Models, max(c.Jobs, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	report, err := c.play(w, room)
	if err != nil {
		return err
	}
	return w.publish(report, c.Page, c.JSON)
}

func (c *evaluateAttacksCommand) play(w *world, room *app.AttackedRoom) (*attacks.Report, error) {
	if c.Own != "" {
		return attacks.Recorded(w.ctx, room, os.DirFS(c.Own), countdown(w.stderr))
	}
	var rules kyc.LivenessRules
	for _, m := range c.Moves {
		rules.Moves = append(rules.Moves, kyc.Move(m))
	}
	if c.Light {
		rules.Light = kyc.LightInsist
	}
	return attacks.Run(w.ctx, room, attacks.Options{First: c.From, Seeds: c.Seeds, Only: c.Only, Jobs: c.Jobs, Rules: rules, Progress: countdown(w.stderr)})
}

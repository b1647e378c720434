package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
)

type scenarioCommand struct {
	Apply  applyCommand  `cmd:"" help:"Create a scenario or write its next revision from a file."`
	Export exportCommand `cmd:"" help:"Print a scenario as code."`
	List   listCommand   `cmd:"" help:"List scenarios."`
}

// opened is an installation and who the command line acts as.
func opened(w *world, p place) (*app.Installation, *kyc.Principal, error) {
	location, err := p.location()
	if err != nil {
		return nil, nil, err
	}
	in, err := app.OpenExisting(w.ctx, location, w.logger)
	if err != nil {
		return nil, nil, err
	}
	operator, err := in.Operator(w.ctx)
	if err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	return in, operator, nil
}

type applyCommand struct {
	place
	File string `short:"f" required:"" help:"The scenario as JSON; - is standard input."`
	JSON bool   `help:"Print one JSON object."`
}

type applied struct {
	Status         string `json:"status"`
	SchemaID       string `json:"schemaId"`
	Version        int    `json:"version"`
	Created        bool   `json:"created"`
	ScenarioSecret string `json:"scenarioSecret"`
	WebhookSecret  string `json:"webhookSecret"`
}

// maxCode is more than any scenario needs.
const maxCode = 1 << 20

func (c *applyCommand) Run(w *world) (err error) {
	text, err := c.read(w)
	if err != nil {
		return err
	}
	code, err := scenario.ParseCode(text)
	if err != nil {
		return err
	}
	in, operator, err := opened(w, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	s, created, err := in.Scenarios.Apply(w.ctx, operator, code)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(w, applied{Status: "ok", SchemaID: s.ID, Version: s.Revision, Created: created, ScenarioSecret: s.Secret, WebhookSecret: s.WebhookSecret})
	}
	_, err = fmt.Fprintf(w.stdout, "%s %q is at revision %d\n", s.ID, s.Name, s.Revision)
	return err
}

func (c *applyCommand) read(w *world) ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(io.LimitReader(w.stdin, maxCode))
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxCode))
}

type exportCommand struct {
	place
	ID string `arg:"" help:"The scenario's id."`
}

func (c *exportCommand) Run(w *world) (err error) {
	in, operator, err := opened(w, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	code, err := in.Scenarios.Export(w.ctx, operator, c.ID)
	if err != nil {
		return err
	}
	return printJSON(w, code)
}

type listCommand struct {
	place
	JSON bool `help:"Print a JSON list."`
}

type listed struct {
	SchemaID string `json:"schemaId"`
	Name     string `json:"name"`
	Version  int    `json:"version"`
}

func (c *listCommand) Run(w *world) (err error) {
	in, operator, err := opened(w, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	scenarios, err := in.Scenarios.List(w.ctx, operator)
	if err != nil {
		return err
	}
	list := make([]listed, 0, len(scenarios))
	for _, s := range scenarios {
		list = append(list, listed{SchemaID: s.ID, Name: s.Name, Version: s.Revision})
	}
	if c.JSON {
		return printJSON(w, list)
	}
	for _, s := range list {
		fmt.Fprintf(w.stdout, "%s  revision %d  %s\n", s.SchemaID, s.Version, s.Name)
	}
	return nil
}

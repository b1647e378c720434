package main

import (
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/app"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" default:"withargs" help:"Bring the tables up to date. Nodes may run meanwhile: they wait."`
	Status migrateStatusCommand `cmd:"" help:"List the steps and when they were taken; changes nothing."`
}

type migrateUpCommand struct{ place }

func (c *migrateUpCommand) Run(w *world) error {
	location, err := c.location()
	if err != nil {
		return err
	}
	taken, err := app.Migrate(w.ctx, location, w.logger)
	if err != nil {
		return err
	}
	for _, step := range taken {
		fmt.Fprintf(w.stdout, "%05d %s\n", step.Version, step.Name)
	}
	_, err = fmt.Fprintln(w.stdout, "The tables are up to date.")
	return err
}

type migrateStatusCommand struct {
	place
	JSON bool `help:"Print one JSON array."`
}

// migrationStep is a step on the wire.
type migrationStep struct {
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	AppliedAt *time.Time `json:"appliedAt"` // null: not taken yet
}

func (c *migrateStatusCommand) Run(w *world) error {
	location, err := c.location()
	if err != nil {
		return err
	}
	all, err := app.Migrations(w.ctx, location)
	if err != nil {
		return err
	}
	steps := make([]migrationStep, len(all))
	for i, m := range all {
		steps[i] = migrationStep{Version: m.Version, Name: m.Name}
		if !m.AppliedAt.IsZero() {
			steps[i].AppliedAt = &m.AppliedAt
		}
	}
	if c.JSON {
		return printJSON(w, steps)
	}
	for _, s := range steps {
		at := "not taken yet"
		if s.AppliedAt != nil {
			at = s.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w.stdout, "%05d %-20s %s\n", s.Version, s.Name, at)
	}
	return nil
}

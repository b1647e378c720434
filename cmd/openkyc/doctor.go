package main

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/app"
)

type doctorCommand struct {
	place
	callbacks
	Models string `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
	Deep   bool   `help:"Look for every picture, and read the whole file of a SQLite database."`
	JSON   bool   `help:"Print one JSON object."`
}

// Help is what doctor --help says below its first line.
func (doctorCommand) Help() string {
	return "Give it the flags and the environment of serve. It may run beside nodes. It puts, reads and deletes a probe object, writes one " +
		"row and takes it back, and connects to every receiver of webhooks without sending anything. It ends with 1 when there is a fault."
}

// examination is the doctor's report on the wire.
type examination struct {
	Healthy bool            `json:"healthy"` // no fault; there may be warnings
	Checks  []app.Diagnosis `json:"checks"`
}

func (c *doctorCommand) Run(w *world) error {
	location, err := c.location()
	if err != nil {
		return err
	}
	callbacks, err := c.callbacks.config()
	if err != nil {
		return err
	}
	all := app.Examine(w.ctx, app.DoctorConfig{Location: location, Models: c.Models, Callbacks: callbacks, Deep: c.Deep})
	if err := w.ctx.Err(); err != nil {
		return interrupted(w, err, "nothing can be said")
	}
	faults := 0
	for _, d := range all {
		if d.Verdict == app.Fault {
			faults++
		}
		if c.JSON {
			continue
		}
		fmt.Fprintf(w.stdout, "%-8s %-10s %s", d.Verdict, d.Check, d.Found)
		if d.Advice != "" {
			fmt.Fprintf(w.stdout, " → %s", d.Advice)
		}
		fmt.Fprintln(w.stdout)
	}
	if c.JSON {
		if err := printJSON(w, examination{faults == 0, all}); err != nil {
			return err
		}
	}
	if faults > 0 {
		return fmt.Errorf("%d of %d checks found a fault", faults, len(all))
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/specimen/kit"
)

type specimenCommand struct {
	Dir        string   `arg:"" help:"Folder to write pictures and truth.json into; made when missing."`
	Format     []string `default:"all" help:"Formats: all, or some of those below."`
	Difficulty []string `default:"easy,medium,hard" help:"How carelessly the pictures are taken: easy, medium, hard."`
	Count      int      `default:"20" help:"Pictures of each difficulty; the formats take turns."`
	Blank      int      `help:"Pictures without a machine readable zone, besides."`
	Seed       int64    `default:"1" help:"Where the numbers of the persons begin; the same seed gives the same pictures."`
}

// Help is what specimen --help says below its first line.
func (specimenCommand) Help() string {
	return "The formats are " + formatNames() + ". Persons and documents are of the state of Utopia and exist nowhere. `openkyc evaluate mrz --truth DIR/truth.json --images DIR` reads the folder."
}

const maxSpecimens = 20_000

func (c *specimenCommand) Run(w *world) error {
	o := kit.Options{Count: c.Count, Blank: c.Blank, Seed: c.Seed, Today: time.Now(), Progress: countdown(w.stderr)}
	if c.Count < 0 || c.Blank < 0 || c.Count+c.Blank == 0 || c.Count*len(c.Difficulty)+c.Blank > maxSpecimens {
		return fmt.Errorf("between 1 and %d pictures can be drawn", maxSpecimens)
	}
	for _, f := range specimen.Formats() {
		if slices.Contains(c.Format, "all") || slices.ContainsFunc(c.Format, func(name string) bool { return strings.EqualFold(name, f.String()) }) {
			o.Formats = append(o.Formats, f)
		}
	}
	if !slices.Contains(c.Format, "all") && len(o.Formats) != len(c.Format) {
		return fmt.Errorf("the formats are %s", formatNames())
	}
	for _, name := range c.Difficulty {
		d := slices.IndexFunc([]specimen.Difficulty{specimen.Easy, specimen.Medium, specimen.Hard}, func(d specimen.Difficulty) bool { return d.String() == name })
		if d < 0 {
			return errors.New("the difficulties are easy, medium and hard")
		}
		o.Difficulties = append(o.Difficulties, specimen.Difficulty(d))
	}
	entries, err := kit.Write(w.ctx, c.Dir, o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "%d pictures and truth.json are in %s\n", len(entries), c.Dir)
	return err
}

func formatNames() string {
	var names []string
	for _, f := range specimen.Formats() {
		names = append(names, f.String())
	}
	return strings.Join(names, ", ")
}

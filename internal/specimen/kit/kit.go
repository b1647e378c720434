// Package kit writes folders of synthetic photographs with the truth beside
// them, for whoever measures a reader of machine readable zones.
//
// In come formats, difficulties, how many, and a seed; out go JPEG files and a
// truth.json that `openkyc evaluate mrz` reads. Everything follows from the
// seed. What fails is the disk. `openkyc specimen` calls it.
package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
)

// Options of a kit.
type Options struct {
	Formats      []specimen.Format
	Difficulties []specimen.Difficulty
	Count        int // pictures of each difficulty, the formats in turn
	Blank        int // pictures without a zone, besides
	Seed         int64
	Today        time.Time // that the documents are valid on
	Progress     func(done, all int)
}

// Entry is one picture's row in truth.json.
type Entry struct {
	File       string   `json:"file"`
	MRZ        []string `json:"mrz"`
	Format     string   `json:"format,omitempty"`
	Difficulty string   `json:"difficulty"`
}

// Write draws the kit into a folder, which is made when missing and must hold
// no truth.json of another kit.
func Write(ctx context.Context, dir string, o Options) ([]Entry, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("the folder of specimens: %w", err)
	}
	truth := filepath.Join(dir, "truth.json")
	if _, err := os.Stat(truth); err == nil {
		return nil, fmt.Errorf("%s is there already: name an empty folder", truth)
	}
	tasks := o.tasks()
	if err := o.draw(ctx, dir, tasks); err != nil {
		return nil, err
	}
	entries := make([]Entry, len(tasks))
	for i, t := range tasks {
		entries[i] = t.entry
	}
	text, err := json.MarshalIndent(entries, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the truth: %w", err)
	}
	if err := os.WriteFile(truth, append(text, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("write the truth: %w", err)
	}
	return entries, nil
}

// task is one picture to draw.
type task struct {
	entry Entry
	draw  func() specimen.Shot
}

func (o Options) tasks() []task {
	var out []task
	for _, d := range o.Difficulties {
		for i := range o.Count {
			seed := o.Seed + int64(i)
			p := specimen.Sample(o.Formats[i%len(o.Formats)], seed, o.Today)
			name := fmt.Sprintf("%s-%s-%d.jpg", d, p.Format, seed)
			out = append(out, task{Entry{name, p.MRZ(), p.Format.String(), d.String()}, func() specimen.Shot {
				return scene(d, seed, o.Today).Photograph(p.ZoneSide())
			}})
		}
	}
	for i := range o.Blank {
		seed := o.Seed + int64(i)
		d := specimen.Difficulty(i % 3)
		out = append(out, task{Entry{fmt.Sprintf("blank-%s-%d.jpg", d, seed), []string{}, "", d.String()}, func() specimen.Shot {
			s := scene(d, seed, o.Today)
			s.Clutter.Beside = nil // what lies beside has a zone
			return s.Photograph(specimen.Blank(seed))
		}})
	}
	return out
}

// scene adds to a difficulty what careless people do: medium pictures are
// turned now and then, hard ones have reflections, fingers and other documents.
func scene(d specimen.Difficulty, seed int64, today time.Time) specimen.Scene {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6b6974+uint64(d)))
	s := specimen.Scene{Difficulty: d, Seed: seed}
	if d == specimen.Easy {
		return s
	}
	if rnd.IntN(4) == 0 {
		s.Quarters = 1 + rnd.IntN(3)
	}
	if d == specimen.Medium {
		s.Clutter.Fingers = rnd.IntN(4) == 0
		return s
	}
	s.Clutter.Fingers = rnd.IntN(3) == 0
	if rnd.IntN(2) == 0 {
		s.Clutter.Glare = 0.3 + 0.5*rnd.Float64()
	}
	if rnd.IntN(4) == 0 {
		s.Clutter.Beside = beside(seed, today)
	}
	return s
}

// beside is another document; its own zone lies under the page.
func beside(seed int64, today time.Time) image.Image {
	p := specimen.Sample(specimen.TD3, seed+1_000_000, today)
	return p.Render()
}

// draw works on all processors, each picture independent of the others.
func (o Options) draw(ctx context.Context, dir string, tasks []task) error {
	next := make(chan task)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	done := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for t := range next {
				err := os.WriteFile(filepath.Join(dir, t.entry.File), t.draw().JPEG(), 0o600)
				mu.Lock()
				if done++; err != nil {
					errs = append(errs, fmt.Errorf("write a specimen: %w", err))
				} else if o.Progress != nil {
					o.Progress(done, len(tasks))
				}
				mu.Unlock()
			}
		})
	}
	for _, t := range tasks {
		if ctx.Err() != nil {
			break
		}
		next <- t
	}
	close(next)
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

package ages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Guess is what a Reader makes of one picture.
type Guess struct {
	*kyc.Appearance

	Note string // why there is none
}

// Reader estimates the face of one JPEG or PNG file. An error means that the
// reader failed; a picture without a face is an answer.
type Reader interface {
	ReadAge(ctx context.Context, file []byte) (Guess, error)
	AgeModel() string // which network
}

// Options of a run.
type Options struct {
	People   []Person
	Dir      string         // of the pictures
	Rules    kyc.Thresholds // the tolerance and the certainty that are tried
	Jobs     int            // pictures read at one time; 0 is one
	Progress func(done, all int)
}

// guessed is a person with what the network took them for.
type guessed struct {
	Person
	Guess
}

func (g guessed) off() float64 { return g.Appearance.Age - g.Person.Age }

// Run reads every picture of the list. It fails when none of them can be read or
// shows a face, and when ctx ends.
func Run(ctx context.Context, reader Reader, o Options) (*Report, error) {
	all := make([]guessed, len(o.People))
	if err := evaluate.Each(ctx, len(all), o.Jobs, o.Progress, func(i int) {
		all[i] = guessed{o.People[i], read(ctx, reader, filepath.Join(o.Dir, o.People[i].Picture))}
	}); err != nil {
		return nil, fmt.Errorf("measuring was interrupted: %w", err)
	}
	return newReport(reader.AgeModel(), o.Rules, all)
}

func read(ctx context.Context, reader Reader, path string) Guess {
	file, err := evaluate.ReadPicture(path)
	if errors.Is(err, os.ErrNotExist) {
		return Guess{Note: "is not there"}
	}
	if err != nil {
		return Guess{Note: "cannot be read: " + err.Error()}
	}
	g, err := reader.ReadAge(ctx, file)
	if err != nil {
		return Guess{Note: "the reader failed: " + err.Error()}
	}
	return g
}

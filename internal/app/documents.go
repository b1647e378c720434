package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/evaluate/forgery"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// Bench reads documents without an installation, to try a type file out.
type Bench struct {
	*document.Room
	runtime *vision.Runtime
}

// OpenBench loads the models of a folder, or of the one beside the program, and
// the types to read by.
func OpenBench(models string, known *types.Catalogue, logger *slog.Logger) (*Bench, error) {
	runtime, err := vision.Open(vision.Config{Dir: models, Roles: slices.Concat(document.Roles(), face.Roles()), Logger: logger})
	if err != nil {
		return nil, err
	}
	room, err := document.New(document.Deps{Vision: runtime, Types: known, Portraits: face.New(face.Deps{Models: runtime, Logger: logger}), Logger: logger})
	if err != nil {
		return nil, errors.Join(err, runtime.Close())
	}
	return &Bench{Room: room, runtime: runtime}, nil
}

// Close frees the models.
func (b *Bench) Close() error { return b.runtime.Close() }

// Suspect implements forgery.Reader: it looks at one picture as at the only one
// of an upload, with every check on.
func (b *Bench) Suspect(ctx context.Context, file []byte) (forgery.Look, error) {
	upload := (&pictures{places: make(chan struct{}, 1)}).Decode(ctx, file)
	if upload.Fault != "" {
		return forgery.Look{Note: string(upload.Fault)}, ctx.Err()
	}
	in := kyc.DocumentInput{Pictures: []kyc.Picture{upload.Picture}, Fraud: kyc.FraudLevels{}, Now: time.Now()}
	in.Pictures[0].Writer = &upload.Writer
	for _, c := range kyc.FraudChecks() {
		in.Fraud[c.Caption] = kyc.LevelNormal
	}
	f, err := b.Check(ctx, in)
	if err != nil {
		return forgery.Look{}, err
	}
	out := forgery.Look{}
	for name, value := range f.Measures {
		test, ok := strings.CutPrefix(name, "fraud.")
		if !ok {
			continue
		}
		score, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return forgery.Look{}, fmt.Errorf("measure %s: %w", name, err)
		}
		out.Scores = append(out.Scores, fraud.Score{Test: fraud.Test(test), Value: score})
	}
	for _, group := range f.Checks {
		for _, it := range group.Items {
			if _, levelled := in.Fraud[it.Caption]; !levelled {
				out.Others = append(out.Others, it)
			}
		}
	}
	if len(f.Errors) > 0 {
		out.Note = string(f.Errors[0])
	} else if len(out.Scores) < 2 {
		out.Note = "the page's edges were not found, or it is smaller than 420 pixels"
	}
	return out, nil
}

package app

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/face"
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
	if models == "" {
		var err error
		if models, err = vision.Locate(); err != nil {
			return nil, err
		}
	}
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

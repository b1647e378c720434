package app

import (
	"context"

	"github.com/openkyc/openkyc/internal/evaluate/ages"
	"github.com/openkyc/openkyc/internal/evaluate/faces"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/vision"
)

// FaceReader describes faces outside of any installation, with the engine that
// serves persons.
type FaceReader struct {
	runtime *vision.Runtime
	room    *face.Room
}

// OpenFaceReader loads the models; models is their folder, empty for the one
// beside the program. jobs is how many networks may run at one time.
func OpenFaceReader(models string, jobs int) (*FaceReader, error) {
	runtime, err := vision.Open(vision.Config{Dir: models, Roles: face.Roles(), Concurrency: jobs, Idle: -1})
	if err != nil {
		return nil, err
	}
	return &FaceReader{runtime, face.New(face.Deps{Models: runtime})}, nil
}

// Close frees the models.
func (f *FaceReader) Close() error { return f.runtime.Close() }

// Model implements faces.Reader.
func (f *FaceReader) Model() string { return f.room.Model() }

// ReadFace implements faces.Reader.
func (f *FaceReader) ReadFace(ctx context.Context, file []byte) (faces.Face, error) {
	img, note, err := measured(ctx, file, vision.Limits{MinLongSide: measuredLeast})
	if err != nil || note != "" {
		return faces.Face{Note: note}, err
	}
	d, err := f.room.Describe(ctx, img)
	switch {
	case err != nil:
		return faces.Face{}, err
	case d == nil:
		return faces.Face{Note: "no face"}, nil
	}
	out := faces.Face{Vector: d.Template.Vector, Crop: d.Chip}
	if d.Others > 0 {
		out.Note = "more than one face; the surest, then largest was taken"
	}
	return out, nil
}

// AgeModel implements ages.Reader.
func (f *FaceReader) AgeModel() string { return f.room.AppearanceModel() }

// ReadAge implements ages.Reader.
func (f *FaceReader) ReadAge(ctx context.Context, file []byte) (ages.Guess, error) {
	img, note, err := measured(ctx, file, vision.Limits{MinLongSide: measuredLeast})
	if err != nil || note != "" {
		return ages.Guess{Note: note}, err
	}
	d, err := f.room.Describe(ctx, img)
	switch {
	case err != nil:
		return ages.Guess{}, err
	case d == nil:
		return ages.Guess{Note: "no face"}, nil
	}
	found, err := f.room.Appearance(ctx, img, d)
	return ages.Guess{Appearance: found}, err
}

package app

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/vision"
)

// ZoneReader reads machine readable zones outside of any installation, with the
// engine that serves persons.
type ZoneReader struct {
	runtime *vision.Runtime
	room    *document.Room
}

// OpenZoneReader loads the models; models is their folder, empty for the one
// beside the program. jobs is how many networks may run at one time.
func OpenZoneReader(models string, jobs int) (*ZoneReader, error) {
	runtime, err := vision.Open(vision.Config{Dir: models, Roles: document.Roles(), Concurrency: jobs, Idle: -1})
	if err != nil {
		return nil, err
	}
	room, err := document.NewZones(runtime)
	if err != nil {
		return nil, errors.Join(err, runtime.Close())
	}
	return &ZoneReader{runtime, room}, nil
}

// Close frees the models.
func (z *ZoneReader) Close() error { return z.runtime.Close() }

// What is measured may be larger and smaller than what the doors let in: how
// well a picture of 200 pixels is read is a question worth asking.
const (
	measuredBytes  = 64 << 20
	measuredPixels = 120_000_000
	measuredMemory = 2 << 30
	measuredLeast  = 16
	measuredSide   = 720 // of the picture that the report shows
)

// measured opens a picture that is measured: it is scaled down as the doors do,
// but not encoded anew. A note says why it cannot be opened.
func measured(ctx context.Context, file []byte, limits vision.Limits) (img *image.RGBA, note string, err error) {
	img, err = vision.DecodeContext(ctx, file, limits)
	var fault *vision.ImageError
	switch {
	case errors.As(err, &fault):
		return nil, fault.Err.Message, nil
	case err != nil:
		return nil, "", fmt.Errorf("open the picture: %w", err)
	}
	if size := fit(img.Rect.Size(), storedSide); size != img.Rect.Size() {
		img = vision.Resize(img, size.X, size.Y)
	}
	return img, "", nil
}

// ReadZone implements evaluate.Reader.
func (z *ZoneReader) ReadZone(ctx context.Context, file []byte) (evaluate.Zone, error) {
	img, note, err := measured(ctx, file, vision.Limits{MaxBytes: measuredBytes, MaxPixels: measuredPixels, MaxMemory: measuredMemory, MinLongSide: measuredLeast})
	if err != nil || note != "" {
		return evaluate.Zone{Note: note}, err
	}
	s, err := z.room.ReadZone(ctx, img)
	if err != nil {
		return evaluate.Zone{}, err
	}
	out := evaluate.Zone{Found: s.Found, Accepted: s.Accepted, Lines: s.Lines, Format: s.Format, Doubts: s.Doubts, Whole: vision.Fit(img, measuredSide)}
	if s.Mirrored {
		out.Note = "the picture is mirrored, and refused"
	}
	for _, strip := range s.Strips {
		out.Strips = append(out.Strips, strip)
	}
	return out, nil
}

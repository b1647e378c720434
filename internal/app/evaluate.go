package app

import (
	"context"
	"errors"
	"fmt"

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
	if models == "" {
		var err error
		if models, err = vision.Locate(); err != nil {
			return nil, err
		}
	}
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

// ReadZone implements evaluate.Reader. The picture is scaled down as the doors
// do, but not encoded anew.
func (z *ZoneReader) ReadZone(ctx context.Context, file []byte) (evaluate.Zone, error) {
	img, err := vision.DecodeContext(ctx, file, vision.Limits{MaxBytes: measuredBytes, MaxPixels: measuredPixels, MaxMemory: measuredMemory, MinLongSide: measuredLeast})
	var fault *vision.ImageError
	switch {
	case errors.As(err, &fault):
		return evaluate.Zone{Note: fault.Err.Message}, nil
	case err != nil:
		return evaluate.Zone{}, fmt.Errorf("open the picture: %w", err)
	}
	if size := fit(img.Rect.Size(), storedSide); size != img.Rect.Size() {
		img = vision.Resize(img, size.X, size.Y)
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

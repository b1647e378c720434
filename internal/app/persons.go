package app

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/gallery"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/vision"
)

// faceIndex is the gallery in the words of the room of persons.
type faceIndex struct{ *gallery.Gallery }

func newFaceIndex() persons.Index { return faceIndex{gallery.New()} }

// Search implements persons.Index.
func (i faceIndex) Search(ctx context.Context, q kyc.FaceQuery) ([]kyc.FaceHit, error) {
	found, err := i.Gallery.Search(ctx, gallery.Query(q))
	hits := make([]kyc.FaceHit, len(found))
	for n, h := range found {
		hits[n] = kyc.FaceHit(h)
	}
	return hits, err
}

// keysOf lists objects by their keys alone.
func keysOf(objects blob.Store) func(context.Context, string) iter.Seq2[string, error] {
	return func(ctx context.Context, prefix string) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for info, err := range objects.List(ctx, prefix) {
				if !yield(info.Key, err) {
					return
				}
			}
		}
	}
}

// measurer measures faces of stored pictures for the room of persons.
type measurer struct{ *face.Room }

// chipQuality of the picture that is kept of a person's face.
const chipQuality = 90

// Describe implements persons.Measurer. A picture that does not open shows no face.
func (m measurer) Describe(ctx context.Context, jpeg []byte) (*kyc.FaceFound, error) {
	img, err := vision.DecodeContext(ctx, jpeg, vision.Limits{})
	if fault := (*vision.ImageError)(nil); errors.As(err, &fault) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open a picture: %w", err)
	}
	d, err := m.Room.Describe(ctx, img)
	if err != nil || d == nil {
		return nil, err
	}
	chip, err := vision.EncodeJPEG(d.Chip, chipQuality)
	if err != nil {
		return nil, err
	}
	size := d.Chip.Rect.Size()
	return &kyc.FaceFound{Template: d.Template, Chip: kyc.Cut{Name: "face", JPEG: chip, Width: size.X, Height: size.Y}, Others: d.Others}, nil
}

package face

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

const roleLargeDetector = "face-detector-ssd" // measured here, not used by the room

// faceless draws a picture without a face as a camera would take it: letters,
// bills, cards, figures, textures, and passports and cards with nothing where the
// portrait belongs.
func faceless(i int) (kind string, img *image.RGBA) {
	seed := int64(9700001 + i)
	scene := specimen.Scene{Difficulty: []specimen.Difficulty{specimen.Easy, specimen.Medium, specimen.Hard}[i/8%3], Seed: seed}
	formats := map[int64]specimen.Format{3: specimen.TD1, 6: specimen.TD3}
	format, document := formats[seed%8]
	switch {
	case document:
		page := specimen.Sample(format, seed, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
		empty := image.NewRGBA(image.Rect(0, 0, 350, 450))
		draw.Draw(empty, empty.Rect, image.NewUniform(grey(200)), image.Point{}, draw.Src)
		page.Portrait = empty
		return "documents", scene.Photograph(page.Render()).Image
	case seed%8 == 7:
		return "textures", specimen.Blank(seed)
	}
	return "print", scene.Photograph(specimen.Blank(seed)).Image
}

// largeDetector is SSD's one look at the whole picture.
func (r *Room) largeDetector(ctx context.Context, img *image.RGBA) ([]detection, error) {
	const side = 512
	whole := wholeOf(img)
	square := rect{0, 0, max(whole.W, whole.H), max(whole.W, whole.H)}
	out, err := r.models.Run(ctx, roleLargeDetector, tensor(cutSquare(img, square, side)))
	if err != nil {
		return nil, err
	}
	found, err := candidates(out[0].Data, out[1].Data, square)
	return merge(bare(found)), err
}

// BenchmarkFalseDetections counts what detectors take for a face where there is
// none: pictures with at least one, of 24 documents, 60 of print, 12 textures.
func BenchmarkFalseDetections(b *testing.B) {
	models, err := vision.Open(vision.Config{Roles: append(Roles(), roleLargeDetector)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = models.Close() }()
	room, ctx := New(Deps{Models: models}), context.Background()
	everywhere := func(ctx context.Context, img *image.RGBA) ([]detection, error) {
		found, err := room.find(ctx, img)
		if err != nil || len(found) > 0 {
			return found, err
		}
		return room.findSmall(ctx, img)
	}
	ways := map[string]func(context.Context, *image.RGBA) ([]detection, error){
		"blazeface": func(ctx context.Context, img *image.RGBA) ([]detection, error) {
			return room.fast(ctx, img, wholeOf(img))
		},
		"blazeface-all-looks": everywhere,
		"ssd":                 room.largeDetector,
		"ssd-and-mesh": func(ctx context.Context, img *image.RGBA) ([]detection, error) {
			found, _, err := room.confirmed(room.largeDetector)(ctx, img)
			return found, err
		},
		"as-used": func(ctx context.Context, img *image.RGBA) ([]detection, error) {
			face, err := room.upright(ctx, img, room.findPrinted)
			if err != nil || face == nil {
				return nil, err
			}
			return []detection{face.detection}, nil
		},
	}
	const pictures = 96
	counts := map[string]int{}
	for b.Loop() {
		clear(counts)
		for i := range pictures {
			kind, img := faceless(i)
			counts["pictures-"+kind]++
			for name, look := range ways {
				found, err := look(ctx, img)
				if err != nil {
					b.Fatalf("%s: %v", name, err)
				}
				key := fmt.Sprintf("%s-%s", name, kind)
				counts[key] += min(len(found), 1) // none is a figure, too
			}
		}
	}
	for key, n := range counts {
		b.ReportMetric(float64(n), key)
	}
	b.ReportMetric(0, "ns/op")
}

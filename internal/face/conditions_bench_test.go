package face

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// conditions show a drawn head as people are shown, one hardship at a time.
func conditions() map[string]func(who specimen.Face) *image.RGBA {
	straight := func(who specimen.Face) *image.RGBA { return who.Render(640, 480) }
	wears := func(what specimen.Worn) func(specimen.Face) *image.RGBA {
		return func(who specimen.Face) *image.RGBA {
			who.Wears = what
			return straight(who)
		}
	}
	turned := func(by vision.Rotation) func(specimen.Face) *image.RGBA {
		return func(who specimen.Face) *image.RGBA { return vision.Rotate(straight(who), by) }
	}
	return map[string]func(specimen.Face) *image.RGBA{
		"plain":         straight,
		"quarter-right": turned(vision.Rotate90),
		"on-its-head":   turned(vision.Rotate180),
		"quarter-left":  turned(vision.Rotate270),
		"glasses":       wears(specimen.Glasses),
		"dark-glasses":  wears(specimen.DarkGlasses),
		"head-scarf":    wears(specimen.Scarf),
		"cap":           wears(specimen.Cap),
		"tilted-30":     func(who specimen.Face) *image.RGBA { who.Roll = 30; return straight(who) },
		"fills-picture": func(who specimen.Face) *image.RGBA { who.Size = 1.5; return straight(who) },
		"head-of-60":    func(who specimen.Face) *image.RGBA { who.Size = 0.125; return straight(who) },
		"dark":          func(who specimen.Face) *image.RGBA { return dimmed(straight(who), 0.22) },
		"blurred": func(who specimen.Face) *image.RGBA {
			return vision.Resize(vision.Resize(straight(who), 128, 96), 640, 480)
		},
		"second-smaller": func(who specimen.Face) *image.RGBA {
			return beside(straight(who), specimen.Face{Seed: who.Seed + 7000})
		},
	}
}

func dimmed(img *image.RGBA, by float64) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = v
		if i%4 != 3 {
			out.Pix[i] = uint8(float64(v) * by)
		}
	}
	return out
}

// beside puts somebody at a third of the size into the upper corner.
func beside(img *image.RGBA, other specimen.Face) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(0, 0, 160, 160), vision.Resize(other.Render(320, 320), 160, 160), image.Point{}, draw.Src)
	return out
}

// BenchmarkConditions counts, of 40 drawn heads that nothing was set on, how many
// are found and told to be who they are at the default threshold, by a portrait
// of theirs with another expression.
func BenchmarkConditions(b *testing.B) {
	room, ctx := newRoom(b), context.Background()
	const heads = 40
	result := map[string]float64{}
	for b.Loop() {
		for name, show := range conditions() {
			found, same, far := 0, 0, []float64{}
			for i := range heads {
				who := specimen.Face{Seed: 4_500_000 + int64(i)}
				portrait := who
				portrait.Smile, portrait.Yaw = 0.4, 6
				known, err := room.Describe(ctx, portrait.Render(480, 480))
				if err != nil || known == nil {
					b.Fatalf("head %d: no portrait, %v", i, err)
				}
				img, err := vision.Decode(encode(b, show(who), 85).JPEG, vision.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				got, err := room.Describe(ctx, img)
				if err != nil {
					b.Fatal(err)
				}
				if got == nil {
					continue
				}
				found++
				d := distance(got.Template.Vector, known.Template.Vector)
				if far = append(far, d); d <= sameAtDefault {
					same++
				}
			}
			slices.Sort(far)
			result[name+"-found"], result[name+"-same"] = float64(found), float64(same)
			if len(far) > 0 {
				result[name+"-median-distance"] = far[len(far)/2]
			}
		}
	}
	for name, v := range result {
		b.ReportMetric(v, name)
	}
	b.ReportMetric(heads, "heads")
	b.ReportMetric(0, "ns/op")
}

// sameAtDefault is the distance of the default threshold, 70 %.
const sameAtDefault = 0.47

// A picture that lies on its side or stands on its head, as those without an EXIF
// orientation do, is turned; and what a person wears does not hide the face.
func TestSelfieHoweverItLies(t *testing.T) {
	t.Parallel()
	who := specimen.Face{Seed: 3_000_201}
	upright := selfie(t, who.Render(480, 360))
	for name, want := range map[string]string{"quarter-right": "270° clockwise", "on-its-head": "180° clockwise", "glasses": "", "head-scarf": ""} {
		img := conditions()[name](who)
		got := selfie(t, img)
		if len(got.Errors) > 0 || len(got.Templates) != 1 {
			t.Fatalf("%s: %v, %v", name, got.Errors, got.Measures)
		}
		if d := distance(got.Templates[0].Vector, upright.Templates[0].Vector); d > 0.4 || got.Measures["selfie.turned"] != want {
			t.Errorf("%s: %.2f away, turned %q, want %q", name, d, got.Measures["selfie.turned"], want)
		}
		if box := got.Templates[0].Box; box.X < 0 || box.Y < 0 || box.X+box.Width > img.Rect.Dx() || box.Y+box.Height > img.Rect.Dy() {
			t.Errorf("%s: the face is at %+v of a picture of %v", name, box, img.Rect)
		}
	}
	blank := image.NewRGBA(image.Rect(0, 0, 320, 240))
	draw.Draw(blank, blank.Rect, image.NewUniform(color.RGBA{150, 160, 170, 255}), image.Point{}, draw.Src)
	if got := selfie(t, blank); fmt.Sprint(got.Errors) != "[[selfie] no face]" {
		t.Errorf("an empty wall: %v", got.Errors)
	}
}

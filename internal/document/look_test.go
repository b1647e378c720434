package document

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// A look tells a card's front, which has no zone, from its back and from a
// passport, so that the person can be led to the other side; and it counts glare
// on the document, not the white table around it.
func TestLookSides(t *testing.T) {
	t.Parallel()
	r := room(t, skin{})
	wrong := 0
	for seed := int64(1); seed <= 3; seed++ {
		card := specimen.Sample(specimen.TD1, seed, today())
		for _, side := range []struct {
			page image.Image
			zone bool
		}{{specimen.Sample(specimen.TD3, seed, today()).Render(), true}, {card.Back(), true}, {card.Render(), false}} {
			shot := specimen.Scene{Difficulty: specimen.Easy, Seed: seed}.Photograph(side.page).Image
			look, err := r.Look(t.Context(), picture(vision.Fit(shot, 640)).JPEG)
			if err != nil || !look.Found || look.Glare > 0.02 {
				t.Errorf("seed %d: %+v, %v", seed, look, err)
			}
			if look.Zone != side.zone {
				wrong++
				t.Logf("seed %d, zone %v: taken for another side", seed, side.zone)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of 9 sides are taken for another", wrong)
	}
	shot := specimen.Scene{Difficulty: specimen.Easy, Seed: 1}.Photograph(specimen.Sample(specimen.TD3, 1, today()).Render())
	c := shot.Corners
	middle := image.Pt(int(c[0].X+c[2].X)/2, int(c[0].Y+c[2].Y)/2)
	draw.Draw(shot.Image, image.Rectangle{middle.Sub(image.Pt(220, 120)), middle.Add(image.Pt(220, 120))}, image.NewUniform(color.White), image.Point{}, draw.Src)
	look, err := r.Look(t.Context(), picture(vision.Fit(shot.Image, 640)).JPEG)
	if err != nil || look.Glare < 0.06 {
		t.Errorf("with glare on it: %+v, %v", look, err)
	}
	// Paper that is as white as a reflection is none: it could be tilted for ever.
	pale := image.NewRGBA(shot.Image.Rect)
	for i := range pale.Pix {
		pale.Pix[i] = uint8(min(255, int(shot.Image.Pix[i])*3/2))
	}
	if look, err = r.Look(t.Context(), picture(vision.Fit(pale, 640)).JPEG); err != nil || !look.Found || look.Glare > 0.06 {
		t.Errorf("overexposed as a whole: %+v, %v", look, err)
	}
}

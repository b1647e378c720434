package specimen

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

func TestScenesGetHarder(t *testing.T) {
	t.Parallel()
	p := Sample(TD3, 2, day(2026, 5, 1))
	p.Portrait = image.NewUniform(color.Gray{120})
	page := p.Render()
	var legible [3]float64
	for d := Easy; d <= Hard; d++ {
		for seed := range int64(2) {
			legible[d] += contrast(t, Scene{Difficulty: d, Seed: seed}.Photograph(page), page) / 2
		}
	}
	if !(legible[Easy] > legible[Medium]+0.01 && legible[Medium] > legible[Hard]+0.01) {
		t.Errorf("likeness of the photographed MRZ to the page: easy %.3f, medium %.3f, hard %.3f", legible[Easy], legible[Medium], legible[Hard])
	}
	if legible[Hard] < 0.4 {
		t.Errorf("hard scenes are unreadable: %.3f", legible[Hard])
	}
}

// contrast straightens the saved photograph by its known corners and correlates
// the MRZ with the page's; a wrong corner gives a value near nought.
func contrast(t *testing.T, shot Shot, page *image.RGBA) float64 {
	t.Helper()
	decoded, err := jpeg.Decode(bytes.NewReader(shot.JPEG()))
	if err != nil {
		t.Fatal(err)
	}
	photo := quarters(decoded, 0)
	w, h := float64(page.Rect.Dx()), float64(page.Rect.Dy())
	m := homography([4]Point{{0, 0}, {w, 0}, {w, h}, {0, h}}, shot.Corners)
	var n, sa, sb, saa, sbb, sab float64
	for y := 850; y < 990; y++ {
		for x := 70; x < 1430; x++ {
			u, v := m.apply(float64(x)+0.5, float64(y)+0.5)
			a, b := sample(photo, u-0.5, v-0.5)[1], float64(page.RGBAAt(x, y).G)
			n, sa, sb, saa, sbb, sab = n+1, sa+a, sb+b, saa+a*a, sbb+b*b, sab+a*b
		}
	}
	return (n*sab - sa*sb) / math.Sqrt((n*saa-sa*sa)*(n*sbb-sb*sb))
}

func TestSceneIsDeterministicAndKnowsItsCorners(t *testing.T) {
	t.Parallel()
	page := image.NewRGBA(image.Rect(0, 0, 500, 352))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	one, two := Scene{Difficulty: Medium, Seed: 5, Quarters: 1}.Photograph(page), Scene{Difficulty: Medium, Seed: 5, Quarters: 1}.Photograph(page)
	if !bytes.Equal(one.Image.Pix, two.Image.Pix) || one.Corners != two.Corners {
		t.Error("one scene gave two photographs")
	}
	if other := (Scene{Difficulty: Medium, Seed: 6, Quarters: 1}).Photograph(page); bytes.Equal(one.Image.Pix, other.Image.Pix) {
		t.Error("another seed gave the same photograph")
	}
	for turns := range 4 {
		c := Scene{Difficulty: Easy, Seed: 9, Quarters: turns}.Photograph(page).Corners
		angle := math.Atan2(c[1].Y-c[0].Y, c[1].X-c[0].X) * 180 / math.Pi
		if d := math.Remainder(angle-float64(turns*90), 360); math.Abs(d) > 6 {
			t.Errorf("%d quarter turns: the upper edge points to %.0f°", turns, angle)
		}
	}
}

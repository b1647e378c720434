package specimen

import (
	"image"
	"testing"
)

// A screen's red light reddens what faces it and is near, the wall less than the face.
func TestScreenLightsFaceMoreThanWall(t *testing.T) {
	t.Parallel()
	who := Face{Seed: 3_000_130}
	plain := who.Render(160, 120)
	who.Light = [3]float64{0.4, 0, 0}
	red := who.Render(160, 120)
	rise := func(r image.Rectangle, channel int) float64 {
		var before, after float64
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				before, after = before+float64(plain.Pix[plain.PixOffset(x, y)+channel]), after+float64(red.Pix[red.PixOffset(x, y)+channel])
			}
		}
		return after/before - 1
	}
	nose, wall := image.Rect(75, 58, 85, 68), image.Rect(4, 10, 24, 60)
	if f, w := rise(nose, 0), rise(wall, 0); f < 0.05 || w < 0.01 || w > f/2 {
		t.Errorf("the nose gets %.3f redder, the wall %.3f", f, w)
	}
	if g := rise(nose, 2); g > 0.01 || g < -0.01 {
		t.Errorf("red light makes the nose %.3f bluer", g)
	}
}

package document

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// The axis of a row that is drawn tilted is found from a strip that lies flat.
func TestRefineFindsTheAxis(t *testing.T) {
	t.Parallel()
	const degrees, height = 0.8, 20.0
	img := image.NewRGBA(image.Rect(0, 0, 900, 200))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	slope := math.Tan(degrees * math.Pi / 180)
	for x := 60; x < 840; x++ {
		if x%16 > 4 { // upright strokes
			continue
		}
		mid := 103 + slope*float64(x-450)
		for y := int(mid - height/2); y < int(mid+height/2); y++ {
			img.SetRGBA(x, y, color.RGBA{20, 20, 20, 255})
		}
	}
	got := refine(img, at(450, 100, 800, height*boxGrowth, 0))
	angle := math.Atan2(got.dir.Y, got.dir.X) * 180 / math.Pi
	if math.Abs(angle-degrees) > 0.15 || math.Abs(got.centre.Y-103) > 1 {
		t.Errorf("axis at %.1f, %.2f°; drawn at 103, %.1f°", got.centre.Y, angle, degrees)
	}
	if flat := at(450, 40, 800, 20, 0); refine(img, flat) != flat {
		t.Error("a strip over nothing has moved")
	}
}

package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// A flat sheet seen from the front is where it was put; a turned one is narrower.
func TestHoldPlacesTheSheet(t *testing.T) {
	t.Parallel()
	red := image.NewRGBA(image.Rect(0, 0, 100, 100))
	draw.Draw(red, red.Rect, image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	width := func(how Sheet) (n int) {
		scene := image.NewRGBA(image.Rect(0, 0, 400, 300))
		how.Width, how.X, how.Y = 0.5, 0.5, 0.5
		Hold(scene, red, how)
		for x := range 400 {
			if scene.RGBAAt(x, 150).R > 128 {
				n++
			}
		}
		return n
	}
	flat, turned, bent := width(Sheet{}), width(Sheet{Yaw: 50}), width(Sheet{Bend: 120})
	if flat < 198 || flat > 202 {
		t.Errorf("a sheet of half the width covers %d of 400 pixels", flat)
	}
	if turned > 140 || turned < 110 {
		t.Errorf("turned by 50° it covers %d", turned)
	}
	if bent > 180 || bent < 120 {
		t.Errorf("bent by 120° it covers %d", bent)
	}
}

// The stripes of a screen and the dots of a print are there where a camera can
// still resolve them, and their mean is the picture.
func TestRecaptureLeavesItsGrid(t *testing.T) {
	t.Parallel()
	grey := image.NewRGBA(image.Rect(0, 0, 200, 150))
	draw.Draw(grey, grey.Rect, image.NewUniform(color.RGBA{120, 120, 120, 255}), image.Point{}, draw.Src)
	scene := image.NewRGBA(image.Rect(0, 0, 400, 300))
	Display(scene, grey, [4]Point{{0, 0}, {400, 0}, {400, 300}, {0, 300}}, false, 3)
	rough := func(img *image.RGBA) float64 {
		sum, n := 0.0, 0.0
		for y := 20; y < img.Rect.Dy()-20; y++ {
			for x := 20; x < img.Rect.Dx()-20; x++ {
				d := float64(img.RGBAAt(x, y).G) - float64(img.RGBAAt(x+1, y).G)
				sum, n = sum+d*d, n+1
			}
		}
		return sum / n
	}
	if r := rough(scene); r < .5 {
		t.Errorf("the screen is as smooth as what it shows: %.2f", r)
	}
	if r := rough(Print(grey, 3)); r < 1 {
		t.Errorf("the print is as smooth as its photograph: %.2f", r)
	}
	if c := scene.RGBAAt(200, 150); c.R < 60 || c.R > 200 {
		t.Errorf("the screen shows grey as %v", c)
	}
}

package fraud

import (
	"image"
	"image/color"
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// panel is the width in pixels of each half of a proof's picture.
const panel = 420

// Picture shows where a score comes from: the place itself on the left, and on
// the right what the test sees of it: the spectrum, the noise or the colour. Nil
// for a score that has no place.
func Picture(in Input, s Score) *image.RGBA {
	if s.Where == (vision.Quad{}) {
		return nil
	}
	switch s.Test {
	case Grid, Dots, Body:
		c := s.Where.Centre()
		r := image.Rect(int(c.X)-tile/2, int(c.Y)-tile/2, int(c.X)+tile/2, int(c.Y)+tile/2)
		if !r.In(in.Picture.Rect) {
			return nil
		}
		left := vision.Crop(in.Picture, r)
		if s.Test == Body { // the frame is the point
			left = vision.Crop(in.Picture, bounds(s.Where))
		}
		return beside(left, spectrumOf(in.Picture, r.Min))
	case Grey:
		left := vision.Crop(in.Picture, bounds(s.Where))
		return beside(left, mapped(left, colourfulness))
	default: // a place on the page
	}
	left := vision.Crop(in.Picture, bounds(grown(s.Where, 1.5)))
	if left.Rect.Empty() {
		return nil
	}
	if s.Test == Askew {
		return beside(left, nil)
	}
	return beside(left, detailOf(left))
}

// beside puts two pictures side by side, each as wide as a panel.
func beside(left, right *image.RGBA) *image.RGBA {
	left = fitted(left)
	width := left.Rect.Dx()
	if right != nil {
		right = fitted(right)
		width += right.Rect.Dx()
	}
	height := left.Rect.Dy()
	if right != nil {
		height = max(height, right.Rect.Dy())
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = 255
	}
	put := func(p *image.RGBA, x int) {
		for y := range p.Rect.Dy() {
			copy(out.Pix[out.PixOffset(x, y):], p.Pix[y*p.Stride:][:4*p.Rect.Dx()])
		}
	}
	put(left, 0)
	if right != nil {
		put(right, left.Rect.Dx())
	}
	return out
}

func fitted(img *image.RGBA) *image.RGBA {
	h := max(1, img.Rect.Dy()*panel/max(img.Rect.Dx(), 1))
	return vision.Resize(img, panel, min(h, 2*panel))
}

// mapped paints a value from 0 to 1 of every pixel from black over red to yellow.
func mapped(img *image.RGBA, value func(p []uint8) float64) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		heat(out.Pix[i:], value(img.Pix[i:]))
	}
	return out
}

func heat(out []uint8, v float64) {
	v = math.Min(math.Max(v, 0), 1)
	out[0], out[1], out[2], out[3] = uint8(255*math.Min(2*v, 1)), uint8(255*math.Max(2*v-1, 0)), uint8(60*(1-v)), 255
}

func colourfulness(p []uint8) float64 {
	hi, lo := max(p[0], p[1], p[2]), min(p[0], p[1], p[2])
	return float64(hi-lo) / 80
}

// detailOf shows the second differences, in which noise is seen and print is not
// read: a patch without noise is dark.
func detailOf(img *image.RGBA) *image.RGBA {
	grey := vision.Grayscale(img)
	out := image.NewRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			v := 0.0
			if x > 0 && y > 0 && x < img.Rect.Dx()-1 && y < img.Rect.Dy()-1 {
				v = math.Abs(float64(detail(grey, y*grey.Stride+x))) / 48
			}
			heat(out.Pix[out.PixOffset(x, y):], v)
		}
	}
	return out
}

// spectrumOf is the logarithm of a tile's spectrum, its middle the lowest frequency.
func spectrumOf(img *image.RGBA, at image.Point) *image.RGBA {
	t := newTransform()
	t.peaks(at, func(x, y int) (float64, float64) {
		p := img.Pix[y*img.Stride+4*x:]
		return 0, float64(p[0]) - float64(p[2]) + 0.5*float64(p[1])
	})
	out := image.NewRGBA(image.Rect(0, 0, tile, tile))
	for y := range tile {
		for x := range tile {
			v := t.power[((y+tile/2)&(tile-1))*tile+(x+tile/2)&(tile-1)]
			out.SetRGBA(x, y, color.RGBA{A: 255})
			heat(out.Pix[out.PixOffset(x, y):], (v-3)/4)
		}
	}
	return out
}

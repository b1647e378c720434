package glyph

import (
	"image"
	"math"
)

// Place is where a character stands in a picture: its centre, the direction of its
// line (a unit vector, x right and y down), and the distance to the next character
// in pixels.
type Place struct{ X, Y, DX, DY, Pitch float64 }

// reach is what a patch shows, in pitches: the character, and the edges of its
// neighbours.
const reach = 1.3

// least deviation of a patch; less is paper.
const least = 4.0

// Cut takes the patch at a place, mirrored across its line if asked.
func Cut(img *image.RGBA, at Place, mirrored bool) (p Patch) {
	step := reach * at.Pitch / Side
	over := 1
	if step > 1.5 {
		over = 2
	}
	flip := 1.0
	if mirrored {
		flip = -1
	}
	sum := 0.0
	for i := range p {
		v := 0.0
		for k := range over * over {
			s := (float64(i%Side) + (float64(k%over)+0.5)/float64(over) - Side/2.0) * step * flip
			t := (float64(i/Side) + (float64(k/over)+0.5)/float64(over) - Side/2.0) * step
			v += grey(img, at.X+s*at.DX-t*at.DY, at.Y+s*at.DY+t*at.DX)
		}
		v /= float64(over * over)
		p[i] = float32(v)
		sum += v
	}
	mean, squares := float32(sum/float64(len(p))), 0.0
	for i := range p {
		p[i] -= mean
		squares += float64(p[i]) * float64(p[i])
	}
	scale := float32(1 / max(math.Sqrt(squares/float64(len(p))), least))
	for i := range p {
		p[i] *= scale
	}
	return p
}

// grey is bilinear between pixel centres; the border continues.
func grey(img *image.RGBA, x, y float64) float64 {
	b := img.Rect
	x = min(max(x-0.5, float64(b.Min.X)), float64(b.Max.X-1))
	y = min(max(y-0.5, float64(b.Min.Y)), float64(b.Max.Y-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, b.Max.X-1), min(y0+1, b.Max.Y-1)
	u, v := x-float64(x0), y-float64(y0)
	return (luma(img, x0, y0)*(1-u)+luma(img, x1, y0)*u)*(1-v) + (luma(img, x0, y1)*(1-u)+luma(img, x1, y1)*u)*v
}

func luma(img *image.RGBA, x, y int) float64 {
	c := img.Pix[img.PixOffset(x, y):]
	return (299*float64(c[0]) + 587*float64(c[1]) + 114*float64(c[2])) / 1000
}

package fraud

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// bounds is the upright rectangle about a quad.
func bounds(q vision.Quad) image.Rectangle {
	x0, y0, x1, y1 := q[0].X, q[0].Y, q[0].X, q[0].Y
	for _, p := range q[1:] {
		x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
	}
	limit := func(v float64) int { return int(math.Min(math.Max(v, -1e6), 1e6)) }
	return image.Rect(limit(x0), limit(y0), limit(math.Ceil(x1)), limit(math.Ceil(y1)))
}

// inside tells whether a point lies in a quad, whichever way round it is.
func inside(q vision.Quad, x, y float64) bool {
	left, right := false, false
	for i := range q {
		a, b := q[i], q[(i+1)&3]
		c := (b.X-a.X)*(y-a.Y) - (b.Y-a.Y)*(x-a.X)
		left, right = left || c < 0, right || c > 0
	}
	return !left || !right
}

// grown is a quad about its centre, k times as large.
func grown(q vision.Quad, k float64) vision.Quad {
	c := q.Centre()
	for i := range q {
		q[i] = c.Add(q[i].Sub(c).Scale(k))
	}
	return q
}

// plane maps the page, as a rectangle of width 1, onto the picture.
type plane struct {
	h      vision.Homography
	height float64
}

func planeOf(page vision.Quad) (plane, bool) {
	height := page.Height() / page.Width()
	h, err := vision.Perspective(page, 1, height)
	return plane{h, height}, err == nil
}

func (p plane) at(u, v float64) vision.Point { return p.h.Apply(vision.Point{X: u, Y: v}) }

// pixel is the brightness of the nearest pixel; false outside of the picture.
func pixel(g *image.Gray, p vision.Point) (float64, bool) {
	x, y := int(math.Floor(p.X)), int(math.Floor(p.Y))
	if !image.Pt(x, y).In(g.Rect) {
		return 0, false
	}
	return float64(g.Pix[y*g.Stride+x]), true
}

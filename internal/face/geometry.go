package face

import (
	"errors"
	"math"
)

// point is a place in a picture: x to the right, y down, in pixels unless said otherwise.
type point struct{ X, Y float64 }

func (p point) add(q point) point        { return point{p.X + q.X, p.Y + q.Y} }
func (p point) sub(q point) point        { return point{p.X - q.X, p.Y - q.Y} }
func (p point) scale(s float64) point    { return point{p.X * s, p.Y * s} }
func (p point) norm() float64            { return math.Hypot(p.X, p.Y) }
func (p point) distance(q point) float64 { return p.sub(q).norm() }
func middle(points ...point) (sum point) {
	for _, p := range points {
		sum = sum.add(p)
	}
	return sum.scale(1 / float64(len(points)))
}

// rect is a box in pixels; X and Y are its top left corner.
type rect struct{ X, Y, W, H float64 }

func (r rect) centre() point { return point{r.X + r.W/2, r.Y + r.H/2} }
func (r rect) area() float64 { return math.Max(0, r.W) * math.Max(0, r.H) }

// grow widens the box by a share of its size on every side.
func (r rect) grow(share float64) rect {
	return rect{r.X - r.W*share, r.Y - r.H*share, r.W * (1 + 2*share), r.H * (1 + 2*share)}
}

// inside tells that no part of the box leaves a picture of this size.
func (r rect) inside(w, h int) bool {
	return r.within(rect{0, 0, float64(w), float64(h)})
}

// within tells that the box lies wholly in another.
func (r rect) within(o rect) bool {
	return r.X >= o.X && r.Y >= o.Y && r.X+r.W <= o.X+o.W && r.Y+r.H <= o.Y+o.H
}

// overlap is the intersection over union of two boxes, 0 to 1.
func (r rect) overlap(o rect) float64 {
	w := math.Min(r.X+r.W, o.X+o.W) - math.Max(r.X, o.X)
	h := math.Min(r.Y+r.H, o.Y+o.H) - math.Max(r.Y, o.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (r.area() + o.area() - w*h)
}

// bounds is the smallest box around the points.
func bounds(points []point) rect {
	lo, hi := points[0], points[0]
	for _, p := range points[1:] {
		lo = point{math.Min(lo.X, p.X), math.Min(lo.Y, p.Y)}
		hi = point{math.Max(hi.X, p.X), math.Max(hi.Y, p.Y)}
	}
	return rect{lo.X, lo.Y, hi.X - lo.X, hi.Y - lo.Y}
}

// similarity is a turn, a uniform scale and a shift: x' = A x - B y + TX, y' = B x + A y + TY.
type similarity struct{ A, B, TX, TY float64 }

func (s similarity) apply(p point) point {
	return point{s.A*p.X - s.B*p.Y + s.TX, s.B*p.X + s.A*p.Y + s.TY}
}

// invert gives the opposite mapping; the scale of a fitted similarity is never zero.
func (s similarity) invert() similarity {
	d := s.A*s.A + s.B*s.B
	a, b := s.A/d, -s.B/d
	return similarity{a, b, -(a*s.TX - b*s.TY), -(b*s.TX + a*s.TY)}
}

func (s similarity) factor() float64 { return math.Hypot(s.A, s.B) }

var errDegenerate = errors.New("points lie too close together to be fitted")

// fitSimilarity finds the similarity that takes from to to with the least
// squared error (Umeyama 1991, without reflection).
func fitSimilarity(from, to []point) (similarity, error) {
	cf, ct := middle(from...), middle(to...)
	var dot, cross, spread float64
	for i := range from {
		p, q := from[i].sub(cf), to[i].sub(ct)
		dot += p.X*q.X + p.Y*q.Y
		cross += p.X*q.Y - p.Y*q.X
		spread += p.X*p.X + p.Y*p.Y
	}
	if spread < 1e-12 || math.Hypot(dot, cross) < 1e-12*spread {
		return similarity{}, errDegenerate
	}
	a, b := dot/spread, cross/spread
	return similarity{a, b, ct.X - a*cf.X + b*cf.Y, ct.Y - b*cf.X - a*cf.Y}, nil
}

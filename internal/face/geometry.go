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

// homography is a plane's mapping between two pictures, row-major with the last element 1.
type homography [9]float64

func (h homography) apply(p point) point {
	w := h[6]*p.X + h[7]*p.Y + h[8]
	return point{(h[0]*p.X + h[1]*p.Y + h[2]) / w, (h[3]*p.X + h[4]*p.Y + h[5]) / w}
}

// fitHomography finds the homography of least algebraic error. Points are
// centred and scaled first, without which the equations are badly conditioned
// (Hartley 1997).
func fitHomography(from, to []point) (homography, error) {
	if len(from) < 4 || len(from) != len(to) {
		return homography{}, errDegenerate
	}
	nf, pf := normalise(from)
	nt, pt := normalise(to)
	if nf == 0 || nt == 0 {
		return homography{}, errDegenerate
	}
	var m [8][9]float64 // normal equations of the eight unknowns
	for i := range pf {
		x, y, u, v := pf[i].X, pf[i].Y, pt[i].X, pt[i].Y
		accumulate(&m, [8]float64{x, y, 1, 0, 0, 0, -u * x, -u * y}, u)
		accumulate(&m, [8]float64{0, 0, 0, x, y, 1, -v * x, -v * y}, v)
	}
	h, err := solve(&m)
	if err != nil {
		return homography{}, err
	}
	inner := homography{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1}
	cf, ct := middle(from...), middle(to...)
	before := homography{nf, 0, -nf * cf.X, 0, nf, -nf * cf.Y, 0, 0, 1}
	after := homography{1 / nt, 0, ct.X, 0, 1 / nt, ct.Y, 0, 0, 1}
	return after.times(inner).times(before), nil
}

func (h homography) times(o homography) (product homography) {
	for r := range 3 {
		for c := range 3 {
			product[3*r+c] = h[3*r]*o[c] + h[3*r+1]*o[3+c] + h[3*r+2]*o[6+c]
		}
	}
	return product
}

// normalise moves the points to the origin with a mean distance of √2 and tells the factor.
func normalise(points []point) (factor float64, moved []point) {
	c := middle(points...)
	var mean float64
	for _, p := range points {
		mean += p.distance(c)
	}
	mean /= float64(len(points))
	if mean < 1e-9 {
		return 0, nil
	}
	factor = math.Sqrt2 / mean
	moved = make([]point, len(points))
	for i, p := range points {
		moved[i] = p.sub(c).scale(factor)
	}
	return factor, moved
}

func accumulate(m *[8][9]float64, row [8]float64, value float64) {
	for i := range 8 {
		for j := range 8 {
			m[i][j] += row[i] * row[j]
		}
		m[i][8] += row[i] * value
	}
}

// solve is Gaussian elimination with pivoting on eight unknowns.
func solve(m *[8][9]float64) (x [8]float64, err error) {
	for c := range 8 {
		pivot := c
		for r := c + 1; r < 8; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		if math.Abs(m[pivot][c]) < 1e-12 {
			return x, errDegenerate
		}
		m[c], m[pivot] = m[pivot], m[c]
		for r := c + 1; r < 8; r++ {
			f := m[r][c] / m[c][c]
			for k := c; k < 9; k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	for r := 7; r >= 0; r-- {
		x[r] = m[r][8]
		for k := r + 1; k < 8; k++ {
			x[r] -= m[r][k] * x[k]
		}
		x[r] /= m[r][r]
	}
	return x, nil
}

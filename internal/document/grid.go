package document

import (
	"math"

	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/vision"
)

// grid says where on the page a point of the picture lies: 0,0 is the page's
// upper left corner, 1,1 its lower right.
type grid struct {
	to   vision.Homography // picture to page
	quad vision.Quad       // the page's corners in the picture
	rms  float64           // of what was found at a known place, relative to the page's width
	zone bool              // laid by the zone and the page's edges alone
}

func (g *grid) at(p vec) types.Point { return types.Point(g.to.Apply(vision.Point(p))) }

// anchor is something printed at a known place.
type anchor struct {
	at   vec // in the picture
	page vec // in millimetres
}

// The measures of a grid: how many anchors it needs, and how far from their
// places, relative to the page's width, they may be found.
const (
	gridAnchors = 3
	gridNear    = 0.035
	gridTilted  = 6 // anchors from which on shear and unequal scales are believed
)

// anchorsOf lists what of a type's layout was found.
func anchorsOf(t *types.Type, side *types.Side, items []item) []anchor {
	var out []anchor
	mm := func(p types.Point) vec { return vec{p.X * t.Size.Width, p.Y * t.Size.Height} }
	add := func(c types.Caption, p types.Point) {
		best, at := 0, -1
		for i := range items {
			if _, begins := c.Behind(items[i].text); !begins {
				continue
			}
			if n := c.Find(items[i].text); n > best {
				best, at = n, i
			}
		}
		if at >= 0 {
			out = append(out, anchor{at: items[at].strip.start().along(items[at].strip.dir, startInset*items[at].h), page: mm(p)})
		}
	}
	for _, f := range t.Fields {
		if f.CaptionAt != nil && (f.Side == "" || side == nil || f.Side == side.Name) {
			for _, c := range f.Captions {
				add(c, *f.CaptionAt)
			}
		}
	}
	if side != nil {
		for _, m := range side.Marks {
			add(m.Caption, m.At)
		}
	}
	return out
}

// startInset is how far inside of its box print begins, in the box's height.
const startInset = 0.13

// layGrid fits the page to its anchors: the similarity that most of them agree
// with, then least squares over those; nil when too few agree.
func layGrid(size types.Size, anchors []anchor) *grid {
	var best []anchor
	for i := range anchors {
		for j := range i {
			m, ok := similarity(anchors[i], anchors[j])
			if !ok {
				continue
			}
			if in := agreeing(m, anchors, gridNear*size.Width); len(in) > len(best) {
				best = in
			}
		}
	}
	if len(best) < gridAnchors {
		return nil
	}
	m, ok := leastSquares(best, len(best) >= gridTilted)
	if !ok {
		return nil
	}
	sum := 0.0
	for _, a := range best {
		p := m.Apply(vision.Point(a.at))
		sum += math.Pow(p.X-a.page.X, 2) + math.Pow(p.Y-a.page.Y, 2)
	}
	back, ok := m.Invert()
	if !ok {
		return nil
	}
	g := &grid{rms: math.Sqrt(sum/float64(len(best))) / size.Width}
	for i, c := range []vision.Point{{}, {X: size.Width}, {X: size.Width, Y: size.Height}, {Y: size.Height}} {
		g.quad[i] = back.Apply(c)
	}
	g.to = vision.Homography{m.A / size.Width, m.B / size.Width, m.C / size.Width, m.D / size.Height, m.E / size.Height, m.F / size.Height, 0, 0, 1}
	return g
}

// similarity maps two points of the picture onto the page; not ok when they are
// too near to each other, or the page would be turned far.
func similarity(a, b anchor) (vision.Affine, bool) {
	d, e := b.at.sub(a.at), b.page.sub(a.page)
	n := d.dot(d)
	if e.norm() < 12 || n < 100 {
		return vision.Affine{}, false
	}
	// e = (c −s; s c) d
	c, s := d.dot(e)/n, d.cross(e)/n
	if math.Abs(s) > 0.7*math.Abs(c) || c <= 0 {
		return vision.Affine{}, false
	}
	return vision.Affine{A: c, B: -s, C: a.page.X - c*a.at.X + s*a.at.Y, D: s, E: c, F: a.page.Y - s*a.at.X - c*a.at.Y}, true
}

func agreeing(m vision.Affine, all []anchor, near float64) []anchor {
	var in []anchor
	for _, a := range all {
		if vec(m.Apply(vision.Point(a.at))).sub(a.page).norm() < near {
			in = append(in, a)
		}
	}
	return in
}

// leastSquares fits a similarity, or with tilted an affine map, by the normal equations.
func leastSquares(in []anchor, tilted bool) (vision.Affine, bool) {
	var p, q vec
	for _, a := range in {
		p, q = p.add(a.at.mul(1/float64(len(in)))), q.add(a.page.mul(1/float64(len(in))))
	}
	var xx, xy, yy, ux, uy, vx, vy float64
	for _, a := range in {
		d, e := a.at.sub(p), a.page.sub(q)
		xx, xy, yy = xx+d.X*d.X, xy+d.X*d.Y, yy+d.Y*d.Y
		ux, uy, vx, vy = ux+e.X*d.X, uy+e.X*d.Y, vx+e.Y*d.X, vy+e.Y*d.Y
	}
	var m vision.Affine
	if det := xx*yy - xy*xy; tilted && det > 0.002*(xx+yy)*(xx+yy) {
		m.A, m.B = (ux*yy-uy*xy)/det, (uy*xx-ux*xy)/det
		m.D, m.E = (vx*yy-vy*xy)/det, (vy*xx-vx*xy)/det
	} else {
		n := xx + yy
		if n < 1 {
			return m, false
		}
		c, s := (ux+vy)/n, (vx-uy)/n
		m = vision.Affine{A: c, B: -s, D: s, E: c}
	}
	m.C, m.F = q.X-m.A*p.X-m.B*p.Y, q.Y-m.D*p.X-m.E*p.Y
	return m, true
}

// straightened is the grid by the page's edges, where all four were found near
// the corners of the estimate: they know the perspective, which anchors do not.
func (g *grid) straightened(sides [4]side) *grid {
	q, ok := corners(sides, g.quad)
	if !ok {
		return g
	}
	if by, ok := gridOf(q); ok {
		by.rms, by.zone = g.rms, g.zone
		return by
	}
	return g
}

// gridOf is the grid of a page whose corners are known.
func gridOf(q vision.Quad) (*grid, bool) {
	h, err := vision.Perspective(q, 1, 1)
	if err != nil {
		return nil, false
	}
	return &grid{to: inverse(h), quad: q}, true
}

// inverse of a perspective map, by its adjugate; the scale of all nine numbers is free.
func inverse(h vision.Homography) vision.Homography {
	return vision.Homography{
		h[4]*h[8] - h[5]*h[7], h[2]*h[7] - h[1]*h[8], h[1]*h[5] - h[2]*h[4],
		h[5]*h[6] - h[3]*h[8], h[0]*h[8] - h[2]*h[6], h[2]*h[3] - h[0]*h[5],
		h[3]*h[7] - h[4]*h[6], h[1]*h[6] - h[0]*h[7], h[0]*h[4] - h[1]*h[3],
	}
}

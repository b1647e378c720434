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

	size    types.Size
	anchors []anchor // that it was laid by
}

func (g *grid) at(p vec) types.Point { return types.Point(g.to.Apply(vision.Point(p))) }

// anchor is something printed at a known place.
type anchor struct {
	at   vec // in the picture
	page vec // in millimetres
}

// The measures of a grid: how many anchors it needs, and how far from their
// places, relative to the page's width, they may be found, by a first grid farther.
const (
	gridAnchors = 3
	gridNear    = 0.035
	gridTilted  = 6 // anchors from which on shear and unequal scales are believed
	gridSeen    = 8 // and perspective, where it leaves less than gridBent of the error
	gridBent    = 0.6
	gridExact   = 0.008 // all that was guided to is right when perspective leaves no more

	gridGuided = 0.06
)

// layGrid lays the page of a type under its print; nil when too little of it was
// found. Where captions are known to stand, more of them are recognised, though
// they are hardly legible, and those, with the lines of the zone, know the tilt of
// the whole page.
func layGrid(t *types.Type, side *types.Side, items []item, zone []anchor) *grid {
	known := landmarks(t, side)
	in := concordant(t.Size, anchorsOf(known, items))
	g := fitGrid(t.Size, in)
	for g != nil {
		more := append(g.guided(t.Size, known, items), zone...)
		h := perspectiveGrid(t.Size, more)
		if h == nil || h.rms > gridExact { // some of them are not what they seem
			if m, ok := leastSquares(more, len(more) >= gridTilted); ok {
				more = agreeing(m, more, gridNear*t.Size.Width)
			}
			h = perspectiveGrid(t.Size, more)
		}
		if len(more) <= len(in) {
			break
		}
		in, g = more, fitGrid(t.Size, more)
		if h != nil && h.rms < gridBent*g.rms {
			g = h
		}
	}
	return g
}

// perspectiveGrid is the grid by the perspective of many anchors, nil where they have none.
func perspectiveGrid(size types.Size, anchors []anchor) *grid {
	if len(anchors) < gridSeen {
		return nil
	}
	var from, to []vision.Point
	for _, a := range anchors {
		from, to = append(from, vision.Point(a.at)), append(to, vision.Point{X: a.page.X / size.Width, Y: a.page.Y / size.Height})
	}
	h, err := vision.FitHomography(from, to)
	if err != nil {
		return nil
	}
	return gridBy(h, size, anchors)
}

// gridBy is the grid of a map that was fitted to anchors.
func gridBy(to vision.Homography, size types.Size, anchors []anchor) *grid {
	g := &grid{to: to, size: size, anchors: anchors}
	g.rms = g.misfit(size, anchors)
	back := inverse(to)
	for i, c := range []vision.Point{{}, {X: 1}, {X: 1, Y: 1}, {Y: 1}} {
		g.quad[i] = back.Apply(c)
	}
	return g
}

// landmark is print that a type has at a known place.
type landmark struct {
	types.Caption
	page vec // in millimetres
}

func landmarks(t *types.Type, side *types.Side) []landmark {
	var out []landmark
	add := func(c types.Caption, p types.Point) {
		out = append(out, landmark{c, vec{p.X * t.Size.Width, p.Y * t.Size.Height}})
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

// anchorsOf lists what of a type's layout was found.
func anchorsOf(known []landmark, items []item) []anchor {
	var out []anchor
	for _, l := range known {
		best, at := 0, -1
		for i := range items {
			if _, begins := l.Behind(items[i].text); !begins {
				continue
			}
			if n := l.Find(items[i].text); n > best {
				best, at = n, i
			}
		}
		if at >= 0 {
			out = append(out, anchor{items[at].inset(), l.page})
		}
	}
	return out
}

// guided lists what of a type's layout is seen by a first grid: of the print that
// resembles each landmark, the nearest to its place.
func (g *grid) guided(size types.Size, known []landmark, items []item) []anchor {
	var out []anchor
	for _, l := range known {
		at, nearest := -1, gridGuided*size.Width
		for i := range items {
			p := g.at(items[i].inset())
			if d := (vec{p.X * size.Width, p.Y * size.Height}).sub(l.page).norm(); d < nearest && l.Resembles(items[i].text) {
				at, nearest = i, d
			}
		}
		if at >= 0 {
			out = append(out, anchor{items[at].inset(), l.page})
		}
	}
	return out
}

// inset is where print begins in its box.
func (it item) inset() vec { return it.strip.start().along(it.strip.dir, startInset*it.h) }

// startInset is how far inside of its box print begins, in the box's height.
const startInset = 0.13

// concordant are the anchors that agree with the similarity which most agree with.
func concordant(size types.Size, anchors []anchor) []anchor {
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
	return best
}

// fitGrid is the grid of least squares over anchors, nil when they are too few.
func fitGrid(size types.Size, best []anchor) *grid {
	if len(best) < gridAnchors {
		return nil
	}
	m, ok := leastSquares(best, len(best) >= gridTilted)
	if !ok {
		return nil
	}
	if _, ok := m.Invert(); !ok {
		return nil
	}
	return gridBy(vision.Homography{m.A / size.Width, m.B / size.Width, m.C / size.Width, m.D / size.Height, m.E / size.Height, m.F / size.Height, 0, 0, 1}, size, best)
}

// misfit is by how much anchors are beside their places in the root mean square,
// relative to the page's width.
func (g *grid) misfit(size types.Size, anchors []anchor) float64 {
	sum := 0.0
	for _, a := range anchors {
		p := g.at(a.at)
		sum += math.Pow(p.X*size.Width-a.page.X, 2) + math.Pow(p.Y*size.Height-a.page.Y, 2)
	}
	return math.Sqrt(sum/float64(max(len(anchors), 1))) / size.Width
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
// the corners of the estimate: they know the perspective, which few anchors do not.
// Edges that put what was found far beside its place are a table's, not the page's.
func (g *grid) straightened(sides [4]side) *grid {
	q, ok := corners(sides, g.quad)
	if !ok {
		return g
	}
	by, ok := gridOf(q)
	if !ok || by.misfit(g.size, g.anchors) > straightFactor*g.rms+straightNear {
		return g
	}
	by.rms, by.zone, by.size, by.anchors = g.rms, g.zone, g.size, g.anchors
	return by
}

// How far a grid by edges may put anchors beside their places: a grid laid by the
// anchors themselves has the least error of its kind.
const (
	straightFactor = 1.5
	straightNear   = 0.004
)

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

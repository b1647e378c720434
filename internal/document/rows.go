package document

import (
	"cmp"
	"math"
	"slices"
)

// vec is a place or direction in the picture, in pixels.
type vec struct{ X, Y float64 }

func (a vec) add(b vec) vec              { return vec{a.X + b.X, a.Y + b.Y} }
func (a vec) sub(b vec) vec              { return vec{a.X - b.X, a.Y - b.Y} }
func (a vec) mul(k float64) vec          { return vec{a.X * k, a.Y * k} }
func (a vec) dot(b vec) float64          { return a.X*b.X + a.Y*b.Y }
func (a vec) cross(b vec) float64        { return a.X*b.Y - a.Y*b.X }
func (a vec) norm() float64              { return math.Hypot(a.X, a.Y) }
func (a vec) unit() vec                  { return a.mul(1 / max(a.norm(), 1e-9)) }
func (a vec) down() vec                  { return vec{-a.Y, a.X} } // a quarter turn clockwise, as pictures have y downwards
func (a vec) along(d vec, t float64) vec { return a.add(d.mul(t)) }

// strip is a straight piece of text: its centre, the unit vector along it, its
// length and its height.
type strip struct {
	centre vec
	dir    vec
	w, h   float64
	cut    cut // how its crop differs from the strip; nothing, as a rule
}

// cut varies a crop without changing what it shows: the recognisers err
// differently on each, so that their mean is surer than any.
type cut struct {
	tall  float64 // higher by this share, at the same width in pixels
	shift float64 // lower by this share of the height
	sharp bool    // edges drawn again that blur has softened
}

// stripOf makes a strip of a rectangle's corners, in order around it; the longer
// side is the direction, towards the right of the picture or, when steep, down.
func stripOf(c [4]vec) strip {
	a, b := c[1].sub(c[0]).add(c[2].sub(c[3])).mul(0.5), c[3].sub(c[0]).add(c[2].sub(c[1])).mul(0.5)
	if b.norm() > a.norm() {
		a, b = b, a
	}
	dir := a.unit()
	if dir.X < -1e-6 || math.Abs(dir.X) <= 1e-6 && dir.Y < 0 {
		dir = dir.mul(-1)
	}
	centre := c[0].add(c[1]).add(c[2]).add(c[3]).mul(0.25)
	return strip{centre: centre, dir: dir, w: a.norm(), h: math.Abs(b.dot(dir.down()))}
}

func (s strip) start() vec { return s.centre.along(s.dir, -s.w/2) }
func (s strip) end() vec   { return s.centre.along(s.dir, s.w/2) }

// aspect is length by height.
func (s strip) aspect() float64 { return s.w / max(s.h, 1e-9) }

func longestOf(all []strip) strip {
	return slices.MaxFunc(all, func(a, b strip) int { return cmp.Compare(a.w, b.w) })
}

// turned is the same strip read the other way.
func (s strip) turned() strip { s.dir = s.dir.mul(-1); return s }

// offset is how far a point lies below the strip's axis, seen along it.
func (s strip) offset(p vec) float64 { return p.sub(s.centre).dot(s.dir.down()) }

// place is where a point lies along the strip, from its centre.
func (s strip) place(p vec) float64 { return p.sub(s.centre).dot(s.dir) }

// The measures of "Rows", found by trial: boxes of one line lie within 0.4 of a
// height of its axis and no more than 1.6 heights apart; a zone's line is at
// least seven times as long as high; lines of one zone are 0.6 to 3.2 heights
// apart.
const (
	rowOffset  = 0.4
	rowGap     = 1.6
	rowAspect  = 7.0
	lineNear   = 0.6
	lineFar    = 3.2
	sameAngle  = 6 * math.Pi / 180
	maxRows    = 24
	maxGroups  = 6
	heightRate = 1.9
)

// rows merges collinear boxes into rows and keeps the long ones, widest first.
func rows(boxes []strip) []strip {
	all := slices.Clone(boxes)
	// Along the common direction neighbours are found left to right.
	slices.SortFunc(all, func(a, b strip) int { return cmp.Compare(b.w, a.w) })
	for merged := true; merged; {
		merged = false
		for i := 0; i < len(all) && !merged; i++ {
			for j := range all {
				if i != j && all[i].w >= all[j].w && collinear(all[i], all[j]) {
					all[i] = join(all[i], all[j])
					all = slices.Delete(all, j, j+1)
					merged = true
					break
				}
			}
		}
	}
	all = slices.DeleteFunc(all, func(s strip) bool { return s.w < rowAspect*s.h })
	slices.SortFunc(all, func(a, b strip) int { return cmp.Compare(b.w, a.w) })
	return all[:min(len(all), maxRows)]
}

// collinear tells that b continues a. The direction of a short box means little.
func collinear(a, b strip) bool {
	h := max(a.h, b.h)
	if max(a.h, b.h) > heightRate*min(a.h, b.h) || b.w > 2.5*b.h && !parallel(a, b) {
		return false
	}
	if math.Abs(a.offset(b.centre)) > rowOffset*h+0.02*math.Abs(a.place(b.centre)) {
		return false
	}
	lo, hi := extent(a, b)
	gap := max(lo-a.w/2, -a.w/2-hi)
	return gap < rowGap*h && gap > -0.5*min(b.w, a.w)
}

// extent is where b begins and ends along a.
func extent(a, b strip) (lo, hi float64) {
	lo, hi = a.place(b.start()), a.place(b.end())
	if b.w < 2.5*b.h { // nearly square: its own axis may be the other one
		c := a.place(b.centre)
		return c - max(b.w, b.h)/2, c + max(b.w, b.h)/2
	}
	return min(lo, hi), max(lo, hi)
}

func parallel(a, b strip) bool { return math.Abs(a.dir.cross(b.dir)) < math.Sin(sameAngle) }

// join is the strip through both.
func join(a, b strip) strip {
	lo, hi := extent(a, b)
	lo, hi = min(lo, -a.w/2), max(hi, a.w/2)
	out := a
	if b.w > 2.5*b.h { // both ends are known: draw the axis anew, for a slight tilt adds up over a long line
		p, q := a.start(), a.end()
		if a.place(b.centre) > 0 {
			q = b.end()
			if a.place(b.start()) > a.place(b.end()) {
				q = b.start()
			}
		} else {
			p = b.start()
			if a.place(b.start()) > a.place(b.end()) {
				p = b.end()
			}
		}
		if q.sub(p).dot(a.dir) > 0 {
			out.dir = q.sub(p).unit()
		}
	}
	mid := a.centre.along(a.dir, (lo+hi)/2)
	if b.w > 2.5*b.h {
		mid = mid.along(a.dir.down(), a.offset(b.centre)*b.w/(a.w+b.w))
	}
	out.centre, out.w, out.h = mid, hi-lo, (a.h*a.w+b.h*b.w)/(a.w+b.w)
	return out
}

// groups finds two or three parallel rows that could be one zone, likeliest
// first: longer and lower on the page. The rows of a group run top to bottom.
func groups(all []strip) [][]strip {
	var out [][]strip
	for i, a := range all {
		var near []strip
		for j, b := range all {
			if i != j && beside(a, b) {
				near = append(near, b)
			}
		}
		for _, b := range near {
			if pair := ordered(a, b); len(out) < 4*maxGroups {
				out = append(out, pair)
			}
			for _, c := range near {
				if three := ordered(a, b, c); c != b && even(three) && len(out) < 4*maxGroups {
					out = append(out, three)
				}
			}
		}
	}
	out = unique(out)
	slices.SortStableFunc(out, func(a, b []strip) int { return cmp.Compare(likeness(b), likeness(a)) })
	return out[:min(len(out), maxGroups)]
}

// likeness prefers long rows of equal length, and three rows over two of them.
func likeness(g []strip) float64 {
	lo, hi, h := math.Inf(1), 0.0, 0.0
	for _, s := range g {
		lo, hi, h = min(lo, s.w), max(hi, s.w), h+s.h/float64(len(g))
	}
	return (lo + hi) / 2 / h * (0.5 + 0.5*lo/hi) * (1 + 0.15*float64(len(g)-2))
}

// beside tells that two rows could be neighbours in a zone, or its outer lines.
func beside(a, b strip) bool {
	h := (a.h + b.h) / 2
	d := math.Abs(a.offset(b.centre))
	if !parallel(a, b) || max(a.h, b.h) > heightRate*min(a.h, b.h) || d < lineNear*h || d > 2*lineFar*h {
		return false
	}
	lo, hi := extent(a, b)
	return min(hi, a.w/2)-max(lo, -a.w/2) > 0.55*min(a.w, b.w)
}

// ordered sorts rows top to bottom, as seen along the longest.
func ordered(g ...strip) []strip {
	longest := longestOf(g)
	g = slices.Clone(g)
	slices.SortFunc(g, func(a, b strip) int { return cmp.Compare(longest.offset(a.centre), longest.offset(b.centre)) })
	return g
}

// even tells that three rows have one spacing.
func even(g []strip) bool {
	a, b := g[1].offset(g[0].centre), g[1].offset(g[2].centre)
	if a >= 0 || b <= 0 {
		return false
	}
	return -a/b > 0.6 && -a/b < 1.65 && b < lineFar*g[1].h && -a < lineFar*g[1].h
}

func unique(all [][]strip) [][]strip {
	var out [][]strip
	for _, g := range all {
		if len(g) == 2 && math.Abs(g[0].offset(g[1].centre)) > lineFar*g[0].h {
			continue // outer lines of three, of which the middle one is missing: not a pair
		}
		if !slices.ContainsFunc(out, func(o []strip) bool { return slices.Equal(o, g) }) {
			out = append(out, g)
		}
	}
	return out
}

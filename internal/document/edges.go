package document

import (
	"cmp"
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/vision"
)

// The measures of the search for the page's edges, in shares of the page's width
// or pixels of the reduced picture, on which the page is edgeWidth wide.
const (
	edgeWidth  = 480.0
	edgeScans  = 36
	edgeReach  = 0.10 // how far from the estimate an edge may lie
	edgePeaks  = 4    // candidates kept of each scan
	edgeStep   = 6.0  // least change of brightness
	edgeNear   = 1.8  // distance from the line that still counts
	edgeVotes  = 0.5  // share of the scans that must agree
	edgeTilt   = 0.16 // most that an edge may turn against the estimate, radians
	edgeBeyond = 0.05 // an edge not found is out of the picture when the estimate is this far out
)

// side is one edge of the page.
type side struct {
	a, b  vec
	found bool
}

// edges looks for the page's real edges near an estimated quad: along scans
// across each side, the changes of brightness through which one straight line
// fits best. It returns the sides top, right, bottom, left in the picture's pixels.
func edges(grey *image.Gray, estimate vision.Quad) [4]side {
	scale := max(estimate.Width()/edgeWidth, 1)
	var out [4]side
	for i := range out {
		a, b := vec(estimate[i]), vec(estimate[(i+1)%4])
		out[i] = side{a: a, b: b}
		if line, ok := (&scanner{grey: grey, a: a, b: b, scale: scale, reach: edgeReach * estimate.Width()}).line(); ok {
			out[i] = line
		}
	}
	return out
}

// scanner looks for one side.
type scanner struct {
	grey  *image.Gray
	a, b  vec
	scale float64
	reach float64
}

// line finds the straight line through most candidates.
func (s *scanner) line() (side, bool) {
	along := s.b.sub(s.a)
	normal := along.unit().down()
	var points [][]vec
	for i := range edgeScans {
		at := s.a.along(along, 0.08+0.84*float64(i)/(edgeScans-1))
		points = append(points, s.scan(at, normal))
	}
	best, votes := side{}, 0
	for i := range points {
		for j := i + edgeScans/3; j < len(points); j++ {
			for _, p := range points[i] {
				for _, q := range points[j] {
					if math.Abs(q.sub(p).unit().cross(along.unit())) > edgeTilt {
						continue
					}
					if n := s.votes(points, p, q); n > votes {
						best, votes = side{a: p, b: q, found: true}, n
					}
				}
			}
		}
	}
	return best, float64(votes) >= edgeVotes*edgeScans
}

// votes counts the scans with a candidate on the line through p and q.
func (s *scanner) votes(points [][]vec, p, q vec) int {
	n, dir := 0, q.sub(p).unit()
	for _, scan := range points {
		if slices.ContainsFunc(scan, func(c vec) bool { return math.Abs(c.sub(p).cross(dir)) < edgeNear*s.scale }) {
			n++
		}
	}
	return n
}

// scan lists the strongest changes of brightness across the estimate at one place.
func (s *scanner) scan(at, normal vec) []vec {
	steps := int(s.reach / s.scale)
	values := make([]float64, 2*steps+1)
	for i := range values {
		values[i] = s.brightness(at.along(normal, float64(i-steps)*s.scale))
	}
	type peak struct {
		i int
		v float64
	}
	var peaks []peak
	change := func(i int) float64 {
		if i < 2 || i+2 >= len(values) {
			return 0
		}
		return math.Abs(values[i+1] + values[i+2] - values[i-1] - values[i-2])
	}
	for i := 2; i+2 < len(values); i++ {
		if c := change(i); c >= 2*edgeStep && c >= change(i-1) && c > change(i+1) {
			peaks = append(peaks, peak{i, c})
		}
	}
	slices.SortFunc(peaks, func(a, b peak) int { return cmp.Compare(b.v, a.v) })
	var out []vec
	for _, p := range peaks[:min(len(peaks), edgePeaks)] {
		out = append(out, at.along(normal, float64(p.i-steps)*s.scale))
	}
	return out
}

// brightness is the mean of a small block, and constant outside of the picture,
// so that its border is no edge.
func (s *scanner) brightness(p vec) float64 {
	half := max(int(s.scale/2), 0)
	b := s.grey.Rect
	x, y := min(max(int(p.X), b.Min.X+half), b.Max.X-1-half), min(max(int(p.Y), b.Min.Y+half), b.Max.Y-1-half)
	sum, n := 0, 0
	for dy := -half; dy <= half; dy++ {
		for dx := -half; dx <= half; dx++ {
			if q := image.Pt(x+dx, y+dy); q.In(b) {
				sum, n = sum+int(s.grey.GrayAt(q.X, q.Y).Y), n+1
			}
		}
	}
	return float64(sum) / float64(max(n, 1))
}

// corners meets the four sides; ok only when all were found and meet near the estimate.
func corners(sides [4]side, estimate vision.Quad) (vision.Quad, bool) {
	var q vision.Quad
	for i := range q {
		before, after := sides[(i+3)%4], sides[i]
		p, ok := meet(before, after)
		if !before.found || !after.found || !ok || p.sub(vec(estimate[i])).norm() > 2*edgeReach*estimate.Width() {
			return estimate, false
		}
		q[i] = vision.Point(p)
	}
	return q, true
}

func meet(l, m side) (vec, bool) {
	d, e := l.b.sub(l.a), m.b.sub(m.a)
	det := d.cross(e)
	if math.Abs(det) < 1e-6*d.norm()*e.norm() {
		return vec{}, false
	}
	return l.a.along(d, m.a.sub(l.a).cross(e)/det), true
}

// beyond tells that the page reaches out of the picture: a side that was not
// found where its estimate lies clearly outside, or a corner of found sides.
func beyond(sides [4]side, estimate vision.Quad, in image.Rectangle) bool {
	limit := edgeBeyond * estimate.Width()
	outside := func(p vec, by float64) bool {
		return p.X < float64(in.Min.X)-by || p.Y < float64(in.Min.Y)-by || p.X > float64(in.Max.X)+by || p.Y > float64(in.Max.Y)+by
	}
	for i, s := range sides {
		if !s.found && outside(vec(estimate[i]).add(vec(estimate[(i+1)%4])).mul(0.5), limit) {
			return true
		}
	}
	if q, ok := corners(sides, estimate); ok {
		for _, p := range q {
			if outside(vec(p), 1) {
				return true
			}
		}
	}
	return false
}

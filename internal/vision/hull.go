package vision

import (
	"cmp"
	"math"
	"slices"
)

// convexHull returns the corners of the hull, turning from the x axis towards the y axis (A. M. Andrew, 1979).
func convexHull(points []Point) []Point {
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b Point) int {
		if a.X != b.X {
			return cmp.Compare(a.X, b.X)
		}
		return cmp.Compare(a.Y, b.Y)
	})
	points = slices.Compact(points)
	if len(points) < 3 {
		return points
	}
	half := func(order []Point) []Point {
		var chain []Point
		for _, p := range order {
			for len(chain) >= 2 && cross(chain[len(chain)-2], chain[len(chain)-1], p) <= 0 {
				chain = chain[:len(chain)-1]
			}
			chain = append(chain, p)
		}
		return chain[:len(chain)-1]
	}
	lower := half(points)
	slices.Reverse(points)
	return append(lower, half(points)...)
}

// cross is positive when a, b, c turn from the x axis towards the y axis.
func cross(a, b, c Point) float64 {
	return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X)
}

// minAreaQuad finds the smallest rectangle around points. One of its sides lies on a side of the hull (H. Freeman and
// R. Shapira, 1975), so trying each is enough; a text part's hull has a few dozen. False: the points lie on a line.
func minAreaQuad(points []Point) (Quad, bool) {
	hull := convexHull(points)
	if len(hull) < 3 {
		return Quad{}, false
	}
	best, smallest := Quad{}, math.Inf(1)
	for i := range hull {
		u := unit(hull[(i+1)%len(hull)].Sub(hull[i]))
		v := Point{-u.Y, u.X}
		minU, maxU, minV, maxV := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, p := range hull {
			s, t := p.X*u.X+p.Y*u.Y, p.X*v.X+p.Y*v.Y
			minU, maxU, minV, maxV = math.Min(minU, s), math.Max(maxU, s), math.Min(minV, t), math.Max(maxV, t)
		}
		if area := (maxU - minU) * (maxV - minV); area < smallest {
			corner := func(s, t float64) Point { return u.Scale(s).Add(v.Scale(t)) }
			smallest, best = area, Quad{corner(minU, minV), corner(maxU, minV), corner(maxU, maxV), corner(minU, maxV)}
		}
	}
	return best, smallest > 0
}

// clearlyLong is the ratio of sides from which the longer one is taken for the reading direction.
const clearlyLong = 1.5

// alongText names the corners so that the top side runs along the text: the longer side, or what lies flatter when the
// box is nearly square; to the right, or downwards where it stands upright.
func alongText(q Quad) Quad {
	w, h := q.Width(), q.Height()
	flat := math.Abs(math.Cos(q.Angle())) >= math.Sqrt2/2
	if h >= clearlyLong*w || w < clearlyLong*h && !flat {
		q = q.Turn(1)
	}
	// Half a degree of slack, so that boxes of one upright column do not point up and down by chance.
	const slack = 0.5 * math.Pi / 180
	if a := q.Angle(); a > math.Pi/2+slack || a <= -math.Pi/2+slack {
		q = q.Turn(2)
	}
	return q
}

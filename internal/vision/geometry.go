package vision

import (
	"errors"
	"math"
)

// Point is a place in a picture. Coordinates are continuous: the pixel i,j covers i to i+1 and j to j+1, so its centre is
// i+0.5, j+0.5; y grows downwards. Everything in this package counts that way.
type Point struct{ X, Y float64 }

// Add returns p + q.
func (p Point) Add(q Point) Point { return Point{p.X + q.X, p.Y + q.Y} }

// Sub returns p − q.
func (p Point) Sub(q Point) Point { return Point{p.X - q.X, p.Y - q.Y} }

// Scale returns p × s.
func (p Point) Scale(s float64) Point { return Point{p.X * s, p.Y * s} }

// Len returns the distance from the origin.
func (p Point) Len() float64 { return math.Hypot(p.X, p.Y) }

// Affine maps x,y to A·x + B·y + C, D·x + E·y + F.
type Affine struct{ A, B, C, D, E, F float64 }

// Apply maps a point.
func (m Affine) Apply(p Point) Point {
	return Point{m.A*p.X + m.B*p.Y + m.C, m.D*p.X + m.E*p.Y + m.F}
}

// Mul returns the map that applies n first and m second.
func (m Affine) Mul(n Affine) Affine {
	return Affine{
		m.A*n.A + m.B*n.D, m.A*n.B + m.B*n.E, m.A*n.C + m.B*n.F + m.C,
		m.D*n.A + m.E*n.D, m.D*n.B + m.E*n.E, m.D*n.C + m.E*n.F + m.F,
	}
}

// Invert returns the map back, or false when m squeezes the plane into a line.
func (m Affine) Invert() (Affine, bool) {
	det := m.A*m.E - m.B*m.D
	if math.Abs(det) < 1e-12 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Affine{}, false
	}
	a, b, d, e := m.E/det, -m.B/det, -m.D/det, m.A/det
	return Affine{a, b, -(a*m.C + b*m.F), d, e, -(d*m.C + e*m.F)}, true
}

// Quad is four corners in the order top left, top right, bottom right, bottom left of what it frames, which may stand
// on its head in the picture.
type Quad [4]Point

// Width is the mean length of the top and the bottom side.
func (q Quad) Width() float64 { return (q[1].Sub(q[0]).Len() + q[2].Sub(q[3]).Len()) / 2 }

// Height is the mean length of the left and the right side.
func (q Quad) Height() float64 { return (q[3].Sub(q[0]).Len() + q[2].Sub(q[1]).Len()) / 2 }

// Centre is the mean of the corners.
func (q Quad) Centre() Point { return q[0].Add(q[1]).Add(q[2]).Add(q[3]).Scale(0.25) }

// Angle is the direction of the top side in radians: 0 reads to the right, π/2 downwards.
func (q Quad) Angle() float64 {
	d := q[1].Sub(q[0]).Add(q[2].Sub(q[3]))
	return math.Atan2(d.Y, d.X)
}

// Turn names the corners anew after turning the reading direction by quarter circles, clockwise; Turn(2) is the same
// quad read upside down.
func (q Quad) Turn(quarters int) Quad {
	var out Quad
	for i := range q {
		out[i] = q[((i+quarters)%4+4)%4]
	}
	return out
}

// Grow moves the sides outwards along the quad's own axes: dx to the left and to the right, dy up and down.
func (q Quad) Grow(dx, dy float64) Quad {
	x, y := unit(q[1].Sub(q[0]).Add(q[2].Sub(q[3]))), unit(q[3].Sub(q[0]).Add(q[2].Sub(q[1])))
	x, y = x.Scale(dx), y.Scale(dy)
	return Quad{q[0].Sub(x).Sub(y), q[1].Add(x).Sub(y), q[2].Add(x).Add(y), q[3].Sub(x).Add(y)}
}

func unit(p Point) Point {
	if n := p.Len(); n > 0 {
		return p.Scale(1 / n)
	}
	return Point{}
}

// Map applies m to every corner.
func (q Quad) Map(m Affine) Quad {
	for i := range q {
		q[i] = m.Apply(q[i])
	}
	return q
}

// Homography is a perspective map: x,y to (h0·x+h1·y+h2)/w, (h3·x+h4·y+h5)/w with w = h6·x+h7·y+h8.
type Homography [9]float64

// Apply maps a point.
func (h Homography) Apply(p Point) Point {
	w := h[6]*p.X + h[7]*p.Y + h[8]
	return Point{(h[0]*p.X + h[1]*p.Y + h[2]) / w, (h[3]*p.X + h[4]*p.Y + h[5]) / w}
}

// Perspective returns the map from a width × height rectangle onto the quad, corner to corner (P. Heckbert, Fundamentals
// of Texture Mapping, 1989, 2.2.3). It fails for a quad that is not convex, since such a map turns the picture inside out.
func Perspective(q Quad, width, height float64) (Homography, error) {
	if !q.convex() || width <= 0 || height <= 0 {
		return Homography{}, errors.New("four corners that do not form a convex quadrilateral cannot be straightened")
	}
	d1, d2, s := q[1].Sub(q[2]), q[3].Sub(q[2]), q[0].Sub(q[1]).Add(q[2]).Sub(q[3])
	det := d1.X*d2.Y - d2.X*d1.Y
	g := (s.X*d2.Y - d2.X*s.Y) / det
	k := (d1.X*s.Y - s.X*d1.Y) / det
	h := Homography{
		q[1].X - q[0].X + g*q[1].X, q[3].X - q[0].X + k*q[3].X, q[0].X,
		q[1].Y - q[0].Y + g*q[1].Y, q[3].Y - q[0].Y + k*q[3].Y, q[0].Y,
		g, k, 1,
	}
	for row := 0; row < 9; row += 3 { // from the unit square to the rectangle
		h[row] /= width
		h[row+1] /= height
	}
	return h, nil
}

// convex tells whether all four corners turn the same way and the quad has an area.
func (q Quad) convex() bool {
	signs := 0
	for i := range q {
		a, b := q[(i+1)%4].Sub(q[i]), q[(i+2)%4].Sub(q[(i+1)%4])
		cross := a.X*b.Y - a.Y*b.X
		switch {
		case cross > 1e-9:
			signs++
		case cross < -1e-9:
			signs--
		}
	}
	return signs == 4 || signs == -4
}

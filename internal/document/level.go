package document

import "math"

// level tells how far down the page a place is, as if the page were seen from
// straight above. Lines that are parallel on paper meet in one point of a tilted
// picture, their vanishing point; a place is as far down as where its line to that
// point crosses the middle of the page (Hartley and Zisserman, section 8.6).
type level struct {
	base      strip
	x, y, w   float64 // of the vanishing point, homogeneous, in the base's places
	bent      bool    // there are enough lines to tell
	unit, mid float64 // pixels of a unit, middle of the page
}

// leastLines is how many long lines the vanishing point is found from.
const leastLines = 6

// levelOf finds the vanishing point of a page's long lines: the point whose summed
// squared distance from them is least, which is the eigenvector of the least
// eigenvalue of the sum of their outer products.
func levelOf(strips []strip, base strip) level {
	l := level{base: base, unit: 1}
	left, right, n := math.Inf(1), math.Inf(-1), 0
	for _, s := range strips {
		left, right = min(left, base.place(s.start())), max(right, base.place(s.end()))
	}
	l.mid, l.unit = (left+right)/2, max(1, (right-left)/2)
	var m [3][3]float64
	for _, s := range strips {
		if s.w < 5*s.h {
			continue
		}
		n++
		a, b := l.at(s.start()), l.at(s.end())
		line := [3]float64{a.Y - b.Y, b.X - a.X, a.X*b.Y - a.Y*b.X} // through both ends: longer ones weigh more
		for i := range 3 {
			for j := range 3 {
				m[i][j] += line[i] * line[j]
			}
		}
	}
	if n < leastLines {
		return l
	}
	l.x, l.y, l.w = least3(m)
	// A page that is seen at all has its vanishing point well outside.
	l.bent = math.Abs(l.x) > 1.5*math.Abs(l.w)
	return l
}

// at is a place in units from the page's middle.
func (l level) at(p vec) vec {
	return vec{(l.base.place(p) - l.mid) / l.unit, l.base.offset(p) / l.unit}
}

// down is how far down the page a point lies, in pixels.
func (l level) down(p vec) float64 {
	q := l.at(p)
	if l.bent {
		q.Y -= q.X * (l.y - q.Y*l.w) / (l.x - q.X*l.w)
	}
	return q.Y * l.unit
}

// least3 is the eigenvector of the least eigenvalue of a symmetric matrix, by
// inverse iteration through the adjugate.
func least3(m [3][3]float64) (x, y, z float64) {
	trace := m[0][0] + m[1][1] + m[2][2]
	for i := range 3 {
		m[i][i] += 1e-9*trace + 1e-300 // keeps it invertible
	}
	var adj [3][3]float64
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
			adj[j][i] = m[a][c]*m[b][d] - m[a][d]*m[b][c]
		}
	}
	v := [3]float64{1, 0.1, 0.1}
	for range 20 {
		var next [3]float64
		for i := range 3 {
			for j := range 3 {
				next[i] += adj[i][j] * v[j]
			}
		}
		n := math.Sqrt(next[0]*next[0] + next[1]*next[1] + next[2]*next[2])
		if !(n > 0) {
			break
		}
		for i := range 3 {
			v[i] = next[i] / n
		}
	}
	return v[0], v[1], v[2]
}

package vision

import (
	"errors"
	"math"
)

var errDegenerate = errors.New("points lie too close together to be fitted")

// FitHomography finds the perspective map of least algebraic error from four points or more to as many others. Points are centred
// and scaled first, without which the equations are badly conditioned (R. Hartley, In defense of the eight-point algorithm, 1997).
// It fails for points that lie too close together or on one line.
func FitHomography(from, to []Point) (Homography, error) {
	if len(from) < 4 || len(from) != len(to) {
		return Homography{}, errDegenerate
	}
	nf, pf := normalise(from)
	nt, pt := normalise(to)
	if nf == 0 || nt == 0 {
		return Homography{}, errDegenerate
	}
	var m [8][9]float64 // normal equations of the eight unknowns
	for i := range pf {
		x, y, u, v := pf[i].X, pf[i].Y, pt[i].X, pt[i].Y
		accumulate(&m, [8]float64{x, y, 1, 0, 0, 0, -u * x, -u * y}, u)
		accumulate(&m, [8]float64{0, 0, 0, x, y, 1, -v * x, -v * y}, v)
	}
	h, err := solve(&m)
	if err != nil {
		return Homography{}, err
	}
	inner := Homography{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1}
	cf, ct := middle(from), middle(to)
	before := Homography{nf, 0, -nf * cf.X, 0, nf, -nf * cf.Y, 0, 0, 1}
	after := Homography{1 / nt, 0, ct.X, 0, 1 / nt, ct.Y, 0, 0, 1}
	return after.times(inner).times(before), nil
}

func (h Homography) times(o Homography) (product Homography) {
	for r := range 3 {
		for c := range 3 {
			product[3*r+c] = h[3*r]*o[c] + h[3*r+1]*o[3+c] + h[3*r+2]*o[6+c]
		}
	}
	return product
}

// normalise moves the points to the origin with a mean distance of √2 and tells the factor.
func normalise(points []Point) (factor float64, moved []Point) {
	c := middle(points)
	var mean float64
	for _, p := range points {
		d := p.Sub(c)
		mean += math.Hypot(d.X, d.Y)
	}
	mean /= float64(len(points))
	if mean < 1e-9 {
		return 0, nil
	}
	factor = math.Sqrt2 / mean
	moved = make([]Point, len(points))
	for i, p := range points {
		moved[i] = p.Sub(c).Scale(factor)
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

func middle(points []Point) (sum Point) {
	for _, p := range points {
		sum = sum.Add(p)
	}
	return sum.Scale(1 / float64(len(points)))
}

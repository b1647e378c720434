package document

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/document/glyph"
	"github.com/openkyc/openkyc/internal/document/mrz"
)

// opinionLeast is the least weight that the second opinion gives a character: it
// can outvote a recogniser by no more than its inverse, for it knows one font and
// drawn pictures only.
const opinionLeast = 0.1

// consult weighs the readings of lines by what each character looks like by itself,
// where the reading found it.
func (f *finder) consult(img *image.RGBA, lines []strip, matrices []mrz.Matrix, chars [][]mrz.Char, pitch float64, mirrored bool) []mrz.Matrix {
	out := make([]mrz.Matrix, len(matrices))
	for l, m := range matrices {
		places, steps := characters(lines[l], m.Steps, chars[l], pitch, mirrored)
		opinions := make([][]float32, len(places))
		for i, at := range places {
			patch := glyph.Cut(img, at, mirrored)
			probs := f.glyphs.Probs(&patch)
			most := float32(0)
			for _, p := range probs {
				most = max(most, p)
			}
			for _, p := range probs {
				opinions[i] = append(opinions[i], max(p/most, opinionLeast))
			}
		}
		out[l] = m.Second(steps, opinions)
	}
	return out
}

// characters are the places of a line's characters in the picture. Steps are
// coarse, a quarter of a character, and characters stand in even distances but for
// perspective: so the places lie on the parabola through all steps.
func characters(s strip, steps int, chars []mrz.Char, pitch float64, mirrored bool) ([]glyph.Place, []int) {
	width := cropWidth(s)
	var index, at []float64
	var found []int
	for i, c := range chars {
		x := ((float64(c.Step)+0.5)/float64(max(steps, 1)) - 0.5) * width
		if mirrored {
			x = -x
		}
		index, at, found = append(index, float64(i)), append(at, x), append(found, c.Step)
	}
	curve := parabola(index, at)
	var places []glyph.Place
	for i := range chars {
		p := s.centre.along(s.dir, curve(float64(i)))
		local := math.Abs(curve(float64(i)+0.5) - curve(float64(i)-0.5))
		if local < pitch/2 || local > 2*pitch {
			local = pitch
		}
		places = append(places, glyph.Place{X: p.X, Y: p.Y, DX: s.dir.X, DY: s.dir.Y, Pitch: local})
	}
	return places, found
}

// parabola is the least squares fit, twice: the second leaves out what lies far
// from the first. With fewer than five points it is a straight line or constant.
func parabola(x, y []float64) func(float64) float64 {
	use := make([]bool, len(x))
	for i := range use {
		use[i] = true
	}
	degree := 2
	if len(x) < 5 {
		degree = max(min(len(x)-1, 1), 0)
	}
	var c [3]float64
	for range 2 {
		c = fit(x, y, use, degree)
		sum, n := 0.0, 0.0
		for i := range x {
			if use[i] {
				sum, n = sum+math.Abs(y[i]-height(c, x[i])), n+1
			}
		}
		for i := range x {
			use[i] = math.Abs(y[i]-height(c, x[i])) <= 3*sum/max(n, 1)
		}
	}
	return func(v float64) float64 { return height(c, v) }
}

func height(c [3]float64, x float64) float64 { return c[0] + x*(c[1]+x*c[2]) }

// fit solves the normal equations by Gauss' elimination.
func fit(x, y []float64, use []bool, degree int) (c [3]float64) {
	var a [3][4]float64
	for i := range x {
		if !use[i] {
			continue
		}
		powers := [3]float64{1, x[i], x[i] * x[i]}
		for r, p := range powers {
			for k, q := range powers {
				a[r][k] += p * q
			}
			a[r][3] += p * y[i]
		}
	}
	for r := range degree + 1 {
		if math.Abs(a[r][r]) < 1e-9 {
			return c
		}
		for below := r + 1; below <= degree; below++ {
			k := a[below][r] / a[r][r]
			for j := range a[r] {
				a[below][j] -= k * a[r][j]
			}
		}
	}
	for r := degree; r >= 0; r-- {
		c[r] = a[r][3]
		for k := r + 1; k <= degree; k++ {
			c[r] -= a[r][k] * c[k]
		}
		c[r] /= a[r][r]
	}
	return c
}

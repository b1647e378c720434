package fraud

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// A picture that was compressed, changed, and compressed again keeps the steps of
// the first compression in the coefficients of what was not changed. (Bianchi and
// Piva, "Image forgery localization via block-grained analysis of JPEG artifacts",
// 2012; here one statistic a region in place of a map.)
const (
	block      = 8
	mostBlocks = 6000 // looked at over the page
	leastStep  = 4    // smaller steps drown in our own compression at quality 92
	mostStep   = 40
	leastTrace = 0.35 // mean cosine at which a step counts as one
)

// coefficients are the nine lowest of a block but the mean.
type coefficients [9]float64

// steps are the steps of an earlier compression and how clearly each shows.
type steps [9]struct{ size, trace float64 }

// basis is the first four rows of the 8-point cosine transform.
func basis() (b [4][block]float64) {
	for u := range b {
		scale := 0.5
		if u == 0 {
			scale = math.Sqrt(0.125)
		}
		for x := range block {
			b[u][x] = scale * math.Cos(float64(2*x+1)*float64(u)*math.Pi/16)
		}
	}
	return b
}

// analyst transforms the blocks of one picture.
type analyst struct {
	grey  *image.Gray
	basis [4][block]float64
}

// at transforms the block with this upper left corner.
func (a *analyst) at(x, y int) (c coefficients) {
	var rows [block][4]float64
	for j := range block {
		line := a.grey.Pix[(y+j)*a.grey.Stride+x:][:block]
		for u := range 4 {
			b, sum := &a.basis[u], 0.0
			for i, v := range line {
				sum += b[i] * float64(v)
			}
			rows[j][u] = sum
		}
	}
	n := 0
	for u := range 4 {
		for v := range 4 - u {
			if u+v == 0 {
				continue
			}
			sum := 0.0
			for j := range block {
				sum += a.basis[v][j] * rows[j][u]
			}
			c[n], n = sum, n+1
		}
	}
	return c
}

// inside lists the blocks of the grid that lie wholly in a quad, every stride-th.
func (a *analyst) inside(q vision.Quad, stride int) (out []coefficients) {
	r := bounds(q).Intersect(a.grey.Rect)
	for y := (r.Min.Y + block - 1) / block * block; y+block <= r.Max.Y; y += block * stride {
		for x := (r.Min.X + block - 1) / block * block; x+block <= r.Max.X; x += block * stride {
			if inside(q, float64(x), float64(y)) && inside(q, float64(x+block), float64(y)) &&
				inside(q, float64(x), float64(y+block)) && inside(q, float64(x+block), float64(y+block)) {
				out = append(out, a.at(x, y))
			}
		}
	}
	return out
}

// earlier finds the steps of a compression before the last over many blocks.
func earlier(all []coefficients) (s steps, found bool) {
	for k := range s {
		var counts [256]float64
		for _, c := range all {
			if v := int(math.Round(math.Abs(c[k]))); v < len(counts) {
				counts[v]++
			}
		}
		for q := leastStep; q <= mostStep; q++ {
			sum, n := 0.0, 0.0
			for v := (q + 1) / 2; v < len(counts); v++ {
				sum, n = sum+counts[v]*math.Cos(2*math.Pi*float64(v)/float64(q)), n+counts[v]
			}
			// Steps of which this is a part show, too; the largest is the real one.
			if n > 60 && sum/n > leastTrace && sum/n > 0.8*s[k].trace {
				s[k].size, s[k].trace = float64(q), sum/n
				found = true
			}
		}
	}
	return s, found
}

// agreement is how well blocks keep those steps: 1 as well as all together, 0 not
// at all; and by how many standard errors they fall short.
func (s steps) agreement(blocks []coefficients) (share, errors float64, n int) {
	sum, expected := 0.0, 0.0
	for _, c := range blocks {
		for k, v := range c {
			if q := s[k].size; q > 0 && math.Abs(v) >= q/2 {
				sum += math.Cos(2 * math.Pi * v / q)
				expected += s[k].trace
				n++
			}
		}
	}
	if n == 0 {
		return 1, 0, 0
	}
	return sum / expected, (expected - sum) / (0.6 * math.Sqrt(float64(n))), n
}

// leastCoefficients is how many a region must have to say anything.
const leastCoefficients = 24

// suspicion turns an agreement into a score: the errors, as far as the region
// really lacks the trace and does not merely have less of it.
func suspicion(share, errors float64) float64 { return errors * min(max(1-share, 0), 1) }

package signal

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Window is the square of a frame that it is recognised by, in pixels. It hangs
// on the face, so that what is cut off at the edges, scaled or moved changes
// nothing; it may reach beyond the picture.
type Window struct{ X, Y, Half float64 }

// reach is how far a window goes, in mean distances of the landmarks from their
// middle: brows to chin, and a little beside the cheeks.
const reach = 1.8

// WindowOf is the window around a face's landmarks; ok is false when there are none.
func WindowOf(landmarks [][2]float64) (w Window, ok bool) {
	n := float64(len(landmarks))
	if n == 0 {
		return w, false
	}
	for _, p := range landmarks {
		w.X, w.Y = w.X+p[0]/n, w.Y+p[1]/n
	}
	square := 0.0
	for _, p := range landmarks {
		square += ((p[0]-w.X)*(p[0]-w.X) + (p[1]-w.Y)*(p[1]-w.Y)) / n
	}
	w.Half = reach * math.Sqrt(square)
	return w, w.Half >= 1
}

// cells a side that the window is reduced to.
const cells = 32

// PrintOf is what a frame is recognised by in a later session: the signs of the
// lowest waves of the window's brightness (a discrete cosine transform, as in
// Zauner 2010, but anchored to the face and four times as long). Light, noise
// and compression hardly change a sign; a head that is held another way, by two
// or three degrees, changes one in twelve.
func PrintOf(img *image.RGBA, w Window) kyc.Print { return signs(sample(img, w), 1) }

// Whole cells a side, and the first diagonal of its waves: some 35 to 85 pixels of
// a picture of 640 by 480 long, which a head or a hand that moved by a few pixels
// turns around, and compression leaves.
const (
	wholeCells = 64
	wholeFrom  = 18
)

// WholeOf is what a picture is recognised by where nothing was cut off at its
// edges: signs of waves as of PrintOf, but of all of it, and shorter ones. A person
// who comes back changes half of them.
func WholeOf(img *image.RGBA) kyc.Print { return signs(shrink(img, wholeCells), wholeFrom) }

// signs are those of the waves of a square from a diagonal on, which is the sum of
// both frequencies. Neighbouring waves go to different bands, so that all bands are
// as hard to keep.
func signs(square [][]float64, diagonal int) (p kyc.Print) {
	const bits = 32
	last := diagonal
	for n := 0; n < bits*len(p); last++ {
		n += last + 1
	}
	waves := transform(square, last)
	i := 0
	for ; i < bits*len(p); diagonal++ {
		for u := 0; u <= diagonal && i < bits*len(p); u++ {
			if waves[diagonal-u][u] > 0 {
				p[i%len(p)] |= 1 << (i / len(p))
			}
			i++
		}
	}
	return p
}

// shrink gives the mean brightness of so many cells a side, each pixel by the parts
// of it that lie in them.
func shrink(img *image.RGBA, n int) [][]float64 {
	out := blank(n)
	columns := spread(img.Rect.Dx(), n)
	for y, down := range spread(img.Rect.Dy(), n) {
		row := img.Pix[y*img.Stride:]
		sums := make([]float64, n)
		for x, c := range columns {
			v := float64(brightness(row[4*x:]))
			for k, share := range c.share {
				if share > 0 {
					sums[c.cell+k] += share * v
				}
			}
		}
		for k, share := range down.share {
			for i := 0; share > 0 && i < n; i++ {
				out[down.cell+k][i] += share * sums[i]
			}
		}
	}
	return out
}

// spreading says which cells a pixel lies in: cell and, with what is left, the next.
type spreading struct {
	cell  int
	share [2]float64
}

// spread divides pixels among n cells. Where there are fewer pixels than cells, one
// that reaches over more than two counts in the first two.
func spread(pixels, n int) []spreading {
	out := make([]spreading, pixels)
	for i := range out {
		from, to := float64(i*n)/float64(pixels), float64((i+1)*n)/float64(pixels)
		cell := min(int(from), n-1)
		first := min(to, float64(cell+1)) - from
		out[i] = spreading{cell, [2]float64{first, 0}}
		if cell < n-1 {
			out[i].share[1] = to - from - first
		}
	}
	return out
}

func blank(n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
	}
	return out
}

// sample is the mean brightness of each cell of the window; what lies outside of
// the picture is like its edge.
func sample(img *image.RGBA, w Window) [][]float64 {
	const looks = 6 // a side of each cell
	out := blank(cells)
	step := 2 * w.Half / (cells * looks)
	var columns [cells * looks]int
	for i := range columns {
		columns[i] = 4 * within(w.X-w.Half+step*(float64(i)+0.5), img.Rect.Dx())
	}
	for j := range cells * looks {
		row := img.Pix[within(w.Y-w.Half+step*(float64(j)+0.5), img.Rect.Dy())*img.Stride:]
		for i, x := range columns {
			out[j/looks][i/looks] += float64(brightness(row[x:]))
		}
	}
	return out
}

func within(v float64, n int) int { return min(max(int(math.Floor(v)), 0), n-1) }

// transform gives the lowest waves of a square, so many a side, the vertical
// frequency first.
func transform(in [][]float64, waves int) [][]float64 {
	n := len(in)
	wave, rows, out := blank(max(waves, n)), blank(max(waves, n)), blank(waves)
	for u := range waves {
		for x := range n {
			wave[u][x] = math.Cos(math.Pi * float64(u) * (float64(x) + 0.5) / float64(n))
		}
	}
	for y := range in {
		for u := range waves {
			for x, v := range in[y] {
				rows[y][u] += v * wave[u][x]
			}
		}
	}
	for v := range waves {
		for u := range waves {
			for y := range n {
				out[v][u] += rows[y][u] * wave[v][y]
			}
		}
	}
	return out
}

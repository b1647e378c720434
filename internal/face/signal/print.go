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
//
// Neighbouring waves go to different bands, so that all bands are as hard to keep.
func PrintOf(img *image.RGBA, w Window) (p kyc.Print) {
	waves := transform(sample(img, w))
	const bits = 32
	i := 0
	for diagonal := 1; i < bits*len(p); diagonal++ {
		for u := 0; u <= diagonal && i < bits*len(p); u++ {
			if waves[diagonal-u][u] > 0 {
				p[i%len(p)] |= 1 << (i / len(p))
			}
			i++
		}
	}
	return p
}

// sample is the mean brightness of each cell of the window; what lies outside of
// the picture is like its edge.
func sample(img *image.RGBA, w Window) (out [cells][cells]float64) {
	const looks = 6 // a side of each cell
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

// waveCount is how many waves a side are computed: the first 256 by diagonals
// lie within.
const waveCount = 23

// transform gives the lowest waves of a square, the vertical frequency first.
func transform(in [cells][cells]float64) (out [waveCount][waveCount]float64) {
	var wave [waveCount][cells]float64
	for u := range wave {
		for x := range cells {
			wave[u][x] = math.Cos(math.Pi * float64(u) * (float64(x) + 0.5) / cells)
		}
	}
	var rows [cells][waveCount]float64
	for y := range in {
		for u := range wave {
			for x, v := range in[y] {
				rows[y][u] += v * wave[u][x]
			}
		}
	}
	for v := range wave {
		for u := range wave {
			for y := range cells {
				out[v][u] += rows[y][u] * wave[v][y]
			}
		}
	}
	return out
}

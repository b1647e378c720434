package vision

import (
	"math"
	"math/cmplx"
)

// Fourier takes discrete transforms of square planes of one side, a power of
// two. It keeps what they share; it may be used by many at once.
type Fourier struct {
	Window []float64 // Hann's, for a row or a column
	side   int
	roots  []complex128
}

// NewFourier prepares for planes of a side.
func NewFourier(side int) *Fourier {
	f := &Fourier{side: side, Window: make([]float64, side), roots: make([]complex128, side/2)}
	for i := range f.Window {
		f.Window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(side))
	}
	for i := range f.roots {
		f.roots[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(side))
	}
	return f
}

// Transform is the two-dimensional transform of a plane, row by row, in place.
func (f *Fourier) Transform(plane []complex128) {
	for y := range f.side {
		f.line(plane, y*f.side, 1)
	}
	for x := range f.side {
		f.line(plane, x, f.side)
	}
}

// line is the usual radix-two transform in place; step is the distance of
// neighbours (Cooley and Tukey, 1965).
func (f *Fourier) line(d []complex128, at, step int) {
	for i, j := 1, 0; i < f.side; i++ {
		bit := f.side >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j |= bit
		if i < j {
			d[at+i*step], d[at+j*step] = d[at+j*step], d[at+i*step]
		}
	}
	for n := 2; n <= f.side; n <<= 1 {
		for i := 0; i < f.side; i += n {
			for k := range n / 2 {
				a, b := at+(i+k)*step, at+(i+k+n/2)*step
				odd := d[b] * f.roots[k*(f.side/n)]
				d[a], d[b] = d[a]+odd, d[a]-odd
			}
		}
	}
}

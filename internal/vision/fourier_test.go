package vision

import (
	"math"
	"math/cmplx"
	"testing"
)

// TestFourier holds the transform against its definition.
func TestFourier(t *testing.T) {
	t.Parallel()
	const side = 8
	plane := make([]complex128, side*side)
	for i := range plane {
		plane[i] = complex(math.Sin(float64(3*i)), math.Cos(float64(i*i)))
	}
	var want [side * side]complex128
	for v := range side {
		for u := range side {
			for y := range side {
				for x := range side {
					want[v*side+u] += plane[y*side+x] * cmplx.Rect(1, -2*math.Pi*float64(u*x+v*y)/side)
				}
			}
		}
	}
	NewFourier(side).Transform(plane)
	for i := range plane {
		if cmplx.Abs(plane[i]-want[i]) > 1e-9 {
			t.Fatalf("at %d: %v, want %v", i, plane[i], want[i])
		}
	}
}

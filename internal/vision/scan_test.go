package vision

import (
	"encoding/binary"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// TestScan holds the fast way through an even map against the long one, at
// every border, turned, grown and shrunk.
func TestScan(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	src := image.NewRGBA(image.Rect(0, 0, 61, 47))
	for i := range src.Pix {
		src.Pix[i] = uint8(random.Uint32())
	}
	for range 300 {
		turn, scale := random.Float64()*2*math.Pi, math.Exp(2*random.Float64()-1)
		c, s := scale*math.Cos(turn), scale*math.Sin(turn)
		m := Homography{c, -s, 80*random.Float64() - 20, s, c, 60*random.Float64() - 10, 0, 0, 1}
		if !isEven(m) {
			t.Fatalf("%v is not even", m)
		}
		n := 1 + random.IntN(4)
		by := sampler{src: src, border: Border(random.IntN(2)), width: 61 - random.Float64(), height: 47 - random.Float64()}
		got := make([]byte, 4*40)
		for y := range 30 {
			by.scan(got, make([]uint64, 40), m, float64(y), n)
			for x := range 40 {
				want := binary.LittleEndian.AppendUint32(nil, by.mean(m, float64(x), float64(y), n))
				for i := range 4 {
					// A place may be rounded to the next 256th of a pixel, and to the other side of an edge.
					if d := int(got[4*x+i]) - int(want[i]); (d < -3 || d > 3) && !near(m, by, x, y, n) {
						t.Fatalf("pixel %d,%d of %v is %v, want %v", x, y, m, got[4*x:4*x+4], want)
					}
				}
			}
		}
	}
	for _, m := range []Homography{{1, 0, 0, 0, 1, 0, 1e-6, 0, 1}, {math.NaN(), 0, 0, 0, 1, 0, 0, 0, 1}, {1e9, 0, 0, 0, 1, 0, 0, 0, 1}} {
		if isEven(m) {
			t.Errorf("%v is even", m)
		}
	}
}

// near tells that a sample of the pixel lies on an edge of the source.
func near(m Homography, s sampler, x, y, n int) bool {
	on := func(v, edge float64) bool { return math.Abs(v) < 1e-6 || math.Abs(v-edge) < 1e-6 }
	for i := range n * n {
		p := m.Apply(Point{float64(x) + (float64(i%n)+.5)/float64(n), float64(y) + (float64(i/n)+.5)/float64(n)})
		if on(p.X, s.width) || on(p.Y, s.height) {
			return true
		}
	}
	return false
}

package kernel

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise is a picture of random pixels, no longer than it must be.
func noise(random *rand.Rand, bytes int) []byte {
	out := make([]byte, bytes)
	for i := range out {
		out[i] = uint8(random.Uint32())
		if random.IntN(4) == 0 {
			out[i] = 255 // as much as a lane may have to hold
		}
	}
	return out
}

// weights add up to 256.
func weights(random *rand.Rand, n int) (out []uint64) {
	left := uint64(256)
	for range n - 1 {
		w := random.Uint64N(left + 1)
		out, left = append(out, w*Fourfold), left-w
	}
	return append(out, left*Fourfold)
}

// Whatever the processor has, the answers are those of the portable functions, to the last bit.
func TestEqualToPortable(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		w, rows, k := 1+random.IntN(40), 1+random.IntN(16), 1+random.IntN(16)
		src := noise(random, 4*w*k*rows)
		got, want := make([]byte, 4*w), make([]byte, 4*w)
		BlockMeans(got, src, 4*w*k, rows, k)
		portableBlockMeans(want, src, 4*w*k, rows, k)
		if !bytes.Equal(got, want) {
			t.Fatalf("blocks of %d × %d: %v, want %v", k, rows, got, want)
		}

		by := weights(random, rows)
		WeighRows(got, src, 4*w*k, by)
		portableWeighRows(want, src, 4*w*k, by)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d rows: %v, want %v", rows, got, want)
		}

		var planes, wanted [3][]float32
		for i := range planes {
			planes[i], wanted[i] = make([]float32, w), make([]float32, w)
		}
		Planes(planes[0], planes[1], planes[2], src[:4*w])
		portablePlanes(wanted[0], wanted[1], wanted[2], src[:4*w])
		for i := range planes {
			if !slices.Equal(planes[i], wanted[i]) {
				t.Fatalf("plane %d: %v, want %v", i, planes[i], wanted[i])
			}
		}

		a := &Windows{}
		for range w {
			n := 1 + random.IntN(min(w*k, 9))
			first := random.IntN(w*k - n + 1)
			a.First, a.Count, a.Weights, a.End = append(a.First, int32(first)), append(a.Count, int32(n)), append(a.Weights, weights(random, n)...), max(a.End, first+n)
		}
		WeighColumns(got, src, a)
		portableWeighColumns(want, src, a)
		if !bytes.Equal(got, want) {
			t.Fatalf("columns: %v, want %v", got, want)
		}
	}
}

func TestScanEqualToPortable(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	const side = 64
	src := noise(random, 4*side*side)
	for range 3000 {
		n := 1 + random.IntN(4)
		// Wherever the steps lead, 20 pixels of n × n samples stay within the picture.
		step := func() int64 { return random.Int64N(1<<31/int64(n)) - 1<<30/int64(n) }
		r := Run{X: side<<31 + random.Int64N(1<<32), Y: side<<31 + random.Int64N(1<<32), Samples: n, Stride: 4 * side, RightX: step(), RightY: step(), DownX: step(), DownY: step()}
		r.StepX, r.StepY = int64(n)*r.RightX, int64(n)*r.RightY
		got, want := make([]uint64, 20), make([]uint64, 20)
		ScanRun(got, src, r)
		portableScanRun(want, src, r)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %x, want %x", r, got, want)
		}
	}
}

// TestMean: the multiplication is the division, for every sum that a lane holds.
func TestMean(t *testing.T) {
	t.Parallel()
	var out [4]byte
	for n := 1; n <= 256; n++ {
		by := MeanOf(n)
		for sum := range uint64(255*n + 1) {
			if by.Write(out[:], sum<<16); uint64(out[2]) != (sum+uint64(n)/2)/uint64(n) {
				t.Fatalf("%d of %d pixels give %d", sum, n, out[2])
			}
			if all := [4]byte{}; n <= 16 {
				by.WriteAll(all[:], []uint64{sum * Fourfold})
				if want := out[2]; all != [4]byte{want, want, want, want} {
					t.Fatalf("%d of %d pixels give %v", sum, n, all)
				}
			}
		}
	}
}

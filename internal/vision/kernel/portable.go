// Package kernel has the innermost loops of the resampler, in Go and for AVX2.
//
// Rows of bytes and tables of weights come in, rows of pixels or sums of samples
// go out. Nothing is checked but the ends of slices: callers know that windows
// and runs lie within the picture. Nothing can fail. It is a package of its own
// because one that uses cgo cannot have assembly.
package kernel

import (
	"encoding/binary"
	"math/bits"
)

// The innermost loops of the resampler. They keep the four channels of a pixel in the four 16-bit lanes of one uint64, so that
// one multiplication weighs them all. Weights add up to 256, hence no lane can overflow (255·256 + 128 < 65,536).
const (
	laneMask = 0x00ff00ff00ff00ff
	laneHalf = 0x0080008000800080
	Fourfold = 0x0001000100010001 // a weight in all four lanes, as the tables hold it
)

// Lanes spreads the four bytes of a pixel: red, blue, green, alpha.
func Lanes(p uint32) uint64 {
	return uint64(p&0x00ff00ff) | uint64(p&0xff00ff00)<<24
}

// Pixel rounds a weighted sum and packs it again.
func Pixel(sum uint64) uint32 {
	v := (sum + laneHalf) >> 8 & laneMask
	return uint32(v) | uint32(v>>24)
}

func portablePlanes(red, green, blue []float32, row []byte) {
	for x := range len(row) / 4 {
		red[x], green[x], blue[x] = float32(row[4*x]), float32(row[4*x+1]), float32(row[4*x+2])
	}
}

func portableWeighRows(dst, src []byte, stride int, weights []uint64) {
	for x := 0; x < len(dst); x += 4 {
		var sum uint64
		for i, weight := range weights {
			sum += Lanes(binary.LittleEndian.Uint32(src[i*stride+x:])) * (weight & 0xffff)
		}
		binary.LittleEndian.PutUint32(dst[x:], Pixel(sum))
	}
}

// Windows are for each target pixel of a side the weighted window of source pixels behind it.
type Windows struct {
	First, Count []int32
	Weights      []uint64 // one window behind the other; each adds up to 256, and is there fourfold
	End          int      // no window reaches farther
}

func portableWeighColumns(dst, src []byte, a *Windows) {
	at := 0
	for x, first := range a.First {
		var sum uint64
		for i := range int(a.Count[x]) {
			sum += Lanes(binary.LittleEndian.Uint32(src[4*(int(first)+i):])) * (a.Weights[at] & 0xffff)
			at++
		}
		binary.LittleEndian.PutUint32(dst[4*x:], Pixel(sum))
	}
}

func portableBlockMeans(dst, src []byte, stride, rows, k int) {
	share := MeanOf(rows * k)
	for x := 0; x < len(dst); x += 4 {
		var sum uint64
		for y := range rows {
			row := src[y*stride+x*k:][:4*k]
			for ; len(row) > 0; row = row[4:] {
				sum += Lanes(binary.LittleEndian.Uint32(row))
			}
		}
		share.Write(dst[x:x+4], sum)
	}
}

// Mean divides sums of n pixels by n: a multiplication, exact for all that 16-bit lanes hold.
type Mean struct{ count, half, inverse uint64 }

// MeanOf makes the divisor.
func MeanOf(n int) Mean { return Mean{uint64(n), uint64(n) / 2, 1<<32/uint64(n) + 1} }

// Write divides the four lanes.
func (m Mean) Write(out []byte, s uint64) {
	_ = out[3]
	out[0] = byte((s&0xffff + m.half) * m.inverse >> 32)
	out[2] = byte((s>>16&0xffff + m.half) * m.inverse >> 32)
	out[1] = byte((s>>32&0xffff + m.half) * m.inverse >> 32)
	out[3] = byte((s>>48 + m.half) * m.inverse >> 32)
}

// WriteAll divides sums of lanes into pixels.
func (m Mean) WriteAll(out []byte, sums []uint64) {
	if m.count&(m.count-1) != 0 {
		for x, sum := range sums {
			m.Write(out[4*x:4*x+4], sum)
		}
		return
	}
	shift, half := bits.TrailingZeros64(m.count), m.half*Fourfold
	for x, sum := range sums { // all lanes at once
		v := (sum + half) >> shift & laneMask
		binary.LittleEndian.PutUint32(out[4*x:], uint32(v)|uint32(v>>24))
	}
}

// Run is a row of target pixels whose samples all have four neighbours in the source. Places and steps are in whole numbers
// with 32 bits behind the point, counted from pixel centres.
type Run struct {
	X, Y           int64 // the first sample
	RightX, RightY int64 // to the next sample of a row
	DownX, DownY   int64 // to the next row of samples
	StepX, StepY   int64 // to the next pixel
	Samples        int   // a side
	Stride         int   // of the source, bytes
	pixels         int
}

func portableScanRun(out []uint64, pix []byte, r Run) {
	for i := range out {
		var total uint64
		for j := range int64(r.Samples) {
			x, y := r.X+j*r.DownX, r.Y+j*r.DownY
			for range r.Samples {
				fx, fy := uint64(x>>24)&255, uint64(y>>24)&255
				both := fx * fy >> 8
				upper := pix[int(y>>32)*r.Stride+4*int(x>>32):]
				lower := upper[r.Stride:]
				sum := Lanes(binary.LittleEndian.Uint32(upper))*(256-fx-fy+both) +
					Lanes(binary.LittleEndian.Uint32(upper[4:]))*(fx-both) +
					Lanes(binary.LittleEndian.Uint32(lower))*(fy-both) +
					Lanes(binary.LittleEndian.Uint32(lower[4:]))*both
				total += (sum + laneHalf) >> 8 & laneMask
				x, y = x+r.RightX, y+r.RightY
			}
		}
		out[i] = total
		r.X, r.Y = r.X+r.StepX, r.Y+r.StepY
	}
}

package kernel

import "github.com/openkyc/openkyc/internal/processor"

// The functions of portable.go by AVX2, where the processor has it: the same to the last bit.

// Planes takes a row of pixels apart: a number from 0 to 255 for each channel but alpha.
func Planes(red, green, blue []float32, row []byte) {
	whole := 0
	if n := len(row) / 4; processor.HasAVX2() && n >= 8 {
		whole = n / 8 * 8
		_, _, _ = red[n-1], green[n-1], blue[n-1]
		planesAVX2(&red[0], &green[0], &blue[0], &row[0], whole)
	}
	portablePlanes(red[whole:], green[whole:], blue[whole:], row[4*whole:])
}

// WeighRows makes one row of bytes out of as many rows as there are weights, from src on.
func WeighRows(dst, src []byte, stride int, weights []uint64) {
	whole := 0
	if processor.HasAVX2() && len(dst) >= 16 {
		whole = len(dst) / 16 * 16
		_ = src[(len(weights)-1)*stride+len(dst)-1]
		weighRowsAVX2(&dst[0], &src[0], stride, &weights[0], len(weights), whole)
	}
	if whole < len(dst) {
		portableWeighRows(dst[whole:], src[whole:], stride, weights)
	}
}

// WeighColumns makes a row of pixels out of windows of another.
func WeighColumns(dst, src []byte, a *Windows) {
	if !processor.HasAVX2() {
		portableWeighColumns(dst, src, a)
		return
	}
	n := len(a.First)
	_, _ = dst[4*n-1], src[4*a.End-1]
	weighColumnsAVX2(&dst[0], &src[0], &a.First[0], &a.Count[0], &a.Weights[0], n)
}

// BlockMeans averages whole blocks of rows × k pixels, rounded to nearest, halves up.
func BlockMeans(dst, src []byte, stride, rows, k int) {
	if !processor.HasAVX2() || len(dst) == 0 {
		portableBlockMeans(dst, src, stride, rows, k)
		return
	}
	_ = src[(rows-1)*stride+len(dst)*k-1]
	blockMeansAVX2(&dst[0], &src[0], stride, rows, k, len(dst)/4)
}

// ScanRun gives for each pixel of a run the sum of its samples, each rounded, in lanes.
func ScanRun(out []uint64, pix []byte, r Run) {
	if !processor.HasAVX2() || len(out) == 0 {
		portableScanRun(out, pix, r)
		return
	}
	r.pixels = len(out)
	scanRunAVX2(&out[0], &pix[0], &r)
}

//go:noescape
func weighRowsAVX2(dst, src *byte, stride int, weights *uint64, taps, n int)

//go:noescape
func weighColumnsAVX2(dst, src *byte, first, count *int32, weights *uint64, n int)

//go:noescape
func blockMeansAVX2(dst, src *byte, stride, rows, k, n int)

//go:noescape
func planesAVX2(red, green, blue *float32, row *byte, n int)

//go:noescape
func scanRunAVX2(out *uint64, pix *byte, r *Run)

//go:build !amd64

package kernel

// Planes takes a row of pixels apart: a number from 0 to 255 for each channel but alpha.
func Planes(red, green, blue []float32, row []byte) { portablePlanes(red, green, blue, row) }

// WeighRows makes one row of bytes out of as many rows as there are weights, from src on.
func WeighRows(dst, src []byte, stride int, weights []uint64) {
	portableWeighRows(dst, src, stride, weights)
}

// WeighColumns makes a row of pixels out of windows of another.
func WeighColumns(dst, src []byte, a *Windows) { portableWeighColumns(dst, src, a) }

// BlockMeans averages whole blocks of rows × k pixels, rounded to nearest, halves up.
func BlockMeans(dst, src []byte, stride, rows, k int) {
	portableBlockMeans(dst, src, stride, rows, k)
}

// ScanRun gives for each pixel of a run the sum of its samples, each rounded, in lanes.
func ScanRun(out []uint64, pix []byte, r Run) { portableScanRun(out, pix, r) }

package vision

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/vision/kernel"
)

// Resize scales a picture to w × h pixels: bilinear when it grows, a triangle filter as wide as the step when it shrinks,
// so that fine print turns grey instead of into noise. A side below 1 counts as 1. The source must not be empty.
func Resize(src *image.RGBA, w, h int) *image.RGBA {
	w, h = max(w, 1), max(h, 1)
	sx, sy := float64(src.Rect.Dx())/float64(w), float64(src.Rect.Dy())/float64(h)
	if sx == 1 && sy == 1 {
		return Crop(src, src.Rect)
	}
	// A box average by whole numbers first leaves little to do for the finer filter.
	kx, ky := boxFactor(sx), boxFactor(sy)
	reduced := boxReduce(src, kx, ky)
	columns := windows(reduced.Rect.Dx(), w, sx/float64(kx))
	rows := windows(reduced.Rect.Dy(), h, sy/float64(ky))
	return resizeRows(resizeColumns(reduced, columns), rows)
}

// Fit scales a picture down so that its longer side is at most side; a smaller one is returned as it is.
func Fit(src *image.RGBA, side int) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	long := max(w, h)
	if long <= side {
		return src
	}
	return Resize(src, (w*side+long/2)/long, (h*side+long/2)/long)
}

// maxBox bounds the box so that its sums stay within 16-bit lanes: 16 × 16 × 255 < 65,536.
const maxBox = 16

// boxFactor leaves at least a factor of 1.5 to the triangle filter.
func boxFactor(scale float64) int { return min(max(int(scale/1.5), 1), maxBox) }

// boxReduce averages blocks of kx × ky pixels; the last block of a row or column may be smaller.
func boxReduce(src *image.RGBA, kx, ky int) *image.RGBA {
	src = atOrigin(src)
	if kx == 1 && ky == 1 {
		return src
	}
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	w, h := (sw+kx-1)/kx, (sh+ky-1)/ky
	whole := sw / kx // blocks of a row
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		rows := min(ky, sh-y*ky)
		from, out := src.Pix[y*ky*src.Stride:], dst.Pix[y*dst.Stride:][:4*w]
		kernel.BlockMeans(out[:4*whole], from, src.Stride, rows, kx)
		if whole < w {
			kernel.BlockMeans(out[4*whole:], from[4*whole*kx:], src.Stride, rows, sw-whole*kx)
		}
	}
	return dst
}

// windows makes the table for one side: from source pixels, to target pixels, scale source pixels a target pixel.
func windows(from, to int, scale float64) *kernel.Windows {
	support := math.Max(scale, 1) // half width of the triangle
	most := 2*int(math.Ceil(support)) + 2
	a := &kernel.Windows{First: make([]int32, to), Count: make([]int32, to), Weights: make([]uint64, 0, to*most)}
	exact, whole := make([]float64, 0, most), make([]uint64, 0, most)
	for i := range to {
		centre := (float64(i) + 0.5) * scale
		first := min(max(int(math.Floor(centre-support)), 0), from-1)
		last := max(min(int(math.Ceil(centre+support)), from)-1, first)
		exact = exact[:0]
		var sum float64
		for j := first; j <= last; j++ {
			weight := math.Max(0, 1-math.Abs(float64(j)+0.5-centre)/support)
			exact, sum = append(exact, weight), sum+weight
		}
		whole = appendQuantised(whole[:0], exact, sum)
		for len(whole) > 1 && whole[0] == 0 {
			first, whole = first+1, whole[1:]
		}
		for len(whole) > 1 && whole[len(whole)-1] == 0 {
			whole = whole[:len(whole)-1]
		}
		a.First[i], a.Count[i] = int32(first), int32(len(whole)) //nolint:gosec // sides of pictures
		for _, weight := range whole {
			a.Weights = append(a.Weights, weight*kernel.Fourfold)
		}
		a.End = max(a.End, first+len(whole))
	}
	return a
}

// appendQuantised rounds the running total instead of each weight, so that the weights add up to 256 exactly.
func appendQuantised(store []uint64, exact []float64, sum float64) []uint64 {
	if sum == 0 { // a window that lies wholly beyond the edge
		exact, sum = append(exact[:0], 1), 1
	}
	var total float64
	var given uint64
	for _, weight := range exact {
		total += weight
		upTo := uint64(math.Round(total / sum * 256))
		store = append(store, upTo-given)
		given = upTo
	}
	return store
}

func resizeColumns(src *image.RGBA, columns *kernel.Windows) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, len(columns.First), src.Rect.Dy()))
	for y := range src.Rect.Dy() {
		kernel.WeighColumns(dst.Pix[y*dst.Stride:][:dst.Stride], src.Pix[y*src.Stride:], columns)
	}
	return dst
}

func resizeRows(src *image.RGBA, rows *kernel.Windows) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, src.Rect.Dx(), len(rows.First)))
	at := 0
	for y, first := range rows.First {
		weights := rows.Weights[at:][:rows.Count[y]]
		at += len(weights)
		kernel.WeighRows(dst.Pix[y*dst.Stride:][:dst.Stride], src.Pix[int(first)*src.Stride:], src.Stride, weights)
	}
	return dst
}

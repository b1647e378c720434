package vision

import (
	"encoding/binary"
	"image"
	"math"
)

// The resampler keeps the four channels of a pixel in the four 16-bit lanes of one uint64, so that one multiplication
// weighs them all. Weights are 8 bit and add up to 256, hence no lane can overflow (255·256 + 128 < 65,536).
const (
	laneMask = 0x00ff00ff00ff00ff
	laneHalf = 0x0080008000800080
)

// lanes spreads the four bytes of a pixel.
func lanes(p uint32) uint64 {
	return uint64(p&0x00ff00ff) | uint64(p&0xff00ff00)<<24
}

// pixel rounds a weighted sum and packs it again.
func pixel(sum uint64) uint32 {
	v := (sum + laneHalf) >> 8 & laneMask
	return uint32(v) | uint32(v>>24)
}

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
	columns := taps(reduced.Rect.Dx(), w, sx/float64(kx))
	rows := taps(reduced.Rect.Dy(), h, sy/float64(ky))
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
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	sums, pairs := make([]uint64, w), make([]pair, (sw+1)/2)
	for y := range h {
		clear(pairs)
		rows := min(ky, sh-y*ky)
		for r := range rows {
			addRow(pairs, src.Pix[(y*ky+r)*src.Stride:][:4*sw])
		}
		foldBlocks(sums, pairs, kx)
		out := dst.Pix[y*dst.Stride:]
		whole := meanOf(rows * kx)
		for x, s := range sums[:w-1] {
			whole.write(out[4*x:4*x+4], s)
		}
		meanOf(rows*(sw-(w-1)*kx)).write(out[4*w-4:4*w], sums[w-1])
	}
	return dst
}

// pair is the sum of two columns of pixels that lie side by side: red and blue of
// both, and green and alpha of both, in 16-bit lanes. Two pixels are one load then,
// and half of the work of spreading each.
type pair struct{ redBlue, greenAlpha uint64 }

// addRow adds a row of pixels; one that has no neighbour counts as half of a pair.
func addRow(pairs []pair, row []byte) {
	whole := len(row) / 8
	for i := range pairs[:whole] {
		two := binary.LittleEndian.Uint64(row[8*i:])
		p := &pairs[i]
		p.redBlue += two & laneMask
		p.greenAlpha += two >> 8 & laneMask
	}
	if whole < len(pairs) {
		one := uint64(binary.LittleEndian.Uint32(row[8*whole:]))
		pairs[whole].redBlue += one & laneMask
		pairs[whole].greenAlpha += one >> 8 & laneMask
	}
}

// foldBlocks adds every kx columns into one sum, in the lanes that mean divides.
func foldBlocks(sums []uint64, pairs []pair, kx int) {
	if kx%2 == 0 {
		for x := range sums {
			var all pair
			for _, p := range pairs[x*kx/2 : min((x+1)*kx/2, len(pairs))] {
				all.redBlue += p.redBlue
				all.greenAlpha += p.greenAlpha
			}
			sums[x] = uint64(uint32(all.redBlue+all.redBlue>>32)) | (all.greenAlpha+all.greenAlpha>>32)<<32
		}
		return
	}
	column := 0
	for x := range sums {
		var sum uint64
		for end := min(column+kx, 2*len(pairs)); column < end; column++ {
			p, half := pairs[column/2], column%2*32
			sum += uint64(uint32(p.redBlue>>half)) | p.greenAlpha>>half<<32
		}
		sums[x] = sum
	}
}

// mean divides sums of n pixels by n: a multiplication, exact for all that 16-bit lanes hold.
type mean struct{ half, inverse uint64 }

func meanOf(n int) mean { return mean{uint64(n) / 2, 1<<32/uint64(n) + 1} }

// write divides the four lanes, in the order R, B, G, A that lanes made.
func (m mean) write(out []byte, s uint64) {
	_ = out[3]
	out[0] = byte((s&0xffff + m.half) * m.inverse >> 32)
	out[2] = byte((s>>16&0xffff + m.half) * m.inverse >> 32)
	out[1] = byte((s>>32&0xffff + m.half) * m.inverse >> 32)
	out[3] = byte((s>>48 + m.half) * m.inverse >> 32)
}

// tap is the weighted window of source pixels behind one target pixel.
type tap struct {
	first   int
	weights []uint64 // 8 bit, adding up to 256
}

// taps makes the table for one axis: from source pixels, to target pixels, scale source pixels a target pixel.
func taps(from, to int, scale float64) []tap {
	support := math.Max(scale, 1) // half width of the triangle
	table := make([]tap, to)
	store := make([]uint64, 0, to*(2*int(math.Ceil(support))+2))
	exact := make([]float64, 0, 2*int(math.Ceil(support))+2)
	for i := range table {
		centre := (float64(i) + 0.5) * scale
		first := min(max(int(math.Floor(centre-support)), 0), from-1)
		last := max(min(int(math.Ceil(centre+support)), from)-1, first)
		exact = exact[:0]
		var sum float64
		for j := first; j <= last; j++ {
			weight := math.Max(0, 1-math.Abs(float64(j)+0.5-centre)/support)
			exact, sum = append(exact, weight), sum+weight
		}
		start := len(store)
		store = appendQuantised(store, exact, sum)
		table[i] = trim(tap{first: first, weights: store[start:]})
	}
	return table
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

// trim drops weights that came out as zero at both ends.
func trim(t tap) tap {
	for len(t.weights) > 1 && t.weights[0] == 0 {
		t.first, t.weights = t.first+1, t.weights[1:]
	}
	for len(t.weights) > 1 && t.weights[len(t.weights)-1] == 0 {
		t.weights = t.weights[:len(t.weights)-1]
	}
	return t
}

func resizeColumns(src *image.RGBA, columns []tap) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, len(columns), src.Rect.Dy()))
	spread := make([]uint64, src.Rect.Dx())
	for y := range src.Rect.Dy() {
		row := src.Pix[y*src.Stride:][:4*len(spread)]
		for x := range spread {
			spread[x] = lanes(binary.LittleEndian.Uint32(row[4*x:]))
		}
		out := dst.Pix[y*dst.Stride:][:4*len(columns)]
		for x := range columns {
			t := &columns[x]
			window := spread[t.first:][:len(t.weights)]
			var sum uint64
			for i, weight := range t.weights {
				sum += window[i] * weight
			}
			binary.LittleEndian.PutUint32(out[4*x:], pixel(sum))
		}
	}
	return dst
}

func resizeRows(src *image.RGBA, rows []tap) *image.RGBA {
	w := src.Rect.Dx()
	dst := image.NewRGBA(image.Rect(0, 0, w, len(rows)))
	sums := make([]uint64, w)
	for y := range rows {
		clear(sums)
		for i, weight := range rows[y].weights {
			row := src.Pix[(rows[y].first+i)*src.Stride:][:4*w]
			for x := range sums {
				sums[x] += lanes(binary.LittleEndian.Uint32(row[4*x:])) * weight
			}
		}
		out := dst.Pix[y*dst.Stride:][:4*w]
		for x, s := range sums {
			binary.LittleEndian.PutUint32(out[4*x:], pixel(s))
		}
	}
	return dst
}

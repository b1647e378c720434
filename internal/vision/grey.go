package vision

import (
	"image"
	"slices"
)

// inkAndPaper makes one plane of a strip's greys in which ink is −1 and paper is 1, as the networks of Tesseract take it:
// the darkest and lightest places along the middle row say what is ink and what is paper, but for the outermost quarter of
// each.
func inkAndPaper(strip *image.RGBA) []float32 {
	w, h := strip.Rect.Dx(), strip.Rect.Dy()
	grey := make([]uint8, w*h)
	for y := range h {
		row := strip.Pix[y*strip.Stride:][:4*w]
		for x := range w {
			// Leptonica's weights of red, green and blue, which these networks saw in training.
			grey[y*w+x] = uint8((30*int(row[4*x]) + 50*int(row[4*x+1]) + 20*int(row[4*x+2]) + 50) / 100)
		}
	}
	ink, paper := extremes(grey[h/2*w:][:w])
	var table [256]float32
	half := max((paper-ink)/2, 0.5)
	for v := range table {
		table[v] = float32((float64(v)-ink)/half - 1)
	}
	plane := make([]float32, w*h)
	for i, v := range grey {
		plane[i] = table[v]
	}
	return plane
}

// extremes finds the first quartile of a row's local minima and the third of its local maxima; 0 and 255 where there are none.
func extremes(row []uint8) (low, high float64) {
	var minima, maxima []uint8
	for x := 1; x+1 < len(row); x++ {
		before, at, after := row[x-1], row[x], row[x+1]
		if at < before && at <= after || at <= before && at < after {
			minima = append(minima, at)
		}
		if at > before && at >= after || at >= before && at > after {
			maxima = append(maxima, at)
		}
	}
	low, high = 0, 255
	if len(minima) > 0 {
		slices.Sort(minima)
		low = float64(minima[len(minima)/4])
	}
	if len(maxima) > 0 {
		slices.Sort(maxima)
		high = float64(maxima[(3*len(maxima)-1)/4])
	}
	return low, high
}

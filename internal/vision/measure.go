package vision

import (
	"image"
	"math"
)

// Quality holds the simple measures of a picture that hints and checks are made of.
type Quality struct {
	Luminance    float64 // mean brightness, 0 black to 255 white (Rec. 601 luma)
	Sharpness    float64 // variance of the Laplacian of the luma; below some 100 a document is blurred
	Saturation   float64 // mean of max−min of the channels, 0 grey to 255
	Colourful    float64 // Hasler and Süsstrunk's colourfulness; a tinted photocopy has a saturation, but none of this
	Highlights   float64 // share of pixels burnt out to white, 0 to 1
	Shadows      float64 // share of pixels drowned in black, 0 to 1
	ContrastSpan float64 // luma between the 5 % darkest and the 5 % brightest pixels, 0 to 255
}

// measuredSide is the size at which Measure works: sharpness depends on it, so it is the same for every camera.
const measuredSide = 1024

// Measure takes all measures of a picture, after fitting it into 1,024 pixels. Pass a sub-image to measure a part.
// An empty picture gives zeroes.
func Measure(img *image.RGBA) Quality {
	if img.Rect.Empty() {
		return Quality{}
	}
	img = Fit(img, measuredSide)
	grey := Grayscale(img)
	q := Quality{Sharpness: Sharpness(grey)}
	q.Luminance, q.Shadows, q.Highlights, q.ContrastSpan = brightness(grey)
	q.Saturation, q.Colourful = colour(img)
	return q
}

// Grayscale returns the luma of a picture (Rec. 601), origin at 0,0.
func Grayscale(img *image.RGBA) *image.Gray {
	img = atOrigin(img)
	dst := image.NewGray(img.Rect)
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:]
		out := dst.Pix[y*dst.Stride:][:img.Rect.Dx()]
		for x := range out {
			p := row[4*x : 4*x+3 : 4*x+3]
			out[x] = byte((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
		}
	}
	return dst
}

// Sharpness is the variance of the 4-neighbour Laplacian (Pech-Pacheco and others, 2000), which falls with blur. Compare
// pictures of the same size only. Pictures under 3 × 3 pixels give 0.
func Sharpness(g *image.Gray) float64 {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	if w < 3 || h < 3 {
		return 0
	}
	var sum, squares int64
	for y := 1; y < h-1; y++ {
		at := g.PixOffset(g.Rect.Min.X, g.Rect.Min.Y+y)
		above, row, below := g.Pix[at-g.Stride:][:w], g.Pix[at:][:w], g.Pix[at+g.Stride:][:w]
		for x := 1; x < w-1; x++ {
			v := int64(above[x]) + int64(below[x]) + int64(row[x-1]) + int64(row[x+1]) - 4*int64(row[x])
			sum += v
			squares += v * v
		}
	}
	n := float64((w - 2) * (h - 2))
	mean := float64(sum) / n
	return float64(squares)/n - mean*mean
}

// brightness reads everything that the histogram of the luma tells.
func brightness(g *image.Gray) (mean, shadows, highlights, span float64) {
	const black, white, tail = 10, 250, 0.05
	var histogram [256]int
	for _, v := range g.Pix {
		histogram[v]++
	}
	n := float64(len(g.Pix))
	low, high, below := -1, 0, 0
	for v, count := range histogram {
		mean += float64(v*count) / n
		if v <= black {
			shadows += float64(count) / n
		}
		if v >= white {
			highlights += float64(count) / n
		}
		below += count
		if low < 0 && float64(below) > tail*n {
			low = v
		}
		if float64(below-count) < (1-tail)*n {
			high = v
		}
	}
	return mean, shadows, highlights, math.Max(0, float64(high-low))
}

// colour measures saturation, and colourfulness (D. Hasler and S. Süsstrunk, Measuring colourfulness in natural images,
// 2003): the spread and the mean of the opponent axes red−green and yellow−blue. Only the spread is kept, for a uniform
// tint of the light is no colour of the object.
func colour(img *image.RGBA) (saturation, colourful float64) {
	img = atOrigin(img)
	var chroma, rg, yb, rg2, yb2 int64
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for i := 0; i < len(row); i += 4 {
			r, g, b := int64(row[i]), int64(row[i+1]), int64(row[i+2])
			chroma += max(r, g, b) - min(r, g, b)
			p, q := r-g, r+g-2*b // q is twice the yellow−blue axis, to stay whole
			rg, yb, rg2, yb2 = rg+p, yb+q, rg2+p*p, yb2+q*q
		}
	}
	n := float64(img.Rect.Dx() * img.Rect.Dy())
	variance := func(sum, squares int64) float64 {
		mean := float64(sum) / n
		return math.Max(0, float64(squares)/n-mean*mean)
	}
	return float64(chroma) / n, math.Sqrt(variance(rg, rg2) + variance(yb, yb2)/4)
}

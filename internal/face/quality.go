package face

import (
	"image"
	"math"
)

// The limits of a usable picture of a face.
const (
	leastSelfieFace   = 80   // pixels between the box's sides; the embedder sees 150
	leastPortraitFace = 28   // printed portraits are small, and enlarged first
	leastLuma         = 38.0 // mean brightness 0 to 255, of the picture and of the face
	leastChroma       = 5.0  // mean difference of the largest and the smallest channel
	leastSharpness    = 8.0  // see sharpness
	goodSharpness     = 40.0 // more adds nothing to a template's quality
)

// light is the mean brightness (Rec. 601) and the mean chroma of a part of a picture.
type light struct{ Luma, Chroma float64 }

// measureLight looks at every few pixels of the part: a mean needs no more.
func measureLight(img *image.RGBA, part rect) light {
	area := image.Rect(int(part.X), int(part.Y), int(math.Ceil(part.X+part.W)), int(math.Ceil(part.Y+part.H))).Intersect(img.Rect)
	if area.Empty() {
		return light{}
	}
	step := max(1, min(area.Dx(), area.Dy())/64)
	var luma, chroma, count float64
	for y := area.Min.Y; y < area.Max.Y; y += step {
		row := img.Pix[img.PixOffset(area.Min.X, y):]
		for x := 0; x < 4*area.Dx(); x += 4 * step {
			r, g, b := row[x], row[x+1], row[x+2]
			luma += 0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)
			chroma += float64(max(r, g, b) - min(r, g, b))
			count++
		}
	}
	return light{luma / count, chroma / count}
}

// sharpness is the variance of the Laplacian of the brightness (Pech-Pacheco
// et al. 2000). It is taken on the aligned chip, so that a small face that had
// to be enlarged counts as the blurred one that it is.
func sharpness(chip *image.RGBA) float64 {
	w, h := chip.Rect.Dx(), chip.Rect.Dy()
	grey := make([]float64, w*h)
	for y := range h {
		row := chip.Pix[chip.PixOffset(chip.Rect.Min.X, chip.Rect.Min.Y+y):]
		for x := range w {
			grey[y*w+x] = 0.299*float64(row[4*x]) + 0.587*float64(row[4*x+1]) + 0.114*float64(row[4*x+2])
		}
	}
	var sum, squares, count float64
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			v := grey[i-1] + grey[i+1] + grey[i-w] + grey[i+w] - 4*grey[i]
			sum += v
			squares += v * v
			count++
		}
	}
	mean := sum / count
	return squares/count - mean*mean
}

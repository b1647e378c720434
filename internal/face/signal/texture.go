package signal

import (
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/vision"
)

// patchSide is the side of the part of a face whose spectrum is taken, at the
// frame's own resolution: to scale it would take the pattern away.
const (
	patchSide   = 128
	leastPeriod = 2.0 // pixels: what a sensor can show
	mostPeriod  = 9.0 // longer ones are the features of faces
	lookedAt    = 6   // frames of a recording, evenly spread
)

// texture looks at some faces: the strongest periodic pattern of the middle one
// by order.
func texture(frames []Frame) (grid float64, ok bool) {
	var good []Frame
	for _, f := range frames {
		if f.Image != nil && min(f.Face.Dx(), f.Face.Dy()) >= patchSide*3/4 {
			good = append(good, f)
		}
	}
	if len(good) == 0 {
		return 0, false
	}
	var grids []float64
	waves := vision.NewFourier(patchSide)
	n := min(lookedAt, len(good))
	for i := range n {
		f := good[i*(len(good)-1)/max(1, n-1)]
		grids = append(grids, peak(waves, f.Image, patchAt(f)))
	}
	return median(grids), true
}

// patchAt is the patch around the middle of a face that lies within the picture.
func patchAt(f Frame) image.Point {
	b := f.Image.Rect
	x := (f.Face.Min.X+f.Face.Max.X)/2 - patchSide/2
	y := (f.Face.Min.Y+f.Face.Max.Y)/2 - patchSide/2
	return image.Pt(min(max(x, b.Min.X), b.Max.X-patchSide), min(max(y, b.Min.Y), b.Max.Y-patchSide))
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// peak is the decimal logarithm of how far the strongest wave of a patch stands
// out from others of its length, in brightness or in either colour difference:
// stripes of a screen fold into colours first. A screen's wave is narrow, skin's
// spectrum is broad. Waves that JPEG's blocks make are left out.
func peak(waves *vision.Fourier, img *image.RGBA, at image.Point) float64 {
	b := img.Rect
	if b.Dx() < patchSide || b.Dy() < patchSide {
		return 0
	}
	var planes [3][]complex128
	for c := range planes {
		planes[c] = make([]complex128, patchSide*patchSide)
	}
	for y := range patchSide {
		for x := range patchSide {
			p := img.Pix[img.PixOffset(at.X+x, at.Y+y):]
			red, green, blue := float64(p[0]), float64(p[1]), float64(p[2])
			window := waves.Window[x] * waves.Window[y]
			for c, v := range [3]float64{0.3*red + 0.6*green + 0.1*blue, red - green, blue - green} {
				planes[c][y*patchSide+x] = complex(v*window, 0)
			}
		}
	}
	most := 0.0
	for _, plane := range planes {
		waves.Transform(plane)
		most = math.Max(most, standsOut(plane))
	}
	return math.Log10(math.Max(most, 1))
}

// standsOut is the largest power of a wave over the median of its ring.
func standsOut(spectrum []complex128) float64 {
	const rings = patchSide
	var powers [rings][]float64
	var waves [rings][]float64
	for y := range patchSide {
		for x := range patchSide/2 + 1 {
			fx, fy := float64(x), float64(y)
			if y > patchSide/2 {
				fy -= patchSide
			}
			far := math.Hypot(fx, fy)
			if far < patchSide/mostPeriod || far > patchSide/leastPeriod {
				continue
			}
			v := spectrum[y*patchSide+x]
			power := real(v)*real(v) + imag(v)*imag(v)
			ring := int(far / 2)
			powers[ring] = append(powers[ring], power)
			if !ofBlocks(x) && !ofBlocks(y) {
				waves[ring] = append(waves[ring], power)
			}
		}
	}
	most := 0.0
	for ring := range powers {
		if len(powers[ring]) < 16 {
			continue
		}
		m := median(powers[ring])
		for _, power := range waves[ring] {
			most = math.Max(most, power/math.Max(m, floor))
		}
	}
	return most
}

// floor is the power that rounding and compression leave at the least: below it
// a ring is empty and its largest wave means nothing.
const floor = 600

// ofBlocks tells the waves that repeat with JPEG's blocks of eight pixels, and
// their neighbours by the window.
func ofBlocks(k int) bool {
	const blocks = patchSide / 8
	r := k % blocks
	return (r <= 1 || r == blocks-1) && k > 1 && k < patchSide-1
}

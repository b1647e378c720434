package face

import (
	"image"
	"math"
)

// The corners of the eyes in the mesh, from the person's right to their left.
func meshEyes() [2][2]int { return [2][2]int{{33, 133}, {362, 263}} }

// Where an eye is looked at, in widths of the eye from its middle: across it,
// as high as the lids are apart at least, and the skin under it.
const (
	eyeReach            = 0.42
	eyeHalf             = 0.09
	eyeColumns, eyeRows = 22, 7
	skinFrom, skinTo    = 0.42, 0.62
)

// eyeContrast tells of each eye, the person's right first, how much its
// brightness varies from corner to corner, beside the brightness of the skin
// below it. An open eye is white, dark and white again, about 0.1 to 0.4
// whatever the skin; a lid is even, and its lashes lie along it, so that the
// mean of a column says nothing of them. Eyes that lie outside give 0.
func eyeContrast(img *image.RGBA, mesh []point3) (contrast [2]float64) {
	for i, corners := range meshEyes() {
		from, to := mesh[corners[0]].flat(), mesh[corners[1]].flat()
		contrast[i] = columnContrast(img, middle(from, to), to.sub(from))
	}
	return contrast
}

func columnContrast(img *image.RGBA, centre, across point) float64 {
	down := point{-across.Y, across.X}
	at := func(x, y float64) float64 { return lumaAt(img, centre.add(across.scale(x)).add(down.scale(y))) }
	mean := func(x, y0, y1 float64) (sum float64) {
		for j := range eyeRows {
			sum += at(x, y0+(y1-y0)*float64(j)/(eyeRows-1)) / eyeRows
		}
		return sum
	}
	var columns [eyeColumns]float64
	var sum, skin float64
	for i := range columns {
		x := eyeReach * (2*float64(i)/(eyeColumns-1) - 1)
		columns[i] = mean(x, -eyeHalf, eyeHalf)
		sum += columns[i] / eyeColumns
		skin += mean(x, skinFrom, skinTo) / eyeColumns
	}
	if skin < 1 {
		return 0
	}
	var square float64
	for _, c := range columns {
		square += (c - sum) * (c - sum) / eyeColumns
	}
	return math.Sqrt(square) / skin
}

// lumaAt is the brightness at a place between pixels, 0 outside of the picture.
func lumaAt(img *image.RGBA, p point) float64 {
	x, y := int(math.Floor(p.X)), int(math.Floor(p.Y))
	if x < 0 || y < 0 || x+1 >= img.Rect.Dx() || y+1 >= img.Rect.Dy() {
		return 0
	}
	luma := func(x, y int) float64 {
		c := img.Pix[y*img.Stride+4*x:]
		return 0.299*float64(c[0]) + 0.587*float64(c[1]) + 0.114*float64(c[2])
	}
	u, v := p.X-float64(x), p.Y-float64(y)
	return (1-v)*((1-u)*luma(x, y)+u*luma(x+1, y)) + v*((1-u)*luma(x, y+1)+u*luma(x+1, y+1))
}

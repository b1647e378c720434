package face

import (
	"image"
	"math"
)

// tint is the mean linear light of a part of a picture, red, green, blue, 0 to 1.
type tint [3]float64

// hue is one channel's logarithm less the mean of all three.
func (t tint) hue(channel int) float64 {
	const floor = 1e-4 // black has no colour
	sum := 0.0
	for _, v := range t {
		sum += math.Log(v + floor)
	}
	return math.Log(t[channel]+floor) - sum/3
}

// Where skin is looked at: the forehead, the nose, both cheeks, and farther out
// on both, so that they face different ways; half a square's side in heights of
// the face.
const (
	litPatches  = 6
	patchRadius = 0.045
)

func patchPoints() [litPatches]int { return [litPatches]int{151, 5, 50, 280, 123, 352} }

// Where the surroundings are looked at: from so many to so many widths of the
// face beside it, as near as hair lets, since a sheet may end farther out, and no
// lower than its chin, where shoulders begin. They must make up a share of the
// picture, and be neither black nor burnt out.
const (
	wallFrom   = 0.35
	wallTo     = 0.75
	wallShare  = 0.03
	wallDark   = 0.004
	wallBright = 0.9
)

// surroundings is the tint of what is seen on both sides of a head; black where
// too little is seen to tell.
func surroundings(img *image.RGBA, face rect, linear *[256]float64) tint {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	top, low := math.Max(0, face.Y), math.Min(h, face.Y+face.H)
	left, right := face.X-wallTo*face.W, face.X+(1+wallFrom)*face.W
	wide := (wallTo - wallFrom) * face.W
	var sum tint
	var area float64
	for _, p := range []rect{{math.Max(0, left), top, wide + math.Min(0, left), low - top}, {right, top, math.Min(wide, w-right), low - top}} {
		if p.W < 1 || p.H < 1 {
			continue
		}
		t := tintOf(img, p, linear)
		for c := range sum {
			sum[c] += t[c] * p.area()
		}
		area += p.area()
	}
	if area < wallShare*w*h {
		return tint{}
	}
	for c := range sum {
		if sum[c] /= area; sum[c] < wallDark || sum[c] > wallBright {
			return tint{}
		}
	}
	return sum
}

// tintOf is the mean over a part, a few thousand of its pixels at most.
func tintOf(img *image.RGBA, part rect, linear *[256]float64) (t tint) {
	area := image.Rect(int(part.X), int(part.Y), int(math.Ceil(part.X+part.W)), int(math.Ceil(part.Y+part.H))).Intersect(img.Rect)
	if area.Empty() {
		return tint{}
	}
	step := max(1, min(area.Dx(), area.Dy())/64)
	count := 0.0
	for y := area.Min.Y; y < area.Max.Y; y += step {
		row := img.Pix[img.PixOffset(area.Min.X, y):]
		for x := 0; x < 4*area.Dx(); x += 4 * step {
			for c := range t {
				t[c] += linear[row[x+c]]
			}
			count++
		}
	}
	for c := range t {
		t[c] /= count
	}
	return t
}

// linearLight is the table that undoes the curve of sRGB (IEC 61966-2-1).
func linearLight() (table [256]float64) {
	for i := range table {
		v := float64(i) / 255
		if table[i] = v / 12.92; v > 0.04045 {
			table[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return table
}

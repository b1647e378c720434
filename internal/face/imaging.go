package face

import (
	"image"
	"image/draw"
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// cut draws what a view of the picture shows: w × h pixels, area-averaged where
// it shrinks, black beyond the picture's edge.
func cut(img *image.RGBA, view similarity, w, h int) *image.RGBA {
	back := view.invert()
	return vision.Warp(img, vision.Affine{A: back.A, B: -back.B, C: back.TX, D: back.B, E: back.A, F: back.TY}, w, h)
}

// cutSquare cuts an upright square out of the picture and scales it, which is
// several times faster than a view. Its corners are rounded to whole pixels of
// the target: enough for finding faces, not for aligning them.
func cutSquare(img *image.RGBA, square rect, side int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Rect, image.Black, image.Point{}, draw.Src)
	seen := image.Rect(int(math.Floor(square.X)), int(math.Floor(square.Y)),
		int(math.Ceil(square.X+square.W)), int(math.Ceil(square.Y+square.H))).Intersect(img.Rect)
	part, ok := img.SubImage(seen).(*image.RGBA)
	if !ok || seen.Empty() {
		return out
	}
	s := float64(side) / square.W
	at := func(x, y int) image.Point {
		return image.Pt(int(math.Round((float64(x)-square.X)*s)), int(math.Round((float64(y)-square.Y)*s)))
	}
	target := image.Rectangle{Min: at(seen.Min.X, seen.Min.Y), Max: at(seen.Max.X, seen.Max.Y)}
	if target.Empty() {
		return out
	}
	draw.Draw(out, target, vision.Resize(part, target.Dx(), target.Dy()), image.Point{}, draw.Src)
	return out
}

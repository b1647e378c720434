package document

import (
	"image"
	"math"
	"slices"
)

// The measures of the search for a row's true axis: the detector's rectangles
// are a few pixels and half a degree off, which over the length of a zone's
// line is the height of a letter.
const (
	refineColumns = 384
	refineRows    = 36
	refineWindows = 8
	refineReach   = 0.95 // of the text's height to either side; the next line begins at 1.8
	refineRounds  = 2
	refineTilt    = 0.04 // most that a round may turn a row, radians
)

// refine lays a strip's axis through the middle of its print: in windows along
// the row, the centre of the changes of brightness between neighbouring columns,
// and the straight line through those centres. Print has many such changes, the
// background between the lines of a zone has few.
func refine(img *image.RGBA, s strip) strip {
	for range refineRounds {
		next, ok := refineOnce(img, s)
		if !ok {
			return s
		}
		s = next
	}
	return s
}

func refineOnce(img *image.RGBA, s strip) (strip, bool) {
	text := s.h / boxGrowth
	profiles := changes(img, s, text)
	type point struct{ x, y, weight float64 }
	var points []point
	for w, p := range profiles {
		if y, weight, ok := middle(p[:]); ok {
			points = append(points, point{(float64(w)+0.5)/refineWindows - 0.5, y, weight})
		}
	}
	if len(points) < refineWindows/2 {
		return s, false
	}
	// Twice: the second fit leaves out what lies far from the first.
	var offset, slope float64
	for range 2 {
		var n, sx, sy, sxx, sxy float64
		for _, p := range points {
			n, sx, sy, sxx, sxy = n+p.weight, sx+p.weight*p.x, sy+p.weight*p.y, sxx+p.weight*p.x*p.x, sxy+p.weight*p.x*p.y
		}
		det := n*sxx - sx*sx
		if n == 0 || det < 1e-9*n*n {
			return s, false
		}
		slope = (n*sxy - sx*sy) / det
		offset = (sy - slope*sx) / n
		points = slices.DeleteFunc(points, func(p point) bool { return math.Abs(p.y-offset-slope*p.x) > 0.2 })
		if len(points) < refineWindows/2 {
			return s, false
		}
	}
	// offset and slope are in heights of the text, the slope over the whole row.
	tilt := slope * text / max(s.w, 1)
	if math.Abs(tilt) > refineTilt || math.Abs(offset) > 0.6 {
		return s, false
	}
	s.centre = s.centre.along(s.dir.down(), offset*text)
	s.dir = s.dir.along(s.dir.down(), tilt).unit()
	return s, true
}

// changes sums, for every window along the strip and every height across it,
// how much the brightness changes from column to column.
func changes(img *image.RGBA, s strip, text float64) [refineWindows][refineRows]float64 {
	var out [refineWindows][refineRows]float64
	x, y := s.dir.mul(s.w/refineColumns), s.dir.down().mul(2*refineReach*text/refineRows)
	for r := range refineRows {
		at := s.start().add(y.mul(float64(r) + 0.5 - refineRows/2.0))
		before := luma(img, at)
		for c := 1; c < refineColumns; c++ {
			at = at.add(x)
			v := luma(img, at)
			out[c*refineWindows/refineColumns][r] += math.Abs(v - before)
			before = v
		}
	}
	return out
}

// middle is the centre of a profile above its floor, in heights of the text from
// the axis, and how much there is of it.
func middle(p []float64) (y, weight float64, ok bool) {
	sorted := slices.Sorted(slices.Values(p))
	floor := sorted[len(sorted)/5]
	if sorted[len(sorted)-1] < 1.5*floor+40 {
		return 0, 0, false // no print in this window
	}
	floor += 0.25 * (sorted[len(sorted)-1] - floor)
	sum := 0.0
	for i, v := range p {
		if v > floor {
			sum += v - floor
			y += (v - floor) * (float64(i) + 0.5 - refineRows/2.0)
		}
	}
	if sum <= 0 {
		return 0, 0, false
	}
	return y / sum * 2 * refineReach / refineRows, sum, true
}

// luma reads the nearest pixel; outside of the picture the edge continues.
func luma(img *image.RGBA, p vec) float64 {
	b := img.Rect
	x, y := min(max(int(p.X), b.Min.X), b.Max.X-1), min(max(int(p.Y), b.Min.Y), b.Max.Y-1)
	c := img.Pix[img.PixOffset(x, y):]
	return (299*float64(c[0]) + 587*float64(c[1]) + 114*float64(c[2])) / 1000
}

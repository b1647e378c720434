package document

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// The measures of a live hint: it works on a small picture, and takes for a
// document what has at least so many pieces of print on at least that share of it.
const (
	lookSide  = 640
	lookInput = 480
	lookPrint = 5
	lookShare = 0.08
	// lookMargin grows the print to the page around it, in heights of the quad.
	lookMargin = 0.07
)

// LookRoles lists the models that Look runs.
func LookRoles() []string { return []string{roleDetector} }

// Look says quickly whether a preview frame shows a document, where, and in
// what light. It is a hint for the person who holds the camera; no verdict rests
// on it. A frame that is no picture is a *kyc.Error of kind Invalid or TooLarge.
func (r *Room) Look(ctx context.Context, jpeg []byte) (kyc.DocumentLook, error) {
	img, err := vision.DecodeContext(ctx, jpeg, vision.Limits{MaxPixels: 4_000_000, MinLongSide: 64})
	if err != nil {
		return kyc.DocumentLook{}, fmt.Errorf("look at a frame: %w", err)
	}
	img = vision.Fit(img, lookSide)
	q := vision.Measure(img)
	look := kyc.DocumentLook{Luma: q.Luminance, Sharpness: q.Sharpness, Glare: q.Highlights}
	boxes, err := r.engine.detect(ctx, img, vision.Detection{MinSide: lookInput, MaxSide: lookInput, Threshold: 0.3, BoxThreshold: 0.5})
	if err != nil {
		return kyc.DocumentLook{}, err
	}
	if len(boxes) < lookPrint {
		return look, nil
	}
	quad := around(boxes)
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	if quad.Width()*quad.Height() < lookShare*w*h {
		return look, nil
	}
	grow := lookMargin * math.Min(quad.Width(), quad.Height())
	look.Found = true
	look.Zone = zoneLike(boxes, quad)
	look.Glare = glare(img, quad, boxes)
	for i, p := range quad.Grow(grow, grow) {
		look.Quad[i] = [2]float64{min(max(p.X/w, 0), 1), min(max(p.Y/h, 0), 1)}
	}
	return look, nil
}

// A zone's lines are longer for their height than other print, and nearly as long
// as the page is wide.
const (
	zoneAspect = 13
	zoneShare  = 0.7
)

// zoneLike tells whether two lines or more may be those of a zone, without reading
// them.
func zoneLike(boxes []strip, page vision.Quad) bool {
	for _, g := range groups(rows(boxes)) {
		long := 0
		for _, s := range g {
			if s.w > zoneAspect*s.h && s.w > zoneShare*page.Width() {
				long++
			}
		}
		if long > 1 {
			return true
		}
	}
	return false
}

// glare is the share of burnt-out pixels among those of the document: a white
// table around it is none, and no more is white paper around print, for what can
// be read is not hidden. Where half of the document is nearly white itself, nobody
// can tell a reflection from the paper, and it could be tilted for ever: 0.
func glare(img *image.RGBA, q vision.Quad, print []strip) float64 {
	const burnt, white, step = 250, 240, 2
	base := stripOf([4]vec{vec(q[0]), vec(q[1]), vec(q[2]), vec(q[3])})
	seen, bright, pale := 0, 0, 0
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y += step {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x += step {
			p := vec{float64(x), float64(y)}
			if math.Abs(base.place(p)) > base.w/2 || math.Abs(base.offset(p)) > base.h/2 {
				continue
			}
			seen++
			c := img.Pix[img.PixOffset(x, y):]
			switch least := min(c[0], c[1], c[2]); {
			case least < white:
			case least >= burnt && !slices.ContainsFunc(print, func(s strip) bool { return s.near(p) }):
				bright++
			default:
				pale++
			}
		}
	}
	if 2*(bright+pale) > seen {
		return 0
	}
	return float64(bright) / float64(max(seen, 1))
}

// near tells whether a place is on a piece of print or half a line from it.
func (s strip) near(p vec) bool {
	return math.Abs(s.place(p)) < (s.w+s.h)/2 && math.Abs(s.offset(p)) < s.h
}

// around is the rectangle around all strips, along the longest.
func around(all []strip) vision.Quad {
	base := longestOf(all)
	if math.Abs(base.dir.Y) > math.Abs(base.dir.X) { // print that runs down: name the corners as they stand in the frame
		base = strip{centre: base.centre, dir: base.dir.down().mul(-1), w: base.h, h: base.w}
		if base.dir.X < 0 {
			base = base.turned()
		}
	}
	left, right, top, bottom := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, s := range all {
		for _, p := range quadOf(s, s.w, s.h) {
			u, v := base.place(vec(p)), base.offset(vec(p))
			left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
		}
	}
	base.centre = base.centre.along(base.dir, (left+right)/2).along(base.dir.down(), (top+bottom)/2)
	return quadOf(base, right-left, bottom-top)
}

package specimen

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// Clutter is what careless people leave in a picture. The zero value is nothing.
type Clutter struct {
	Glare   float64     // strength of a lamp's reflection on the page, 0 to 1
	Fingers bool        // a hand holds the page at an edge
	Beside  image.Image // another document lies half under the page
}

// under lays the other document on the desk before the page comes on top.
func (c Clutter) under(img *image.RGBA, rnd *rand.Rand, page [4]Point) {
	if c.Beside == nil {
		return
	}
	turn, k := rnd.Float64()*0.5-0.25, 0.8
	dx, dy := (rnd.Float64()-0.5)*0.9*float64(img.Rect.Dx()), -0.30*float64(img.Rect.Dy())
	mid := Point{}
	for _, p := range page {
		mid.X, mid.Y = mid.X+p.X/4, mid.Y+p.Y/4
	}
	var at [4]Point
	for i, p := range page {
		x, y := (p.X-mid.X)*k, (p.Y-mid.Y)*k
		at[i] = Point{mid.X + dx + x*math.Cos(turn) - y*math.Sin(turn), mid.Y + dy + x*math.Sin(turn) + y*math.Cos(turn)}
	}
	lay(img, quarters(c.Beside, 0), at)
}

// over draws the hand and the reflection on top of the page.
func (c Clutter) over(img *image.RGBA, rnd *rand.Rand, page [4]Point) {
	if c.Fingers {
		hold(img, rnd, page)
	}
	if c.Glare > 0 {
		c.reflect(img, rnd, page)
	}
}

// hold puts two fingertips on a side edge of the page, above its lowest third,
// as people who are told to keep the zone free do.
func hold(img *image.RGBA, rnd *rand.Rand, page [4]Point) {
	a, b, inward := page[1], page[2], -1.0
	if rnd.IntN(2) == 0 {
		a, b, inward = page[0], page[3], 1
	}
	width := math.Hypot(page[1].X-page[0].X, page[1].Y-page[0].Y)
	skin := color.RGBA{uint8(170 + rnd.IntN(60)), uint8(120 + rnd.IntN(50)), uint8(95 + rnd.IntN(40)), 255}
	for i := range 2 {
		t := 0.12 + 0.2*float64(i) + 0.1*rnd.Float64()
		ellipse(img, a.X+(b.X-a.X)*t-inward*width*0.02, a.Y+(b.Y-a.Y)*t, width*(0.06+0.02*rnd.Float64()), width*0.035, skin)
	}
}

func ellipse(img *image.RGBA, cx, cy, rx, ry float64, c color.RGBA) {
	for y := max(int(cy-ry), 0); y < min(int(cy+ry)+1, img.Rect.Dy()); y++ {
		for x := max(int(cx-rx), 0); x < min(int(cx+rx)+1, img.Rect.Dx()); x++ {
			u, v := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			if d := u*u + v*v; d < 1 {
				k := 1 - 0.35*d
				img.SetRGBA(x, y, color.RGBA{clamp8(float64(c.R) * k), clamp8(float64(c.G) * k), clamp8(float64(c.B) * k), 255})
			}
		}
	}
}

// reflect lays a soft band of light across the page.
func (c Clutter) reflect(img *image.RGBA, rnd *rand.Rand, page [4]Point) {
	u, v := rnd.Float64(), rnd.Float64()
	top := Point{page[0].X + (page[1].X-page[0].X)*u, page[0].Y + (page[1].Y-page[0].Y)*u}
	low := Point{page[3].X + (page[2].X-page[3].X)*u, page[3].Y + (page[2].Y-page[3].Y)*u}
	cx, cy := top.X+(low.X-top.X)*v, top.Y+(low.Y-top.Y)*v
	angle, width := rnd.Float64()*math.Pi, float64(img.Rect.Dx())
	cos, sin := math.Cos(angle), math.Sin(angle)
	long, short := width*(0.12+0.2*rnd.Float64()), width*(0.03+0.06*rnd.Float64())
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			dx, dy := float64(x)-cx, float64(y)-cy
			a, b := (dx*cos+dy*sin)/long, (dy*cos-dx*sin)/short
			k := c.Glare * math.Exp(-a*a-b*b)
			if k < 0.004 {
				continue
			}
			p := img.Pix[y*img.Stride+x*4:]
			for i := range 3 {
				p[i] = clamp8(float64(p[i]) + (255-float64(p[i]))*k)
			}
		}
	}
}

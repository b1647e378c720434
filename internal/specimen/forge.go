package specimen

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
)

// What a forger does to the page itself, before it is photographed.

// greyCopy is the page from an office copier: no colour, hard contrast, specks.
func greyCopy(page *image.RGBA, rnd *rand.Rand) *image.RGBA {
	out := image.NewRGBA(page.Rect)
	contrast := 1.1 + 0.4*rnd.Float64()
	for i := 0; i < len(page.Pix); i += 4 {
		p := page.Pix[i : i+4 : i+4]
		v := 0.3*float64(p[0]) + 0.59*float64(p[1]) + 0.11*float64(p[2])
		v = 250 + (v-235)*contrast
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = clamp8(v), clamp8(v), clamp8(v*0.99), 255
	}
	for range 200 + rnd.IntN(400) {
		x, y := rnd.IntN(out.Rect.Dx()-3), rnd.IntN(out.Rect.Dy()-3)
		draw.Draw(out, image.Rect(x, y, x+1+rnd.IntN(2), y+1+rnd.IntN(2)), image.NewUniform(color.Gray{uint8(90 + rnd.IntN(80))}), image.Point{}, draw.Src)
	}
	blur(out, 0.6)
	return out
}

// pastePhoto glues another portrait upon the page: a little larger or smaller,
// never quite straight, with the shadow of its thickness and sometimes a white rim.
func pastePhoto(page *image.RGBA, at Place, seed int64, rnd *rand.Rand) (*image.RGBA, [4]Point) {
	out := image.NewRGBA(page.Rect)
	copy(out.Pix, page.Pix)
	face := Face{Seed: seed + 7919, Size: 0.7}.Render(420, 540)
	c := at.Corners
	mid := Point{(c[0].X + c[2].X) / 2, (c[0].Y + c[2].Y) / 2}
	size, turn := 0.98+0.08*rnd.Float64(), (0.6+2.4*rnd.Float64())*math.Pi/180*math.Copysign(1, rnd.Float64()-0.5)
	dx, dy := (rnd.Float64()-0.5)*1.6*dotsPerMM, (rnd.Float64()-0.5)*1.6*dotsPerMM
	sin, cos := math.Sincos(turn)
	for i, p := range c {
		x, y := (p.X-mid.X)*size, (p.Y-mid.Y)*size
		c[i] = Point{mid.X + dx + x*cos - y*sin, mid.Y + dy + x*sin + y*cos}
	}
	w, h := float64(face.Rect.Dx()), float64(face.Rect.Dy())
	back := homography(c, [4]Point{{0, 0}, {w, 0}, {w, h}, {0, h}})
	perMM := w / (math.Hypot(c[1].X-c[0].X, c[1].Y-c[0].Y) / dotsPerMM)
	rim, shadow := float64(rnd.IntN(2))*0.5*perMM, (0.25+0.3*rnd.Float64())*perMM
	for _, p := range quadPixels(c, out.Rect, 3*dotsPerMM) {
		u, v := back.apply(float64(p.X)+0.5, float64(p.Y)+0.5)
		at := out.Pix[p.Y*out.Stride+p.X*4:]
		if d := roundedDistance(u-shadow*0.7, v-shadow*0.7, w, h, 1); d > -shadow {
			k := 1 - 0.45*math.Exp(-math.Max(d, 0)/shadow)
			at[0], at[1], at[2] = clamp8(float64(at[0])*k), clamp8(float64(at[1])*k), clamp8(float64(at[2])*k)
		}
		d := roundedDistance(u, v, w, h, 1)
		if d > 0 {
			continue
		}
		colour := [3]float64{246, 246, 244}
		if d < -rim {
			colour = sample(face, u-0.5, v-0.5)
		}
		for i := range 3 {
			at[i] = clamp8(colour[i])
		}
	}
	return out, c
}

// quadPixels lists the pixels within so many pixels of a quad.
func quadPixels(c [4]Point, in image.Rectangle, margin int) []image.Point {
	var out []image.Point
	r := around(c).Inset(-margin).Intersect(in)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			out = append(out, image.Pt(x, y))
		}
	}
	return out
}

// What a forger does to the photograph, in an editor. to leads from the page's
// pixels into the picture.

// retype covers a value with the colour of the paper about it and writes another
// one. A careful forger softens the letters and adds noise to the whole patch.
func retype(photo *image.RGBA, at Place, value string, to projective, careful bool, rnd *rand.Rand) [4]Point {
	place := at
	pad := 0.5 * float64(dotsPerMM)
	for i, s := range [4][2]float64{{-1, -0.2}, {1, -0.2}, {1, 1}, {-1, 1}} {
		place.Corners[i].X += s[0] * pad
		place.Corners[i].Y += s[1] * pad
	}
	quad := place.through(to).Corners
	left, right, ink := paperAt(photo, quad)
	layer := newSheet((place.Corners[1].X-place.Corners[0].X)/dotsPerMM, (place.Corners[3].Y-place.Corners[0].Y)/dotsPerMM)
	fonts := [...]typeface{regular, bold, medium}
	layer.fitted(0.5, 2.9+0.35*rnd.Float64(), layer.w-0.6, fonts[rnd.IntN(3)], 2.8+0.5*rnd.Float64(), color.White, value)
	if careful {
		blur(layer.img, 0.8)
	}
	noise := 0.0
	if careful {
		noise = roughness(photo, quad)
	}
	w, h := float64(layer.img.Rect.Dx()), float64(layer.img.Rect.Dy())
	back := homography(quad, [4]Point{{0, 0}, {w, 0}, {w, h}, {0, h}})
	for _, p := range quadPixels(quad, photo.Rect, 0) {
		u, v := back.apply(float64(p.X)+0.5, float64(p.Y)+0.5)
		if u < 0 || v < 0 || u > w || v > h {
			continue
		}
		cover := sample(layer.img, u-0.5, v-0.5)[0] / 255
		out, grain := photo.Pix[p.Y*photo.Stride+p.X*4:], rnd.NormFloat64()*noise
		for i := range 3 {
			paper := left[i] + (right[i]-left[i])*u/w
			out[i] = clamp8(paper + (ink[i]-paper)*cover + grain)
		}
	}
	return quad
}

// paperAt is the colour of the paper left and right of a value and of its ink.
func paperAt(photo *image.RGBA, quad [4]Point) (left, right, ink [3]float64) {
	mean := func(p Point) (c [3]float64) {
		n := 0.0
		for dy := -4.0; dy <= 4; dy++ {
			for dx := -2.0; dx <= 2; dx++ {
				s := sample(photo, p.X+dx, p.Y+dy)
				c[0], c[1], c[2], n = c[0]+s[0], c[1]+s[1], c[2]+s[2], n+1
			}
		}
		return [3]float64{c[0] / n, c[1] / n, c[2] / n}
	}
	left = mean(Point{(quad[0].X + quad[3].X) / 2, (quad[0].Y + quad[3].Y) / 2})
	right = mean(Point{(quad[1].X + quad[2].X) / 2, (quad[1].Y + quad[2].Y) / 2})
	ink = left
	for _, p := range quadPixels(quad, photo.Rect, 0) {
		c := sample(photo, float64(p.X), float64(p.Y))
		if c[1] < ink[1] {
			ink = c
		}
	}
	return left, right, ink
}

// roughness is the deviation of the noise about a place, as an editor's user would match it by eye.
func roughness(photo *image.RGBA, quad [4]Point) float64 {
	sum, n := 0.0, 0.0
	r := around(quad).Inset(-6).Intersect(photo.Rect.Inset(1))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			at := y*photo.Stride + x*4 + 1
			if d := 2*float64(photo.Pix[at]) - float64(photo.Pix[at-4]) - float64(photo.Pix[at+4]); math.Abs(d) < 24 {
				sum, n = sum+d*d, n+1
			}
		}
	}
	return math.Sqrt(sum / math.Max(n, 1) / 6)
}

// transplant puts what another picture shows at a place into this one, over a soft edge.
func transplant(photo *image.RGBA, into [4]Point, donor *image.RGBA, from [4]Point, feather float64) {
	back := homography(into, from)
	square := homography(into, [4]Point{{0, 0}, {1, 0}, {1, 1}, {0, 1}})
	width := math.Hypot(into[1].X-into[0].X, into[1].Y-into[0].Y)
	height := math.Hypot(into[3].X-into[0].X, into[3].Y-into[0].Y)
	a, b := meanOf(photo, into), meanOf(donor, from)
	for _, p := range quadPixels(into, photo.Rect, 0) {
		s, t := square.apply(float64(p.X)+0.5, float64(p.Y)+0.5)
		edge := math.Min(math.Min(s, 1-s)*width, math.Min(t, 1-t)*height)
		if edge <= 0 {
			continue
		}
		u, v := back.apply(float64(p.X)+0.5, float64(p.Y)+0.5)
		c, cover := sample(donor, u-0.5, v-0.5), math.Min(edge/feather, 1)
		out := photo.Pix[p.Y*photo.Stride+p.X*4:]
		for i := range 3 {
			lit := c[i] * math.Min(math.Max(a[i]/math.Max(b[i], 1), 0.6), 1.6) // the light of this picture
			out[i] = clamp8(float64(out[i])*(1-cover) + lit*cover)
		}
	}
}

func meanOf(img *image.RGBA, quad [4]Point) (c [3]float64) {
	pixels := quadPixels(quad, img.Rect, 0)
	for _, p := range pixels {
		at := img.Pix[p.Y*img.Stride+p.X*4:]
		c[0], c[1], c[2] = c[0]+float64(at[0]), c[1]+float64(at[1]), c[2]+float64(at[2])
	}
	n := math.Max(float64(len(pixels)), 1)
	return [3]float64{c[0] / n, c[1] / n, c[2] / n}
}

// duplicate moves a copy of one place's pixels over another, as a clone tool does.
func duplicate(photo *image.RGBA, from image.Rectangle, to image.Point) image.Rectangle {
	target := image.Rectangle{to, to.Add(from.Size())}.Intersect(photo.Rect)
	kept := image.NewRGBA(from)
	draw.Draw(kept, from, photo, from.Min, draw.Src)
	draw.Draw(photo, target, kept, from.Min, draw.Src)
	return target
}

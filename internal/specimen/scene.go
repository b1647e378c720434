package specimen

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
)

// Difficulty says how carelessly a photograph was taken.
type Difficulty int

// From a flat, sharp picture to a tilted, dim, noisy one of low resolution.
const (
	Easy Difficulty = iota
	Medium
	Hard
)

// String is the difficulty's name.
func (d Difficulty) String() string {
	switch d {
	case Medium:
		return "medium"
	case Hard:
		return "hard"
	}
	return "easy"
}

// Scene is a desk, a lamp and a camera. The same scene photographs the same
// page in the same way.
type Scene struct {
	Difficulty Difficulty
	Seed       int64
	Quarters   int // page turned clockwise by this many quarter turns
	Ground     Ground
	Letter     bool // the camera is held upright, closer to what phones have: for pages of A4
	Clutter    Clutter
}

// Ground is what the page lies on.
type Ground int

// The grounds.
const (
	Boards  Ground = iota // a wooden table
	Cloth                 // dark and without light of its own, as a coat is
	Paper                 // a white sheet, brighter than many a page
	Checked               // woven in squares: regular, and no screen
)

// Point is a place in a picture, in pixels from its upper left corner.
type Point struct{ X, Y float64 }

// Shot is one photograph and what is known of it.
type Shot struct {
	Image   *image.RGBA
	Corners [4]Point // of the page: its upper left, upper right, lower right, lower left
	Quality int      // of the JPEG that the camera would save
}

// JPEG is the photograph as the camera saves it.
func (s Shot) JPEG() []byte {
	var b bytes.Buffer
	// Encoding into memory fails only for pictures of more than 65535 pixels a side.
	if err := jpeg.Encode(&b, s.Image, &jpeg.Options{Quality: s.Quality}); err != nil {
		panic("specimen: " + err.Error())
	}
	return b.Bytes()
}

// conditions are the bounds from which the seed draws one scene.
type conditions struct {
	width              int     // pixels of the picture; its height is three quarters
	share              float64 // of the width that the page takes
	roll, tilt         float64 // degrees, largest
	gradient, exposure float64 // light lost across the picture, and overall
	blur, noise        float64 // standard deviations in pixels and in grey levels
	quality            int
}

func (d Difficulty) conditions() conditions {
	switch d {
	case Medium:
		return conditions{1280, 0.80, 7, 11, 0.30, 0.92, 0.6, 4, 78}
	case Hard:
		return conditions{1000, 0.74, 15, 20, 0.50, 0.78, 0.95, 8, 50}
	}
	return conditions{1600, 0.84, 2, 3, 0.12, 1, 0, 1.5, 93}
}

// Photograph lays the page on the desk and takes the picture.
func (s Scene) Photograph(page image.Image) Shot {
	c := s.Difficulty.conditions()
	rnd := rand.New(rand.NewPCG(uint64(s.Seed), 0x7363656e+uint64(s.Difficulty)))
	frame := image.Rect(0, 0, c.width, c.width*3/4)
	if s.Letter {
		c.blur *= math.Sqrt2
		frame = image.Rect(0, 0, 2*c.width*3/4, 2*c.width)
	}
	out := image.NewRGBA(frame)
	turned := quarters(page, s.Quarters)
	corners := c.pose(rnd, out.Rect, turned.Rect)
	s.Ground.paint(out, rnd)
	extra := rand.New(rand.NewPCG(uint64(s.Seed), 0x636c7574)) // apart, so that clutter changes nothing else of the scene
	s.Clutter.under(out, extra, corners)
	lay(out, turned, corners)
	s.Clutter.over(out, extra, corners)
	c.light(out, rnd)
	blur(out, c.blur*(0.8+0.2*rnd.Float64()))
	grain(out, rnd, c.noise)
	shift := ((s.Quarters % 4) + 4) % 4
	shot := Shot{Image: out, Quality: c.quality}
	for i := range corners {
		shot.Corners[i] = corners[(i+shift)%4]
	}
	return shot
}

// pose draws roll and tilt and projects the page's corners through a camera
// whose distance is twice the page's width.
func (c conditions) pose(rnd *rand.Rand, frame, page image.Rectangle) [4]Point {
	signed := func(limit float64) float64 {
		v := (0.5 + 0.5*rnd.Float64()) * limit * math.Pi / 180
		if rnd.IntN(2) == 0 {
			return -v
		}
		return v
	}
	roll, pitch, yaw := signed(c.roll), signed(c.tilt), signed(c.tilt)
	w, h := float64(frame.Dx()), float64(frame.Dy())
	aspect := float64(page.Dy()) / float64(page.Dx())
	size := c.share * w
	if tall := 0.92 * c.share * h / aspect; tall < size {
		size = tall
	}
	cx, cy := w/2+(rnd.Float64()-0.5)*w*0.03, h/2+(rnd.Float64()-0.5)*h*0.03
	var out [4]Point
	for i, u := range [4]Point{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}} {
		x, y := u.X, u.Y*aspect
		x, y = x*math.Cos(roll)-y*math.Sin(roll), x*math.Sin(roll)+y*math.Cos(roll)
		z := x*math.Sin(yaw) + y*math.Sin(pitch)
		x, y = x*math.Cos(yaw), y*math.Cos(pitch)
		k := size * 2 / (2 + z)
		out[i] = Point{cx + x*k, cy + y*k}
	}
	return out
}

// lay draws the page into the quadrilateral with rounded corners, a soft edge
// and the shadow that its thickness casts.
func lay(dst, page *image.RGBA, corners [4]Point) {
	width := math.Hypot(corners[1].X-corners[0].X, corners[1].Y-corners[0].Y)
	height := width * float64(page.Rect.Dy()) / float64(page.Rect.Dx())
	// Shrinking first, with a filter, keeps thin print from breaking up.
	small := image.NewRGBA(image.Rect(0, 0, int(width), int(height)))
	draw.CatmullRom.Scale(small, small.Rect, page, page.Rect, draw.Src, nil)
	w, h := float64(small.Rect.Dx()), float64(small.Rect.Dy())
	back := homography(corners, [4]Point{{0, 0}, {w, 0}, {w, h}, {0, h}})
	radius, reach := w*0.022, w*0.03
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			u, v := back.apply(float64(x)+0.5, float64(y)+0.5)
			if u < -3*reach || v < -3*reach || u > w+3*reach || v > h+3*reach {
				continue
			}
			p := dst.Pix[y*dst.Stride+x*4:]
			if d := roundedDistance(u-reach*0.3, v-reach*0.4, w, h, radius); d > -reach {
				shade := 1 - 0.55*math.Exp(-math.Max(d, 0)/reach*1.6)
				for i := range 3 {
					p[i] = uint8(float64(p[i]) * shade)
				}
			}
			if cover := min(1, 0.5-roundedDistance(u, v, w, h, radius)); cover > 0 {
				c := sample(small, u-0.5, v-0.5)
				for i := range 3 {
					p[i] = uint8(float64(p[i])*(1-cover) + c[i]*cover + 0.5)
				}
			}
		}
	}
}

// roundedDistance is the signed distance to a rectangle with rounded corners.
func roundedDistance(u, v, w, h, r float64) float64 {
	dx, dy := math.Abs(u-w/2)-w/2+r, math.Abs(v-h/2)-h/2+r
	return math.Hypot(math.Max(dx, 0), math.Max(dy, 0)) + math.Min(math.Max(dx, dy), 0) - r
}

// light dims the picture along a direction, warms it a little and, as pocket
// lenses do, darkens the corners.
func (c conditions) light(img *image.RGBA, rnd *rand.Rand) {
	angle, warm := rnd.Float64()*2*math.Pi, (rnd.Float64()-0.4)*0.08
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	cos, sin := math.Cos(angle)/w, math.Sin(angle)/h
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:]
		for x := range img.Rect.Dx() {
			u, v := float64(x)-w/2, float64(y)-h/2
			k := c.exposure * (1 - c.gradient*(0.5+u*cos+v*sin)*0.8 - c.gradient*0.3*(u*u+v*v)/(w*w))
			p := row[x*4 : x*4+3 : x*4+3]
			p[0] = clamp8(float64(p[0]) * k * (1 + warm))
			p[1] = clamp8(float64(p[1]) * k)
			p[2] = clamp8(float64(p[2]) * k * (1 - warm))
		}
	}
}

func quarters(img image.Image, n int) *image.RGBA {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	for range ((n % 4) + 4) % 4 {
		next := image.NewRGBA(image.Rect(0, 0, out.Rect.Dy(), out.Rect.Dx()))
		for y := range out.Rect.Dy() {
			for x := range out.Rect.Dx() {
				next.SetRGBA(out.Rect.Dy()-1-y, x, out.RGBAAt(x, y))
			}
		}
		out = next
	}
	return out
}

package specimen

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
)

// Display photographs a screen that shows a picture, into the quadrilateral of
// the scene. The screen's stripes and seams are finer than the camera's pixels,
// so that the camera folds them into moiré, the more the sharper its lens; glare,
// black that is not black and the bezel come with it. A hand-held phone shows
// its body, a monitor its desktop. The seed is the screen's and the lens's: the
// same for all frames of one recording.
func Display(scene, shown *image.RGBA, place [4]Point, phone bool, seed int64) {
	d := newDisplay(shown, phone, rand.New(rand.NewPCG(uint64(seed), 0x64697370)))
	back := homography(place, [4]Point{{0, 0}, {1, 0}, {1, 1}, {0, 1}})
	across := math.Hypot(place[1].X-place[0].X, place[1].Y-place[0].Y)
	d.foot = d.lens * d.columns / across
	for y := range scene.Rect.Dy() {
		for x := range scene.Rect.Dx() {
			u, v := back.apply(float64(x)+.5, float64(y)+.5)
			light, ok := d.light(u, v)
			if !ok {
				continue
			}
			p := scene.Pix[y*scene.Stride+4*x:]
			for c := range 3 {
				p[c] = d.bent[int(4096*math.Min(math.Max(light[c], 0), 1))]
			}
		}
	}
}

// display is a screen and the lens before it. Places are in shares of the shown
// picture's sides.
type display struct {
	shown          *image.RGBA
	columns, rows  float64 // the screen's pixels across the picture
	lens, foot     float64 // what one of the camera's pixels sees: in its own widths, and in the screen's pixels
	seam           float64 // share of a pixel's side that is dark
	black, bright  float64
	body           float64 // light of the bezel
	margin         float64 // of the bezel
	desktop        float64 // light around the picture on a monitor; negative on a phone
	glare, spot    float64
	glareX, glareY float64
	linear         *[256]float64
	bent           [4097]uint8
}

func newDisplay(shown *image.RGBA, phone bool, rnd *rand.Rand) *display {
	d := &display{shown: shown, linear: linear(), columns: 760 + 900*rnd.Float64(), lens: .55 + .9*rnd.Float64(), seam: .1 + .1*rnd.Float64(),
		black: .002 + .012*rnd.Float64(), bright: .8 + .5*rnd.Float64(), body: .003 + .02*rnd.Float64(), margin: .02 + .03*rnd.Float64(),
		desktop: []float64{.01, .03, .5, .8}[rnd.IntN(4)]}
	if phone {
		d.columns, d.desktop = []float64{720, 1080, 1170, 1440}[rnd.IntN(4)], -1
	}
	d.rows = d.columns * float64(shown.Rect.Dy()) / float64(shown.Rect.Dx())
	if rnd.IntN(2) == 0 {
		d.glare, d.spot, d.glareX, d.glareY = .1+.5*rnd.Float64(), .06+.12*rnd.Float64(), rnd.Float64(), rnd.Float64()
	}
	for i := range d.bent {
		d.bent[i] = clamp8(255 * math.Pow(float64(i)/4096, 1/2.2))
	}
	return d
}

// light is what one of the camera's pixels sees there; false beside the screen.
func (d *display) light(u, v float64) (out [3]float64, ok bool) {
	var c [3]float64
	switch {
	case u >= 0 && u <= 1 && v >= 0 && v <= 1:
		value := sample(d.shown, u*float64(d.shown.Rect.Dx())-.5, v*float64(d.shown.Rect.Dy())-.5)
		for k := range c {
			c[k] = d.linear[clamp8(value[k])]
		}
	case d.desktop >= 0:
		c = [3]float64{d.desktop, d.desktop, d.desktop}
	case u >= -d.margin && u <= 1+d.margin && v >= -d.margin && v <= 1+d.margin:
		return [3]float64{d.body, d.body, d.body}, true
	default:
		return out, false
	}
	row := lit(v*d.rows, d.foot, d.seam, 1)
	for k := range out {
		stripe := float64(k) / 3
		out[k] = (d.black + d.bright*c[k]) * row * lit(u*d.columns, d.foot, stripe+d.seam/3, stripe+1./3)
	}
	if d.glare > 0 {
		dx, dy := (u-d.glareX)/d.spot, (v-d.glareY)/d.spot
		if far := dx*dx + dy*dy; far < 9 {
			for k := range out {
				out[k] += d.glare * math.Exp(-far)
			}
		}
	}
	return out, true
}

// lit is how much of a footprint around a place falls on what shines, where
// every unit shines from one share of it to another; 1 on the mean.
func lit(at, foot, from, to float64) float64 {
	sum := func(x float64) float64 {
		whole := math.Floor(x)
		return whole*(to-from) + math.Min(math.Max(x-whole-from, 0), to-from)
	}
	return (sum(at+foot/2) - sum(at-foot/2)) / (foot * (to - from))
}

// A print has printScale dots' pixels for one of its photograph, and is scanned
// at half of that.
const printScale = 3

// Print is a colour print of a photograph, dots and paper, half as large again.
func Print(photo *image.RGBA, seed int64) *image.RGBA {
	w, h := photo.Rect.Dx(), photo.Rect.Dy()
	big := image.NewRGBA(image.Rect(0, 0, w*printScale, h*printScale))
	draw.CatmullRom.Scale(big, big.Rect, photo, photo.Rect, draw.Src, nil)
	sheet := colourCopy(big, rand.New(rand.NewPCG(uint64(seed), 0x7072696e)))
	sheet.margin = 0
	out := image.NewRGBA(image.Rect(0, 0, w*printScale/2, h*printScale/2))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	gather(out, projective{2, 0, 0, 0, 2, 0, 0, 0, 1}, sheet)
	return out
}

// Sheet is how a flat picture is held before a camera. Angles are in degrees.
type Sheet struct {
	Yaw, Pitch, Roll float64
	Bend             float64 // arc of the cylinder that it is bent around; 0 is flat
	Width            float64 // of the flat sheet seen from the front, in shares of the scene's width
	X, Y             float64 // of its middle, in shares of the scene's sides; 0.5 is the middle
}

// sheetGrid is how finely a sheet is bent; sheetCamera how far the camera stands
// from it, in widths of the scene.
const (
	sheetGrid   = 49
	sheetCamera = 1.3
)

// Hold draws a sheet into a scene as a camera sees it: turned, bent around an
// upright cylinder, in perspective.
func Hold(scene, sheet *image.RGBA, how Sheet) {
	w, h := float64(scene.Rect.Dx()), float64(scene.Rect.Dy())
	width := how.Width * w
	height := width * float64(sheet.Rect.Dy()) / float64(sheet.Rect.Dx())
	turn := rotation(how.Yaw, how.Pitch, how.Roll)
	arc := how.Bend * math.Pi / 180
	grid := make([]vertex, sheetGrid*sheetGrid)
	for j := range sheetGrid {
		for i := range sheetGrid {
			u, v := float64(i)/(sheetGrid-1)-.5, float64(j)/(sheetGrid-1)-.5
			p := vec{u * width, -v * height, 0}
			if arc > 1e-3 {
				radius := width / arc
				p.x, p.z = radius*math.Sin(u*arc), radius*(math.Cos(u*arc)-1)
			}
			p = turn.apply(p)
			k := sheetCamera * w / (sheetCamera*w - p.z)
			grid[j*sheetGrid+i] = vertex{x: how.X*w + p.x*k, y: how.Y*h - p.y*k, z: p.z,
				place: vec{(u + .5) * float64(sheet.Rect.Dx()), (v + .5) * float64(sheet.Rect.Dy()), 0}}
		}
	}
	paintWarp(scene, sheet, grid, sheetGrid)
}

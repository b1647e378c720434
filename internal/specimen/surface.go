package specimen

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
)

// surface is a thing before the camera that is finer than a sensor's pixels: a
// screen's grid, a printer's dots. Places are in pixels of the page it shows;
// the answer is linear light from 0 to 1, false where the ground shows through.
type surface interface {
	light(x, y float64) ([3]float64, bool)
}

// The sensor gathers light over a little more than one pixel, as lens and filter do.
const (
	gatherSamples = 3
	gatherWidth   = 1.25
)

// gather photographs a surface into a picture whose pixel places the map leads to the page.
func gather(dst *image.RGBA, back projective, of surface) {
	var bent [4097]uint8 // from linear light to the picture's values
	for i := range bent {
		bent[i] = clamp8(255 * math.Pow(float64(i)/4096, 1/2.2))
	}
	var offsets [gatherSamples]float64
	for i := range offsets {
		offsets[i] = 0.5 + gatherWidth*((float64(i)+0.5)/gatherSamples-0.5)
	}
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			var sum [3]float64
			n := 0.0
			for _, dy := range offsets {
				for _, dx := range offsets {
					c, ok := of.light(back.apply(float64(x)+dx, float64(y)+dy))
					if ok {
						sum[0], sum[1], sum[2], n = sum[0]+c[0], sum[1]+c[1], sum[2]+c[2], n+1
					}
				}
			}
			if n == 0 {
				continue
			}
			p, share := dst.Pix[y*dst.Stride+x*4:], n/(gatherSamples*gatherSamples)
			for i := range 3 {
				v := float64(bent[int(4096*math.Min(sum[i]/n, 1))])
				p[i] = uint8(v*share + float64(p[i])*(1-share) + 0.5)
			}
		}
	}
}

// linear is the light of each value of a picture.
func linear() *[256]float64 {
	var t [256]float64
	for i := range t {
		t[i] = math.Pow(float64(i)/255, 2.2)
	}
	return &t
}

// screen shows a page by pixels of three stripes each, with dark seams between.
type screen struct {
	shown          *image.RGBA // the page in the screen's pixels
	scale          float64     // screen's pixels in one of the page
	panel, body    image.Rectangle
	around, bezel  float64 // light of what the viewer draws about the page, and of the frame
	seam           float64 // share of a pixel that is dark
	black          float64 // light of black
	linear         *[256]float64
	glareX, glareY float64 // in the screen's pixels
	glare, spot    float64 // its strength and size
}

// monitor shows the page in a viewer's window that fills the picture.
func monitor(page *image.RGBA, rnd *rand.Rand) *screen {
	s := show(page, 760+rnd.IntN(900), rnd)
	w, h := s.shown.Rect.Dx(), s.shown.Rect.Dy()
	s.panel = s.shown.Rect.Inset(-w / 2)
	s.body = s.panel.Inset(-w / 10)
	s.around = []float64{0.01, 0.03, 0.6, 0.9}[rnd.IntN(4)]
	if rnd.IntN(3) == 0 { // its lower frame comes into view
		s.panel.Max.Y = h + h/12
	}
	return s
}

// phone shows the page between black bars, its body within the picture.
func phone(page *image.RGBA, rnd *rand.Rand) *screen {
	s := show(page, []int{1080, 1170, 1440, 2340}[rnd.IntN(4)], rnd)
	w, h := s.shown.Rect.Dx(), s.shown.Rect.Dy()
	s.around = 0.004
	s.panel = image.Rect(0, -h, w, 2*h) // upright, the page from side to side
	if rnd.IntN(2) == 0 {               // lying, bars left and right
		s.panel = image.Rect(-w/5, 0, w+w/5, h)
	}
	s.body = s.panel.Inset(-(w*(20+rnd.IntN(16)))/1000 - 2)
	s.bezel = 0.003 + 0.01*rnd.Float64()
	return s
}

func show(page *image.RGBA, width int, rnd *rand.Rand) *screen {
	height := width * page.Rect.Dy() / page.Rect.Dx()
	s := &screen{shown: image.NewRGBA(image.Rect(0, 0, width, height)), scale: float64(width) / float64(page.Rect.Dx()),
		seam: 0.1 + 0.1*rnd.Float64(), black: 0.002 + 0.008*rnd.Float64(), bezel: 0.01 + 0.02*rnd.Float64(), linear: linear()}
	draw.CatmullRom.Scale(s.shown, s.shown.Rect, page, page.Rect, draw.Src, nil)
	if rnd.IntN(2) == 0 {
		s.glare, s.spot = 0.15+0.5*rnd.Float64(), float64(width)*(0.06+0.1*rnd.Float64())
		s.glareX, s.glareY = float64(width)*rnd.Float64(), float64(height)*rnd.Float64()
	}
	return s
}

func (s *screen) light(x, y float64) ([3]float64, bool) {
	x, y = x*s.scale, y*s.scale
	px, py := int(math.Floor(x)), int(math.Floor(y))
	at := image.Pt(px, py)
	var c [3]float64
	switch {
	case at.In(s.shown.Rect):
		p := s.shown.Pix[py*s.shown.Stride+px*4:]
		c = [3]float64{s.linear[p[0]], s.linear[p[1]], s.linear[p[2]]}
	case at.In(s.panel):
		c = [3]float64{s.around, s.around, s.around}
	case at.In(s.body):
		return [3]float64{s.bezel, s.bezel, s.bezel}, true
	default:
		return c, false
	}
	// One stripe gives its light three times over; the seams take their share.
	stripe := (x - float64(px)) * 3
	i := int(stripe)
	in := stripe - float64(i)
	lit := in > s.seam && in < 1-s.seam && y-float64(py) > s.seam
	var out [3]float64
	for k := range out {
		if k == i && lit {
			out[k] = (s.black + c[k]) * 3 * 0.62 / ((1 - 2*s.seam) * (1 - s.seam))
		}
	}
	if s.glare > 0 {
		dx, dy := (x-s.glareX)/s.spot, (y-s.glareY)/s.spot
		if d := dx*dx + dy*dy; d < 9 {
			g := s.glare * math.Exp(-d)
			out[0], out[1], out[2] = out[0]+g, out[1]+g, out[2]+g
		}
	}
	return out, true
}

// halftone is a colour print: four inks, each in dots of its own direction.
type halftone struct {
	page   *image.RGBA
	margin float64 // white paper around the page, in its pixels
	screen [4][2]float64
	linear *[256]float64
	wave   [1024]float64
}

// colourCopy prints the page at 85 to 150 lines an inch, the range of office and
// photo printers' screens.
func colourCopy(page *image.RGBA, rnd *rand.Rand) *halftone {
	h := &halftone{page: page, linear: linear(), margin: float64(rnd.IntN(2)) * 90}
	ruling := 85 + 65*rnd.Float64()
	cells := ruling / 25.4 / dotsPerMM // in one pixel of the page
	for i, degrees := range [4]float64{15, 75, 0, 45} {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		h.screen[i] = [2]float64{cos * cells, sin * cells}
	}
	for i := range h.wave {
		h.wave[i] = math.Cos(2 * math.Pi * float64(i) / float64(len(h.wave)))
	}
	return h
}

func (h *halftone) light(x, y float64) ([3]float64, bool) {
	w, t := float64(h.page.Rect.Dx()), float64(h.page.Rect.Dy())
	if x < -h.margin || y < -h.margin || x >= w+h.margin || y >= t+h.margin {
		return [3]float64{}, false
	}
	if x < 0 || y < 0 || x >= w || y >= t {
		return [3]float64{0.85, 0.85, 0.85}, true
	}
	p := h.page.Pix[int(y)*h.page.Stride+int(x)*4:]
	c, m, e := 1-h.linear[p[0]], 1-h.linear[p[1]], 1-h.linear[p[2]]
	k := math.Max(0, math.Min(c, math.Min(m, e))-0.3) / 0.7
	out := [3]float64{0.85, 0.85, 0.85}
	for i, need := range [4]float64{c, m, e, k} {
		if i < 3 {
			need = (need - k) / (1 - k + 1e-9)
		}
		u, v := x*h.screen[i][0]+y*h.screen[i][1], y*h.screen[i][0]-x*h.screen[i][1]
		spot := 0.5 + 0.25*(h.wave[int(u*1024)&1023]+h.wave[int(v*1024)&1023])
		ink := math.Min(math.Max((need-1+spot)*5+0.5, 0), 1)
		switch i {
		case 3:
			out[0], out[1], out[2] = out[0]*(1-0.95*ink), out[1]*(1-0.95*ink), out[2]*(1-0.95*ink)
		default:
			out[i] *= 1 - 0.9*ink //nolint:gosec // the fourth ink, black, has a case of its own
			out[(i+1)%3] *= 1 - 0.12*ink
		}
	}
	return out, true
}

package specimen

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
)

// ZoneLine is a photographed line of OCR-B as it stands in a machine readable
// zone, level, with where its characters are: the centre of the first and the
// distance between them, in pixels.
type ZoneLine struct {
	Text  string
	Image *image.RGBA
	X, Y  float64
	Pitch float64
}

const (
	zoneMargin = 3.0 // millimetres
	zoneChars  = 24
)

// NewZoneLine prints a line, more or less heavily and sharply, and photographs it
// under conditions of the difficulty. Everything follows from the seed.
func NewZoneLine(seed int64, d Difficulty) ZoneLine {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x7a6f6e65+uint64(d)))
	between := func(low, high float64) float64 { return low + (high-low)*rnd.Float64() }
	c := d.conditions()
	l := ZoneLine{Text: zoneText(rnd)}
	width, baseline := mrzPitch*float64(len(l.Text))+2*zoneMargin, 2*zoneMargin+mrzPitch
	s := newSheet(width, baseline+zoneMargin)
	s.guilloche(seed, passportInk())
	ink := inkText
	shade := uint8(rnd.IntN(90))
	ink.R, ink.G, ink.B = shade, shade, shade
	s.pitched(zoneMargin, baseline, mrzPitch, ink, l.Text)
	if spread := between(-0.08, 0.12); spread > 0 { // more ink than the type has
		s.pitched(zoneMargin+spread/2, baseline, mrzPitch, ink, l.Text)
		s.pitched(zoneMargin, baseline+spread/2, mrzPitch, ink, l.Text)
	}
	blur(s.img, between(0, 0.09)*s.scale)

	scale := c.share * float64(c.width) / 125 * between(0.8, 1.15)
	tall := scale * between(0.93, 1.07)
	l.Image = image.NewRGBA(image.Rect(0, 0, int(s.w*scale), int(s.h*tall)))
	draw.CatmullRom.Scale(l.Image, l.Image.Rect, s.img, s.img.Rect, draw.Src, nil)
	l.X, l.Y = (zoneMargin+mrzPitch/2)*scale, (baseline-s.capital()/2)*tall
	l.Pitch = mrzPitch * scale

	c.light(l.Image, rnd)
	blur(l.Image, c.blur*between(0.4, 1.3)*math.Sqrt2)
	grain(l.Image, rnd, c.noise*between(0.5, 1.2))
	l.Image = developed(l.Image, min(c.quality+rnd.IntN(30), 97))
	return l
}

// capital is the height of a capital letter of a zone, in millimetres.
func (s *sheet) capital() float64 {
	face := s.spaced(mrzPitch)
	defer face.Close()
	bounds, _ := font.BoundString(face, "H")
	return float64(-bounds.Min.Y) / 64 / s.scale
}

// zoneText is made of every character alike, of those that are taken for each
// other, and of runs of fillers.
func zoneText(rnd *rand.Rand) string {
	const all, alike = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<", "00OOQD11IIL22Z55SS66GG88BB<<KKCCE7V4A"
	text := make([]byte, zoneChars)
	for i := range text {
		switch rnd.IntN(5) {
		case 0, 1:
			text[i] = all[rnd.IntN(len(all))]
		case 2:
			text[i] = '<'
		default:
			text[i] = alike[rnd.IntN(len(alike))]
		}
	}
	return string(text)
}

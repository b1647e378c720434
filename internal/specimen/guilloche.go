package specimen

import (
	"image/color"
	"math"
	"math/rand/v2"
)

// ink is the palette of one security background.
type ink struct {
	paper, centre color.RGBA // tints of the paper at the edges and in the middle
	wave, rose    color.RGBA // line colours
}

// guilloche prints the security background: a tint that changes over the page,
// bands of interfering waves and one rosette, all shifted by the seed.
func (s *sheet) guilloche(seed int64, in ink) {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6775696c))
	s.tint(in)
	s.waves(rnd, in.wave)
	s.rosette(rnd, in.rose, s.w*0.68, s.h*0.42, s.h*0.36)
	s.rosette(rnd, in.wave, s.w*0.13, s.h*0.16, s.h*0.12)
}

func (s *sheet) tint(in ink) {
	b := s.img.Rect
	columns := make([]float64, b.Dx())
	for x := range columns {
		u := float64(x)/float64(b.Dx()) - 0.55
		columns[x] = u * u * 3
	}
	for y := range b.Dy() {
		v := float64(y)/float64(b.Dy()) - 0.45
		row := s.img.Pix[y*s.img.Stride:]
		for x, far := range columns {
			k := min(256, int(256*(far+v*v*2.2)))
			p := row[x*4 : x*4+4 : x*4+4]
			p[0] = mix8(in.centre.R, in.paper.R, k)
			p[1] = mix8(in.centre.G, in.paper.G, k)
			p[2] = mix8(in.centre.B, in.paper.B, k)
			p[3] = 255
		}
	}
}

func mix8(a, b uint8, k int) uint8 { return uint8(int(a) + (int(b)-int(a))*k>>8) }

// waves draws families of sines whose phase drifts from line to line, so that
// neighbouring lines weave; each is a function of x and costs two pixels a column.
func (s *sheet) waves(rnd *rand.Rand, c color.RGBA) {
	width, height := float64(s.img.Rect.Dx()), float64(s.img.Rect.Dy())
	for band := range 4 {
		middle := height * (float64(band) + 0.5) / 4
		period, drift := width/(2.2+rnd.Float64()*1.5), 0.16+rnd.Float64()*0.1
		phase, lines := rnd.Float64()*2*math.Pi, 16
		for line := range lines {
			shift := phase + float64(line)*drift
			lift := height * 0.15 * (float64(line)/float64(lines) - 0.5)
			for x := 0.5; x < width; x++ {
				angle := 2*math.Pi*x/period + shift
				swell := height * 0.055 * math.Sin(angle) * (0.6 + 0.4*math.Sin(angle*0.37+phase))
				s.dotColumn(x, middle+lift+swell, c, 0.34)
			}
		}
	}
}

// dotColumn is dot for a curve sampled in the middle of each column.
func (s *sheet) dotColumn(x, y float64, c color.RGBA, a float64) {
	y0 := math.Floor(y - 0.5)
	f := y - 0.5 - y0
	s.blend(int(x), int(y0), c, a*(1-f))
	s.blend(int(x), int(y0)+1, c, a*f)
}

// rosette turns a petal curve around a centre given in millimetres.
func (s *sheet) rosette(rnd *rand.Rand, c color.RGBA, cx, cy, radius float64) {
	petals, turns := float64(7+rnd.IntN(6)), 14
	cx, cy, radius = cx*s.scale, cy*s.scale, radius*s.scale
	for turn := range turns {
		k := 0.35 + 0.65*float64(turn)/float64(turns)
		steps := int(2 * math.Pi * radius * k * 1.6)
		for i := range steps {
			a := 2 * math.Pi * float64(i) / float64(steps)
			r := radius * k * (0.82 + 0.18*math.Sin(petals*a+float64(turn)*0.45))
			s.dot(cx+r*math.Cos(a), cy+r*math.Sin(a), c, 0.3)
		}
	}
}

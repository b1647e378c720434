package specimen

import (
	_ "embed"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

//go:embed ocrb/OCRBS.otf
var ocrB []byte

// sheet is paper measured in millimetres, with the few pens that a document needs.
type sheet struct {
	img   *image.RGBA
	scale float64 // pixels in a millimetre
	w, h  float64 // millimetres
	fonts map[typeface]*opentype.Font

	places []Place // what was printed where, in pixels of img
}

type typeface int

const (
	regular typeface = iota
	medium
	bold
	ocr
)

func newSheet(w, h float64) *sheet {
	bounds := image.Rect(0, 0, int(math.Round(w*dotsPerMM)), int(math.Round(h*dotsPerMM)))
	return &sheet{img: image.NewRGBA(bounds), scale: dotsPerMM, w: w, h: h, fonts: map[typeface]*opentype.Font{}}
}

// face opens a font at a height in millimetres. The fonts are part of the
// program, so a failure to read one is a broken build and not an input error.
func (s *sheet) face(t typeface, mm float64) font.Face {
	f := s.fonts[t]
	if f == nil {
		data := map[typeface][]byte{regular: goregular.TTF, medium: gomedium.TTF, bold: gobold.TTF, ocr: ocrB}[t]
		parsed, err := opentype.Parse(data)
		if err != nil {
			panic("specimen: an embedded font is damaged: " + err.Error())
		}
		f, s.fonts[t] = parsed, parsed
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: mm * s.scale, DPI: 72})
	if err != nil {
		panic("specimen: an embedded font is damaged: " + err.Error())
	}
	return face
}

// text writes from a left edge on a baseline and returns the right edge, in millimetres.
func (s *sheet) text(x, y float64, t typeface, mm float64, c color.Color, words string) float64 {
	face := s.face(t, mm)
	defer face.Close()
	d := font.Drawer{Dst: s.img, Src: image.NewUniform(c), Face: face, Dot: s.point(x, y)}
	d.DrawString(words)
	return float64(d.Dot.X) / 64 / s.scale
}

// fitted writes like text, in a smaller size when the words are wider than the room.
func (s *sheet) fitted(x, y, room float64, t typeface, mm float64, c color.Color, words string) (end float64) {
	face := s.face(t, mm)
	width := float64(font.MeasureString(face, words)) / 64 / s.scale
	face.Close()
	if width > room {
		mm *= room / width
	}
	return s.text(x, y, t, mm, c, words)
}

// pitched writes each character in a cell of fixed width, as an MRZ printer does.
func (s *sheet) pitched(x, y, pitch float64, c color.Color, line string) {
	face := s.spaced(pitch)
	defer face.Close()
	d := font.Drawer{Dst: s.img, Src: image.NewUniform(c), Face: face}
	for i, r := range line {
		d.Dot = s.point(x+float64(i)*pitch, y)
		d.DrawString(string(r))
	}
}

// spaced is the zone's font at the size whose characters are a pitch apart.
func (s *sheet) spaced(pitch float64) font.Face {
	face := s.face(ocr, 1)
	advance, _ := face.GlyphAdvance('A')
	face.Close()
	return s.face(ocr, pitch*s.scale/(float64(advance)/64))
}

// upward writes bottom to top along x, centred on the height y.
func (s *sheet) upward(x, y float64, t typeface, mm float64, c color.Color, words string) {
	s.standing(x, y, t, mm, c, words, false)
}

// downward writes top to bottom with its foot at x, centred on the height y.
func (s *sheet) downward(x, y float64, t typeface, mm float64, c color.Color, words string) {
	s.standing(x+mm*1.3, y, t, mm, c, words, true)
}

// standing writes along the page's height; x is the right edge of the print.
func (s *sheet) standing(x, y float64, t typeface, mm float64, c color.Color, words string, down bool) {
	face := s.face(t, mm)
	defer face.Close()
	width := font.MeasureString(face, words).Ceil()
	height := int(mm * s.scale * 1.3)
	strip := image.NewAlpha(image.Rect(0, 0, width, height))
	d := font.Drawer{Dst: strip, Src: image.Opaque, Face: face, Dot: fixed.P(0, int(mm*s.scale))}
	d.DrawString(words)
	mask := image.NewAlpha(image.Rect(0, 0, height, width))
	for v := range height {
		for u := range width {
			if down {
				mask.SetAlpha(height-1-v, u, strip.AlphaAt(u, v))
			} else {
				mask.SetAlpha(v, width-1-u, strip.AlphaAt(u, v))
			}
		}
	}
	at := image.Pt(int(x*s.scale)-height, int(y*s.scale)-width/2)
	draw.DrawMask(s.img, mask.Bounds().Add(at), image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
}

// fill paints a rectangle of millimetres, blending by the colour's alpha.
func (s *sheet) fill(x, y, w, h float64, c color.Color) {
	draw.Draw(s.img, s.rect(x, y, w, h), image.NewUniform(c), image.Point{}, draw.Over)
}

// picture covers a rectangle with the middle of src, keeping its proportions.
func (s *sheet) picture(x, y, w, h float64, src image.Image) {
	s.place(PlacePortrait, "", x, y, w, h)
	b := src.Bounds()
	if b.Empty() {
		return
	}
	if endless(b) {
		draw.Draw(s.img, s.rect(x, y, w, h), src, b.Min, draw.Src)
		return
	}
	cw, ch := float64(b.Dx()), float64(b.Dx())*h/w
	if ch > float64(b.Dy()) {
		cw, ch = float64(b.Dy())*w/h, float64(b.Dy())
	}
	left, top := b.Min.X+int((float64(b.Dx())-cw)/2), b.Min.Y+int((float64(b.Dy())-ch)/2)
	crop := image.Rect(left, top, left+int(cw), top+int(ch))
	draw.CatmullRom.Scale(s.img, s.rect(x, y, w, h), src, crop, draw.Src, nil)
}

// endless tells an image.Uniform, which has no middle to cut out.
func endless(b image.Rectangle) bool { return b.Dx() > 1<<20 || b.Dy() > 1<<20 }

// dot lays ink at a point in pixels, shared among the four pixels it touches.
func (s *sheet) dot(x, y float64, c color.RGBA, ink float64) {
	x0, y0 := math.Floor(x-0.5), math.Floor(y-0.5)
	fx, fy := x-0.5-x0, y-0.5-y0
	s.blend(int(x0), int(y0), c, ink*(1-fx)*(1-fy))
	s.blend(int(x0)+1, int(y0), c, ink*fx*(1-fy))
	s.blend(int(x0), int(y0)+1, c, ink*(1-fx)*fy)
	s.blend(int(x0)+1, int(y0)+1, c, ink*fx*fy)
}

func (s *sheet) blend(x, y int, c color.RGBA, a float64) {
	if x < 0 || y < 0 || x >= s.img.Rect.Max.X || y >= s.img.Rect.Max.Y {
		return
	}
	p := s.img.Pix[y*s.img.Stride+x*4:]
	k := int(a * 256)
	p[0] += uint8((int(c.R) - int(p[0])) * k >> 8)
	p[1] += uint8((int(c.G) - int(p[1])) * k >> 8)
	p[2] += uint8((int(c.B) - int(p[2])) * k >> 8)
}

func (s *sheet) point(x, y float64) fixed.Point26_6 {
	return fixed.Point26_6{X: fixed.Int26_6(x * s.scale * 64), Y: fixed.Int26_6(y * s.scale * 64)}
}

func (s *sheet) rect(x, y, w, h float64) image.Rectangle {
	px := func(v float64) int { return int(math.Round(v * s.scale)) }
	return image.Rect(px(x), px(y), px(x+w), px(y+h))
}

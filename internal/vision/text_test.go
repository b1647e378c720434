package vision

import (
	"image"
	"image/color"
	"os"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// faceOf makes a font face; the fonts of these tests are sound, so an error ends the test run.
func faceOf(data []byte, size float64) font.Face {
	f, err := opentype.Parse(data)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	return face
}

// renderText draws one line in Go Regular on white, with a margin of a third of its size.
func renderText(text string, size float64, ink color.Color) *image.RGBA {
	return renderFace(text, faceOf(goregular.TTF, size), size, ink)
}

func renderFace(text string, face font.Face, size float64, ink color.Color) *image.RGBA {
	margin := int(size / 3)
	w := font.MeasureString(face, text).Ceil()
	img := image.NewRGBA(image.Rect(0, 0, w+2*margin, int(size*1.2)+2*margin))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	drawText(img, face, text, margin, margin+int(size*0.95), ink)
	return img
}

func drawText(img *image.RGBA, face font.Face, text string, x, y int, ink color.Color) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// ocrB is the typeface of machine-readable zones; it lies with the specimen documents.
func ocrB(tb testing.TB, size float64) font.Face {
	tb.Helper()
	data, err := os.ReadFile("../specimen/ocrb/OCRBS.otf")
	if err != nil {
		tb.Fatal(err)
	}
	return faceOf(data, size)
}

package vision

import (
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
)

// flatten copies any picture into an opaque RGBA with its origin at 0,0; what shines through is white, as paper is.
func flatten(img image.Image) *image.RGBA {
	b := img.Bounds()
	if rgba, ok := img.(*image.RGBA); ok && b.Min == (image.Point{}) && rgba.Opaque() {
		return rgba
	}
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	if p, ok := img.(*image.Paletted); ok {
		flattenPaletted(dst, p)
		return dst
	}
	op := draw.Src
	if o, ok := img.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
		op = draw.Over
	}
	draw.Draw(dst, dst.Rect, img, b.Min, op)
	return dst
}

// flattenPaletted looks colours up in a table; the standard library would ask an interface for every pixel.
func flattenPaletted(dst *image.RGBA, p *image.Paletted) {
	var table [256][4]byte
	for i := range table {
		table[i] = [4]byte{0, 0, 0, 255}
		if i < len(p.Palette) {
			c, ok := color.NRGBAModel.Convert(p.Palette[i]).(color.NRGBA)
			if !ok {
				continue
			}
			over := func(v uint8) uint8 { return uint8((int(v)*int(c.A) + 255*(255-int(c.A)) + 127) / 255) }
			table[i] = [4]byte{over(c.R), over(c.G), over(c.B), 255}
		}
	}
	for y := range dst.Rect.Dy() {
		row := p.Pix[y*p.Stride:][:dst.Rect.Dx()]
		out := dst.Pix[y*dst.Stride:]
		for x, v := range row {
			copy(out[4*x:4*x+4], table[v][:])
		}
	}
}

// orient turns and mirrors a picture as its EXIF orientation asks for; 1 (and nonsense) returns it as it is.
func orient(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	// The pixel x,y of the source lands at start + x*stepX + y*stepY in the target.
	px, row := 4, dst.Stride
	right, bottom := (dw-1)*px, (dh-1)*row
	var start, stepX, stepY int
	switch orientation {
	case 2:
		start, stepX, stepY = right, -px, row
	case 3:
		start, stepX, stepY = right+bottom, -px, -row
	case 4:
		start, stepX, stepY = bottom, px, -row
	case 5:
		start, stepX, stepY = 0, row, px
	case 6:
		start, stepX, stepY = right, row, -px
	case 7:
		start, stepX, stepY = right+bottom, -row, -px
	case 8:
		start, stepX, stepY = bottom, -row, px
	}
	for y := range h {
		in := src.Pix[y*src.Stride:][:4*w]
		at := start + y*stepY
		for x := 0; x < len(in); x += 4 {
			binary.NativeEndian.PutUint32(dst.Pix[at:], binary.NativeEndian.Uint32(in[x:]))
			at += stepX
		}
	}
	return dst
}

// Rotation is a turn by quarter circles, clockwise.
type Rotation int

// The four rotations.
const (
	Rotate0 Rotation = iota
	Rotate90
	Rotate180
	Rotate270
)

// Rotate turns a picture clockwise. Rotate0 returns the picture itself.
func Rotate(src *image.RGBA, r Rotation) *image.RGBA {
	src = atOrigin(src)
	switch r {
	case Rotate90:
		return orient(src, 6)
	case Rotate180:
		return orient(src, 3)
	case Rotate270:
		return orient(src, 8)
	default:
		return src
	}
}

// Mirror flips a picture left to right.
func Mirror(src *image.RGBA) *image.RGBA { return orient(atOrigin(src), 2) }

// atOrigin shifts the coordinates of a sub-image to 0,0; the pixels stay shared.
func atOrigin(img *image.RGBA) *image.RGBA {
	if img.Rect.Min == (image.Point{}) {
		return img
	}
	return &image.RGBA{
		Pix:    img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y):],
		Stride: img.Stride,
		Rect:   image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()),
	}
}

// Crop copies a part of a picture, cut off at its edges; it may be empty.
func Crop(src *image.RGBA, r image.Rectangle) *image.RGBA {
	r = r.Intersect(src.Rect)
	dst := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	for y := range r.Dy() {
		from := src.PixOffset(r.Min.X, r.Min.Y+y)
		copy(dst.Pix[y*dst.Stride:][:4*r.Dx()], src.Pix[from:])
	}
	return dst
}

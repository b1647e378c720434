package vision

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"
)

// waves is a smooth picture with all channels different; wavelength in pixels.
func waves(w, h int, length float64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := (float64(x)+0.5)/length, (float64(y)+0.5)/length
			level := func(v float64) uint8 { return uint8(128 + 110*math.Sin(2*math.Pi*v)) }
			img.SetRGBA(x, y, color.RGBA{level(fx), level(fy), level(fx + fy), 255})
		}
	}
	return img
}

func worst(a, b *image.RGBA, inset int) int {
	most := 0
	for y := inset; y < a.Rect.Dy()-inset; y++ {
		for x := inset; x < a.Rect.Dx()-inset; x++ {
			p, q := a.RGBAAt(x, y), b.RGBAAt(x, y)
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B), int(p.A) - int(q.A)} {
				most = max(most, d, -d)
			}
		}
	}
	return most
}

// exactResize is the definition, slow and in floating point: a triangle as wide as the step, weights normalised.
func exactResize(src *image.RGBA, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	sx, sy := float64(src.Rect.Dx())/float64(w), float64(src.Rect.Dy())/float64(h)
	window := func(i int, scale float64, n int) (int, []float64) {
		s, c := math.Max(scale, 1), (float64(i)+0.5)*scale
		first := max(int(math.Floor(c-s)), 0)
		var weights []float64
		for j := first; j < min(int(math.Ceil(c+s)), n); j++ {
			weights = append(weights, math.Max(0, 1-math.Abs(float64(j)+0.5-c)/s))
		}
		return first, weights
	}
	for y := range h {
		y0, wy := window(y, sy, src.Rect.Dy())
		for x := range w {
			x0, wx := window(x, sx, src.Rect.Dx())
			var sum [4]float64
			var total float64
			for j, a := range wy {
				for i, b := range wx {
					p := src.Pix[src.PixOffset(x0+i, y0+j):]
					for c := range sum {
						sum[c] += a * b * float64(p[c])
					}
					total += a * b
				}
			}
			for c := range sum {
				dst.Pix[dst.PixOffset(x, y)+c] = uint8(math.Round(sum[c] / total))
			}
		}
	}
	return dst
}

func TestResizeAgreesWithItsDefinition(t *testing.T) {
	t.Parallel()
	noise := image.NewRGBA(image.Rect(0, 0, 97, 61))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.Uint32())
	}
	for _, c := range []struct {
		src  *image.RGBA
		w, h int
		most int
	}{
		{noise, 97, 61, 0}, {noise, 200, 150, 3}, {noise, 80, 50, 3}, {noise, 50, 90, 3}, {noise, 33, 21, 4}, {noise, 1, 1, 1},
		{waves(640, 480, 90), 100, 75, 4}, {waves(640, 480, 300), 37, 400, 4}, // over 3: boxes before the triangle
	} {
		got := Resize(c.src, c.w, c.h)
		if got.Rect != image.Rect(0, 0, c.w, c.h) {
			t.Fatalf("%v", got.Rect)
		}
		if d := worst(got, exactResize(c.src, c.w, c.h), 0); d > c.most {
			t.Errorf("%v to %d×%d: off by %d", c.src.Rect, c.w, c.h, d)
		}
	}
}

func TestResizeKeepsFlatColourAndEdges(t *testing.T) {
	t.Parallel()
	flat := image.NewRGBA(image.Rect(0, 0, 311, 207))
	draw.Draw(flat, flat.Rect, image.NewUniform(color.RGBA{255, 128, 1, 255}), image.Point{}, draw.Src)
	for _, size := range [][2]int{{1, 1}, {17, 300}, {311, 206}, {1000, 3}, {0, -1}} {
		for _, p := range [][2]int{{0, 0}, {size[0] - 1, size[1] - 1}} {
			got := Resize(flat, size[0], size[1])
			if c := got.RGBAAt(max(p[0], 0), max(p[1], 0)); c != (color.RGBA{255, 128, 1, 255}) {
				t.Errorf("%v: %v", size, c)
			}
		}
	}
	sub, ok := quadrants(400, 400).SubImage(image.Rect(200, 0, 400, 200)).(*image.RGBA)
	if !ok || corners(Resize(sub, 50, 50)) != "gggg" {
		t.Error("a sub-image is not resized as itself")
	}
	if got := Fit(quadrants(400, 100), 200); got.Rect != image.Rect(0, 0, 200, 50) {
		t.Errorf("fit: %v", got.Rect)
	}
}

func TestShrinkingDoesNotAlias(t *testing.T) {
	t.Parallel()
	lines := image.NewRGBA(image.Rect(0, 0, 1000, 1000))
	for i := range lines.Pix {
		if lines.Pix[i] = 255; i/4%2 == 0 && i%4 != 3 {
			lines.Pix[i] = 0
		}
	}
	// A box of three averages such lines to 85 and 170 at worst; point sampling would give 0 and 255.
	for name, img := range map[string]*image.RGBA{
		"resize":         Resize(lines, 301, 301),
		"warp by 3.3":    Warp(lines, Affine{A: 1000.0 / 301, E: 1000.0 / 301}, 301, 301),
		"warp by 1.9":    Warp(lines, Affine{A: 1.9, E: 1.9}, 301, 301),
		"resize by 50":   Resize(lines, 20, 20),
		"warp by 50":     Warp(lines, Affine{A: 50, E: 50}, 20, 20),
		"perspective 50": WarpPerspective(lines, Homography{50, 0, 0, 0, 50, 0, 0, 0, 1}, 20, 20, Black),
	} {
		for x := 2; x < img.Rect.Dx()-2; x++ {
			if v := img.RGBAAt(x, 10).R; v < 85 || v > 170 {
				t.Errorf("%s: black and white lines became %d at %d, not grey", name, v, x)
				break
			}
		}
	}
	// The mean of 25 × 25 random dots strays by five; a few samples among them would stray by dozens.
	dots := image.NewRGBA(image.Rect(0, 0, 1000, 1000))
	random := rand.New(rand.NewPCG(3, 4))
	for y := range 1000 {
		for x := range 1000 {
			v := uint8(255 * random.IntN(2))
			dots.SetRGBA(x, y, color.RGBA{v, v, v, 255})
		}
	}
	for name, img := range map[string]*image.RGBA{"resize": Resize(dots, 40, 40), "warp": Warp(dots, Affine{A: 25, E: 25}, 40, 40)} {
		for i := 0; i < len(img.Pix); i += 4 {
			if v := img.Pix[i]; v < 100 || v > 156 {
				t.Errorf("%s: the mean of random dots became %d", name, v)
				break
			}
		}
	}
}

func TestWarpAgreesWithTheFunctionBehindThePicture(t *testing.T) {
	t.Parallel()
	const length = 60.0
	src := waves(400, 300, length)
	turn := func(angle, scale float64) Affine {
		s, c := math.Sincos(angle)
		return Affine{c * scale, -s * scale, 150, s * scale, c * scale, 90}
	}
	for name, m := range map[string]Affine{"identity": {A: 1, E: 1}, "shift": {1, 0, 10.25, 0, 1, 7.75}, "turn": turn(0.3, 1), "grow": turn(-1, 0.3), "shrink": turn(0.2, 1.7), "shrink more": turn(0.1, 2.4)} {
		got := Warp(src, m, 60, 50)
		most := 0.0
		for y := range 50 {
			for x := range 60 {
				p := m.Apply(Point{float64(x) + 0.5, float64(y) + 0.5})
				if p.X < 3 || p.Y < 3 || p.X > 397 || p.Y > 297 {
					continue
				}
				want := 128 + 110*math.Sin(2*math.Pi*(p.X+p.Y)/length)
				most = math.Max(most, math.Abs(want-float64(got.RGBAAt(x, y).B)))
			}
		}
		if most > 7 { // averaging flattens the crests a little
			t.Errorf("%s: off by %.1f", name, most)
		}
	}
}

func TestWarpBorders(t *testing.T) {
	t.Parallel()
	src := quadrants(100, 100)
	m := Affine{A: 1, C: -50, E: 1, F: -50}
	if c := Warp(src, m, 200, 200).RGBAAt(10, 10); c != (color.RGBA{A: 255}) {
		t.Errorf("outside is %v, want black", c)
	}
	if got := corners(WarpBorder(src, m, 200, 200, Replicate)); got != "rgbw" {
		t.Errorf("replicated: %s", got)
	}
	for _, odd := range []Affine{{}, {A: math.NaN()}, {A: math.Inf(1), E: 1}, {A: 1e300, E: 1e300}, {A: 1, C: 1e9, E: 1}} {
		_ = WarpBorder(src, odd, 5, 5, Replicate) // must not panic
	}
}

func TestRectifyStraightensACard(t *testing.T) {
	t.Parallel()
	// Draw the quadrants in perspective by the inverse map, then straighten what was drawn.
	quad := Quad{{120, 80}, {520, 130}, {480, 400}, {60, 330}}
	card := quadrants(300, 200)
	scene := image.NewRGBA(image.Rect(0, 0, 600, 480))
	m, err := Perspective(quad, 300, 200)
	if err != nil {
		t.Fatal(err)
	}
	for y := 0.25; y < 200; y += 0.25 {
		for x := 0.25; x < 300; x += 0.25 {
			p := m.Apply(Point{x, y})
			scene.SetRGBA(int(p.X), int(p.Y), card.RGBAAt(int(x), int(y)))
		}
	}
	got, err := Rectify(scene, quad, 300, 200)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for y := 4; y < 196; y++ {
		for x := 4; x < 296; x++ {
			if nearMiddle := math.Abs(float64(x)-150) < 4 || math.Abs(float64(y)-100) < 4; nearMiddle {
				continue
			}
			if colourAt(got, x, y) != colourAt(card, x, y) {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d pixels differ after straightening", wrong)
	}
	if turned, err := Rectify(scene, quad.Turn(2), 300, 200); err != nil || corners(turned) != "wbgr" {
		t.Errorf("turned by half: %v", err)
	}
	for name, bad := range map[string]Quad{"crossed": {{0, 0}, {9, 9}, {9, 0}, {0, 9}}, "flat": {{0, 0}, {1, 0}, {2, 0}, {3, 0}}, "dent": {{0, 0}, {9, 0}, {2, 2}, {0, 9}}} {
		if _, err := Rectify(scene, bad, 10, 10); err == nil {
			t.Errorf("%s quad accepted", name)
		}
	}
}

func TestAffine(t *testing.T) {
	t.Parallel()
	m := Affine{0.5, -2, 7, 1.5, 0.25, -3}
	inv, ok := m.Invert()
	if !ok {
		t.Fatal("not invertible")
	}
	p := Point{12, -5}
	for _, q := range []Point{inv.Apply(m.Apply(p)), inv.Mul(m).Apply(p), m.Mul(inv).Apply(p)} {
		if q.Sub(p).Len() > 1e-9 {
			t.Errorf("there and back: %v", q)
		}
	}
	if _, ok := (Affine{A: 1, B: 2, D: 2, E: 4}).Invert(); ok {
		t.Error("a squeezed plane was inverted")
	}
	q := Quad{{0, 0}, {10, 0}, {10, 4}, {0, 4}}
	if g := q.Grow(2, 1); g != (Quad{{-2, -1}, {12, -1}, {12, 5}, {-2, 5}}) {
		t.Errorf("grown: %v", g)
	}
	if q.Width() != 10 || q.Height() != 4 || q.Angle() != 0 || q.Turn(1).Angle() != math.Pi/2 || q.Centre() != (Point{5, 2}) {
		t.Error("the quad's measures are wrong")
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	text := renderText("THE QUICK BROWN FOX 0123456789", 40, color.Black)
	sharp := Measure(text)
	blurred := Measure(Resize(Resize(text, text.Rect.Dx()/5, text.Rect.Dy()/5), text.Rect.Dx(), text.Rect.Dy()))
	if sharp.Sharpness < 5*blurred.Sharpness {
		t.Errorf("sharp %.0f, blurred %.0f", sharp.Sharpness, blurred.Sharpness)
	}
	if sharp.Saturation != 0 || sharp.Colourful != 0 || sharp.Highlights < 0.5 || sharp.ContrastSpan < 200 {
		t.Errorf("black on white: %+v", sharp)
	}
	coloured := Measure(quadrants(400, 400))
	if coloured.Saturation < 80 || coloured.Colourful < 60 || coloured.Highlights != 0 || math.Abs(coloured.Luminance-128) > 40 {
		t.Errorf("quadrants: %+v", coloured)
	}
	flags := image.NewRGBA(image.Rect(0, 0, 100, 100))
	draw.Draw(flags, flags.Rect, image.NewUniform(color.RGBA{255, 255, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(flags, image.Rect(0, 0, 100, 50), image.NewUniform(color.RGBA{0, 0, 255, 255}), image.Point{}, draw.Src)
	if q := Measure(flags); math.Abs(q.Colourful-255) > 1e-6 || q.Saturation != 255 { // yellow and blue lie 2·255 apart on their axis
		t.Errorf("yellow and blue: %+v", q)
	}
	tinted := image.NewRGBA(text.Rect)
	for i := 0; i < len(text.Pix); i += 4 {
		v := text.Pix[i]
		copy(tinted.Pix[i:], []byte{v/8 + 200, v/8 + 180, v/8 + 140, 255}) // a photocopy under a warm lamp
	}
	if q := Measure(tinted); q.Saturation < 30 || q.Colourful > 5 {
		t.Errorf("tinted grey: %+v", q)
	}
	dark := image.NewRGBA(image.Rect(0, 0, 50, 50))
	if q := Measure(dark); q.Luminance != 0 || q.Shadows != 1 || q.Sharpness != 0 {
		t.Errorf("dark: %+v", q)
	}
	if (Measure(image.NewRGBA(image.Rectangle{})) != Quality{}) {
		t.Error("an empty picture has measures")
	}
}

func BenchmarkResize(b *testing.B) {
	for _, size := range [][2]int{{1280, 960}, {640, 480}, {150, 113}} {
		src := waves(4000, 3000, 50)
		name := fmt.Sprintf("12MPto%d/", size[0])
		b.Run(name+"ours", func(b *testing.B) {
			for b.Loop() {
				_ = Resize(src, size[0], size[1])
			}
		})
		for kind, scaler := range map[string]draw.Scaler{"x-ApproxBiLinear": draw.ApproxBiLinear, "x-BiLinear": draw.BiLinear, "x-CatmullRom": draw.CatmullRom} {
			b.Run(name+kind, func(b *testing.B) {
				dst := image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
				for b.Loop() {
					scaler.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
				}
			})
		}
	}
}

func BenchmarkWarp(b *testing.B) {
	src := waves(1280, 960, 50)
	for name, m := range map[string]Affine{"face150": {3, 0.5, 300, -0.5, 3, 300}, "line640x48": {1.2, 0.1, 100, -0.1, 1.2, 300}} {
		w, h := 150, 150
		if name == "line640x48" {
			w, h = 640, 48
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = Warp(src, m, w, h)
			}
		})
	}
}

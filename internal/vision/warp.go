package vision

import (
	"encoding/binary"
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/vision/kernel"
)

// Border says what lies outside the source of a warp.
type Border int

// The two borders.
const (
	Black     Border = iota // opaque black, as the face networks were trained with
	Replicate               // the nearest edge pixel, kinder to text
)

// Warp draws a w × h picture whose every point p shows the source at m.Apply(p): m leads from the target to the source.
// Bilinear, with an area average where the picture shrinks; outside the source it is black.
func Warp(src *image.RGBA, m Affine, w, h int) *image.RGBA {
	return WarpBorder(src, m, w, h, Black)
}

// WarpBorder is Warp with a choice of border.
func WarpBorder(src *image.RGBA, m Affine, w, h int, border Border) *image.RGBA {
	scale := math.Min(math.Hypot(m.A, m.D), math.Hypot(m.B, m.E))
	hom := Homography{m.A, m.B, m.C, m.D, m.E, m.F, 0, 0, 1}
	return warp(src, hom, scale, w, h, border)
}

// WarpPerspective is WarpBorder for a perspective map from the target to the source, as Perspective makes it.
func WarpPerspective(src *image.RGBA, m Homography, w, h int, border Border) *image.RGBA {
	// The middle of the picture decides how much is averaged; a document's far edge differs by little.
	c := Point{float64(w) / 2, float64(h) / 2}
	at := m.Apply(c)
	scale := math.Min(m.Apply(c.Add(Point{X: 1})).Sub(at).Len(), m.Apply(c.Add(Point{Y: 1})).Sub(at).Len())
	return warp(src, m, scale, w, h, border)
}

// Rectify cuts a quad out of a picture and straightens it to w × h pixels.
func Rectify(src *image.RGBA, q Quad, w, h int) (*image.RGBA, error) {
	m, err := Perspective(q, float64(w), float64(h))
	if err != nil {
		return nil, err
	}
	return WarpPerspective(src, m, w, h, Replicate), nil
}

// warp averages boxes of the source first, then takes several samples a pixel for what is left of the shrinking.
func warp(src *image.RGBA, m Homography, scale float64, w, h int, border Border) *image.RGBA {
	w, h = max(w, 1), max(h, 1)
	if math.IsNaN(scale) || math.IsInf(scale, 0) {
		scale = 1
	}
	k := min(max(int(scale), 1), maxBox)
	src, m = region(src, m, w, h, k)
	reduced := boxReduce(src, k, k)
	for i := range 6 { // the source's coordinates shrink with it
		m[i] /= float64(k)
	}
	samples := min(max(int(math.Ceil(scale/float64(k)-0.25)), 1), 4)
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	s := sampler{src: reduced, border: border, width: float64(src.Rect.Dx()) / float64(k), height: float64(src.Rect.Dy()) / float64(k)}
	even, sums := isEven(m), make([]uint64, w)
	for y := range h {
		out := dst.Pix[y*dst.Stride:][:4*w]
		if even {
			s.scan(out, sums, m, float64(y), samples)
			continue
		}
		if samples == 1 {
			for x := range w {
				binary.LittleEndian.PutUint32(out[4*x:], s.at(m.Apply(Point{float64(x) + 0.5, float64(y) + 0.5})))
			}
			continue
		}
		for x := range w {
			binary.LittleEndian.PutUint32(out[4*x:], s.mean(m, float64(x), float64(y), samples))
		}
	}
	return dst
}

// region narrows the source to what the target can see in blocks of k pixels, so that a small crop of a large photo costs little.
func region(src *image.RGBA, m Homography, w, h, k int) (*image.RGBA, Homography) {
	src = atOrigin(src)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range []Point{{0, 0}, {float64(w), 0}, {0, float64(h)}, {float64(w), float64(h)}} {
		if m[6]*c.X+m[7]*c.Y+m[8] <= 0 {
			return src, m // behind the viewer: no bounds from corners
		}
		p := m.Apply(c)
		x0, y0, x1, y1 = math.Min(x0, p.X), math.Min(y0, p.Y), math.Max(x1, p.X), math.Max(y1, p.Y)
	}
	const margin = 2 * maxBox // replicated edges must come from the real picture's edge, not from the region's
	bounds := src.Rect
	clampTo := func(v float64, limit int) int { return int(math.Min(math.Max(v, 0), float64(limit))) }
	r := image.Rect(clampTo(x0-margin, bounds.Max.X), clampTo(y0-margin, bounds.Max.Y),
		clampTo(x1+margin, bounds.Max.X), clampTo(y1+margin, bounds.Max.Y))
	if r.Empty() || math.IsNaN(x0+y0+x1+y1) {
		return src, m
	}
	// Two blocks are margin enough; whole ones are taken off, so that no block begins elsewhere.
	enough := float64(2*k + 2)
	r.Min.X += max(clampTo(x0-enough, r.Max.X-1)-r.Min.X, 0) / k * k
	r.Min.Y += max(clampTo(y0-enough, r.Max.Y-1)-r.Min.Y, 0) / k * k
	r.Max = image.Pt(clampTo(math.Max(x1, float64(r.Min.X))+enough, r.Max.X), clampTo(math.Max(y1, float64(r.Min.Y))+enough, r.Max.Y))
	part, ok := src.SubImage(r).(*image.RGBA)
	if !ok {
		return src, m
	}
	for i := range 3 { // x' − r.x·w', y' − r.y·w'
		m[i] -= float64(r.Min.X) * m[6+i]
		m[3+i] -= float64(r.Min.Y) * m[6+i]
	}
	return atOrigin(part), m
}

// sampler reads colours between the pixels of a source.
type sampler struct {
	src           *image.RGBA
	border        Border
	width, height float64 // may end within the last averaged block
}

// mean averages n × n samples spread over the target pixel x,y.
func (s *sampler) mean(m Homography, x, y float64, n int) uint32 {
	var sum uint64
	step := 1 / float64(n)
	for j := range n {
		for i := range n {
			sum += kernel.Lanes(s.at(m.Apply(Point{x + (float64(i)+0.5)*step, y + (float64(j)+0.5)*step})))
		}
	}
	var out [4]byte
	kernel.MeanOf(n*n).Write(out[:], sum)
	return binary.LittleEndian.Uint32(out[:])
}

// isEven tells that a map goes through the source in equal steps, none of them
// so long that fixed point could not hold where it leads.
func isEven(m Homography) bool {
	for _, v := range m[:6] {
		if !(math.Abs(v) < 1<<18) { // nor not a number
			return false
		}
	}
	return m[6] == 0 && m[7] == 0 && m[8] == 1
}

// The places of scan are counted from pixel centres, with 32 bits behind the point.
const fixedOne = 1 << 32

func inFixed(v float64) int64 { return int64(math.Round(v * fixedOne)) }

// scan draws one row of an even map, n × n samples a pixel. It adds up steps in
// whole numbers instead of working out every place, which takes a third of the
// time; only places near the source's edges go the long way.
func (s *sampler) scan(out []byte, sums []uint64, m Homography, y float64, n int) {
	step := 1 / float64(n)
	start := m.Apply(Point{step / 2, y + step/2})
	r := kernel.Run{
		X: inFixed(start.X - 0.5), Y: inFixed(start.Y - 0.5), Samples: n, Stride: s.src.Stride,
		RightX: inFixed(m[0] * step), RightY: inFixed(m[3] * step), DownX: inFixed(m[1] * step), DownY: inFixed(m[4] * step),
	}
	r.StepX, r.StepY = int64(n)*r.RightX, int64(n)*r.RightY
	from, to := s.inner(r, len(sums))
	for x := range sums {
		if x < from || x >= to {
			sums[x] = s.outer(r, int64(x))
		}
	}
	within := r
	within.X, within.Y = r.X+int64(from)*r.StepX, r.Y+int64(from)*r.StepY
	kernel.ScanRun(sums[from:to], s.src.Pix, within)
	kernel.MeanOf(n*n).WriteAll(out, sums)
}

// inner is the run of pixels of which every sample has all four neighbours. The
// corners of a pixel's samples decide, and each of them is within the source for
// one run of pixels.
func (s *sampler) inner(r kernel.Run, pixels int) (from, to int) {
	limitX := max(inFixed(min(float64(s.src.Rect.Max.X-1), s.width-0.5)), 0)
	limitY := max(inFixed(min(float64(s.src.Rect.Max.Y-1), s.height-0.5)), 0)
	within := func(x int) bool {
		last := int64(r.Samples - 1)
		for _, corner := range [4][2]int64{{0, 0}, {last, 0}, {0, last}, {last, last}} {
			qx := r.X + int64(x)*r.StepX + corner[0]*r.RightX + corner[1]*r.DownX
			qy := r.Y + int64(x)*r.StepY + corner[0]*r.RightY + corner[1]*r.DownY
			if qx < 0 || qy < 0 || qx >= limitX || qy >= limitY {
				return false
			}
		}
		return true
	}
	for to = pixels; to > 0 && !within(to-1); to-- {
	}
	for from < to && !within(from) {
		from++
	}
	return from, to
}

// outer adds up the samples of a pixel that may lie anywhere.
func (s *sampler) outer(r kernel.Run, x int64) (total uint64) {
	for j := range int64(r.Samples) {
		for i := range int64(r.Samples) {
			qx, qy := r.X+x*r.StepX+j*r.DownX+i*r.RightX, r.Y+x*r.StepY+j*r.DownY+i*r.RightY
			total += kernel.Lanes(s.at(Point{float64(qx)/fixedOne + 0.5, float64(qy)/fixedOne + 0.5}))
		}
	}
	return total
}

const opaqueBlack = 0xff000000

// at reads one point bilinearly. Coordinates are clamped to the outermost pixel centres.
func (s *sampler) at(p Point) uint32 {
	inside := p.X >= 0 && p.Y >= 0 && p.X < s.width && p.Y < s.height
	if !inside && (s.border == Black || math.IsNaN(p.X) || math.IsNaN(p.Y)) {
		return opaqueBlack
	}
	x := math.Min(math.Max(p.X-0.5, 0), float64(s.src.Rect.Max.X-1))
	y := math.Min(math.Max(p.Y-0.5, 0), float64(s.src.Rect.Max.Y-1))
	x0, y0 := int(x), int(y)
	fx, fy := uint64((x-float64(x0))*256), uint64((y-float64(y0))*256)
	at := y0*s.src.Stride + 4*x0
	right, down := 4, s.src.Stride
	if x0+1 >= s.src.Rect.Max.X {
		right = 0
	}
	if y0+1 >= s.src.Rect.Max.Y {
		down = 0
	}
	pix := s.src.Pix
	both := fx * fy >> 8
	sum := kernel.Lanes(binary.LittleEndian.Uint32(pix[at:]))*(256-fx-fy+both) +
		kernel.Lanes(binary.LittleEndian.Uint32(pix[at+right:]))*(fx-both) +
		kernel.Lanes(binary.LittleEndian.Uint32(pix[at+down:]))*(fy-both) +
		kernel.Lanes(binary.LittleEndian.Uint32(pix[at+down+right:]))*both
	return kernel.Pixel(sum)
}

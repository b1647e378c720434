package vision

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
)

// TextBox is a place with text: a rotated rectangle and how sure the detector is, 0 to 1. The quad's top side runs along
// the text as far as the shape tells; a line that stands on its head looks the same, so the recogniser must decide that.
type TextBox struct {
	Quad  Quad
	Score float64
}

// Detection holds the settings of one pass of the text detector.
type Detection struct {
	MinSide, MaxSide int     // the picture is scaled so that its longer side lies within
	Threshold        float64 // of the probability map
	BoxThreshold     float64 // of the mean inside a box
}

// FirstPass suits pages and cards that fill the picture.
func FirstPass() Detection {
	return Detection{MinSide: 960, MaxSide: 1280, Threshold: 0.3, BoxThreshold: 0.5}
}

// SecondPass costs more and finds small or faint print; try it when the first finds too little.
func SecondPass() Detection {
	return Detection{MinSide: 1600, MaxSide: 1920, Threshold: 0.2, BoxThreshold: 0.35}
}

const (
	detectorMultiple = 32   // both sides of the network's input
	minPartPixels    = 12   // smaller parts of the map are noise
	unclipRatio      = 1.6  // the network marks a shrunk core of the text (DB, Liao and others, 2019)
	maxBoxes         = 1000 // a page has some hundred; a test chart must not cost minutes
)

// DetectText finds the text of an upright or turned picture, sorted from top to bottom.
func (o *OCR) DetectText(ctx context.Context, img *image.RGBA) ([]TextBox, error) {
	return o.DetectTextWith(ctx, img, FirstPass())
}

// DetectTextWith is DetectText with other settings.
func (o *OCR) DetectTextWith(ctx context.Context, img *image.RGBA, d Detection) ([]TextBox, error) {
	if img.Rect.Empty() {
		return nil, fmt.Errorf("detect text: the picture is empty")
	}
	w, h := d.inputSize(img.Rect.Dx(), img.Rect.Dy())
	input := Tensor{Shape: []int64{1, 3, int64(h), int64(w)}, Data: detectorInput(Resize(img, w, h))}
	out, err := o.models.Run(ctx, RoleTextDetector, input)
	if err != nil {
		return nil, err
	}
	if len(out[0].Data) != w*h {
		return nil, fmt.Errorf("the text detector answered with shape %v for %d×%d", out[0].Shape, w, h)
	}
	boxes := findBoxes(probabilityMap{data: out[0].Data, w: w, h: h}, d)
	back := Affine{A: float64(img.Rect.Dx()) / float64(w), E: float64(img.Rect.Dy()) / float64(h)}
	for i := range boxes {
		boxes[i].Quad = boxes[i].Quad.Map(back)
	}
	slices.SortFunc(boxes, func(a, b TextBox) int {
		p, q := a.Quad.Centre(), b.Quad.Centre()
		if p.Y != q.Y {
			return cmp.Compare(p.Y, q.Y)
		}
		return cmp.Compare(p.X, q.X)
	})
	return boxes, nil
}

// inputSize scales the longer side into the range and rounds both sides to what the network takes.
func (d Detection) inputSize(w, h int) (int, int) {
	long := max(w, h)
	scale := float64(min(max(long, d.MinSide), d.MaxSide)) / float64(long)
	round := func(v int) int {
		n := int(math.Round(float64(v)*scale/detectorMultiple)) * detectorMultiple
		return min(max(n, detectorMultiple), d.MaxSide)
	}
	return round(w), round(h)
}

// detectorInput makes the planes blue, green, red, with ImageNet's mean and deviation in that order: the network was
// trained with the numbers of red on blue, so the mistake must be repeated.
func detectorInput(img *image.RGBA) []float32 {
	mean, deviation := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	var table [3][256]float32
	for c := range table {
		for v := range table[c] {
			table[c][v] = float32((float64(v)/255 - mean[c]) / deviation[c])
		}
	}
	return planesBGR(img, img.Rect.Dx(), &table)
}

// planesBGR looks every channel up in its table; columns right of the picture up to width stay 0.
func planesBGR(img *image.RGBA, width int, table *[3][256]float32) []float32 {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	plane := width * h
	data := make([]float32, 3*plane)
	blue, green, red := data[:plane], data[plane:2*plane], data[2*plane:]
	for y := range h {
		row := img.Pix[y*img.Stride:][:4*w]
		at := y * width
		for x := 0; x < len(row); x += 4 {
			blue[at] = table[0][row[x+2]]
			green[at] = table[1][row[x+1]]
			red[at] = table[2][row[x]]
			at++
		}
	}
	return data
}

// probabilityMap is the detector's answer: for each pixel, how likely it is the core of text.
type probabilityMap struct {
	data []float32
	w, h int
}

// findBoxes turns the map into rotated rectangles, largest first when there are too many.
func findBoxes(m probabilityMap, d Detection) []TextBox {
	var boxes []TextBox
	for _, part := range m.parts(float32(d.Threshold)) {
		quad, ok := minAreaQuad(part.outline)
		if !ok {
			continue
		}
		score := m.mean(quad)
		if score < d.BoxThreshold {
			continue
		}
		w, h := quad.Width(), quad.Height()
		grow := w * h * unclipRatio / (2 * (w + h))
		boxes = append(boxes, TextBox{Quad: alongText(quad.Grow(grow, grow)), Score: score})
	}
	if len(boxes) > maxBoxes {
		area := func(b TextBox) float64 { return b.Quad.Width() * b.Quad.Height() }
		slices.SortFunc(boxes, func(a, b TextBox) int { return cmp.Compare(area(b), area(a)) })
		boxes = boxes[:maxBoxes]
	}
	return boxes
}

// part is an 8-connected region of the map; its outline holds the corners of the outermost pixels of each row.
type part struct {
	outline []Point
}

// span is the leftmost and rightmost pixel of a part within one row.
type span struct{ left, right int }

// parts fills every region from its first pixel in reading order.
func (m probabilityMap) parts(threshold float32) []part {
	var found []part
	seen := make([]bool, len(m.data))
	var stack []int
	for start, p := range m.data {
		if p <= threshold || seen[start] {
			continue
		}
		seen[start] = true
		stack = append(stack[:0], start)
		top, pixels := start/m.w, 0
		var rows []span
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := at%m.w, at/m.w
			pixels++
			for len(rows) <= y-top {
				rows = append(rows, span{left: m.w, right: -1})
			}
			rows[y-top] = span{left: min(rows[y-top].left, x), right: max(rows[y-top].right, x)}
			for ny := max(y-1, 0); ny <= min(y+1, m.h-1); ny++ {
				for nx := max(x-1, 0); nx <= min(x+1, m.w-1); nx++ {
					if n := ny*m.w + nx; !seen[n] && m.data[n] > threshold {
						seen[n] = true
						stack = append(stack, n)
					}
				}
			}
		}
		if pixels >= minPartPixels {
			found = append(found, part{outline: outline(top, rows)})
		}
	}
	return found
}

// outline lists pixel corners; the convex hull of a part needs no other points.
func outline(top int, rows []span) []Point {
	points := make([]Point, 0, 4*len(rows))
	for i, r := range rows {
		y, left, right := float64(top+i), float64(r.left), float64(r.right+1)
		points = append(points, Point{left, y}, Point{left, y + 1}, Point{right, y}, Point{right, y + 1})
	}
	return points
}

// mean averages the map over the pixels whose centres lie inside the quad.
func (m probabilityMap) mean(q Quad) float64 {
	x0, y0, x1, y1 := q.bounds()
	u, v := q[1].Sub(q[0]), q[3].Sub(q[0])
	uu, vv := u.X*u.X+u.Y*u.Y, v.X*v.X+v.Y*v.Y
	var sum float64
	n := 0
	for y := max(int(y0), 0); y < min(int(math.Ceil(y1)), m.h); y++ {
		for x := max(int(x0), 0); x < min(int(math.Ceil(x1)), m.w); x++ {
			d := Point{float64(x) + 0.5, float64(y) + 0.5}.Sub(q[0])
			s, t := d.X*u.X+d.Y*u.Y, d.X*v.X+d.Y*v.Y
			if s >= 0 && s <= uu && t >= 0 && t <= vv {
				sum += float64(m.data[y*m.w+x])
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

func (q Quad) bounds() (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = q[0].X, q[0].Y, q[0].X, q[0].Y
	for _, p := range q[1:] {
		x0, y0, x1, y1 = math.Min(x0, p.X), math.Min(y0, p.Y), math.Max(x1, p.X), math.Max(y1, p.Y)
	}
	return x0, y0, x1, y1
}

package document

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"
	"sync"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/vision"
)

// engine is the room's view of package vision: strips in, matrices and texts out.
type engine struct {
	models   *vision.Runtime
	ocr      *vision.OCR
	foldings sync.Map // role → mrz.Folding; a role's alphabet never changes
}

func newEngine(models *vision.Runtime) (*engine, error) {
	for _, role := range Roles() {
		if _, err := models.Card(role); err != nil {
			return nil, fmt.Errorf("document: %w", err)
		}
	}
	ocr, err := vision.NewOCR(models)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return &engine{models: models, ocr: ocr}, nil
}

// versions are those of the models that the room runs, by role.
func (e *engine) versions() map[string]string {
	out, all := map[string]string{}, e.models.Versions()
	for _, role := range Roles() {
		out[role] = all[role]
	}
	return out
}

func (e *engine) boxes(ctx context.Context, img *image.RGBA, fine bool) ([]strip, error) {
	pass := vision.FirstPass()
	if fine {
		pass = vision.SecondPass()
	}
	return e.detect(ctx, img, pass)
}

func (e *engine) detect(ctx context.Context, img *image.RGBA, pass vision.Detection) ([]strip, error) {
	found, err := e.ocr.DetectTextWith(ctx, img, pass)
	if err != nil {
		return nil, fmt.Errorf("find text: %w", err)
	}
	out := make([]strip, len(found))
	for i, b := range found {
		out[i] = stripOf([4]vec{vec(b.Quad[0]), vec(b.Quad[1]), vec(b.Quad[2]), vec(b.Quad[3])})
	}
	return out, nil
}

func (e *engine) line(ctx context.Context, img *image.RGBA, s strip, role string, mirrored bool) (mrz.Matrix, error) {
	l, err := e.ocr.Recognise(ctx, role, crop(img, s, mirrored))
	if err != nil {
		return mrz.Matrix{}, fmt.Errorf("read a line by %s: %w", role, err)
	}
	folding, ok := e.foldings.Load(role)
	if !ok {
		folding, _ = e.foldings.LoadOrStore(role, mrz.NewFolding(l.Alphabet))
	}
	return folding.(mrz.Folding).Matrix(l.Probs), nil
}

// has tells whether the recogniser is installed.
func (e *engine) has(role string) bool {
	_, err := e.models.Card(role)
	return err == nil
}

// texts is pieces without the places of the characters.
func (e *engine) texts(ctx context.Context, img *image.RGBA, strips []strip, role, only string) (texts []string, sure []float64, err error) {
	lines, err := e.pieces(ctx, img, strips, role, only)
	for _, l := range lines {
		texts, sure = append(texts, l.text), append(sure, l.sure)
	}
	return texts, sure, err
}

// pieces reads strips by one recogniser; the probability is that of the weakest
// character, 0 for no text. only bounds what may be read, "" is everything. Only
// text, sure, mean and at of the items are filled in.
func (e *engine) pieces(ctx context.Context, img *image.RGBA, strips []strip, role, only string) ([]item, error) {
	boxes := make([]vision.TextBox, len(strips))
	for i, s := range strips {
		boxes[i].Quad = quadOf(s, s.w, s.h)
	}
	lines, err := e.ocr.RecogniseBoxes(ctx, role, img, boxes)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	out := make([]item, len(lines))
	for i, l := range lines {
		if only != "" {
			l.Text, l.Chars = within(l, only)
		}
		least := 1.0
		for _, c := range l.Chars {
			if c.Rune != ' ' {
				least = min(least, c.Prob)
			}
		}
		if len(l.Chars) == 0 {
			least = 0
		}
		out[i] = item{text: l.Text, sure: least, mean: l.Confidence}
		for _, c := range l.Chars {
			out[i].at = append(out[i].at, (float64(c.Step)+0.5)/float64(len(l.Probs)))
		}
	}
	return out, nil
}

// within is the greedy reading among few characters: where digits must stand,
// an O is a 0. What the recogniser would rather have read lowers the probability.
func within(l vision.Line, only string) (string, []vision.Char) {
	classes := []int{0}
	for c, r := range l.Alphabet {
		if c > 0 && strings.ContainsRune(only, r) {
			classes = append(classes, c)
		}
	}
	var text strings.Builder
	var chars []vision.Char
	previous := 0
	for step, probs := range l.Probs {
		best := 0
		for _, c := range classes {
			if probs[c] > probs[best] {
				best = c
			}
		}
		p := float64(probs[best])
		switch {
		case best == 0:
		case best == previous:
			if last := &chars[len(chars)-1]; p > last.Prob {
				last.Prob, last.Step = p, step
			}
		default:
			chars = append(chars, vision.Char{Rune: l.Alphabet[best], Prob: p, Step: step})
			text.WriteRune(l.Alphabet[best])
		}
		previous = best
	}
	return text.String(), chars
}

// The measures of "Crop": the recognisers read lines 48 pixels high, with a
// margin of a quarter of the text's height around it; the detector's box is
// already higher than its text.
const (
	margin    = 0.25
	boxGrowth = 1.35
)

// cropHeight and cropWidth are the size of a strip's crop in the picture.
func cropHeight(s strip) float64 { return s.h * (1 + 2*margin) / boxGrowth }
func cropWidth(s strip) float64  { return s.w + 2*margin*s.h }

// crop cuts a strip of the zone out of the picture and sets it upright.
func crop(img *image.RGBA, s strip, mirrored bool) *image.RGBA {
	const step = 8 // pixels a step of the recogniser; a whole number of them keeps steps and places in one scale
	w, h := cropWidth(s), cropHeight(s)
	pixels := min(max(int(math.Round(w/h*vision.StripHeight/step)), 1)*step, vision.MaxStripWidth)
	s.centre = s.centre.along(s.dir.down(), s.cut.shift*h)
	q := quadOf(s, w, h*(1+s.cut.tall))
	if mirrored {
		q = vision.Quad{q[1], q[0], q[3], q[2]}
	}
	x, y := q[1].Sub(q[0]).Scale(1/float64(pixels)), q[3].Sub(q[0]).Scale(1.0/vision.StripHeight)
	m := vision.Affine{A: x.X, B: y.X, C: q[0].X, D: x.Y, E: y.Y, F: q[0].Y}
	out := vision.WarpBorder(img, m, pixels, vision.StripHeight, vision.Replicate)
	if s.cut.sharp {
		return sharpened(out)
	}
	return out
}

// sharpened adds to every pixel what it differs from the mean of its
// neighbourhood of 5 × 5 (unsharp masking), and stretches nothing.
func sharpened(img *image.RGBA) *image.RGBA {
	const reach = 2
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(img.Rect)
	for y := range h {
		for x := range w {
			var sum [3]int
			n := 0
			for v := max(y-reach, 0); v <= min(y+reach, h-1); v++ {
				for u := max(x-reach, 0); u <= min(x+reach, w-1); u++ {
					p := img.Pix[v*img.Stride+4*u:]
					sum[0], sum[1], sum[2], n = sum[0]+int(p[0]), sum[1]+int(p[1]), sum[2]+int(p[2]), n+1
				}
			}
			from, to := img.Pix[y*img.Stride+4*x:], out.Pix[y*out.Stride+4*x:]
			for c := range 3 {
				to[c] = uint8(min(max(2*int(from[c])-sum[c]/n, 0), 255))
			}
			to[3] = 255
		}
	}
	return out
}

// quadOf is the rectangle of this size around a strip's centre, along it.
func quadOf(s strip, w, h float64) vision.Quad {
	x, y := s.dir.mul(w/2), s.dir.down().mul(h/2)
	corner := func(p vec) vision.Point { return vision.Point(p) }
	return vision.Quad{corner(s.centre.sub(x).sub(y)), corner(s.centre.add(x).sub(y)), corner(s.centre.add(x).add(y)), corner(s.centre.sub(x).add(y))}
}

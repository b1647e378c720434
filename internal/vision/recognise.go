package vision

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"
	"sync"
	"unicode/utf8"
)

// The roles that the OCR engine runs.
const (
	RoleTextDetector     = "text-detector"
	RoleTextRecogniser   = "text-recogniser"          // English, PP-OCRv4
	RoleTextRecogniserV3 = "text-recogniser-v3"       // English, PP-OCRv3: errs elsewhere, so the two together read better
	RoleTextRecogniserZH = "text-recogniser-zh"       // Chinese and Latin, PP-OCRv4
	RoleTextRecogniserRU = "text-recogniser-cyrillic" // Russian, Tesseract
	RoleTextRecogniserQ  = "text-recogniser-quick"    // English, Tesseract: ten times as fast, and errs more often
)

// OCR finds and reads text with the networks of a Runtime. It is safe for concurrent use.
type OCR struct {
	models      *Runtime
	recognisers map[string]recogniser // by role
}

// recogniser is what the card of a role says of its network.
type recogniser struct {
	alphabet []rune // index is the class, class 0 the CTC blank
	height   int    // of the strips that it takes
	stride   int    // pixels of such a strip a step
	grey     bool   // it takes one plane, stretched from ink to paper, instead of the colours
}

// NewOCR prepares the recognisers that the Runtime has loaded.
func NewOCR(models *Runtime) (*OCR, error) {
	o := &OCR{models: models, recognisers: map[string]recogniser{}}
	for _, role := range []string{RoleTextRecogniser, RoleTextRecogniserV3, RoleTextRecogniserZH, RoleTextRecogniserRU, RoleTextRecogniserQ} {
		card, err := models.Card(role)
		if err != nil {
			continue // not loaded: Recognise will say so if asked
		}
		r, err := newRecogniser(models, card)
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", role, err)
		}
		o.recognisers[role] = r
	}
	return o, nil
}

// newRecogniser reads a card. Height and colours are those of its input, batch × planes × height × width.
func newRecogniser(models *Runtime, card Card) (recogniser, error) {
	r := recogniser{height: StripHeight, stride: 8}
	if stride, ok := card.Extra["stride"].(float64); ok {
		r.stride = int(stride)
	}
	if shape := card.Input[0].Shape; len(shape) == 4 {
		r.grey = shape[1] == 1
		if shape[2] > 0 {
			r.height = int(shape[2])
		}
	}
	if r.stride < 1 || bucket(1)%r.stride != 0 && !r.grey || nearest(1)%r.stride != 0 && r.grey {
		return r, fmt.Errorf("its card gives steps of %d pixels at a height of %d, which does not fit the widths that are used", r.stride, r.height)
	}
	var err error
	r.alphabet, err = readAlphabet(models, card)
	return r, err
}

// readAlphabet takes the characters from the card itself or from the dictionary that it names, one a line.
func readAlphabet(models *Runtime, card Card) ([]rune, error) {
	text, ok := card.Extra["alphabet"].(string)
	if !ok {
		name, named := card.Extra["dictionary"].(string)
		if !named {
			return nil, fmt.Errorf("its card gives neither extra.alphabet nor extra.dictionary")
		}
		data, err := models.Asset(card.Role, name)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.TrimRight(string(data), "\r\n"), "\n")
		for i, line := range lines {
			if lines[i] = strings.TrimSuffix(line, "\r"); utf8.RuneCountInString(lines[i]) != 1 {
				return nil, fmt.Errorf("line %d of its dictionary %s is not one character", i+1, name)
			}
		}
		text = strings.Join(lines, "") + " "
	}
	alphabet := append([]rune{0}, []rune(text)...)
	shape := card.Output[0].Shape
	if classes := shape[len(shape)-1]; classes > 0 && classes != int64(len(alphabet)) {
		return nil, fmt.Errorf("it has %d classes, its alphabet with the blank has %d", classes, len(alphabet))
	}
	return alphabet, nil
}

// Line is what a recogniser makes of one strip.
type Line struct {
	Text       string      // greedy reading
	Confidence float64     // mean probability of the characters, 0 to 1; 0 for no text
	Chars      []Char      // the same, one by one
	Probs      [][]float32 // steps × classes, softmax; for decoding under a grammar. Read only
	Alphabet   []rune      // class → character; class 0 is the CTC blank. Read only, shared
	Stride     float64     // pixels a step, counted in a strip 48 pixels high
}

// Char is a character of the greedy reading.
type Char struct {
	Rune rune
	Prob float64 // of the surest of its steps
	Step int     // that step; its middle lies at (Step+0.5)·Stride pixels
}

const (
	// StripHeight is the height in which lines are measured. Most recognisers take it as it is.
	StripHeight = 48
	// MaxStripWidth bounds memory and time; 44 characters of a passport need about 1,000.
	MaxStripWidth = 2048
)

// bucket rounds a width up to one of few sizes, for the runtime keeps buffers of every shape that it has seen.
func bucket(width int) int {
	size := 64
	if width > 640 {
		size = 128
	}
	return (width + size - 1) / size * size
}

// nearest is like bucket for networks that take no padding: they read from both ends, and what stands there spoils the
// line. It rounds up or down, so that a line is stretched by a few percent at most.
func nearest(width int) int {
	size := 12
	if width > 240 {
		size = 24
	}
	if width > 480 {
		size = 48
	}
	return max((width+size/2)/size*size, 24)
}

// width is that of a w × h line scaled for the network, before any padding.
func (r recogniser) width(w, h float64) int {
	pixels := math.Round(w * float64(r.height) / h)
	if r.grey {
		return nearest(int(math.Min(pixels*narrow, float64(MaxStripWidth*r.height/StripHeight))))
	}
	return int(math.Min(math.Max(pixels, float64(r.stride)), MaxStripWidth))
}

// narrow is how much of its width a line keeps before a network of Tesseract: a detector's boxes are higher than what such
// networks were trained with, so letters come out wide. Found on lines of specimen.RussianLine, seeds 1 to 150.
const narrow = 0.95

// Recognise reads a strip: one line of text, reading to the right, filling the height. It is scaled to the height that
// the recogniser takes.
func (o *OCR) Recognise(ctx context.Context, role string, strip *image.RGBA) (Line, error) {
	r, ok := o.recognisers[role]
	if !ok {
		return Line{}, fmt.Errorf("the text recogniser %q was not loaded", role)
	}
	if strip.Rect.Empty() {
		return Line{}, fmt.Errorf("recognise text: the strip is empty")
	}
	w, h := float64(strip.Rect.Dx()), float64(strip.Rect.Dy())
	if width := r.width(w, h); strip.Rect.Dy() != r.height || width != strip.Rect.Dx() {
		strip = Resize(strip, width, r.height)
	}
	return o.read(ctx, role, strip, w/h)
}

// read runs a recogniser on a strip that was scaled for it; aspect is width by height of the line as it was.
func (o *OCR) read(ctx context.Context, role string, strip *image.RGBA, aspect float64) (Line, error) {
	r := o.recognisers[role]
	in := r.input(strip)
	out, err := o.models.Run(ctx, role, in)
	if err != nil {
		return Line{}, err
	}
	steps, classes := int(in.Shape[3])/r.stride, len(r.alphabet)
	if len(out[0].Data) != steps*classes {
		return Line{}, fmt.Errorf("the text recogniser %q answered with shape %v, expected %d steps of %d classes", role, out[0].Shape, steps, classes)
	}
	// Steps in the padding say nothing about the line.
	steps = min(steps, (strip.Rect.Dx()+r.stride-1)/r.stride)
	line := Line{Alphabet: r.alphabet, Stride: float64(r.stride), Probs: make([][]float32, steps)}
	if r.grey {
		line.Stride = aspect * StripHeight / float64(steps)
	}
	for i := range line.Probs {
		line.Probs[i] = out[0].Data[i*classes:][:classes:classes]
	}
	line.decode()
	return line, nil
}

// input makes the tensor of a scaled strip: colours padded on the right, grey as it is.
func (r recogniser) input(strip *image.RGBA) Tensor {
	if r.grey {
		return Tensor{Shape: []int64{1, 1, int64(r.height), int64(strip.Rect.Dx())}, Data: inkAndPaper(strip)}
	}
	padded := bucket(strip.Rect.Dx())
	return Tensor{Shape: []int64{1, 3, int64(r.height), int64(padded)}, Data: recogniserInput(strip, padded)}
}

// recogniserInput makes the planes blue, green, red of v/127.5 − 1; the padding is 0, as in training.
func recogniserInput(strip *image.RGBA, width int) []float32 {
	var table [3][256]float32
	for c := range table {
		for v := range table[c] {
			table[c][v] = float32(v)/127.5 - 1
		}
	}
	return planesBGR(strip, width, &table)
}

// decode is the greedy reading: the best class of each step, repeats and blanks dropped (A. Graves and others, 2006).
func (l *Line) decode() {
	previous := 0
	var text strings.Builder
	for step, probs := range l.Probs {
		class := 0
		for c, p := range probs {
			if p > probs[class] {
				class = c
			}
		}
		p := float64(probs[class])
		switch {
		case class == 0:
		case class == previous:
			if last := &l.Chars[len(l.Chars)-1]; p > last.Prob {
				last.Prob, last.Step = p, step
			}
		default:
			l.Chars = append(l.Chars, Char{Rune: l.Alphabet[class], Prob: p, Step: step})
			text.WriteRune(l.Alphabet[class])
		}
		previous = class
	}
	l.Text = text.String()
	for _, c := range l.Chars {
		l.Confidence += c.Prob / float64(len(l.Chars))
	}
}

// RecogniseBoxes cuts and reads many boxes side by side; line i belongs to box i. Boxes too small to hold text give an
// empty Line. The first error ends all.
func (o *OCR) RecogniseBoxes(ctx context.Context, role string, img *image.RGBA, boxes []TextBox) ([]Line, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, ok := o.recognisers[role]
	if !ok {
		return nil, fmt.Errorf("the text recogniser %q was not loaded", role)
	}
	lines := make([]Line, len(boxes))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(o.models.turns.most+1, len(boxes)) { // one cuts out the next line while the networks run
		wg.Go(func() {
			for i := range next {
				w, h := boxes[i].Quad.Width(), boxes[i].Quad.Height()
				if !(w >= 1 && h >= 1) {
					continue // no text
				}
				strip, err := Rectify(img, boxes[i].Quad, r.width(w, h), r.height)
				if err != nil {
					continue // degenerate: no text
				}
				if lines[i], err = o.read(ctx, role, strip, w/h); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range boxes {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return lines, nil
}

// RecogniseEitherWay reads a box upright and upside down, and returns the surer reading with the quad that gave it.
func (o *OCR) RecogniseEitherWay(ctx context.Context, role string, img *image.RGBA, q Quad) (Line, Quad, error) {
	both := []TextBox{{Quad: q}, {Quad: q.Turn(2)}}
	lines, err := o.RecogniseBoxes(ctx, role, img, both)
	if err != nil {
		return Line{}, q, err
	}
	if lines[1].weight() > lines[0].weight() {
		return lines[1], both[1].Quad, nil
	}
	return lines[0], q, nil
}

// weight rates a reading: confidence counts for little when hardly a character was found.
func (l Line) weight() float64 {
	n := float64(len(l.Chars))
	return l.Confidence * n / (n + 2)
}

// orientationSamples is how many boxes vote; each costs two readings.
const orientationSamples = 4

// Orientation finds the clockwise turn that sets the page upright, from the boxes found on it: the longest of them vote,
// weighted by how sure the recogniser reads them each way round. Without boxes it is Rotate0.
func (o *OCR) Orientation(ctx context.Context, role string, img *image.RGBA, boxes []TextBox) (Rotation, error) {
	var votes [4]float64
	for _, box := range longest(boxes, orientationSamples) {
		both := []TextBox{{Quad: box.Quad}, {Quad: box.Quad.Turn(2)}}
		lines, err := o.RecogniseBoxes(ctx, role, img, both)
		if err != nil {
			return Rotate0, err
		}
		for i, line := range lines {
			// Text that reads at a quarter turn is set upright by the other three.
			quarter := int(math.Round(both[i].Quad.Angle()/(math.Pi/2))) + 4
			votes[(4-quarter%4)%4] += line.weight()
		}
	}
	best := 0
	for r, v := range votes {
		if v > votes[best] {
			best = r
		}
	}
	return Rotation(best), nil
}

// longest picks the n boxes with the longest reading side.
func longest(boxes []TextBox, n int) []TextBox {
	picked := append([]TextBox(nil), boxes...)
	for i := range min(n, len(picked)) {
		for j := i + 1; j < len(picked); j++ {
			if picked[j].Quad.Width() > picked[i].Quad.Width() {
				picked[i], picked[j] = picked[j], picked[i]
			}
		}
	}
	return picked[:min(n, len(picked))]
}

package vision

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/font/gofont/goregular"
)

func openOCR(tb testing.TB, roles ...string) *OCR {
	tb.Helper()
	o, err := NewOCR(openRoles(tb, roles...))
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

const (
	zoneLine1 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
	zoneLine2 = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
)

func TestAlphabetsFitTheirNetworks(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextRecogniser, RoleTextRecogniserV3, RoleTextRecogniserZH)
	for role, size := range map[string]int{RoleTextRecogniser: 97, RoleTextRecogniserV3: 97, RoleTextRecogniserZH: 6625} {
		a := o.recognisers[role].alphabet
		if len(a) != size || a[0] != 0 || a[size-1] != ' ' {
			t.Errorf("%s: %d classes, the last is %q", role, len(a), a[len(a)-1])
		}
	}
	for r := rune(' '); r <= '~'; r++ {
		if !strings.ContainsRune(string(o.recognisers[RoleTextRecogniser].alphabet), r) {
			t.Errorf("the English alphabet lacks %q", r)
		}
	}
}

// Reading rendered text back proves the order of the alphabet: one slip would shift every character after it.
func TestRecogniseReadsRenderedText(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextRecogniser, RoleTextRecogniserV3, RoleTextRecogniserZH)
	latin := []string{"0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "UTOPIA Passport No 4711", "12.08.1974", "user_name@example.org"}
	// The Chinese network does not tell k, l and m apart in this typeface, so it is spared the small letters in a row.
	english := append([]string{"abcdefghijklmnopqrstuvwxyz", "(a+b)*c=d/2-1", "50% & $20 #7!"}, latin...)
	for role, texts := range map[string][]string{RoleTextRecogniser: english, RoleTextRecogniserV3: english, RoleTextRecogniserZH: latin} {
		for _, text := range texts {
			line, err := o.Recognise(t.Context(), role, renderText(text, 40, color.Black))
			if err != nil {
				t.Fatal(err)
			}
			if squash(line.Text) != squash(text) || line.Confidence < 0.7 {
				t.Errorf("%s: %q read as %q, confidence %.2f", role, text, line.Text, line.Confidence)
			}
		}
	}
}

// squash drops spaces, which narrow type makes a matter of taste.
func squash(s string) string { return strings.ReplaceAll(s, " ", "") }

// The sample of ICAO 9303, part 4, in OCR-B.
func TestRecogniseReadsMachineReadableLines(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextRecogniser, RoleTextRecogniserV3)
	for _, role := range []string{RoleTextRecogniser, RoleTextRecogniserV3} {
		for _, text := range []string{zoneLine1, zoneLine2} {
			line, err := o.Recognise(t.Context(), role, renderFace(text, ocrB(t, 40), 40, color.Black))
			if err != nil {
				t.Fatal(err)
			}
			if d := editDistance(line.Text, text); d > 3 { // greedy reading; the grammar belongs to document
				t.Errorf("%s: %q read as %q, %d edits", role, text, line.Text, d)
			}
		}
	}
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func TestLineCarriesItsEvidence(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextRecogniser)
	strip := renderText("ABC 123", 40, color.Black)
	line, err := o.Recognise(t.Context(), RoleTextRecogniser, strip)
	if err != nil {
		t.Fatal(err)
	}
	width := o.recognisers[RoleTextRecogniser].width(float64(strip.Rect.Dx()), float64(strip.Rect.Dy()))
	if want := (width + 7) / 8; len(line.Probs) != want || line.Stride != 8 {
		t.Errorf("%d steps of %.1f pixels, want %d of 8", len(line.Probs), line.Stride, want)
	}
	last := -1
	for _, c := range line.Chars {
		if c.Step <= last || line.Alphabet[indexOf(line.Probs[c.Step])] != c.Rune || float64(line.Probs[c.Step][indexOf(line.Probs[c.Step])]) != c.Prob {
			t.Errorf("character %q does not come from its step %d", c.Rune, c.Step)
		}
		last = c.Step
	}
	blank, err := o.Recognise(t.Context(), RoleTextRecogniser, Crop(strip, image.Rect(0, 0, 10, 10)))
	if err != nil || blank.Text != "" || blank.Confidence != 0 {
		t.Errorf("white paper reads %q (%.2f), %v", blank.Text, blank.Confidence, err)
	}
	if _, err := o.Recognise(t.Context(), RoleTextRecogniserZH, strip); err == nil {
		t.Error("a recogniser that is not loaded was used")
	}
	if _, err := o.Recognise(t.Context(), RoleTextRecogniser, image.NewRGBA(image.Rectangle{})); err == nil {
		t.Error("an empty strip was read")
	}
}

func indexOf(probs []float32) int {
	best := 0
	for i, p := range probs {
		if p > probs[best] {
			best = i
		}
	}
	return best
}

// page draws a data page: fields above, the machine-readable zone below.
func page(tb testing.TB) (*image.RGBA, []string) {
	tb.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 1250, 880))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{225, 232, 228, 255}), image.Point{}, draw.Src)
	regular, zone := faceOf(goregular.TTF, 34), ocrB(tb, 40)
	fields := []string{"UTOPIA PASSPORT", "L898902C3", "ERIKSSON", "ANNA MARIA", "12 AUG 1974", "15 APR 2012"}
	for i, text := range fields {
		drawText(img, regular, text, 500, 90+i*95, color.RGBA{20, 20, 40, 255})
	}
	drawText(img, zone, zoneLine1, 60, 740, color.Black)
	drawText(img, zone, zoneLine2, 60, 815, color.Black)
	return img, append(fields, zoneLine1, zoneLine2)
}

// wantLines reads every box and asks that each text was found, give or take a few characters in long lines.
func wantLines(t *testing.T, o *OCR, img *image.RGBA, texts []string) []TextBox {
	t.Helper()
	boxes, err := o.DetectText(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := o.RecogniseBoxes(t.Context(), RoleTextRecogniser, img, boxes)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, l := range lines {
		all = append(all, strings.ToUpper(squash(l.Text))) // OCR-B confuses the networks about case
	}
	for _, text := range texts {
		best := len(text)
		for _, got := range all {
			best = min(best, editDistance(got, strings.ToUpper(squash(text))))
		}
		if best > len(text)/8 {
			t.Errorf("%q was not found in %q", text, all)
		}
	}
	return boxes
}

func TestDetectAndReadPage(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextDetector, RoleTextRecogniser)
	img, texts := page(t)
	boxes := wantLines(t, o, img, texts)
	for i, b := range boxes {
		if b.Score < 0.5 || b.Score > 1 || math.Abs(b.Quad.Angle()) > 0.05 {
			t.Errorf("box %v: score %.2f, angle %.2f", b.Quad, b.Score, b.Quad.Angle())
		}
		if i > 0 && b.Quad.Centre().Y < boxes[i-1].Quad.Centre().Y {
			t.Error("boxes are not sorted from top to bottom")
		}
	}
	second, err := o.DetectTextWith(t.Context(), img, SecondPass())
	if err != nil || len(second) < len(texts) {
		t.Errorf("second pass: %d boxes, %v", len(second), err)
	}
	white, err := o.DetectText(t.Context(), Crop(img, image.Rect(0, 0, 400, 400)))
	if err != nil || len(white) != 0 {
		t.Errorf("bare paper: %v, %v", white, err)
	}
	if _, err := o.DetectText(t.Context(), image.NewRGBA(image.Rectangle{})); err == nil {
		t.Error("an empty picture was searched")
	}
}

func TestDetectAndReadTiltedPage(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextDetector, RoleTextRecogniser)
	img, texts := page(t)
	const angle = 12 * math.Pi / 180
	s, c := math.Sincos(angle)
	// Turn about the middle; the frame grows so that nothing is cut off.
	m := Affine{c, s, 625 - c*700 - s*560, -s, c, 440 + s*700 - c*560}
	tilted := WarpBorder(img, m, 1400, 1120, Replicate)
	boxes := wantLines(t, o, tilted, texts)
	for _, b := range longest(boxes, 2) {
		if math.Abs(b.Quad.Angle()-angle) > 0.02 {
			t.Errorf("a line tilted by %.3f was found at %.3f", angle, b.Quad.Angle())
		}
	}
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextDetector, RoleTextRecogniser)
	img, _ := page(t)
	img = Fit(img, 960) // four passes of the detector: small is enough
	for turn := Rotate0; turn <= Rotate270; turn++ {
		turned := Rotate(img, turn)
		boxes, err := o.DetectText(t.Context(), turned)
		if err != nil {
			t.Fatal(err)
		}
		fix, err := o.Orientation(t.Context(), RoleTextRecogniser, turned, boxes)
		if err != nil || fix != (4-turn)%4 {
			t.Errorf("page turned by %d quarters: fix is %d, want %d (%v)", turn, fix, (4-turn)%4, err)
		}
		if turn != Rotate180 {
			continue
		}
		box := longest(boxes, 1)[0]
		line, quad, err := o.RecogniseEitherWay(t.Context(), RoleTextRecogniser, turned, box.Quad)
		if err != nil || quad != box.Quad.Turn(2) || min(editDistance(strings.ToUpper(line.Text), zoneLine1), editDistance(strings.ToUpper(line.Text), zoneLine2)) > 5 {
			t.Errorf("upside down: %q, %v", line.Text, err)
		}
	}
	if fix, err := o.Orientation(t.Context(), RoleTextRecogniser, img, nil); fix != Rotate0 || err != nil {
		t.Errorf("without boxes: %d, %v", fix, err)
	}
}

func TestOCRStopsWithItsContext(t *testing.T) {
	t.Parallel()
	o := openOCR(t, RoleTextDetector, RoleTextRecogniser)
	img, _ := page(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.DetectText(ctx, img); !errors.Is(err, context.Canceled) {
		t.Errorf("detector: %v", err)
	}
	boxes := make([]TextBox, 20)
	for i := range boxes {
		boxes[i].Quad = Quad{{0, 0}, {100, 0}, {100, 40}, {0, 40}}
	}
	if _, err := o.RecogniseBoxes(ctx, RoleTextRecogniser, img, boxes); !errors.Is(err, context.Canceled) {
		t.Errorf("recogniser: %v", err)
	}
	lines, err := o.RecogniseBoxes(t.Context(), RoleTextRecogniser, img, []TextBox{{}, {Quad: Quad{{math.NaN(), 0}}}})
	if err != nil || len(lines) != 2 || lines[0].Text != "" {
		t.Errorf("boxes without area: %v, %v", lines, err)
	}
}

func TestFindBoxesInAMap(t *testing.T) {
	t.Parallel()
	m := probabilityMap{data: make([]float32, 64*48), w: 64, h: 48}
	fill := func(r image.Rectangle, p float32) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				m.data[y*m.w+x] = p
			}
		}
	}
	fill(image.Rect(10, 10, 40, 16), 0.9) // a line
	fill(image.Rect(2, 40, 5, 43), 0.9)   // 9 pixels: noise
	fill(image.Rect(50, 30, 54, 46), 0.4) // seen, but unsure
	for i := range 3 {                    // one part only by its corners
		fill(image.Rect(10+6*i, 20+6*i, 16+6*i, 26+6*i), 0.9)
	}
	boxes := findBoxes(m, FirstPass())
	if len(boxes) != 1 {
		t.Fatalf("%d boxes, want 1: %v", len(boxes), boxes)
	}
	grow := 30.0 * 6 * 1.6 / (2 * 36)
	want := Quad{{10 - grow, 10 - grow}, {40 + grow, 10 - grow}, {40 + grow, 16 + grow}, {10 - grow, 16 + grow}}
	for i, p := range boxes[0].Quad {
		if p.Sub(want[i]).Len() > 1e-6 {
			t.Errorf("corner %d at %v, want %v", i, p, want[i])
		}
	}
	if math.Abs(boxes[0].Score-0.9) > 1e-6 {
		t.Errorf("score %v", boxes[0].Score)
	}
	loose := findBoxes(m, SecondPass())
	if len(loose) != 3 {
		t.Fatalf("%d boxes in the second pass, want 3: %v", len(loose), loose)
	}
	if angle := loose[1].Quad.Angle(); math.Abs(angle-math.Pi/4) > 1e-6 {
		t.Errorf("angle of the diagonal %v", angle)
	}
}

func TestPlanesAreBlueGreenRed(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 1, 2))
	img.SetRGBA(0, 1, color.RGBA{255, 51, 0, 255})
	got := recogniserInput(img, 2) // second column is padding
	want := []float32{-1, 0, -1, 0, -1, 0, -0.6, 0, -1, 0, 1, 0}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Fatalf("recogniser planes %v, want %v", got, want)
		}
	}
	detector := detectorInput(img) // the network's own mean of "red" stands on blue
	for i, want := range map[int]float64{1: (0 - 0.485) / 0.229, 3: (0.2 - 0.456) / 0.224, 5: (1 - 0.406) / 0.225} {
		if math.Abs(float64(detector[i])-want) > 1e-5 {
			t.Errorf("detector plane value %d is %f, want %f", i, detector[i], want)
		}
	}
}

func TestAlongText(t *testing.T) {
	t.Parallel()
	box := func(w, h, degrees float64) Quad {
		s, c := math.Sincos(degrees * math.Pi / 180)
		return Quad{{-w, -h}, {w, -h}, {w, h}, {-w, h}}.Map(Affine{c, -s, 0, s, c, 0})
	}
	for _, c := range []struct{ w, h, degrees, want float64 }{
		{50, 5, 0, 0}, {50, 5, 180, 0}, {50, 5, 30, 30}, {50, 5, 210, 30}, {50, 5, -30, -30},
		{5, 50, 0, 90}, {50, 5, 90, 90}, {50, 5, -90, 90}, {50, 5, 269.8, 89.8}, {6, 5, 0, 0}, {5, 6, 10, 10}, {6, 5, 90, 0},
	} {
		got := alongText(box(c.w, c.h, c.degrees)).Angle() * 180 / math.Pi
		if math.Abs(got-c.want) > 0.3 {
			t.Errorf("%v: angle %.1f", c, got)
		}
	}
}

func BenchmarkDetectText(b *testing.B) {
	o := openOCR(b, RoleTextDetector)
	img, _ := page(b)
	for b.Loop() {
		if _, err := o.DetectText(b.Context(), img); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDetectorWithoutNetwork(b *testing.B) {
	o := openOCR(b, RoleTextDetector)
	img, _ := page(b)
	w, h := FirstPass().inputSize(img.Rect.Dx(), img.Rect.Dy())
	small := Resize(img, w, h)
	out, err := o.models.Run(b.Context(), RoleTextDetector, Tensor{Shape: []int64{1, 3, int64(h), int64(w)}, Data: detectorInput(small)})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("input", func(b *testing.B) {
		for b.Loop() {
			_ = detectorInput(Resize(img, w, h))
		}
	})
	b.Run("boxes", func(b *testing.B) {
		for b.Loop() {
			_ = findBoxes(probabilityMap{data: out[0].Data, w: w, h: h}, FirstPass())
		}
	})
}

func BenchmarkRecogniseLine(b *testing.B) {
	o := openOCR(b, RoleTextRecogniser, RoleTextRecogniserV3, RoleTextRecogniserZH)
	strip := renderFace(zoneLine1, ocrB(b, 40), 40, color.Black)
	for _, role := range []string{RoleTextRecogniser, RoleTextRecogniserV3, RoleTextRecogniserZH} {
		b.Run(role, func(b *testing.B) {
			for b.Loop() {
				if _, err := o.Recognise(b.Context(), role, strip); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

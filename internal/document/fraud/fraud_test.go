package fraud

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// canvas is a grey picture with noise, and a page that fills most of it.
func canvas(seed uint64) (*image.RGBA, vision.Quad) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 960, 720))
	for i := 0; i < len(img.Pix); i += 4 {
		v := 150 + 4*rnd.NormFloat64()
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = uint8(v+20), uint8(v), uint8(v-20), 255
	}
	return img, vision.Quad{{X: 60, Y: 60}, {X: 900, Y: 60}, {X: 900, Y: 650}, {X: 60, Y: 650}}
}

func score(scores []Score, t Test) (Score, bool) {
	i := slices.IndexFunc(scores, func(s Score) bool { return s.Test == t })
	if i < 0 {
		return Score{}, false
	}
	return scores[i], true
}

func box(x, y, w, h float64) vision.Quad {
	return vision.Quad{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + h}, {X: x, Y: y + h}}
}

func fiveValues() (out []Value) {
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		out = append(out, Value{name, box(420, 100+80*float64(i), 240, 34)})
	}
	return out
}

// What a test needs and does not get makes it absent, never passed.
func TestAbsent(t *testing.T) {
	t.Parallel()
	img, page := canvas(1)
	none := ""
	for _, c := range []struct {
		name string
		in   Input
		want []Test
	}{
		{"nothing known", Input{Picture: img}, nil},
		{"only the file", Input{Picture: img, Editor: &none}, []Test{Writer}},
		{"a page too small", Input{Picture: img, Page: box(60, 60, 300, 200)}, nil},
		{"a page", Input{Picture: img, Page: page}, []Test{Grey, Grid, Dots, Body}},
		{"too few values", Input{Picture: img, Page: page, Values: fiveValues()[:3]}, []Test{Grey, Grid, Dots, Body}},
		{"values", Input{Picture: img, Page: page, Values: fiveValues()}, []Test{Grey, Grid, Dots, Body, Noise, Twin}},
	} {
		var got []Test
		for _, s := range Examine(c.in) {
			got = append(got, s.Test)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestGridOfAScreen(t *testing.T) {
	t.Parallel()
	img, page := canvas(2)
	plain := Examine(Input{Picture: img, Page: page})
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() { // stripes of 3.4 pixels, red against blue
			wave := 14 * math.Sin(2*math.Pi*(float64(x)*0.97+float64(y)*0.24)/3.4)
			p := img.Pix[y*img.Stride+4*x:]
			p[0], p[2] = uint8(float64(p[0])+wave), uint8(float64(p[2])-wave)
		}
	}
	striped := Examine(Input{Picture: img, Page: page})
	was, _ := score(plain, Grid)
	is, ok := score(striped, Grid)
	if !ok || is.Value < was.Value+1 {
		t.Errorf("stripes score %.2f, plain noise %.2f", is.Value, was.Value)
	}
	if Picture(Input{Picture: img, Page: page}, is) == nil {
		t.Error("the score has no picture")
	}
}

func TestGreyPage(t *testing.T) {
	t.Parallel()
	img, page := canvas(3)
	for y := 100; y < 300; y++ { // something coloured on it
		for x := 100; x < 400; x++ {
			img.Pix[y*img.Stride+4*x+1] -= 40
		}
	}
	coloured, _ := score(Examine(Input{Picture: img, Page: page}), Grey)
	for i := 0; i < len(img.Pix); i += 4 { // a warm light on a grey page
		v := float64(img.Pix[i+1])
		img.Pix[i], img.Pix[i+2] = uint8(v*1.1), uint8(v*0.85)
	}
	grey, _ := score(Examine(Input{Picture: img, Page: page}), Grey)
	if grey.Value < coloured.Value+0.7 {
		t.Errorf("grey scores %.2f, coloured %.2f", grey.Value, coloured.Value)
	}
}

func TestOneValuePaintedOver(t *testing.T) {
	t.Parallel()
	img, page := canvas(4)
	in := Input{Picture: img, Page: page, Values: fiveValues()}
	before, _ := score(Examine(in), Noise)
	for y := 256; y < 300; y++ {
		for x := 410; x < 670; x++ {
			copy(img.Pix[y*img.Stride+4*x:], []uint8{170, 150, 130})
		}
	}
	after, _ := score(Examine(in), Noise)
	if after.Value < before.Value+1 || after.Of != "c" {
		t.Errorf("painted over scores %.2f at %q, before %.2f", after.Value, after.Of, before.Value)
	}
}

func TestTwoValuesOfTheSamePixels(t *testing.T) {
	t.Parallel()
	img, page := canvas(5)
	in := Input{Picture: img, Page: page, Values: fiveValues()}
	before, _ := score(Examine(in), Twin)
	part := vision.Crop(img, image.Rect(415, 95, 665, 140))
	for y := range part.Rect.Dy() { // set off by three and two pixels
		copy(img.Pix[img.PixOffset(418, 257+y):], part.Pix[y*part.Stride:][:4*part.Rect.Dx()])
	}
	after, _ := score(Examine(in), Twin)
	if before.Value > 0.4 || after.Value < 0.95 || after.Of != "c" {
		t.Errorf("a copy scores %.2f at %q, before %.2f", after.Value, after.Of, before.Value)
	}
}

// The steps of a first compression are found, and a region without them is told.
func TestHistory(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(6, 1))
	quantised := func(step float64) (out []coefficients) {
		for range 800 {
			var c coefficients
			for k := range c {
				c[k] = math.Round(30*rnd.NormFloat64()/step)*step + rnd.NormFloat64()*0.5
			}
			out = append(out, c)
		}
		return out
	}
	s, found := earlier(quantised(11))
	if !found || s[0].size != 11 || s[4].size != 11 {
		t.Fatalf("found %v: %v", found, s)
	}
	same, errors, _ := s.agreement(quantised(11)[:20])
	other, gap, _ := s.agreement(quantised(1)[:20])
	if math.Abs(same-1) > 0.2 || errors > 3 || other > 0.4 || suspicion(other, gap) < 5 {
		t.Errorf("same steps %.2f (%.1f), others %.2f (%.1f)", same, errors, other, gap)
	}
	if _, found := earlier(quantised(1)); found {
		t.Error("steps were found where there are none")
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	limits := Limits{Noise: {kyc.LevelNormal: 1, kyc.LevelStrict: 0.5}, Twin: {kyc.LevelNormal: 0.8, kyc.LevelStrict: 0.7}}
	check := Check{"isFieldsModified", []Test{Noise, Twin}}
	scores := []Score{{Test: Noise, Value: 0.7}, {Test: Twin, Value: 0.1}, {Test: Grid, Value: 99}}
	if v, ok := limits.Judge(check, kyc.LevelNormal, scores); !ok || !v.Passed {
		t.Errorf("normal: %v %+v", ok, v)
	}
	if v, ok := limits.Judge(check, kyc.LevelStrict, scores); !ok || v.Passed || v.Score.Test != Noise {
		t.Errorf("strict: %v %+v", ok, v)
	}
	if _, ok := limits.Judge(check, kyc.LevelOff, scores); ok {
		t.Error("what is off was computed")
	}
	if _, ok := limits.Judge(check, kyc.LevelNormal, scores[2:]); ok {
		t.Error("a check without its scores was computed")
	}
}

// Every check that a scenario can choose has limits that grow stricter.
func TestLimits(t *testing.T) {
	t.Parallel()
	limits, err := Measured()
	if err != nil {
		t.Fatal(err)
	}
	var captions []string
	for _, c := range Checks() {
		captions = append(captions, c.Caption)
		for _, test := range c.Tests {
			l := limits[test]
			if len(l) != 3 || l[kyc.LevelLenient] < l[kyc.LevelNormal] || l[kyc.LevelNormal] < l[kyc.LevelStrict] {
				t.Errorf("%s: %v", test, l)
			}
		}
	}
	var offered []string
	for _, c := range kyc.FraudChecks() {
		offered = append(offered, c.Caption)
	}
	if !slices.Equal(captions, offered) {
		t.Errorf("computed %v, offered %v", captions, offered)
	}
}

func BenchmarkExamine(b *testing.B) {
	img, page := canvas(7)
	big := vision.Resize(img, 1920, 1440)
	in := Input{Picture: big, Editor: new(string), Face: box(200, 300, 200, 240)}
	for i := range page {
		in.Page[i] = page[i].Scale(2)
	}
	for _, v := range fiveValues() {
		for i := range v.Quad {
			v.Quad[i] = v.Quad[i].Scale(2)
		}
		in.Values = append(in.Values, v)
	}
	for b.Loop() {
		Examine(in)
	}
}

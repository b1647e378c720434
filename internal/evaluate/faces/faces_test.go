package faces

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told reads vectors of two numbers from files that hold nothing else.
type told struct{}

func (told) Model() string { return "told-1" }

func (told) ReadFace(_ context.Context, file []byte) (Face, error) {
	var x, y float32
	switch n, _ := fmt.Sscan(string(file), &x, &y); {
	case string(file) == "broken":
		return Face{}, errors.New("out of order")
	case n < 2:
		return Face{Note: "no face"}, nil
	}
	return Face{Vector: []float32{x, y}, Crop: image.NewGray(image.Rect(0, 0, 8, 8))}, nil
}

// write makes a folder of pictures.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestParsePairs(t *testing.T) {
	t.Parallel()
	have, err := ParsePairs([]byte("\ufefffirst,second,same person,by\na.jpg, b.jpg ,1,me\n\"sub/c,1.png\",d.jpg,Different\na.jpg,c.jpg,genuine\n"))
	want := []Pair{{"a.jpg", "b.jpg", true}, {"sub/c,1.png", "d.jpg", false}, {"a.jpg", "c.jpg", true}}
	if err != nil || !cmp.Equal(have, want) {
		t.Errorf("%v %s", err, cmp.Diff(want, have))
	}
	if have, err := ParsePairs([]byte("a,b,same\na,c,no\nd,b,yes\n")); err != nil || len(have) != 2 {
		t.Errorf("the names of the columns were taken for a pair: %v %v", have, err)
	}
	for text, says := range map[string]string{
		"":                     "empty",
		"a,b,same\nc,d,same\n": "no pair of two persons",
		"a,b,0\n":              "no pair of one person",
		"a,b,1\nc,d\n":         "line 2 of the list of pairs: needs a picture, another one",
		"a,b,1\nc,d,maybe\n":   `line 2 of the list of pairs: the third field must be same or different, not "maybe"`,
		"a,b,1\n../c,d,0\n":    `"../c" is not the name of a picture`,
		"a,b,1\nc,c,0\n":       "a picture is always like itself",
		"a,b,1\n\nb,a,0\n":     "line 3 of the list of pairs names the same two pictures as line 1",
		"a,b,1\n\"c,d,0\n":     "is not CSV",
	} {
		if _, err := ParsePairs([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

// TestFigures holds the measures against what can be counted by hand: genuine
// distances 1, 2, 3, 6 and one never compared; impostors 4, 5, 7, 8.
func TestFigures(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"o": "0 0", "1": "1 0", "2": "2 0", "3": "0 3", "4": "0 4", "5": "5 0", "6": "0 6", "7": "7 0", "8": "0 8", "none": "?", "broken": "broken"})
	pairs, err := ParsePairs([]byte("o,1,1\no,2,1\no,3,1\no,6,1\no,none,1\no,4,0\no,5,0\no,7,0\no,8,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), told{}, Options{Pairs: pairs, Dir: dir, Jobs: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Pictures != 10 || r.NoFace != 1 || r.Genuine != 5 || r.Impostor != 4 {
		t.Errorf("%+v", r.Figures)
	}
	// Of 20 pairs of pairs 12 + 2 are in order; the one never compared stands half behind
	// impostors that are all compared, by the straight line to the corner: 0.
	if want := 14.0 / 20; math.Abs(r.AUC.Value-want) > 1e-12 {
		t.Errorf("AUC %v, want %v", r.AUC.Value, want)
	}
	for far, want := range map[float64][2]float64{0.1: {3, 0.6}, 0.25: {4, 0.6}, 0.5: {6, 0.8}, 0.75: {7, 0.8}} {
		if p := r.At(far); p.Distance != want[0] || p.TAR.Value != want[1] {
			t.Errorf("at %v: %+v, want %v", far, p, want)
		}
	}
	if p := r.Points[0]; p.Measurable {
		t.Errorf("1 %% was told from four pairs: %+v", p)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "cannot be told from 4 pairs of two persons; 100 are needed") {
		t.Errorf("%v\n%s", err, &text)
	}
}

// people draws vectors of many people, three pictures each.
func people(t *testing.T, spread float64) (dir string, pairs []Pair) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	files := map[string]string{}
	var names []string
	for p := range 60 {
		x, y := 10*random.Float64(), 10*random.Float64()
		for shot := range 3 {
			name := fmt.Sprintf("%02d-%d", p, shot)
			files[name] = fmt.Sprint(x+spread*random.NormFloat64(), y+spread*random.NormFloat64())
			names = append(names, name)
		}
	}
	for i, a := range names {
		for _, b := range names[i+1:] {
			pairs = append(pairs, Pair{a, b, a[:2] == b[:2]})
		}
	}
	return write(t, files), pairs
}

// TestManyPeople: estimates lie within their intervals, the equal error rate is
// where both errors are equal, and a calibration keeps the wished rates.
func TestManyPeople(t *testing.T) {
	t.Parallel()
	dir, pairs := people(t, 0.3)
	r, err := Run(t.Context(), told{}, Options{Pairs: pairs, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Estimate{"AUC": r.AUC, "EER": r.EER, "TAR at 1 %": r.Points[0].TAR, "TAR at 0.1 %": r.Points[1].TAR} {
		if !(e.Low < e.Value && e.Value < e.High && e.High-e.Low < 0.4) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	accepted := func(d float64, same bool) (share float64) {
		n := 0.0
		for _, p := range r.pairs {
			if p.Same == same {
				n++
				if p.distance <= d {
					share++
				}
			}
		}
		return share / n
	}
	for _, s := range newCurve(r.pairs, nil).steps {
		if s.far >= 1-s.tar {
			if far, frr := accepted(s.distance, false), 1-accepted(s.distance, true); math.Abs(far-r.EER.Value) > 0.01 || math.Abs(frr-r.EER.Value) > 0.01 {
				t.Errorf("EER %v, but there %v and %v", r.EER.Value, far, frr)
			}
			break
		}
	}
	cal, err := r.Calibration(time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	if err != nil || cal.Fault() != "" {
		t.Fatalf("%v %s", err, cal.Fault())
	}
	for _, far := range []float64{0.1, 0.03, 0.01, 0.001} {
		d, ok := cal.DistanceAt(far)
		if have := accepted(d, false); !ok || have > far || have < far/4 {
			t.Errorf("wished %v, got %v at %v", far, have, d)
		}
	}
	if _, ok := cal.DistanceAt(1e-5); ok || cal.Refuses(1e-5) == "" || cal.Rates[len(cal.Rates)-1].FAR < 1/float64(r.Impostor) {
		t.Errorf("a rate was promised that %d pairs cannot show", r.Impostor)
	}
	if near, far := cal.Percent(0.1), cal.Percent(5); near < 85 || far > 5 {
		t.Errorf("%v %% near, %v %% far", near, far)
	}
}

// TestNoCalibration: pictures that say nothing give none, nor do too few pairs.
func TestNoCalibration(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a": "0 0", "b": "9 0", "c": "0 1", "d": "0 2"})
	for _, list := range []string{"a,b,1\na,c,0\na,d,0\n", "a,c,1\na,b,0\n"} {
		pairs, err := ParsePairs([]byte(list))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), told{}, Options{Pairs: pairs, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if cal, err := r.Calibration(time.Now()); err == nil {
			t.Errorf("%q: %+v", list, cal)
		}
	}
}

// TestPage: it holds together without anything from elsewhere, and shows what
// went wrong.
func TestPage(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a": "0 0", "b": "1 0", "<c>": "0 1", "broken": "broken"})
	pairs, err := ParsePairs([]byte("a,b,1\na,<c>,0\na,broken,1\nb,gone,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), told{}, Options{Pairs: pairs, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := r.WritePage(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a and &lt;c&gt;", "the reader failed: out of order", "gone: cannot be read", "<svg", "data:image/jpeg;base64,", "default-src 'none'"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.String(), "ZgotmplZ") || strings.Contains(page.String(), "<c>") || strings.Contains(page.String(), "NaN") {
		t.Error("something is not escaped, or no number")
	}
	if _, err := Run(t.Context(), told{}, Options{Pairs: pairs, Dir: t.TempDir()}); err == nil {
		t.Error("an empty folder was measured")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ended, told{}, Options{Pairs: pairs, Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

package ages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
)

// told reads age and probability of male from files that hold nothing else.
type told struct{}

func (told) AgeModel() string { return "told-1" }

func (told) ReadAge(_ context.Context, file []byte) (Guess, error) {
	var a kyc.Appearance
	switch n, _ := fmt.Sscan(string(file), &a.Age, &a.Male); {
	case string(file) == "broken":
		return Guess{}, errors.New("out of order")
	case n < 2:
		return Guess{Note: "no face"}, nil
	}
	return Guess{Appearance: &a}, nil
}

func TestParsePeople(t *testing.T) {
	t.Parallel()
	have, err := ParsePeople([]byte("\ufeffpicture,age,sex\na.jpg, 34 ,F,more\nsub/b.png,7.5\nc.jpg,80,x\nd.jpg,61,Муж\n"))
	want := []Person{{"a.jpg", 34, female}, {"sub/b.png", 7.5, ""}, {"c.jpg", 80, ""}, {"d.jpg", 61, male}}
	if err != nil || !cmp.Equal(have, want) {
		t.Errorf("%v %s", err, cmp.Diff(want, have))
	}
	for text, says := range map[string]string{
		"":                       "empty",
		"picture,age,sex\n":      "empty",
		"a.jpg,34\na.jpg,35\n":   "line 2 of the list of people names the same picture as line 1",
		"a.jpg,1974,m\n":         "line 1",
		"a.jpg,-3\n":             "not an age",
		"a.jpg,NaN\nb.jpg,NaN\n": "line 2",
		"a.jpg,3\nb.jpg,old\n":   "line 2",
		"a.jpg,3,boy\n":          "the third field",
		"../a.jpg,3\n":           "in the folder",
		"a.jpg\n":                "needs a picture",
		"a.jpg,\"3\n":            "not CSV",
	} {
		if _, err := ParsePeople([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func run(t *testing.T, files map[string]string, list string) (*Report, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	people, err := ParsePeople([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), told{}, Options{People: people, Dir: dir, Jobs: 2, Rules: kyc.Thresholds{AgeTolerance: 25, GenderCertainty: 98}})
}

// Figures are those that a hand would get.
func TestReport(t *testing.T) {
	t.Parallel()
	r, err := run(t, map[string]string{"a": "40 0.999", "b": "20 0.001", "c": "60 0.001", "d": "50 0.6", "e": "nobody", "f": "broken"},
		"a,30,m\nb,30,f\nc,30,m\nd,90,f\ne,30,m\nf,30,m\ngone,30,m\n")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]Group{}
	for _, g := range r.Groups {
		groups[g.Name] = g
	}
	all, young, old := groups["everybody"], groups["29 to 40"], groups["80 and older"]
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if r.Pictures != 7 || r.NoFace != 3 || len(r.Groups) != 5 || all.People != 4 || !near(all.Error.Value, 90./4) || !near(all.Bias.Value, -10./4) || all.Refused.Hits != 1 || all.Refused.All != 4 {
		t.Errorf("%+v", r)
	}
	if !near(young.Error.Value, 50./3) || !near(young.Bias.Value, 10) || young.Authors != 5.43 || young.Refused.Hits != 1 || young.Error.Low > young.Error.Value || young.Error.High < young.Error.Value {
		t.Errorf("%+v", young)
	}
	if old.Refused.Hits != 0 || old.Gender.Silent != 1 || old.Authors != 9.91 { // 40 years of the 45.6 that are tolerated at that age
		t.Errorf("%+v", old)
	}
	if all.Gender.Wrong.Hits != 2 || all.Gender.Wrong.All != 4 || all.Gender.Failed.Hits != 1 || all.Gender.Failed.All != 3 || all.Gender.Silent != 1 {
		t.Errorf("%+v", all.Gender)
	}
	var text, js bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WriteJSON(&js)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"gone: is not there", "e: no face", "f: the reader failed: out of order", "22.50 (", "1 of 4 (", "+10.00 ("} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String()+js.String(), "NaN") || strings.Contains(text.String(), "would have refused") {
		t.Errorf("a figure that four people cannot tell:\n%s", text.String())
	}
}

// A wished share is told from as many people as it needs.
func TestWishes(t *testing.T) {
	t.Parallel()
	files, list := map[string]string{}, ""
	for i := range 200 {
		name := fmt.Sprintf("p%d", i)
		files[name] = fmt.Sprintf("%g 0.999", 30+float64(i)/10)
		list += name + ",30,m\n"
	}
	r, err := run(t, files, list)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Wishes) != 2 || math.Abs(r.Wishes[0].Tolerance-18.9) > 1e-9 || math.Abs(r.Wishes[1].Tolerance-19.7) > 1e-9 {
		t.Errorf("%+v", r.Wishes)
	}
}

func TestNothingToMeasure(t *testing.T) {
	t.Parallel()
	if _, err := run(t, nil, "a,30,m\n"); err == nil || !strings.Contains(err.Error(), "a: is not there") {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ended, told{}, Options{People: []Person{{"a", 3, ""}}, Dir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

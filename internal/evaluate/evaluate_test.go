package evaluate

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	upper = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
	lower = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
)

func TestParseTruthUnderstandsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	both := `"` + upper + `","` + lower + `"`
	for name, text := range map[string]string{
		"arrays":      `{"a.jpg": [` + both + `]}`,
		"break":       `{"a.jpg": "` + upper + `\n` + lower + `\n"}`,
		"return":      `{"a.jpg": "` + upper + `\r\n` + lower + `"}`,
		"caret":       `{"a.jpg": "` + upper + `^` + lower + `"}`,
		"nothing":     `{"a.jpg": "` + upper + lower + `"}`,
		"one element": `{"a.jpg": ["` + upper + lower + `"]}`,
		"lower case":  `{"a.jpg": "` + strings.ToLower(upper) + ` \n ` + lower + `"}`,
		"list":        `[{"file": "a.jpg", "mrz": [` + both + `], "format": "TD3"}]`,
		"image, text": `[{"image": "a.jpg", "text": "` + upper + `\n` + lower + `"}]`,
		"path, lines": `[{"path": "a.jpg", "lines": [` + both + `]}]`,
		"entries":     `{"a.jpg": {"mrz": [` + both + `]}}`,
		"wrapped":     `{"version": 1, "images": [{"file": "a.jpg", "mrz": [` + both + `]}]}`,
		"byte order":  "\ufeff" + `{"a.jpg": [` + both + `]}`,
	} {
		got, err := ParseTruth([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff([]Specimen{{File: "a.jpg", Lines: []string{upper, lower}, Format: "TD3"}}, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	for _, none := range []string{`{"a.jpg": null}`, `{"a.jpg": ""}`, `{"a.jpg": []}`, `[{"file": "a.jpg", "mrz": null}]`} {
		if got, err := ParseTruth([]byte(none)); err != nil || len(got) != 1 || len(got[0].Lines) != 0 || got[0].Format != None {
			t.Errorf("%s: %v, %v", none, got, err)
		}
	}
}

func TestParseTruthSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                    "empty",
		`{"a.jpg": `:          "not JSON",
		`"a.jpg"`:             "must be a JSON object",
		`{}`:                  "names no picture",
		`{"a.jpg": 7}`:        `"a.jpg"`,
		`[7]`:                 "entry 1",
		`[{"mrz": "X"}]`:      "no file name",
		`[{"file": "a.jpg"}]`: "has no lines",
		`[{"file":"a","mrz":"X"},{"file":"a","mrz":"Y"}]`: "twice",
	} {
		if _, err := ParseTruth([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// scripted answers by the file's content.
type scripted map[string]Zone

func (s scripted) ReadZone(_ context.Context, file []byte) (Zone, error) {
	switch string(file) {
	case "breaks":
		panic("index out of range")
	case "fails":
		return Zone{}, errors.New("model lost")
	}
	return s[string(file)], nil
}

func measured(t *testing.T) *Report {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"good", "wrong", "doubt", "none", "false", "breaks", "fails"} {
		if err := os.WriteFile(filepath.Join(dir, name+".JPG"), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	printed := []string{upper, lower}
	other := []string{upper, strings.Replace(lower, "7408122", "7408123", 1)}
	strip := image.NewRGBA(image.Rect(0, 0, 40, 8))
	reader := scripted{
		"good":  {Found: true, Accepted: true, Lines: printed, Format: "TD3", Strips: []image.Image{strip}},
		"wrong": {Found: true, Accepted: true, Lines: other, Format: "TD3", Strips: []image.Image{strip}},
		"doubt": {Found: true, Lines: []string{upper, lower[1:]}, Format: "TD3", Doubts: [][2]int{{1, 3}}},
		"false": {Found: true, Lines: printed, Format: "TD3"},
	}
	var truth []Specimen
	for _, name := range []string{"good", "wrong", "doubt", "none", "false", "breaks", "fails", "absent"} {
		s := Specimen{File: name + ".jpg", Lines: printed, Format: "TD3", Difficulty: "easy"} // the case differs from the folder's
		if name == "none" || name == "false" {
			s.Lines, s.Format = nil, None
		}
		truth = append(truth, s)
	}
	said := 0
	r, err := Run(t.Context(), reader, Options{Truth: truth, Dir: dir, Jobs: 2, Progress: func(int, int) { said++ }})
	if err != nil {
		t.Fatal(err)
	}
	if said != len(truth) {
		t.Errorf("progress was told %d times", said)
	}
	return r
}

func TestPicturesOfMissesAloneAreKept(t *testing.T) {
	t.Parallel()
	for _, x := range measured(t).Results {
		if kept := len(x.Strips) > 0; kept != strings.HasPrefix(x.File, "wrong") {
			t.Errorf("%s: pictures are kept: %v", x.File, kept)
		}
	}
}

func TestRunCountsEveryPictureAndSurvivesBadOnes(t *testing.T) {
	t.Parallel()
	f := measured(t).Summary()[0]
	want := Figures{Group: "all", Pictures: 6, Found: 3, Exact: 1, Accepted: 2, Wrong: 1, Blank: 2, FalseFound: 1, ErrorRate: (1 + 1 + 3*88.0) / (6 * 88)} // one changed, one dropped, three that gave nothing
	f.P50, f.P95, f.WrongLow, f.WrongHigh, f.ExactLow, f.ExactHigh = 0, 0, 0, 0, 0, 0
	if math.Abs(f.ErrorRate-want.ErrorRate) > 1e-9 {
		t.Errorf("character error rate %v, want %v", f.ErrorRate, want.ErrorRate)
	}
	f.ErrorRate = want.ErrorRate
	if d := cmp.Diff(want, f); d != "" {
		t.Errorf("figures (-want +got):\n%s", d)
	}
}

func TestRunFailsOnlyWhenNothingIsThere(t *testing.T) {
	t.Parallel()
	truth := []Specimen{{File: "../secret.jpg", Lines: []string{upper, lower}}}
	if _, err := Run(t.Context(), scripted{}, Options{Truth: truth, Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "none of the 1 pictures") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Run(t.Context(), scripted{}, Options{Truth: truth, Dir: "/does/not/exist"}); err == nil {
		t.Error("a folder that does not exist was accepted")
	}
}

// The page shows every miss and wrong accept, marks what differs, and loads nothing.
func TestPageShowsTheMisses(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := measured(t).WritePage(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"Accepted but wrong (1)", "Not found (3)", "Uncertain and wrong (2)", "<mark>2</mark>", "<mark>3</mark>", "data:image/jpeg;base64,", "broke down", "model lost", "not in the folder",
		"default-src 'none'", "style-src 'sha256-"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"http:", "https:", "<script", " style=", "ZgotmplZ", "good.jpg"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := len(regexp.MustCompile(`<article`).FindAllString(page, -1)); n != 6 {
		t.Errorf("%d cases", n)
	}
}

func TestWilson(t *testing.T) {
	t.Parallel()
	// Published with the method: 0 of 10 reaches to 27.8 %, 81 of 263 from 25.5 to 36.6 %.
	for _, c := range [][4]float64{{0, 10, 0, 0.278}, {81, 263, 0.255, 0.366}, {0, 0, 0, 1}} {
		lo, hi := Wilson(int(c[0]), int(c[1]))
		if math.Abs(lo-c[2]) > 0.001 || math.Abs(hi-c[3]) > 0.001 {
			t.Errorf("%v of %v: %.4f to %.4f", c[0], c[1], lo, hi)
		}
	}
}

func TestAlignLaysTextsOverEachOther(t *testing.T) {
	t.Parallel()
	if distance("KITTEN", "SITTING") != 3 {
		t.Error("the distance of the textbook's pair is 3")
	}
	got := align("ABCD", "ACXD")
	if !slices.Equal(got, []pair{{'A', 'A'}, {'B', 'C'}, {'C', 'X'}, {'D', 'D'}}) && !slices.Equal(got, []pair{{'A', 'A'}, {'B', 0}, {'C', 'C'}, {0, 'X'}, {'D', 'D'}}) {
		t.Errorf("got %v", got)
	}
}

func FuzzParseTruth(f *testing.F) {
	f.Add(`{"a.jpg": ["X", "Y"]}`)
	f.Add(`{"images": [{"file": "a", "mrz": null}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseTruth([]byte(text))
		if err == nil && len(all) == 0 {
			t.Error("no picture and no error")
		}
	})
}

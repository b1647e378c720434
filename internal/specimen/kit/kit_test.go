package kit

import (
	"bytes"
	"image"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/specimen"
)

// A kit is what the evaluation reads: its truth names every picture, with the
// lines that are printed there, and the same seed gives the same bytes.
func TestKitIsWhatTheEvaluationReads(t *testing.T) {
	t.Parallel()
	o := Options{Formats: []specimen.Format{specimen.FRADL, specimen.RUSID}, Difficulties: []specimen.Difficulty{specimen.Hard}, Count: 2, Blank: 1, Seed: 5,
		Today: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		if _, err := Write(t.Context(), dir, o); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(one, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := evaluate.ParseTruth(text)
	if err != nil || len(truth) != 3 {
		t.Fatalf("%d pictures, %v", len(truth), err)
	}
	formats := map[string]int{}
	for _, s := range truth {
		formats[s.Format]++
		a, err := os.ReadFile(filepath.Join(one, s.File))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(two, s.File))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs between two kits of one seed (%v)", s.File, err)
		}
		if _, _, err := image.DecodeConfig(bytes.NewReader(a)); err != nil {
			t.Errorf("%s: %v", s.File, err)
		}
	}
	if formats["FRA-DL"] != 1 || formats["RUS-ID"] != 1 || formats[evaluate.None] != 1 {
		t.Errorf("formats %v", formats)
	}
	if _, err := Write(t.Context(), one, o); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a kit was written over another: %v", err)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
)

// One honest picture and one that an editor signed go the whole way of an upload.
func TestEvaluateFraud(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for label, trick := range map[string]specimen.Trick{"honest": specimen.Honest, "signed": specimen.SavedByEditor} {
		if err := os.Mkdir(filepath.Join(dir, label), 0o700); err != nil {
			t.Fatal(err)
		}
		x := specimen.Bench{Seed: 32, Trick: trick, Difficulty: specimen.Easy, Today: time.Now()}.Make()
		if err := os.WriteFile(filepath.Join(dir, label, "a.jpg"), x.File, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := openkyc(t, "evaluate", "fraud", "--images", dir, "--models", "../../bin/models")
	if code != 0 {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	for _, want := range []string{
		"1 honest pictures, 1 forged ones of 1 kinds",
		"| `isEdited` | 1 | 0.0 % (0.0–79.3) |",
		"| `isDisplay` | 1 | 0.0 % (0.0–79.3) |", // the page's edges were found
		"| signed | 1 | · | · | · | 100 % |",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if _, errs, code := openkyc(t, "evaluate", "fraud", "--images", t.TempDir(), "--models", "../../bin/models"); code == 0 || !strings.Contains(errs, "no picture") {
		t.Errorf("an empty folder: %d %s", code, errs)
	}
}

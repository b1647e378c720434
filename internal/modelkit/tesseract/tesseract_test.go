package tesseract_test

import (
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/modelkit"
	"github.com/openkyc/openkyc/internal/modelkit/tesseract"
	"github.com/openkyc/openkyc/models"
)

func source(t *testing.T, role string) ([]byte, models.Model) {
	t.Helper()
	manifest, err := models.Load()
	if err != nil {
		t.Fatal(err)
	}
	m, ok := manifest.Model(role)
	if !ok {
		t.Fatalf("the manifest has no role %s", role)
	}
	data, err := modelkit.Packages{}.Read(m.Source, models.SourceFile{Path: m.Source.Path, SHA256: m.Source.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	return data, m
}

// The card carries the characters by hand, because whoever runs the network has no language file: both must be the same.
func TestAlphabetOfTheCardIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"text-recogniser-cyrillic", "text-recogniser-quick"} {
		data, m := source(t, role)
		got, err := tesseract.Alphabet(data)
		if err != nil {
			t.Fatal(err)
		}
		if want := m.Extra["alphabet"]; got != want {
			t.Errorf("%s: the file has %q\nthe card  %q", role, got, want)
		}
	}
}

// Every place where the file ends too early, and every byte of its head that is not as it should be, must give a sentence or
// another network, never a crash.
func TestDamagedFilesAreRefused(t *testing.T) {
	t.Parallel()
	data, _ := source(t, "text-recogniser-cyrillic")
	for _, n := range []int{0, 3, 4, 100, 192, 193, 500, 5000, 200000, 302600, len(data) - 100} {
		if out, err := tesseract.Convert(data[:n]); err == nil || out != nil || !strings.Contains(err.Error(), "language file") {
			t.Errorf("cut after %d bytes: %d bytes, %v", n, len(out), err)
		}
	}
	for i := range 700 {
		spoilt := append([]byte(nil), data...)
		spoilt[i] ^= 0x55
		if _, err := tesseract.Convert(spoilt); err != nil && !strings.Contains(err.Error(), "language file") && !strings.Contains(err.Error(), "Tesseract") {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

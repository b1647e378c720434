package specimen

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestLetters draws each paper twice and wants the same pixels, and ink on them.
// OPENKYC_LOOK names a folder to put them into, to be looked at.
func TestLetters(t *testing.T) {
	t.Parallel()
	for i, paper := range slices.Concat(LetterKinds(), LettersAbroad()) {
		draw := func() Letter {
			return SampleLetter(paper, int64(i+1), "Anna", "Hollowmere", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
		}
		a, b := draw().Render(), draw().Render()
		if !bytes.Equal(a.Pix, b.Pix) {
			t.Errorf("%s: one seed gives two pictures", paper)
		}
		dark := 0
		for at := 0; at < len(a.Pix); at += 4 {
			if a.Pix[at] < 100 && a.Pix[at+1] < 100 {
				dark++
			}
		}
		if dark < 5000 || dark > len(a.Pix)/40 {
			t.Errorf("%s: %d dark pixels", paper, dark)
		}
		if folder := os.Getenv("OPENKYC_LOOK"); folder != "" {
			file, err := os.Create(filepath.Join(folder, string(paper)+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(file, a); err != nil {
				t.Fatal(err)
			}
			_ = file.Close()
			shot := Scene{Difficulty: Hard, Seed: int64(i), Letter: true}.Photograph(a)
			if err := os.WriteFile(filepath.Join(folder, string(paper)+".jpg"), shot.JPEG(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

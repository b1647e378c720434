package glyph_test

import (
	"bytes"
	"image"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/document/glyph"
	"github.com/openkyc/openkyc/internal/specimen"
)

// read tells the characters of a line where they stand.
func read(t testing.TB, net *glyph.Net, img *image.RGBA, l specimen.ZoneLine, mirrored bool) string {
	t.Helper()
	var out strings.Builder
	for i := range len(l.Text) {
		x := l.X + float64(i)*l.Pitch
		if mirrored {
			x = float64(img.Rect.Dx()) - x
		}
		patch := glyph.Cut(img, glyph.Place{X: x, Y: l.Y, DX: 1, Pitch: l.Pitch}, mirrored)
		best, probs := 0, net.Probs(&patch)
		sum := float32(0)
		for c, p := range probs {
			sum += p
			if p > probs[best] {
				best = c
			}
		}
		if sum < 0.999 || sum > 1.001 {
			t.Fatalf("the probabilities sum to %v", sum)
		}
		out.WriteByte(glyph.Alphabet[best])
	}
	return out.String()
}

// TestTellsCharactersApart on lines whose seeds no training used; mirrored ones,
// cut mirrored, are the same.
func TestTellsCharactersApart(t *testing.T) {
	t.Parallel()
	net, err := glyph.Open()
	if err != nil {
		t.Fatal(err)
	}
	for d, least := range map[specimen.Difficulty]float64{specimen.Easy: 0.995, specimen.Medium: 0.995, specimen.Hard: 0.97} {
		right, all := 0, 0
		for seed := range int64(15) {
			l := specimen.NewZoneLine(9_000_000+seed, d)
			got := read(t, net, l.Image, l, false)
			for i := range l.Text {
				all++
				if got[i] == l.Text[i] {
					right++
				}
			}
			if flipped := read(t, net, mirror(l.Image), l, true); differing(flipped, got) > 1 {
				t.Errorf("mirrored: %s, plain: %s", flipped, got)
			}
		}
		t.Logf("difficulty %d: %d of %d", d, right, all)
		if float64(right) < least*float64(all) {
			t.Errorf("difficulty %d: %d of %d characters told right, want %.1f %%", d, right, all, 100*least)
		}
	}
}

func differing(a, b string) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func mirror(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		for x := range w {
			copy(out.Pix[out.PixOffset(w-1-x, y):][:4], img.Pix[img.PixOffset(x, y):][:4])
		}
	}
	return out
}

// TestTrainingIsReproducible: one plan, one set of samples, one file.
func TestTrainingIsReproducible(t *testing.T) {
	t.Parallel()
	var samples []glyph.Sample
	for seed := range int64(6) {
		l := specimen.NewZoneLine(8_000_000+seed, specimen.Easy)
		for i := range len(l.Text) {
			patch := glyph.Cut(l.Image, glyph.Place{X: l.X + float64(i)*l.Pitch, Y: l.Y, DX: 1, Pitch: l.Pitch}, false)
			samples = append(samples, glyph.Sample{Patch: patch, Class: strings.IndexByte(glyph.Alphabet, l.Text[i])})
		}
	}
	var losses []float64
	plan := glyph.Training{Seed: 7, Epochs: 8, Report: func(_ int, loss float64) { losses = append(losses, loss) }}
	first, second := plan.Train(samples).Bytes(), plan.Train(samples).Bytes()
	if !bytes.Equal(first, second) {
		t.Error("the same training gave other weights")
	}
	if losses[7] > 0.8*losses[0] {
		t.Errorf("it does not learn: %v", losses)
	}
}

func BenchmarkProbs(b *testing.B) {
	net, err := glyph.Open()
	if err != nil {
		b.Fatal(err)
	}
	l := specimen.NewZoneLine(9_000_000, specimen.Medium)
	b.ReportAllocs()
	for b.Loop() {
		patch := glyph.Cut(l.Image, glyph.Place{X: l.X, Y: l.Y, DX: 1, Pitch: l.Pitch}, false)
		net.Probs(&patch)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/char")
}

package specimen

import (
	"bytes"
	"image"
	"regexp"
	"testing"
	"time"
)

func TestRenderHasThePrintedSizeAndIsDeterministic(t *testing.T) {
	t.Parallel()
	sizes := map[Format]image.Point{
		TD3: {1500, 1056}, TD1: {1027, 648}, TD2: {1260, 888}, MRVA: {1440, 960}, MRVB: {1260, 888},
	}
	for format, size := range sizes {
		p := Sample(format, 11, day(2026, 5, 1))
		if format != TD3 { // one face is enough, and faces are slow
			p.Portrait = image.Black
		}
		one, two := p.Render(), p.Render()
		if one.Rect.Size() != size {
			t.Errorf("%v: size %v, want %v", format, one.Rect.Size(), size)
		}
		if !bytes.Equal(one.Pix, two.Pix) {
			t.Errorf("%v: two renderings of one document differ", format)
		}
		p.Seed++
		if bytes.Equal(one.Pix, p.Render().Pix) {
			t.Errorf("%v: another seed gave the same picture", format)
		}
		if (p.Back() != nil) != (format == TD1) {
			t.Errorf("%v: only a card of size TD1 has a printed back", format)
		}
	}
}

// The zone must be black print on a light strip in every cell, blank for none:
// a font that lacks a glyph would otherwise draw nothing and nobody would see.
func TestEveryMRZCharacterIsPrinted(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
	s := newSheet(120, 10)
	s.fill(0, 0, s.w, s.h, image.White.C)
	s.pitched(2, 8, mrzPitch, inkMRZ, alphabet)
	for i, c := range alphabet {
		cell := s.rect(2+float64(i)*mrzPitch, 0, mrzPitch, 10)
		if dark := darkPixels(s.img, cell); dark < 60 {
			t.Errorf("%c: %d dark pixels in its cell", c, dark)
		}
	}
}

func darkPixels(img *image.RGBA, r image.Rectangle) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if img.RGBAAt(x, y).G < 90 {
				n++
			}
		}
	}
	return n
}

func TestFaultOnThePrintedPageChangesOnlyThePrint(t *testing.T) {
	t.Parallel()
	p := Sample(TD3, 4, day(2026, 5, 1))
	p.Portrait = image.Black
	good := p.Render()
	p.Faults.PrintedNumber = "Z99999999"
	bad := p.Render()
	zone := image.Rect(0, 840, 1500, 1056)
	if !bytes.Equal(crop(good, zone), crop(bad, zone)) {
		t.Error("the MRZ changed with the print")
	}
	if number := image.Rect(930, 150, 1400, 220); bytes.Equal(crop(good, number), crop(bad, number)) {
		t.Error("the printed number did not change")
	}
}

func crop(img *image.RGBA, r image.Rectangle) []byte {
	var out []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out = append(out, img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)]...)
	}
	return out
}

func TestSamplesAreValidDocuments(t *testing.T) {
	t.Parallel()
	today := day(2026, 5, 1)
	seen := map[string]bool{}
	line := regexp.MustCompile(`^[A-Z0-9<]+$`)
	width := map[Format]int{TD3: 44, TD1: 30, TD2: 36, MRVA: 44, MRVB: 36}
	for seed := range int64(400) {
		format := Format(seed % 5)
		p := Sample(format, seed, today.Add(13*time.Hour))
		seen[p.Surname+p.GivenNames+p.Number] = true
		if !p.BirthDate.Before(p.Issued) || p.Issued.After(today) || p.ExpiryDate.Before(today) {
			t.Errorf("seed %d: impossible dates %v %v %v", seed, p.BirthDate, p.Issued, p.ExpiryDate)
		}
		for _, l := range p.MRZ() {
			if len(l) != width[format] || !line.MatchString(l) {
				t.Errorf("seed %d %v: bad line %q", seed, format, l)
			}
		}
	}
	if len(seen) != 400 {
		t.Errorf("%d different holders of 400", len(seen))
	}
}

func BenchmarkRenderPassport(b *testing.B) {
	p := Sample(TD3, 1, day(2026, 5, 1))
	for b.Loop() {
		p.Render()
	}
}

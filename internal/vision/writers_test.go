package vision

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/openkyc/openkyc/internal/specimen"
)

// The files come from the bench of forgeries, whose writer of marks was made from
// the standards and not from the reader.
func TestWriters(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range int64(5) {
		b := specimen.Bench{Seed: 8 + seed*8 + seed, Difficulty: specimen.Hard, Trick: specimen.SavedByEditor, Today: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
		names := Writers(b.Make().File)
		if len(names) == 0 {
			t.Errorf("seed %d: no writer found", b.Seed)
		}
		seen[strings.Join(names, "|")] = true
	}
	if len(seen) < 2 || !seen["GIMP 2.10.34"] && !seen["PicsArt"] && !seen["Adobe Photoshop 25.4"] {
		t.Errorf("writers %v", seen)
	}
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\x16tEXtSoftware\x00Paint.NET 5.0\x00\x00\x00\x00\x00\x00"
	if got := Writers([]byte(png)); !slices.Equal(got, []string{"Paint.NET 5.0"}) {
		t.Errorf("PNG: %q", got)
	}
}

// A JPEG with one segment before its pixels.
func withSegment(marker byte, payload string) []byte {
	n := len(payload) + 2
	return []byte("\xff\xd8\xff" + string([]byte{marker, byte(n >> 8), byte(n)}) + payload + "\xff\xda\x00\x02")
}

// Photoshop's resources tell of Photoshop, unless they are captions, which
// many carry along.
func TestWritersOfAdobe(t *testing.T) {
	t.Parallel()
	const (
		captions = "8BIM\x04\x04\x00\x00\x00\x00\x00\x00"
		digest   = "8BIM\x04\x25\x00\x00\x00\x00\x00\x10\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"
		quality  = "8BIM\x04\x06\x00\x00\x00\x00\x00\x07\x00\x0c\x00\x00\x00\x01\x00\x00"
	)
	xmp := func(body string) string { return "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>" + body + "</x:xmpmeta>" }
	for name, c := range map[string]struct {
		marker  byte
		payload string
		want    []string
	}{
		"no captions, and their digest":    {0xed, "Photoshop 3.0\x00" + captions + digest, nil},
		"a caption with an odd length":     {0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x03abc\x00" + digest, nil},
		"the quality that it was saved at": {0xed, "Photoshop 3.0\x00" + captions + quality, []string{"Photoshop"}},
		"a resource with a name":           {0xed, "Photoshop 3.0\x008BIM\x04\x04\x03abc\x00\x00\x00\x00" + quality, []string{"Photoshop"}},
		"a length beyond the end":          {0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\xff\xff\xff\xff" + quality, nil},
		"saved for the web":                {0xec, "Ducky\x00\x01\x00\x04\x00\x00\x00\x3c\x00\x00", []string{"Photoshop"}},
		"another maker's segment":          {0xec, "[picture info]", nil},
		"a history": {0xe1, xmp(`<rdf:li stEvt:action="saved" stEvt:softwareAgent="Utopia Mobile"/><rdf:li><stEvt:softwareAgent>GIMP 2.10</stEvt:softwareAgent></rdf:li>`),
			[]string{"Utopia Mobile", "GIMP 2.10"}},
	} {
		if got := Writers(withSegment(c.marker, c.payload)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	text := "XML:com.adobe.xmp\x00\x00\x00\x00\x00<xmp:CreatorTool>Krita</xmp:CreatorTool>"
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00" + string(rune(len(text))) + "iTXt" + text + "\x00\x00\x00\x00"
	if got := Writers([]byte(png)); !slices.Equal(got, []string{"Krita"}) {
		t.Errorf("PNG: %q", got)
	}
}

func FuzzWriters(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x44http://ns.adobe.com/xap/1.0/\x00<xmp:CreatorTool>GIMP</xmp:CreatorTool>"))
	f.Add(withSegment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x03abc\x00\x00\x00\x008BIM"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x08tEXtSoftware\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		names := Writers(file)
		if len(names) > maxWriters {
			t.Errorf("%d names", len(names))
		}
		for _, n := range names {
			if n == "" || !utf8.ValidString(n) || utf8.RuneCountInString(n) > maxWriterName {
				t.Errorf("a name that cannot be shown: %q", n)
			}
		}
	})
}

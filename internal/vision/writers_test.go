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

func FuzzWriters(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x44http://ns.adobe.com/xap/1.0/\x00<xmp:CreatorTool>GIMP</xmp:CreatorTool>"))
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

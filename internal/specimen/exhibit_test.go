package specimen

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"os"
	"testing"
	"time"
)

func TestExhibits(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	honest := Bench{Seed: 11, Difficulty: Hard, Today: today}.Make()
	for _, trick := range append(Tricks(), Honest) {
		t.Run(string(trick), func(t *testing.T) {
			t.Parallel()
			b := Bench{Seed: 11, Trick: trick, Difficulty: Hard, Today: today}
			x := b.Make()
			if trick == Spliced && !bytes.Equal(x.File, b.Make().File) { // the longest way
				t.Error("two exhibits of one bench differ")
			}
			if trick != Honest && bytes.Equal(x.File, honest.File) {
				t.Error("the trick changed nothing")
			}
			img, _, err := image.Decode(bytes.NewReader(x.File))
			if err != nil {
				t.Fatal(err)
			}
			if dir := os.Getenv("OPENKYC_EXHIBITS"); dir != "" { // to look at
				if err := os.WriteFile(dir+"/"+string(trick)+".jpg", x.File, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			fields := 0
			for _, p := range x.Places {
				r := around(p.Corners)
				if trick != CutOff && !r.In(img.Bounds()) {
					t.Errorf("%s lies out of the picture: %v", p.Name, r)
				}
				if p.Name != PlaceZone && p.Name != PlacePortrait {
					fields++
				}
			}
			if fields < 7 || len(x.Places) < fields+3 {
				t.Errorf("%d fields of %d places", fields, len(x.Places))
			}
			if at := x.Forged; at != nil && math.Hypot(at[1].X-at[0].X, at[1].Y-at[0].Y) < 10 {
				t.Errorf("what was changed has no size: %v", *at)
			}
		})
	}
}

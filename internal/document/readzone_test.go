package document

import (
	"image"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// National formats are read under their own grammar, though ICAO's would fit
// some of them well enough.
func TestReadZoneOfNationalFormats(t *testing.T) {
	t.Parallel()
	r := room(t, skin{})
	for _, f := range []specimen.Format{specimen.RUSID, specimen.FRAID, specimen.CHEDL, specimen.FRADL} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			p := specimen.Sample(f, 21, today())
			got, err := r.ReadZone(t.Context(), specimen.Scene{Seed: 21}.Photograph(p.ZoneSide()).Image)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Accepted || got.Format != f.String() || !slices.Equal(got.Lines, p.MRZ()) {
				t.Errorf("accepted %v as %s, doubts %v\n%q\n%q", got.Accepted, got.Format, got.Doubts, got.Lines, p.MRZ())
			}
			if len(got.Strips) != len(p.MRZ()) {
				t.Errorf("%d strips", len(got.Strips))
			}
		})
	}
}

// Print that comes nearest to a zone is none, and a picture of no size does no harm.
func TestReadZoneFindsNoneWhereNoneIs(t *testing.T) {
	t.Parallel()
	r := room(t, skin{})
	v := &view{img: specimen.Scene{Seed: 4}.Photograph(specimen.Blank(4)).Image} // a payment form in OCR-B
	if err := r.locate(t.Context(), v, pass{}); err != nil || v.sight.outcome != absent {
		t.Errorf("outcome %v, %v", v.sight.outcome, err)
	}
	for _, size := range []image.Point{{20, 16}, {3000, 17}} {
		if got, err := r.ReadZone(t.Context(), vision.Resize(image.NewRGBA(image.Rect(0, 0, 64, 64)), size.X, size.Y)); err != nil || got.Found {
			t.Errorf("%v: %v", size, err)
		}
	}
}

// Print that is legible and no zone's is looked at, and read by no slow recogniser.
func TestPlainPrintIsOnlyLookedAt(t *testing.T) {
	t.Parallel()
	runs := &networkRuns{calls: map[string]int{}, took: map[string]time.Duration{}}
	models, err := vision.Open(vision.Config{Roles: Roles(), Meter: runs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = models.Close() })
	r, err := NewZones(models)
	if err != nil {
		t.Fatal(err)
	}
	letter := specimen.Scene{Seed: 3}.Photograph(specimen.Blank(8)).Image
	if got, err := r.ReadZone(t.Context(), letter); err != nil || got.Found {
		t.Fatalf("%+v, %v", got, err)
	}
	if runs.calls[roleQuick] == 0 || runs.calls[roleLatin] > 0 {
		t.Errorf("%v", runs.calls)
	}
}

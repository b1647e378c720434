package document

import "testing"

// The page may be read with a mark or without it; the zone spells it out or leaves it off.
func TestANameWithMarksIsTheZonesName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		printed, zone string
		distance      int
	}{
		{"GRÜNHAVEN", "GRUENHAVEN", 0},
		{"GRUNHAVEN", "GRUENHAVEN", 0},
		{"GRÜNHAVEN", "GRUNHAVEN", 0},
		{"GRÜNHAVEN", "GRUXXNHAVEN", 0},
		{"RENÉE", "RENEE", 0},
		{"SØRENSEN", "SOERENSEN", 0},
		{"PEÑA", "PENXXA", 0},
		{"GRÜNHAVEN", "GRONHAVEN", 1},
		{"RENÉ", "RENA", 1},
	} {
		if got := nameDistance(c.printed, c.zone); got != c.distance {
			t.Errorf("%s and %s of the zone differ by %d letters, not %d", c.printed, c.zone, got, c.distance)
		}
	}
}

package document

import (
	"math"
	"testing"
)

func at(x, y, w, h, degrees float64) strip {
	a := degrees * math.Pi / 180
	return strip{centre: vec{x, y}, dir: vec{math.Cos(a), math.Sin(a)}, w: w, h: h}
}

func TestRowsMergeWhatTheDetectorCut(t *testing.T) {
	t.Parallel()
	// One line in three parts, a second whole one below it, and a caption far off.
	got := rows([]strip{at(200, 100, 200, 20, 0), at(420, 101, 220, 20, 0), at(600, 101, 110, 19, 1), at(405, 160, 510, 20, 0), at(100, 20, 60, 12, 0)})
	if len(got) != 2 {
		t.Fatalf("got %d rows: %v", len(got), got)
	}
	for _, r := range got {
		if r.w < 500 || r.w > 570 {
			t.Errorf("a row is %v long", r.w)
		}
	}
}

func TestRowsKeepColumnsApart(t *testing.T) {
	t.Parallel()
	if got := rows([]strip{at(100, 100, 200, 20, 0), at(400, 100, 200, 20, 0)}); len(got) != 2 {
		t.Errorf("columns 100 pixels apart became %v", got)
	}
}

func TestGroupsFindParallelRows(t *testing.T) {
	t.Parallel()
	for _, degrees := range []float64{0, 12, 90} {
		a := degrees * math.Pi / 180
		turn := func(x, y float64) (float64, float64) {
			return x*math.Cos(a) - y*math.Sin(a), x*math.Sin(a) + y*math.Cos(a)
		}
		var all []strip
		for i, y := range []float64{0, 50, 100} {
			x, y := turn(0, y)
			all = append(all, at(x, y, 600+float64(i), 24, degrees))
		}
		x, y := turn(-100, -300)
		all = append(all, at(x, y, 200, 20, degrees)) // a title
		got := groups(all)
		if len(got) == 0 || len(got[0]) != 3 {
			t.Fatalf("%v°: got %v", degrees, got)
		}
		for i := range 2 {
			if got[0][i].offset(got[0][i+1].centre) <= 0 {
				t.Errorf("%v°: the lines do not run down", degrees)
			}
		}
	}
}

func TestGroupsOfTwo(t *testing.T) {
	t.Parallel()
	got := groups([]strip{at(300, 100, 600, 24, 0), at(300, 150, 590, 24, 0), at(300, 400, 620, 24, 0)})
	if len(got) != 1 || len(got[0]) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestEqualGivesLinesOneExtent(t *testing.T) {
	t.Parallel()
	got := equal([]strip{at(250, 100, 500, 24, 0), at(300, 150, 600, 24, 0)})
	for _, s := range got {
		if math.Abs(s.start().X) > 1 || math.Abs(s.end().X-600) > 1 {
			t.Errorf("runs from %v to %v", s.start(), s.end())
		}
	}
}

func TestStripOfFollowsTheLongSide(t *testing.T) {
	t.Parallel()
	s := stripOf([4]vec{{10, 0}, {20, 0}, {20, 100}, {10, 100}})
	if s.w != 100 || s.h != 10 || s.dir != (vec{0, 1}) {
		t.Errorf("got %+v", s)
	}
	s = stripOf([4]vec{{100, 10}, {0, 10}, {0, 0}, {100, 0}})
	if s.dir != (vec{1, 0}) {
		t.Errorf("reads %v", s.dir)
	}
}

func FuzzRows(f *testing.F) {
	f.Add(uint64(3), 30)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		if n < 0 || n > 80 {
			return
		}
		x := seed
		next := func() float64 {
			x = x*6364136223846793005 + 1442695040888963407
			return float64(x>>40) / float64(1<<24)
		}
		var all []strip
		for range n {
			all = append(all, at(next()*1000, next()*1000, 1+next()*400, 1+next()*40, next()*180))
		}
		for _, g := range groups(rows(all)) {
			if len(g) < 2 || len(g) > 3 {
				t.Errorf("a group of %d", len(g))
			}
			for _, s := range equal(g) {
				if math.IsNaN(s.w) || math.IsNaN(s.centre.X) {
					t.Errorf("a strip without a size: %+v", s)
				}
			}
		}
	})
}

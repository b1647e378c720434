package document

import (
	"math"
	"testing"
)

// Lines that are level on paper are level again, however the page is tilted.
func TestLevel(t *testing.T) {
	t.Parallel()
	for _, tilt := range [][2]float64{{0, 0}, {0.25, 0}, {-0.3, 0.2}, {0.2, -0.35}} {
		see := func(x, y float64) vec { // a page of 1000 × 1400 through a camera, turned a little
			k := 1 / (1 + tilt[0]*(x-500)/1000 + tilt[1]*(y-700)/1000)
			p := vec{(x - 500) * k, (y - 700) * k}
			return vec{900 + 0.99*p.X - 0.12*p.Y, 1000 + 0.12*p.X + 0.99*p.Y}
		}
		var strips []strip
		for row := range 20 {
			for _, from := range []float64{60, 600} {
				a, b := see(from, 50+60*float64(row)), see(from+300, 50+60*float64(row))
				strips = append(strips, strip{centre: a.add(b).mul(0.5), dir: b.sub(a).unit(), w: b.sub(a).norm(), h: 22})
			}
		}
		l := levelOf(strips, strips[20])
		for row := range 20 {
			left, right := l.down(strips[2*row].centre), l.down(strips[2*row+1].centre)
			if math.Abs(left-right) > 1 {
				t.Errorf("tilt %v: row %d is at %.1f on the left, %.1f on the right", tilt, row, left, right)
			}
			if row > 0 && l.down(strips[2*row].centre) <= l.down(strips[2*row-2].centre) {
				t.Errorf("tilt %v: row %d is not below the one before", tilt, row)
			}
		}
	}
	if l := levelOf(nil, strip{dir: vec{1, 0}}); l.bent || l.down(vec{3, 4}) != 4 {
		t.Error("a page without lines is bent")
	}
}

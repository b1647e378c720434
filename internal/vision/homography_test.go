package vision

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestHomographyIsFoundAgain(t *testing.T) {
	t.Parallel()
	want := Homography{1.1, 0.2, 30, -0.1, 0.9, -20, 0.0004, -0.0002, 1}
	random := rand.New(rand.NewPCG(1, 2))
	var from, to []Point
	for range 40 {
		p := Point{random.Float64() * 640, random.Float64() * 480}
		from, to = append(from, p), append(to, want.Apply(p))
	}
	got, err := FitHomography(from, to)
	if err != nil {
		t.Fatal(err)
	}
	for i := range from {
		if d := got.Apply(from[i]).Sub(to[i]); math.Hypot(d.X, d.Y) > 1e-6 {
			t.Fatalf("%v lands %v away", from[i], d)
		}
	}
	if _, err := FitHomography(from[:3], to[:3]); err == nil {
		t.Error("three points gave a homography")
	}
	same := make([]Point, 10)
	if _, err := FitHomography(same, same); err == nil {
		t.Error("one place ten times gave a homography")
	}
}

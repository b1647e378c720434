package face

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSimilarityIsFoundAgain(t *testing.T) {
	t.Parallel()
	want := similarity{A: 0.8, B: -0.3, TX: 12, TY: -7}
	var from, to []point
	for _, p := range []point{{0, 0}, {10, 3}, {-4, 9}, {7, 7}} {
		from, to = append(from, p), append(to, want.apply(p))
	}
	got, err := fitSimilarity(from, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range from {
		if d := got.apply(p).distance(want.apply(p)); d > 1e-9 {
			t.Errorf("%v lands %g away", p, d)
		}
		if d := got.invert().apply(got.apply(p)).distance(p); d > 1e-9 {
			t.Errorf("there and back from %v ends %g away", p, d)
		}
	}
	if _, err := fitSimilarity([]point{{1, 1}, {1, 1}}, []point{{0, 0}, {1, 1}}); err == nil {
		t.Error("one place twice was fitted")
	}
}

func TestReliefSeesDepthAlone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	head := make([]point3, meshCount)
	for i := range head {
		x, y := random.Float64()*2-1, random.Float64()*2-1
		head[i] = point3{100 * x, 130 * y, -60 * math.Max(0, 1-x*x-y*y)} // a bulge towards the camera
	}
	head[meshForehead], head[meshChin] = point3{0, -130, 0}, point3{0, 130, 0}
	turn := func(degrees float64, flat bool) []point3 {
		sin, cos := math.Sincos(radians(degrees))
		out := make([]point3, len(head))
		for i, p := range head {
			if flat {
				p.Z = 0
			}
			x, z := p.X*cos-p.Z*sin, p.Z*cos+p.X*sin
			k := 600 / (600 + z)
			out[i] = point3{320 + x*k, 240 + p.Y*k, z}
		}
		return out
	}
	compare := func(degrees, seeming float64, flat bool) relief {
		// The reference keeps its relief: the mesh network gives one to flat pictures too.
		from, solid := turn(0, flat), turn(0, false)
		for i := range from {
			from[i].Z = solid[i].Z
		}
		return compareRelief(from, turn(degrees, flat), pose{}, pose{Yaw: seeming})
	}
	for _, yaw := range []float64{-40, -25, 25, 40} {
		if r := compare(yaw, yaw, false); r.Turn*yaw < 0 || math.Abs(r.Turn) < leastTurn || r.Excess > mostExcess {
			t.Errorf("a bulge turned by %g° gives %+v", yaw, r)
		}
		if r := compare(yaw, yaw, true); math.Abs(r.Turn) > 1e-6 {
			t.Errorf("a plane turned by %g° gives %+v", yaw, r)
		}
	}
	if r := compare(55, 20, true); r.Excess < mostExcess {
		t.Errorf("a plane tilted by 55° that seems to turn by 20° is squeezed in excess by %g only", r.Excess)
	}
	if r := compareRelief(make([]point3, meshCount), head, pose{}, pose{}); r != (relief{}) {
		t.Errorf("collapsed landmarks prove %+v", r)
	}
}

func TestBoxes(t *testing.T) {
	t.Parallel()
	a := rect{0, 0, 10, 10}
	for _, c := range []struct {
		other rect
		want  float64
	}{{a, 1}, {rect{5, 0, 10, 10}, 50.0 / 150}, {rect{20, 0, 5, 5}, 0}, {rect{10, 0, 5, 5}, 0}} {
		if got := a.overlap(c.other); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("overlap with %v is %g, want %g", c.other, got, c.want)
		}
	}
	if !a.inside(10, 10) || a.grow(0.01).inside(10, 10) {
		t.Error("a box that fills the picture is inside, a wider one is not")
	}
}

func TestTilesCoverThePicture(t *testing.T) {
	t.Parallel()
	for _, size := range []point{{1600, 1200}, {480, 2000}, {300, 300}, {5000, 100}} {
		parts := tiles(size.X, size.Y)
		if len(parts) > 9 {
			t.Errorf("%v: %d tiles", size, len(parts))
		}
		for range 200 {
			p := point{rand.Float64() * size.X, rand.Float64() * size.Y}
			covered := false
			for _, r := range parts {
				covered = covered || rect{p.X, p.Y, 0, 0}.within(r)
			}
			if !covered {
				t.Errorf("%v: no tile shows %v", size, p)
			}
		}
	}
}

func TestMergeKeepsOneOfEachFaceAndChooseTheSureOne(t *testing.T) {
	t.Parallel()
	found := merge([]detection{
		{Box: rect{0, 0, 100, 100}, Score: 0.6}, {Box: rect{5, 5, 100, 100}, Score: 0.9},
		{Box: rect{300, 0, 200, 200}, Score: 0.55},
	})
	if len(found) != 2 {
		t.Fatalf("%d faces, want 2", len(found))
	}
	chosen, ok := choose(found)
	if !ok || chosen.Score != 0.9 {
		t.Errorf("chose %+v, want the sure face before the larger one", chosen)
	}
	if n := others(found, chosen); n != 1 {
		t.Errorf("%d other comparable faces, want 1", n)
	}
	if _, ok := choose(nil); ok {
		t.Error("chose a face out of none")
	}
}

func TestCandidatesRefuseNonsense(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	boxes := []float32{0, 0, 1, 1, 0, 0, nan, 1, 0, 0, -1, -1, 0.1, 0.1, 0.4, 0.4}
	found, err := candidates(boxes, []float32{nan, 0.9, 0.9, 0.9}, rect{0, 0, 256, 256})
	if err != nil || len(found) != 1 || found[0].index != 3 {
		t.Errorf("got %v, %v, want the last candidate alone", found, err)
	}
	if _, err := candidates([]float32{0, inf}, []float32{1}, rect{0, 0, 1, 1}); err == nil {
		t.Error("half a box was accepted")
	}
}

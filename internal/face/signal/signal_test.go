package signal

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// scene is a soft picture with a camera's noise, moved by some pixels.
func scene(seed uint64, shift float64, wave func(x, y int) float64) *image.RGBA {
	rnd := rand.New(rand.NewPCG(seed, 2))
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			v := 120 + 60*math.Sin((float64(x)+shift)/23) + 40*math.Cos(float64(y)/31) + 2*rnd.NormFloat64()
			if wave != nil {
				v += wave(x, y)
			}
			img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(0.9 * v), uint8(0.8 * v), 255})
		}
	}
	return img
}

func film(shifts []float64, wave func(x, y int) float64) (out []Frame) {
	times := rand.New(rand.NewPCG(5, 6))
	at := int64(300)
	for i, s := range shifts {
		out = append(out, Frame{scene(uint64(i+1), s, wave), image.Rect(80, 40, 240, 220), at})
		at += 240 + times.Int64N(110)
	}
	return out
}

func named(t *testing.T, scores []Score, n Name) Score {
	t.Helper()
	for _, s := range scores {
		if s.Name == n {
			return s
		}
	}
	t.Fatalf("no score %q in %v", n, scores)
	return Score{}
}

func turning() []float64 { return []float64{0, 1, 9, 20, 31, 42, 30, 17, 5, -8, -20, -31} }

func TestHonestRecordingRaisesNothing(t *testing.T) {
	t.Parallel()
	scores := Examine(film(turning(), nil), &kyc.Device{})
	if risk := Risk(scores); risk != 0 {
		t.Errorf("risk %.2f of %v", risk, scores)
	}
}

// S49: each signal sees what it is for, and none alone reaches what a limit may be.
func TestS49SignalsSeeWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	honest := film(turning(), nil)
	even, resized := film(turning(), nil), film(turning(), nil)
	for i := range even {
		even[i].AtMS = int64(300 + 280*i)
	}
	resized[7].Image = image.NewRGBA(image.Rect(0, 0, 640, 480))
	resized[8].Image = resized[7].Image
	for name, c := range map[string]struct {
		frames []Frame
		device *kyc.Device
		want   Name
	}{
		"a screen's grid":   {film(turning(), func(x, y int) float64 { return 9 * math.Sin(2*math.Pi*(float64(x)/3.3+float64(y)/17)) }), nil, Grid},
		"a program's clock": {even, nil, Rhythm},
		"a loop":            {film([]float64{0, 12, 30, 0, 12, 30, 0, 12, 30, 0, 12, 30}, nil), nil, Return},
		"sizes that change": {resized, nil, Size},
		"a virtual camera":  {honest, &kyc.Device{Camera: "obs", Automated: true}, Device},
	} {
		scores := Examine(c.frames, c.device)
		if s := named(t, scores, c.want); s.Suspicion < 0.9 {
			t.Errorf("%s: %v", name, scores)
		}
		for _, s := range scores {
			if s.Name != c.want && s.Suspicion > 0 {
				t.Errorf("%s raises %s, too", name, s)
			}
		}
		if risk := Risk(scores); risk < 0.3 || risk > Most+1e-9 {
			t.Errorf("%s: one signal raises the risk to %.2f", name, risk)
		}
	}
}

func TestTwoThatAgreePassHalf(t *testing.T) {
	t.Parallel()
	if r := Risk([]Score{{Suspicion: 1}, {Suspicion: 1}, {}}); r < 0.6 || r > 0.7 {
		t.Errorf("two complete suspicions make %.2f", r)
	}
}

// What cannot be computed has no score.
func TestNothingFromNothing(t *testing.T) {
	t.Parallel()
	if scores := Examine([]Frame{{}, {}}, nil); len(scores) != 0 {
		t.Errorf("%v", scores)
	}
	small := image.NewRGBA(image.Rect(0, 0, 40, 40))
	Examine([]Frame{{Image: small, Face: image.Rect(-500, -500, 900, 900)}, {Image: small}}, nil)
}

package face

import (
	"crypto/rand"
	"fmt"
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// S47: the colours cannot be foretold, and no sequence is easy to answer by chance.
func TestS47DrawOfLight(t *testing.T) {
	t.Parallel()
	sequences := map[string]bool{}
	first := map[kyc.Colour]int{}
	for range 600 {
		got, err := Draw(rand.Reader, time.Now(), kyc.LivenessRules{Light: kyc.LightTry})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Light) != lightColours || got.Moves[0] != ahead || got.Moves[1] != kyc.MoveLight || slices.Contains(got.Moves[2:], kyc.MoveLight) {
			t.Fatalf("drew %v with %v", got.Moves, got.Light)
		}
		for c := range 3 {
			on := 0.0
			for i, colour := range got.Light {
				on += colour.RGB()[c]
				if i > 0 && colour == got.Light[i-1] {
					t.Fatalf("%v has a colour twice in a row", got.Light)
				}
			}
			if on < 2 || on > 4 {
				t.Fatalf("%v has channel %d on %g times", got.Light, c, on)
			}
		}
		sequences[fmt.Sprint(got.Light)] = true
		first[got.Light[0]]++
	}
	if len(sequences) < 500 || len(first) != 6 {
		t.Errorf("%d sequences in 600, beginning with %v", len(sequences), first)
	}
	for c, n := range first {
		if n < 50 || n > 160 {
			t.Errorf("%s came first %d times in 600", c, n)
		}
	}
	if got, err := Draw(rand.Reader, time.Now(), kyc.LivenessRules{}); err != nil || got.Light != nil || slices.Contains(got.Moves, kyc.MoveLight) {
		t.Errorf("drew a light that nobody asked for: %v, %v", got, err)
	}
}

// Colours are marked during the light only, all of them, in order.
func TestMarksOfLight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		colours []int // of frames 3 to 5, which belong to the light; the others have none but for the last
		last    int
		want    kyc.Code
	}{
		"in order":           {[]int{1, 2, 3}, 0, ""},
		"a frame before":     {[]int{0, 1, 2, 3}, 0, ""},
		"one is missing":     {[]int{1, 2, 2}, 0, kyc.LivenessChallenge},
		"one is skipped":     {[]int{1, 3, 3}, 0, kyc.LivenessChallenge},
		"backwards":          {[]int{1, 2, 1, 2, 3}, 0, kyc.LivenessChallenge},
		"one too many":       {[]int{1, 2, 3, 4}, 0, kyc.LivenessChallenge},
		"while turning":      {[]int{1, 2, 3}, 3, kyc.LivenessChallenge},
		"negative":           {[]int{-1, 1, 2, 3}, 0, kyc.LivenessChallenge},
		"no colour anywhere": {[]int{0, 0, 0}, 0, kyc.LivenessChallenge},
	} {
		in := recording()
		in.Challenge.Moves, in.Challenge.Light = []kyc.Move{ahead, kyc.MoveLight, left, right}, []kyc.Colour{kyc.Red, kyc.Blue, kyc.Green}
		in.Marks = in.Marks[:3]
		for _, n := range c.colours {
			in.Marks = append(in.Marks, kyc.FrameMark{Move: 1, Colour: n})
		}
		in.Marks = append(in.Marks, kyc.FrameMark{Move: 2}, kyc.FrameMark{Move: 3}, kyc.FrameMark{Move: 3, Colour: c.last})
		for i := range in.Marks {
			in.Marks[i].AtMS = int64(500 + 400*i)
			if i < 3 {
				in.Marks[i].Move = 0
			}
		}
		in.Frames = make([]kyc.Picture, len(in.Marks))
		if got := checkTiming(in); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func shining(c kyc.Colour, strength float64) (light [3]float64) {
	for i, on := range c.RGB() {
		light[i] = strength * on
	}
	return light
}

// evenly lights a whole picture alike, as a screen lights a sheet before it.
func evenly(img *image.RGBA, light [3]float64) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = v
		if i%4 < 3 {
			out.Pix[i] = uint8(math.Min(255, float64(v)*math.Pow(1+light[i%4], 1/2.2)+0.5))
		}
	}
	return out
}

// What follows from light on drawn heads and on what attackers show instead.
func TestAnswersToLight(t *testing.T) {
	t.Parallel()
	shown := []kyc.Colour{kyc.Red, kyc.Cyan, kyc.Magenta, kyc.Green, kyc.Blue, kyc.Yellow}
	other := []kyc.Colour{kyc.Cyan, kyc.Red, kyc.Blue, kyc.Green, kyc.Yellow, kyc.Magenta}
	who := specimen.Face{Seed: 3_000_131}
	photo, drawn := who.Render(320, 240), map[kyc.Colour]*image.RGBA{}
	f, _, err := newRoom(t).watchOne(t.Context(), encode(t, photo, 90).JPEG)
	if err != nil || !f.seen() {
		t.Fatalf("no face: %v", err)
	}
	head := func(c kyc.Colour) *image.RGBA {
		if drawn[c] == nil {
			lit := who
			lit.Light = shining(c, 0.1)
			drawn[c] = lit.Render(320, 240)
		}
		return drawn[c]
	}
	for name, test := range map[string]struct {
		colours []kyc.Colour
		show    func(kyc.Colour) *image.RGBA
		want    kyc.Code
	}{
		"in a room":                    {shown, head, ""},
		"in daylight":                  {shown, func(c kyc.Colour) *image.RGBA { return evenly(photo, shining(c, 0.005)) }, kyc.LivenessBright},
		"a recording of another light": {other, head, kyc.LivenessLight},
		"a photo without light":        {shown, func(kyc.Colour) *image.RGBA { return photo }, kyc.LivenessBright},
		"a sheet before the screen":    {shown, func(c kyc.Colour) *image.RGBA { return evenly(photo, shining(c, 0.1)) }, kyc.LivenessLight},
	} {
		var lit []litFrame
		linear := linearLight()
		for i, c := range test.colours {
			img, fault, err := decode(t.Context(), encode(t, test.show(c), 85).JPEG)
			if err != nil || fault != "" {
				t.Fatal(fault, err)
			}
			lit = append(lit, litBy(kyc.FrameMark{AtMS: int64(850 * i), Colour: i + 1}, shown[i], &f, img, &linear))
		}
		a := answered(lit)
		if got := a.fault(); got != test.want {
			t.Errorf("%s: %q, want %q: %s", name, got, test.want, a)
		}
		if len(answered(lit[:4]).fault()) == 0 {
			t.Errorf("%s: four colours are enough", name)
		}
	}
}

// A camera that makes up for colours, slowly, and for brightness, at once, hides neither.
func TestResponseSurvivesTheCamera(t *testing.T) {
	t.Parallel()
	colours := []kyc.Colour{kyc.Red, kyc.Green, kyc.Magenta, kyc.Cyan, kyc.Yellow, kyc.Blue}
	var lit []litFrame
	for i, c := range colours {
		for k := range 2 {
			one := litFrame{number: i + 1, screen: c.RGB(), seconds: 0.85*float64(i) + 0.3*float64(k)}
			exposure := 1 + 0.3*math.Sin(float64(2*i+k))
			for j, on := range c.RGB() {
				drift := 1 + 0.02*float64(j)*one.seconds
				one.face[j] = 0.2 * float64(3-j) * (1 + 0.05*on) * exposure * drift
			}
			lit = append(lit, one)
		}
	}
	r := respond(lit, func(f *litFrame) tint { return f.face })
	if r.gain < 0.04 || r.gain > 0.055 || r.like < 0.99 {
		t.Errorf("5 %% of light are measured as %+v", r)
	}
	for i := range lit { // a light of its own, another order
		lit[i].screen = colours[(lit[i].number+2)%len(colours)].RGB()
	}
	if r := respond(lit, func(f *litFrame) tint { return f.face }); r.like > 0.6 {
		t.Errorf("another order is answered: %+v", r)
	}
}

// S47, S50: whole recordings, followed and not.
func TestS47LivenessWithLight(t *testing.T) {
	t.Parallel()
	moves := []kyc.Move{ahead, kyc.MoveLight, left, right}
	light := []kyc.Colour{kyc.Yellow, kyc.Blue, kyc.Red, kyc.Cyan, kyc.Green, kyc.Magenta}
	steps := []script{{move: 0}, {move: 0}}
	for range light {
		steps = append(steps, script{move: 1})
	}
	steps = append(steps, script{move: 2}, script{move: 2}, script{move: 3}, script{move: 3})
	who := specimen.Face{Seed: 3_000_132}
	in := film(t, moves, steps, func(i int, _ float64) *image.RGBA {
		now := held(who, moves[steps[i].move], []float64{0.9, 1}[i%2])
		if k := i - 2; k >= 0 && k < len(light) {
			now.Light = shining(light[k], 0.12)
		}
		return now.Render(320, 240)
	})
	in.Challenge.Light = light
	for k := range light {
		in.Marks[2+k].Colour = k + 1
	}
	got := liveness(t, in)
	if got.Verdict(nil) != kyc.Success || len(got.Templates) != 1 || got.Measures["liveness.light"] == "" || got.Measures["liveness.colours"] != "yellow blue red cyan green magenta" {
		t.Errorf("%v, %v", got.Errors, got.Measures)
	}
	in.Challenge.Light = []kyc.Colour{kyc.Cyan, kyc.Red, kyc.Green, kyc.Magenta, kyc.Yellow, kyc.Blue}
	if got := liveness(t, in); !slices.Equal(got.Errors, []kyc.Code{kyc.LivenessLight}) || len(got.Templates) != 0 {
		t.Errorf("the answer to another light: %v with %d templates, %v", got.Errors, len(got.Templates), got.Measures)
	}
}

package face

import (
	"fmt"
	"image"
	"io"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// What a light is made of, and the limits by which it is judged; docs/liveness.md
// has the figures behind them.
const (
	lightColours  = 6 // one after the other, none twice in a row
	leastSorts    = 4 // different ones among them
	leastTurnedOn = 2 // times that each of the screen's three lights is on
	mostTurnedOn  = 4

	leastLit      = 5     // different colours of the sequence that frames must show
	leastLikeness = 0.75  // correlation of the face's answer with what was shown
	leastGain     = 0.010 // its strength, beside all other light
	leastChange   = 0.012 // change of the face's colours from which on something lit it
	flatShare     = 0.60  // strength of the surroundings' answer beside the face's from which on,
	flatUneven    = 0.12  // and unevenness of the face's below which, a sheet answers
)

// colours draws a light: all sequences that keep the limits are equally likely.
// Each of the screen's three lights is about as often on as off.
func colours(random io.Reader) ([]kyc.Colour, error) {
	all := kyc.Colours()
	for {
		out := make([]kyc.Colour, lightColours)
		for i := range out {
			k, err := below(random, len(all))
			if err != nil {
				return nil, err
			}
			out[i] = all[k]
		}
		if varied(out) {
			return out, nil
		}
	}
}

func varied(light []kyc.Colour) bool {
	var on [3]float64
	sorts := map[kyc.Colour]bool{}
	var before kyc.Colour
	for _, c := range light {
		if c == before {
			return false
		}
		before, sorts[c] = c, true
		for k, v := range c.RGB() {
			on[k] += v
		}
	}
	return len(sorts) >= leastSorts && slices.Min(on[:]) >= leastTurnedOn && slices.Max(on[:]) <= mostTurnedOn
}

// marksLight holds what the client says of colours against the challenge: they
// were on the screen during the move light only, all of them, in order.
func marksLight(c kyc.Challenge, marks []kyc.FrameMark) bool {
	last := 0
	for _, m := range marks {
		switch {
		case m.Colour == 0:
			continue
		case c.Moves[m.Move] != kyc.MoveLight, m.Colour < last, m.Colour > last+1:
			return false
		}
		last = m.Colour
	}
	return last == len(c.Light)
}

// judgeLight asks whether the face answered the screen's colours, and notes what
// was measured. Without a light there is nothing to ask.
func judgeLight(measures map[string]string, in kyc.LivenessInput, frames []frame, pictures []*image.RGBA) kyc.Code {
	if len(in.Challenge.Light) == 0 {
		return ""
	}
	var lit []litFrame
	linear := linearLight()
	for i, m := range in.Marks {
		if m.Colour > 0 && frames[i].seen() && shows(kyc.MoveLight, frames[i].pose.Yaw) {
			lit = append(lit, litBy(m, in.Challenge.Light[m.Colour-1], &frames[i], pictures[i], &linear))
		}
	}
	a := answered(lit)
	measures["liveness.light"] = a.String()
	return a.fault()
}

// litFrame is what one frame under a colour of the screen shows.
type litFrame struct {
	number  int        // of the colour in the sequence
	screen  [3]float64 // its three lights
	seconds float64
	face    tint
	patches [litPatches]tint
	wall    tint // of what surrounds the head; black where too little of it is seen
}

func litBy(m kyc.FrameMark, c kyc.Colour, f *frame, img *image.RGBA, linear *[256]float64) litFrame {
	out := litFrame{number: m.Colour, screen: c.RGB(), seconds: float64(m.AtMS) / 1000}
	radius := patchRadius * faceHeight(f.mesh)
	for k, p := range patchPoints() {
		at := f.mesh[p]
		out.patches[k] = tintOf(img, rect{at.X - radius, at.Y - radius, 2 * radius, 2 * radius}, linear)
		for c, v := range out.patches[k] {
			out.face[c] += v / litPatches
		}
	}
	out.wall = surroundings(img, f.face.Box, linear)
	return out
}

// answer is how the parts of a recording answered a light.
type answer struct {
	face    response
	wall    response
	colours int     // of the sequence that frames showed
	share   float64 // strength of the surroundings' answer beside the face's; NaN when it is not known
	uneven  float64 // how much the answers of the face's patches differ: deviation over mean
}

func answered(lit []litFrame) (a answer) {
	numbers := map[int]bool{}
	dark := false
	for i := range lit {
		numbers[lit[i].number] = true
		dark = dark || lit[i].wall == tint{}
	}
	a.colours, a.share = len(numbers), math.NaN()
	if a.colours < leastLit {
		return a
	}
	a.face = respond(lit, func(f *litFrame) tint { return f.face })
	if !dark {
		a.wall = respond(lit, func(f *litFrame) tint { return f.wall })
		a.share = math.Max(0, a.wall.gain) / math.Max(a.face.gain, 1e-6)
	}
	var sum, square float64
	for k := range litPatches {
		g := respond(lit, func(f *litFrame) tint { return f.patches[k] }).gain
		sum, square = sum+g/litPatches, square+g*g/litPatches
	}
	a.uneven = math.Sqrt(math.Max(0, square-sum*sum)) / math.Max(math.Abs(sum), 1e-6)
	return a
}

// fault is what follows from an answer. A face whose colours did not change was
// outshone, or is a screen; one whose colours changed in another way was lit by
// something else. Where the face answers evenly, and what surrounds it as strongly,
// both are on one sheet: either alone happens to people, who may sit by a wall.
func (a answer) fault() kyc.Code {
	switch {
	case a.colours < leastLit:
		return kyc.LivenessLight
	case a.face.like >= leastLikeness && a.face.gain >= leastGain:
		if a.share > flatShare && a.uneven < flatUneven { // false where the share is not known
			return kyc.LivenessLight
		}
		return ""
	case a.face.swing >= leastChange:
		return kyc.LivenessLight
	}
	return kyc.LivenessBright
}

func (a answer) String() string {
	if a.colours < leastLit {
		return fmt.Sprintf("%d colours seen (at least %d)", a.colours, leastLit)
	}
	wall := "surroundings not seen"
	if !math.IsNaN(a.share) {
		wall = fmt.Sprintf("surroundings %.3f, %.2f of the face's", a.wall.gain, a.share)
	}
	return fmt.Sprintf("like what was shown %.2f (at least %.2f), strength %.3f (at least %.3f), change %.3f (seen from %.3f), %s, unevenness %.2f (a sheet: surroundings above %.2f and unevenness below %.2f)",
		a.face.like, leastLikeness, a.face.gain, leastGain, a.face.swing, leastChange, wall, a.uneven, flatShare, flatUneven)
}

// response is how the colour of a part followed the screen's.
type response struct {
	gain  float64 // the screen's light as a share of all other light, about
	like  float64 // correlation with the sequence, −1 to 1
	swing float64 // how much the part's colour changed at all
}

// respond regresses a part's colour on the screen's, over all frames and the
// three channels together. Colours are logarithms of linear light less their
// mean over the channels: what skin or paint reflects becomes a constant, and so
// does a camera's exposure, even where it changes from frame to frame. A steady
// drift, as of a camera's white balance, is taken out of both sides first, which
// is the same as fitting it along (Frisch and Waugh 1933).
func respond(lit []litFrame, part func(*litFrame) tint) (r response) {
	var xx, xy, yy float64
	seen, shown := make([]float64, len(lit)), make([]float64, len(lit))
	for c := range 3 {
		for i := range lit {
			seen[i], shown[i] = part(&lit[i]).hue(c), lit[i].screen[c]-(lit[i].screen[0]+lit[i].screen[1]+lit[i].screen[2])/3
		}
		steady(lit, seen)
		steady(lit, shown)
		for i := range lit {
			xx, xy, yy = xx+shown[i]*shown[i], xy+shown[i]*seen[i], yy+seen[i]*seen[i]
		}
	}
	if xx > 0 && yy > 0 {
		r.gain, r.like = xy/xx, xy/math.Sqrt(xx*yy)
	}
	r.swing = math.Sqrt(yy / float64(3*max(1, len(lit))))
	return r
}

// steady takes the line out of a series that fits it best.
func steady(lit []litFrame, series []float64) {
	var t, v, tt, tv float64
	n := float64(len(lit))
	for i := range lit {
		t, v = t+lit[i].seconds/n, v+series[i]/n
	}
	for i := range lit {
		d := lit[i].seconds - t
		tt, tv = tt+d*d, tv+d*(series[i]-v)
	}
	for i := range lit {
		series[i] -= v + tv/math.Max(tt, 1e-9)*(lit[i].seconds-t)
	}
}

package attacks

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// instant is how a head is held while one frame is taken.
type instant struct {
	specimen.Face

	at     int64 // milliseconds since the challenge was shown
	move   int   // that was on the screen
	colour int   // of the challenge's light that was on the screen, from 1; 0: none
}

// Frames of a move, as the widget sends: on the way, and two that are held.
func way() []float64 { return []float64{0.35, 0.75, 1, 1} }

// act is how somebody follows a challenge: not too exactly, never twice the same.
// Glow is how bright their screen is beside all other light.
func act(who specimen.Face, asked kyc.Challenge, glow float64, rnd *rand.Rand) (out []instant) {
	sway := func(most float64) float64 { return most * (2*rnd.Float64() - 1) }
	rest := who
	rest.Size = 0.5 + 0.14*rnd.Float64()
	if slices.Contains(asked.Moves, kyc.MoveCloser) {
		rest.Size -= 0.06 // the widget wants room for it
	}
	rest.Roll, rest.Pitch = sway(3), sway(4)
	far := 25 + 8*rnd.Float64()
	now := rest
	at := 300 + rnd.Int64N(400)
	for i, move := range asked.Moves {
		goal := pose(rest, move, far)
		from := now
		steps, colours := way(), []int(nil)
		if move == kyc.MoveLight {
			steps, colours = lightWay(len(asked.Light))
		}
		for k, share := range steps {
			now = between(from, goal, share)
			seen := now
			seen.Yaw, seen.Pitch, seen.Roll = seen.Yaw+sway(1.2), seen.Pitch+sway(1), seen.Roll+sway(0.8)
			seen.Smile, seen.Size = 0.1+0.1*rnd.Float64(), seen.Size*(1+sway(0.01))
			one := instant{Face: seen, at: at, move: i}
			if colours != nil {
				one.colour, one.Light = colours[k], glowing(asked.Light[colours[k]-1], glow)
			}
			out = append(out, one)
			at += 240 + rnd.Int64N(120)
		}
	}
	return out
}

// lightWay holds the head and has two frames of each colour.
func lightWay(colours int) (shares []float64, numbers []int) {
	for c := range colours {
		shares, numbers = append(shares, 1, 1), append(numbers, c+1, c+1)
	}
	return shares, numbers
}

func glowing(c kyc.Colour, glow float64) (light [3]float64) {
	for i, on := range c.RGB() {
		light[i] = on * glow
	}
	return light
}

// nodDown is how far somebody nods, in degrees, and approach how many times
// nearer somebody comes.
const (
	nodDown  = 20
	approach = 1.6
)

// pose is where a move leads.
func pose(rest specimen.Face, move kyc.Move, far float64) specimen.Face {
	goal := rest
	switch move {
	case kyc.MoveLeft:
		goal.Yaw = far
	case kyc.MoveRight:
		goal.Yaw = -far
	case kyc.MoveNod:
		goal.Pitch -= nodDown
	case kyc.MoveBlink:
		goal.Blink = 1
	case kyc.MoveCloser:
		goal.Size, goal.Distance = rest.Size*approach, rest.Distance/approach
	case kyc.MoveCentre, kyc.MoveLight:
	}
	return goal
}

func between(a, b specimen.Face, share float64) specimen.Face {
	mix := func(x, y float64) float64 { return x + (y-x)*share }
	out := b
	out.Yaw, out.Pitch, out.Roll = mix(a.Yaw, b.Yaw), mix(a.Pitch, b.Pitch), mix(a.Roll, b.Roll)
	out.Blink, out.Size = mix(a.Blink, b.Blink), mix(a.Size, b.Size)
	out.Distance = a.Distance * a.Size / out.Size // it looks larger because it is nearer
	return out
}

// The frames that the widget sends.
const (
	frameWidth  = 640
	frameHeight = 480
)

// room is what stands behind a person: often nothing, sometimes what a test for
// moiré should not take for a screen.
type room struct {
	kind   int // 0 and 1 bare, 2 blinds, 3 boards, 4 cloth with a fine check
	period float64
	tone   [2]float64
}

func newRoom(rnd *rand.Rand) room {
	r := room{kind: rnd.IntN(5), period: 5 + 20*rnd.Float64()}
	if r.kind == 4 {
		r.period = 2.2 + 3*rnd.Float64()
	}
	r.tone = [2]float64{90 + 60*rnd.Float64(), 150 + 80*rnd.Float64()}
	return r
}

// The room shows to both sides of the head, above the shoulders.
const (
	sideShare = 0.2
	highShare = 0.78
)

// paint draws the room over the plain wall of a rendered head.
func (r room) paint(img *image.RGBA) {
	if r.kind < 2 {
		return
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range int(highShare * float64(h)) {
		for x := range w {
			if x >= int(sideShare*float64(w)) && x < w-int(sideShare*float64(w)) {
				continue
			}
			wave := math.Sin(2 * math.Pi * float64(y) / r.period)
			switch r.kind {
			case 3:
				wave = math.Tanh(4 * math.Sin(2*math.Pi*(float64(x)+0.05*float64(y))/(3*r.period)))
			case 4:
				wave *= math.Sin(2 * math.Pi * float64(x) / r.period)
			}
			v := r.tone[0] + (r.tone[1]-r.tone[0])*(0.5+0.5*wave)
			p := img.Pix[y*img.Stride+4*x:]
			p[0], p[1], p[2] = level(v), level(v*0.97), level(v*0.92)
		}
	}
}

func level(v float64) uint8 { return uint8(math.Min(math.Max(v+0.5, 0), 255)) }

// perform renders somebody who holds the head as told.
func perform(behind room, acted []instant) (take recording) {
	for _, now := range acted {
		img := now.Render(frameWidth, frameHeight)
		behind.paint(img)
		take = append(take, shot{img, now})
	}
	return take
}

// recording is what was filmed, before any camera's noise.
type recording []shot

type shot struct {
	img *image.RGBA
	instant
}

// portrait renders the photo that an attacker found of somebody.
func portrait(who specimen.Face) *image.RGBA {
	who.Size, who.Smile = 0.66, 0.15
	return who.Render(frameWidth, frameHeight)
}

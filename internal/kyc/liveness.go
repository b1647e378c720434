package kyc

import (
	"fmt"
	"slices"
)

// Move is one thing a liveness challenge asks the person to do.
type Move string

// The moves. Left and right are the person's own.
const (
	MoveCentre Move = "centre"
	MoveLeft   Move = "left"
	MoveRight  Move = "right"
	MoveNod    Move = "nod"
	MoveBlink  Move = "blink"
	MoveCloser Move = "closer" // towards the camera
	MoveLight  Move = "light"  // hold still while the screen shows the challenge's colours
)

// Colour is one of those that a screen lights a face with.
type Colour string

// The colours: a screen's own three and what two of them make.
const (
	Red     Colour = "red"
	Green   Colour = "green"
	Blue    Colour = "blue"
	Cyan    Colour = "cyan"
	Magenta Colour = "magenta"
	Yellow  Colour = "yellow"
)

// Colours lists them.
func Colours() []Colour { return []Colour{Red, Green, Blue, Cyan, Magenta, Yellow} }

// RGB tells which of the screen's three lights are on, 1 or 0; none for a colour that is not.
func (c Colour) RGB() [3]float64 {
	switch c {
	case Red:
		return [3]float64{1, 0, 0}
	case Green:
		return [3]float64{0, 1, 0}
	case Blue:
		return [3]float64{0, 0, 1}
	case Cyan:
		return [3]float64{0, 1, 1}
	case Magenta:
		return [3]float64{1, 0, 1}
	case Yellow:
		return [3]float64{1, 1, 0}
	}
	return [3]float64{}
}

// LightRule says whether a challenge lights the face with the screen's colours.
type LightRule string

// The rules. Where it is too bright to tell, the next try of LightTry asks for
// every other move instead; LightInsist asks for the light again.
const (
	LightOff    LightRule = ""
	LightTry    LightRule = "try"
	LightInsist LightRule = "insist"
)

// LightRules lists them.
func LightRules() []LightRule { return []LightRule{LightOff, LightTry, LightInsist} }

// LivenessRules say what a scenario's liveness challenges may ask for. Turns to
// both sides are always asked for, since they show best that a face has depth.
type LivenessRules struct {
	Moves []Move    `json:"moves,omitempty"` // asked for beside turns: nod, blink, closer. None: turns alone
	Light LightRule `json:"light,omitempty"` // whether the screen lights the face
}

// WithoutLight gives the rules of a try that follows one in which it was too bright
// for the light: all other moves stand in for it, unless the scenario insists.
func (r LivenessRules) WithoutLight() LivenessRules {
	if r.Light != LightTry {
		return r
	}
	return LivenessRules{Moves: ExtraMoves()}
}

// ExtraMoves are the moves that a scenario can add to turns.
func ExtraMoves() []Move { return []Move{MoveNod, MoveBlink, MoveCloser} }

// normal puts the moves into one order, each once; what is no move stays and is a fault.
func (r LivenessRules) normal() (out LivenessRules) {
	out.Light = r.Light
	for _, m := range ExtraMoves() {
		if slices.Contains(r.Moves, m) {
			out.Moves = append(out.Moves, m)
		}
	}
	for _, m := range r.Moves {
		if !slices.Contains(ExtraMoves(), m) {
			out.Moves = append(out.Moves, m)
		}
	}
	return out
}

// faults takes the tries of the liveness step, 0 when there is none, and whether
// people may say that they cannot do it.
func (r LivenessRules) faults(tries int, excuse bool) (faults []string) {
	asked := tries > 0
	if !slices.Contains(LightRules(), r.Light) {
		faults = append(faults, fmt.Sprintf("liveness.light: %q is not known; use try, insist, or leave it out", r.Light))
	}
	if r.Light != LightOff && !asked {
		faults = append(faults, "liveness.light: there is no liveness step to light; add one, or leave it out")
	}
	if r.Light == LightInsist && asked && !excuse {
		faults = append(faults, "liveness.light: insist leaves no way to people who cannot bear changing colours, as with photosensitive epilepsy; set allowExcuse, or use try")
	}
	if r.Light == LightTry && tries == 1 {
		faults = append(faults, "liveness.light: where it is too bright, a second try goes on without the light; allow two tries of liveness, or insist")
	}
	for i, m := range r.Moves {
		if !slices.Contains(ExtraMoves(), m) {
			faults = append(faults, fmt.Sprintf("liveness.moves[%d]: %q cannot be added; use nod, blink or closer, turns are always drawn", i, m))
		}
	}
	if len(r.Moves) > 0 && !asked {
		faults = append(faults, "liveness.moves: there is no liveness step to ask for them; add one, or leave the moves out")
	}
	return faults
}

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
)

// LivenessRules say what a scenario's liveness challenges may ask for. Turns to
// both sides are always asked for, since they show best that a face has depth.
type LivenessRules struct {
	Moves []Move `json:"moves,omitempty"` // asked for beside turns: nod, blink. None: turns alone
}

// ExtraMoves are the moves that a scenario can add to turns.
func ExtraMoves() []Move { return []Move{MoveNod, MoveBlink} }

// normal puts the moves into one order, each once; what is no move stays and is a fault.
func (r LivenessRules) normal() (out LivenessRules) {
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

func (r LivenessRules) faults(asked bool) (faults []string) {
	for i, m := range r.Moves {
		if !slices.Contains(ExtraMoves(), m) {
			faults = append(faults, fmt.Sprintf("liveness.moves[%d]: %q cannot be added; use nod or blink, turns are always drawn", i, m))
		}
	}
	if len(r.Moves) > 0 && !asked {
		faults = append(faults, "liveness.moves: there is no liveness step to ask for them; add one, or leave the moves out")
	}
	return faults
}

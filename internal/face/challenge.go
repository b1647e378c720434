package face

import (
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// What a challenge is made of.
const (
	nonceBytes        = 16
	challengeLifetime = 60 * time.Second
)

// orders of turns that a challenge can ask for: two or three, each side at
// least once. They are equally likely.
func orders() [8]string { return [8]string{"LR", "RL", "LRL", "RLR", "LLR", "RRL", "LRR", "RLL"} }

// Draw makes a challenge: look straight ahead, then turn as one of the orders
// says. Between two turns to the same side it asks for the middle, since nobody
// comes back without being asked. It fails only when the source of randomness
// does.
func Draw(random io.Reader, now time.Time) (kyc.Challenge, error) {
	var drawn [nonceBytes + 1]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return kyc.Challenge{}, fmt.Errorf("draw a liveness challenge: %w", err)
	}
	sides := map[rune]kyc.Move{'L': kyc.MoveLeft, 'R': kyc.MoveRight}
	moves := []kyc.Move{kyc.MoveCentre}
	for _, letter := range orders()[drawn[nonceBytes]&7] {
		side := sides[letter]
		if moves[len(moves)-1] == side {
			moves = append(moves, kyc.MoveCentre)
		}
		moves = append(moves, side)
	}
	return kyc.Challenge{
		Nonce: hex.EncodeToString(drawn[:nonceBytes]), Moves: moves,
		IssuedAt: now, Deadline: now.Add(challengeLifetime),
	}, nil
}

// The limits that a recording must keep to. Angles are in degrees.
const (
	minFrames = 6  // fewer cannot show the shortest challenge with a frame to spare for each move
	maxFrames = 60 // more is not a recording of ours; bounds the work

	centreWithin = 12.0 // |yaw| at most: looks straight ahead
	turnBeyond   = 15.0 // |yaw| at least: has turned to a side
	turnOver     = 10.0 // |yaw| below: the turn has ended (hysteresis)

	minGap      = 15 * time.Millisecond   // no camera is faster than 60 frames a second
	maxGap      = 6 * time.Second         // longer, and somebody may have been exchanged
	minDuration = 900 * time.Millisecond  // nobody turns the head twice in less
	clockSlack  = 1500 * time.Millisecond // between the device's stopwatch and our clock
)

// checkTiming holds what the client says of its frames against the challenge
// and the clock. It gives the first code that applies, or "".
func checkTiming(in kyc.LivenessInput) kyc.Code {
	moves, marks := len(in.Challenge.Moves), in.Marks
	if len(in.Frames) < max(minFrames, 2*moves-1) || len(in.Frames) > maxFrames || len(marks) != len(in.Frames) {
		return kyc.LivenessFrames
	}
	if in.Challenge.Nonce == "" || moves < 3 || in.SentAt.Before(in.Challenge.IssuedAt) {
		return kyc.LivenessChallenge
	}
	if in.SentAt.After(in.Challenge.Deadline) {
		return kyc.LivenessLate
	}
	first, last := marks[0], marks[len(marks)-1]
	if first.AtMS < 0 || first.Move != 0 || last.Move != moves-1 {
		return kyc.LivenessChallenge
	}
	for i := 1; i < len(marks); i++ {
		gap := milliseconds(marks[i].AtMS) - milliseconds(marks[i-1].AtMS)
		step := marks[i].Move - marks[i-1].Move
		if gap < minGap || gap > maxGap || step < 0 || step > 1 {
			return kyc.LivenessChallenge
		}
	}
	// A frame cannot have been taken after it arrived.
	if milliseconds(last.AtMS) > in.SentAt.Sub(in.Challenge.IssuedAt)+clockSlack {
		return kyc.LivenessChallenge
	}
	if milliseconds(last.AtMS)-milliseconds(first.AtMS) < minDuration {
		return kyc.LivenessChallenge
	}
	return ""
}

// milliseconds saturates, so that a hostile number cannot wrap around.
func milliseconds(ms int64) time.Duration {
	const most = int64(24 * time.Hour / time.Millisecond)
	return time.Duration(min(max(ms, -1), most)) * time.Millisecond
}

// followed tells whether a head that was at these angles did what was asked:
// every move is seen while it was on screen, and the turns of the whole
// recording are the asked ones, no more, no less, in that order. An angle that
// is NaN (no face) is skipped.
func followed(moves []kyc.Move, marks []kyc.FrameMark, yaws []float64) bool {
	seen := make([]bool, len(moves))
	for i, yaw := range yaws {
		if m := marks[i].Move; shows(moves[m], yaw) {
			seen[m] = true
		}
	}
	for _, s := range seen {
		if !s {
			return false
		}
	}
	var asked []kyc.Move
	for _, m := range moves {
		if m != kyc.MoveCentre {
			asked = append(asked, m)
		}
	}
	got := turns(yaws)
	if len(got) != len(asked) {
		return false
	}
	for i := range got {
		if got[i] != asked[i] {
			return false
		}
	}
	return true
}

// shows tells whether a head at this angle does the move; yaw is positive
// towards the person's own left.
func shows(m kyc.Move, yaw float64) bool {
	switch m {
	case kyc.MoveCentre:
		return math.Abs(yaw) <= centreWithin
	case kyc.MoveLeft:
		return yaw >= turnBeyond
	case kyc.MoveRight:
		return yaw <= -turnBeyond
	}
	return false
}

// turns reads the turns out of the angles: one begins beyond turnBeyond and
// lasts until the head is back within turnOver or beyond on the other side.
func turns(yaws []float64) (sides []kyc.Move) {
	var now kyc.Move
	for _, yaw := range yaws {
		switch {
		case shows(kyc.MoveLeft, yaw) && now != kyc.MoveLeft:
			now = kyc.MoveLeft
			sides = append(sides, now)
		case shows(kyc.MoveRight, yaw) && now != kyc.MoveRight:
			now = kyc.MoveRight
			sides = append(sides, now)
		case math.Abs(yaw) < turnOver:
			now = ""
		}
	}
	return sides
}

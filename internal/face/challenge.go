package face

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// What a challenge is made of.
const (
	nonceBytes        = 16
	challengeLifetime = 60 * time.Second
	moveLifetime      = 12 * time.Second // of each move, when there are many
)

// orders of turns that a challenge can ask for: two or three, each side at
// least once. They are equally likely.
func orders() [8]string { return [8]string{"LR", "RL", "LRL", "RLR", "LLR", "RRL", "LRR", "RLL"} }

// Draw makes a challenge: look straight ahead, then turn as one of the orders
// says. Between two turns to the same side it asks for the middle, since nobody
// comes back without being asked. Where the rules add moves, they stand anywhere
// among one turn to each side: 6 orders with one, 24 with two, 120 with three. It fails only
// when the source of randomness does.
func Draw(random io.Reader, now time.Time, rules kyc.LivenessRules) (kyc.Challenge, error) {
	var nonce [nonceBytes]byte
	if _, err := io.ReadFull(random, nonce[:]); err != nil {
		return kyc.Challenge{}, fmt.Errorf("draw a liveness challenge: %w", err)
	}
	drawn, err := asked(random, rules.Moves)
	if err != nil {
		return kyc.Challenge{}, fmt.Errorf("draw a liveness challenge: %w", err)
	}
	moves := route(drawn)
	var light []kyc.Colour
	if rules.Light != kyc.LightOff {
		if light, err = colours(random); err != nil {
			return kyc.Challenge{}, fmt.Errorf("draw a light: %w", err)
		}
		moves = slices.Insert(moves, 1, kyc.MoveLight) // the head is straight then
	}
	return kyc.Challenge{
		Nonce: hex.EncodeToString(nonce[:]), Moves: moves, Light: light,
		IssuedAt: now, Deadline: now.Add(max(challengeLifetime, time.Duration(len(moves))*moveLifetime)),
	}, nil
}

// asked draws what comes after the first look straight ahead. With moves beside
// turns it is an order of them and a turn to each side (Fisher and Yates).
func asked(random io.Reader, extras []kyc.Move) ([]kyc.Move, error) {
	if len(extras) == 0 {
		all := orders()
		i, err := below(random, len(all))
		if err != nil {
			return nil, err
		}
		var turns []kyc.Move
		for _, letter := range all[i] {
			turns = append(turns, map[rune]kyc.Move{'L': kyc.MoveLeft, 'R': kyc.MoveRight}[letter])
		}
		return turns, nil
	}
	out := append([]kyc.Move{kyc.MoveLeft, kyc.MoveRight}, extras...)
	for i := len(out) - 1; i > 0; i-- {
		j, err := below(random, i+1)
		if err != nil {
			return nil, err
		}
		out[i], out[j] = out[j], out[i]
	}
	return out, nil
}

// below draws a whole number from 0 to n−1, all equally likely.
func below(random io.Reader, n int) (int, error) {
	i, err := rand.Int(random, big.NewInt(int64(n)))
	if err != nil {
		return 0, err
	}
	return int(i.Int64()), nil
}

// route adds the moves between those that were drawn: straight ahead first,
// again before what has to be seen from the front or is asked for twice, and
// after coming closer, so that everything else is seen from one distance.
func route(asked []kyc.Move) []kyc.Move {
	moves := []kyc.Move{kyc.MoveCentre}
	for _, move := range asked {
		last := moves[len(moves)-1]
		if last == move || last == kyc.MoveCloser || isExtra(move) && (last == kyc.MoveLeft || last == kyc.MoveRight) {
			moves = append(moves, kyc.MoveCentre)
		}
		moves = append(moves, move)
	}
	return moves
}

// isExtra tells what is asked for beside turns.
func isExtra(m kyc.Move) bool { return m == kyc.MoveLight || slices.Contains(kyc.ExtraMoves(), m) }

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
	if milliseconds(last.AtMS)-milliseconds(first.AtMS) < minDuration || !marksLight(in.Challenge, marks) {
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
		if m == kyc.MoveLeft || m == kyc.MoveRight {
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

// shows tells whether a head at this angle does the move, as far as the angle
// tells; yaw is positive towards the person's own left.
func shows(m kyc.Move, yaw float64) bool {
	switch m {
	case kyc.MoveCentre:
		return math.Abs(yaw) <= centreWithin
	case kyc.MoveNod, kyc.MoveBlink, kyc.MoveCloser, kyc.MoveLight:
		return math.Abs(yaw) <= nearFrontal
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

package face

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	ahead = kyc.MoveCentre
	left  = kyc.MoveLeft
	right = kyc.MoveRight
)

// S47: a nonce, a deadline, and an order that cannot be foretold.
func TestS47DrawIsUnpredictableAndBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	orders, nonces := map[string]int{}, map[string]bool{}
	for range 400 {
		got, err := Draw(rand.Reader, now, kyc.LivenessRules{})
		if err != nil {
			t.Fatal(err)
		}
		orders[fmt.Sprint(got.Moves)]++
		nonces[got.Nonce] = true
		if got.Moves[0] != ahead || len(got.Moves) < 3 || len(got.Moves) > 5 || repeats(got.Moves) || !strings.Contains(fmt.Sprint(got.Moves), "left") || !strings.Contains(fmt.Sprint(got.Moves), "right") {
			t.Fatalf("drew %v", got.Moves)
		}
		if !got.IssuedAt.Equal(now) || got.Deadline.Sub(now) != challengeLifetime || len(got.Nonce) != 32 {
			t.Fatalf("drew %+v", got)
		}
	}
	if len(orders) != 8 || len(nonces) != 400 {
		t.Fatalf("%d orders and %d nonces out of 400 draws", len(orders), len(nonces))
	}
	for order, n := range orders {
		if n < 20 {
			t.Errorf("%s came %d times in 400", order, n)
		}
	}
}

// repeats tells whether a move is asked for that the person is doing already.
func repeats(moves []kyc.Move) bool {
	for i := 1; i < len(moves); i++ {
		if moves[i] == moves[i-1] {
			return true
		}
	}
	return false
}

// What a scenario adds is drawn, in every order, and nothing else is.
func TestS47DrawOfAddedMoves(t *testing.T) {
	t.Parallel()
	all := kyc.ExtraMoves()
	for _, test := range []struct {
		rules          []kyc.Move
		orders, extras int
	}{{all[:1], 6, 1}, {all[2:], 6, 1}, {all[:2], 24, 2}, {all, 120, 3}} {
		seen := map[string]int{}
		for range 100 * test.orders {
			got, err := Draw(rand.Reader, time.Now(), kyc.LivenessRules{Moves: test.rules})
			if err != nil {
				t.Fatal(err)
			}
			seen[fmt.Sprint(got.Moves)]++
			checkRoute(t, got.Moves, test.rules, test.extras)
			if got.Deadline.Sub(got.IssuedAt) < max(challengeLifetime, time.Duration(len(got.Moves))*moveLifetime) {
				t.Fatalf("%v must be done in %s", got.Moves, got.Deadline.Sub(got.IssuedAt))
			}
		}
		if len(seen) != test.orders {
			t.Errorf("%v: %d orders, want %d", test.rules, len(seen), test.orders)
		}
		for order, n := range seen {
			if n < 50 || n > 150 {
				t.Errorf("%s came %d times in %d", order, n, 100*test.orders)
			}
		}
	}
}

// checkRoute wants one turn to each side, so many of the added moves, each once,
// a straight look before each of them, and one after coming closer.
func checkRoute(t *testing.T, moves, rules []kyc.Move, extras int) {
	t.Helper()
	count := map[kyc.Move]int{}
	for i, m := range moves {
		count[m]++
		if slices.Contains(kyc.ExtraMoves(), m) {
			extras--
			if !slices.Contains(rules, m) || moves[i-1] == left || moves[i-1] == right || count[m] > 1 {
				t.Fatalf("drew %v of %v", moves, rules)
			}
			if m == kyc.MoveCloser && i+1 < len(moves) && moves[i+1] != ahead {
				t.Fatalf("nobody is asked to go back: %v", moves)
			}
		}
	}
	if moves[0] != ahead || repeats(moves) || count[left] != 1 || count[right] != 1 || extras != 0 {
		t.Fatalf("drew %v of %v", moves, rules)
	}
}

func TestDrawFailsWithoutRandomness(t *testing.T) {
	t.Parallel()
	if _, err := Draw(bytes.NewReader(make([]byte, 5)), time.Now(), kyc.LivenessRules{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want the reader's", err)
	}
}

func TestFollowed(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, test := range map[string]struct {
		moves []kyc.Move
		marks []int
		yaws  []float64
		want  bool
	}{
		"as asked":                      {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 2, 2}, []float64{2, 10, 25, -5, -30}, true},
		"as asked, a frame lost":        {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 2, 2}, []float64{2, nan, 25, nan, -30}, true},
		"three turns":                   {[]kyc.Move{ahead, right, left, right}, []int{0, 1, 2, 3}, []float64{0, -20, 20, -20}, true},
		"wrong order":                   {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 2, 2}, []float64{2, -10, -25, 5, 30}, false},
		"one turn missing":              {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 2, 2}, []float64{2, 10, 25, 5, 0}, false},
		"one turn too many":             {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 2, 2, 2}, []float64{2, 10, 25, -25, 0, 25}, false},
		"first turned the wrong way":    {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 1, 2}, []float64{2, -25, 0, 25, -25}, false},
		"right order, too early":        {[]kyc.Move{ahead, left, right}, []int{0, 0, 0, 1, 2}, []float64{0, 25, -25, -25, -25}, false},
		"never straight":                {[]kyc.Move{ahead, left, right}, []int{0, 1, 2}, []float64{14, 25, -25}, false},
		"a tremble is not a second one": {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 1, 2}, []float64{0, 20, 12, 20, -25}, true},
		"twice the same side":           {[]kyc.Move{ahead, left, right}, []int{0, 1, 1, 1, 2}, []float64{0, 20, 3, 20, -25}, false},
		"not turned far enough":         {[]kyc.Move{ahead, left, right}, []int{0, 1, 2}, []float64{0, 14.9, -25}, false},
		"no face at all":                {[]kyc.Move{ahead, left, right}, []int{0, 1, 2}, []float64{nan, nan, nan}, false},
	} {
		marks := make([]kyc.FrameMark, len(test.marks))
		for i, m := range test.marks {
			marks[i].Move = m
		}
		if got := followed(test.moves, marks, test.yaws); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// recording is a plausible one of nine frames for centre, left, right.
func recording() kyc.LivenessInput {
	issued := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in := kyc.LivenessInput{
		Challenge: kyc.Challenge{Nonce: "n", Moves: []kyc.Move{ahead, left, right}, IssuedAt: issued, Deadline: issued.Add(time.Minute)},
		SentAt:    issued.Add(10 * time.Second),
		Frames:    make([]kyc.Picture, 9),
	}
	for i := range 9 {
		in.Marks = append(in.Marks, kyc.FrameMark{AtMS: int64(500 + 600*i), Move: i / 3})
	}
	return in
}

// S48: count, order and cadence of the frames.
func TestS48Timing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*kyc.LivenessInput)
		want   kyc.Code
	}{
		"plausible":             {func(*kyc.LivenessInput) {}, ""},
		"no frames":             {func(in *kyc.LivenessInput) { in.Frames, in.Marks = nil, nil }, kyc.LivenessFrames},
		"too few":               {func(in *kyc.LivenessInput) { in.Frames, in.Marks = in.Frames[:5], in.Marks[:5] }, kyc.LivenessFrames},
		"too many":              {func(in *kyc.LivenessInput) { in.Frames = make([]kyc.Picture, 61) }, kyc.LivenessFrames},
		"a mark missing":        {func(in *kyc.LivenessInput) { in.Marks = in.Marks[:8] }, kyc.LivenessFrames},
		"late":                  {func(in *kyc.LivenessInput) { in.SentAt = in.Challenge.Deadline.Add(time.Millisecond) }, kyc.LivenessLate},
		"before it was asked":   {func(in *kyc.LivenessInput) { in.SentAt = in.Challenge.IssuedAt.Add(-time.Second) }, kyc.LivenessChallenge},
		"no challenge":          {func(in *kyc.LivenessInput) { in.Challenge.Nonce = "" }, kyc.LivenessChallenge},
		"backwards":             {func(in *kyc.LivenessInput) { in.Marks[4].AtMS = 100 }, kyc.LivenessChallenge},
		"two at once":           {func(in *kyc.LivenessInput) { in.Marks[4].AtMS = in.Marks[3].AtMS }, kyc.LivenessChallenge},
		"a pause":               {func(in *kyc.LivenessInput) { in.Marks[8].AtMS += 7000 }, kyc.LivenessChallenge},
		"from the future":       {func(in *kyc.LivenessInput) { in.SentAt = in.Challenge.IssuedAt.Add(2 * time.Second) }, kyc.LivenessChallenge},
		"a number that wraps":   {func(in *kyc.LivenessInput) { in.Marks[8].AtMS = math.MaxInt64 }, kyc.LivenessChallenge},
		"negative":              {func(in *kyc.LivenessInput) { in.Marks[0].AtMS = -5 }, kyc.LivenessChallenge},
		"a move skipped":        {func(in *kyc.LivenessInput) { in.Marks[3].Move, in.Marks[4].Move, in.Marks[5].Move = 2, 2, 2 }, kyc.LivenessChallenge},
		"a move taken back":     {func(in *kyc.LivenessInput) { in.Marks[5].Move = 0 }, kyc.LivenessChallenge},
		"not to the end":        {func(in *kyc.LivenessInput) { in.Marks[6].Move, in.Marks[7].Move, in.Marks[8].Move = 1, 1, 1 }, kyc.LivenessChallenge},
		"a move that is not":    {func(in *kyc.LivenessInput) { in.Marks[8].Move = 3 }, kyc.LivenessChallenge},
		"faster than a head is": {func(in *kyc.LivenessInput) { hurry(in, 20) }, kyc.LivenessChallenge},
	} {
		in := recording()
		test.change(&in)
		if got := checkTiming(in); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func hurry(in *kyc.LivenessInput, gap int64) {
	for i := range in.Marks {
		in.Marks[i].AtMS = 500 + gap*int64(i)
	}
}

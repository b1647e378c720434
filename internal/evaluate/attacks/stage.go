package attacks

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// Room is what is attacked; *face.Room is one.
type Room interface {
	Liveness(ctx context.Context, in kyc.LivenessInput) (*kyc.Finding, error)
	Describe(ctx context.Context, img *image.RGBA) (*face.Description, error)
	Match(ctx context.Context, templates []kyc.Template, limit kyc.FaceLimit) (*kyc.Finding, error)
}

// stage is one seed's world: somebody who is to be verified, somebody who wants
// to be taken for them, and what the one could get hold of of the other.
type stage struct {
	room Room
	seed int64
	rnd  *rand.Rand
	keep bool // frames, to be shown

	victim, attacker specimen.Face
	glow             float64       // of the screen that lights whoever sits before it, beside all other light
	honest, asked    kyc.Challenge // of the victim's own session, and of the attack

	behind  room      // what stands behind the victim
	session recording // the victim's own, see earlier
	known   memory    // that session, once it was sent
	photo   *image.RGBA
	points  [][2]float64  // its landmarks
	claimed *kyc.Template // the victim's face, as the document has it

	performed recording      // the attacker's own face following the attack's challenge
	worn      [][][2]float64 // its landmarks
}

// Screens beside all other light: one by a window, and one in a dim room.
const (
	leastGlow = 0.02
	mostGlow  = 0.5
)

// armsLength is how far people hold a phone or sit before a laptop, half a metre
// to two thirds of one. Sessions in which nobody comes closer are seen from a metre.
func armsLength(rnd *rand.Rand) float64 { return 4.2 + 1.3*rnd.Float64() }

// issued is when all challenges of the bench are.
func issued() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

func newStage(ctx context.Context, room Room, seed int64, rules kyc.LivenessRules) (*stage, error) {
	s := &stage{room: room, seed: seed, rnd: seeded(seed)}
	s.victim, s.attacker = specimen.Face{Seed: seed}, specimen.Face{Seed: seed + strangers}
	var err error
	for _, c := range []*kyc.Challenge{&s.honest, &s.asked} {
		if *c, err = face.Draw(source{s.rnd}, issued(), rules); err != nil {
			return nil, err
		}
	}
	if rules.Light != kyc.LightOff {
		s.glow = leastGlow * math.Pow(mostGlow/leastGlow, s.rnd.Float64())
		s.victim.Behind, s.attacker.Behind = 3+17*s.rnd.Float64(), 3+17*s.rnd.Float64()
	}
	if slices.Contains(rules.Moves, kyc.MoveCloser) {
		s.victim.Distance, s.attacker.Distance = armsLength(s.rnd), armsLength(s.rnd)
	}
	s.behind, s.photo = newRoom(s.rnd), portrait(s.victim)
	found, err := room.Describe(ctx, s.photo)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("seed %d: no face is found on the portrait", seed)
	}
	s.points, s.claimed = found.Landmarks, &found.Template
	s.claimed.Label = "document_0"
	return s, nil
}

func seeded(seed int64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), 0x61747461)) //nolint:gosec // not a secret
}

// strangers have seeds so far from those of the honest.
const strangers = 500_000

// source makes bytes of a seeded generator, so that the bench repeats.
type source struct{ *rand.Rand }

func (s source) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(s.Uint32())
	}
	return len(p), nil
}

// earlier is the victim's own session; it is rendered once, when it is needed.
func (s *stage) earlier() recording {
	if s.session == nil {
		s.session = perform(s.behind, act(s.victim, s.honest, s.glow, s.rnd))
	}
	return s.session
}

// live has the attacker follow the challenge with their own face; it is
// rendered once for all who build on it.
func (s *stage) live(ctx context.Context) (recording, [][][2]float64, error) {
	if s.performed != nil {
		return s.performed, s.worn, nil
	}
	s.performed = perform(newRoom(s.rnd), act(s.attacker, s.asked, s.glow, s.rnd))
	for _, now := range s.performed {
		found, err := s.room.Describe(ctx, now.img)
		if err != nil {
			return nil, nil, err
		}
		var points [][2]float64
		if found != nil {
			points = found.Landmarks
		}
		s.worn = append(s.worn, points)
	}
	return s.performed, s.worn, nil
}

// moves is how somebody who is not the person would follow the attack's challenge.
func (s *stage) moves() []instant { return act(s.victim, s.asked, s.glow, s.rnd) }

// input makes of frames and marks what the door would hand to the room.
func input(c kyc.Challenge, frames []kyc.Picture, take recording) kyc.LivenessInput {
	in := kyc.LivenessInput{Challenge: c, Frames: frames}
	for _, now := range take {
		in.Marks = append(in.Marks, kyc.FrameMark{AtMS: now.at, Move: now.move, Colour: now.colour})
	}
	last := take[len(take)-1].at
	in.SentAt = c.IssuedAt.Add(time.Duration(last+800) * time.Millisecond)
	in.Now = in.SentAt.Add(time.Second)
	return in
}

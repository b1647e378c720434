package face

import (
	"image"
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// held is how a drawn head is held while a move is on screen, share of the way.
func held(who specimen.Face, move kyc.Move, share float64) specimen.Face {
	switch move {
	case left:
		who.Yaw = 30 * share
	case right:
		who.Yaw = -30 * share
	case kyc.MoveNod:
		who.Pitch -= 20 * share
	case kyc.MoveBlink:
		who.Blink = share
	case kyc.MoveCloser:
		who.Size *= 1 + 0.6*share
		who.Distance /= 1 + 0.6*share
	case ahead:
	}
	return who
}

// obeyAll films a drawn head that does what is asked.
func obeyAll(t *testing.T, who specimen.Face, moves []kyc.Move) kyc.LivenessInput {
	t.Helper()
	var steps []script
	for i := range moves {
		steps = append(steps, script{move: i}, script{move: i})
	}
	return film(t, moves, steps, func(i int, _ float64) *image.RGBA {
		return held(who, moves[steps[i].move], []float64{0.9, 1}[i%2]).Render(320, 240)
	})
}

// S47: who nods and closes their eyes when asked passes; who keeps them open does not.
func TestS47LivenessOfAddedMoves(t *testing.T) {
	t.Parallel()
	who := specimen.Face{Seed: 3_000_120, Size: 0.55, Distance: 5}
	moves := []kyc.Move{ahead, kyc.MoveNod, kyc.MoveCloser, ahead, left, ahead, kyc.MoveBlink, right}
	in := obeyAll(t, who, moves)
	got := liveness(t, in)
	if got.Verdict(nil) != kyc.Success || len(got.Templates) != 1 || len(got.Cuts) != 6 {
		t.Errorf("%v, %d cuts, %v", got.Errors, len(got.Cuts), got.Measures)
	}
	for _, m := range kyc.ExtraMoves() {
		if got.Measures["liveness."+string(m)] == "" {
			t.Errorf("%s has no measure of its own: %v", m, got.Measures)
		}
	}
	for i, mark := range in.Marks {
		if moves[mark.Move] == kyc.MoveBlink {
			who.Blink = 0.05 * float64(i%2)
			in.Frames[i] = encode(t, who.Render(320, 240), 90)
		}
	}
	if got := liveness(t, in); !slices.Equal(got.Errors, []kyc.Code{kyc.LivenessChallenge}) || len(got.Templates) != 0 {
		t.Errorf("open eyes for closed ones: %v with %d templates, %v", got.Errors, len(got.Templates), got.Measures)
	}
}

// S50: a flat picture cannot do what was added.
func TestS50AddedMovesOfFlatPictures(t *testing.T) {
	t.Parallel()
	who := specimen.Face{Seed: 3_000_122, Size: 0.55, Distance: 5}
	photo := who.Render(480, 360)
	look := func(img *image.RGBA) frame {
		f, _, err := newRoom(t).watchOne(t.Context(), encode(t, img, 90).JPEG)
		if err != nil || !f.seen() {
			t.Fatalf("no face: %v", err)
		}
		return f
	}
	straight := look(photo)
	sunk := straight // seems to look down without any relief
	sunk.pose.Pitch -= 25
	for name, test := range map[string]struct {
		move  kyc.Move
		shown frame
		want  kyc.Code
	}{
		"tilted for a nod":          {kyc.MoveNod, look(tilt(photo, 0, 25, 0.9, 0, 0)), kyc.LivenessChallenge},
		"a nod without relief":      {kyc.MoveNod, sunk, kyc.LivenessStill},
		"tilted for closed eyes":    {kyc.MoveBlink, look(tilt(photo, 0, 20, 0.9, 0, 0)), kyc.LivenessChallenge},
		"a head that looks down":    {kyc.MoveBlink, look(held(who, kyc.MoveNod, 1).Render(480, 360)), kyc.LivenessChallenge},
		"a head that nods":          {kyc.MoveNod, look(held(who, kyc.MoveNod, 1).Render(480, 360)), ""},
		"a head that closes eyes":   {kyc.MoveBlink, look(held(who, kyc.MoveBlink, 1).Render(480, 360)), ""},
		"eyes that are half closed": {kyc.MoveBlink, look(held(who, kyc.MoveBlink, 0.5).Render(480, 360)), kyc.LivenessChallenge},
		"a picture brought closer":  {kyc.MoveCloser, look(tilt(photo, 4, -3, 1.6, 0, 0)), kyc.LivenessStill},
		"a head that comes closer":  {kyc.MoveCloser, look(held(who, kyc.MoveCloser, 1).Render(480, 360)), ""},
		"a head that hardly does":   {kyc.MoveCloser, look(held(who, kyc.MoveCloser, 0.3).Render(480, 360)), kyc.LivenessChallenge},
	} {
		got := acts([]kyc.Move{ahead, test.move}, []kyc.FrameMark{{Move: 0}, {Move: 1}}, []frame{straight, test.shown}, 0)
		if len(got) != 1 || got[0].fault != test.want {
			t.Errorf("%s: %+v, want %q", name, got, test.want)
		}
	}
}

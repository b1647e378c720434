package face

import (
	"context"
	"image"
	"image/draw"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/face/signal"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

func liveness(t *testing.T, in kyc.LivenessInput) *kyc.Finding {
	t.Helper()
	got, err := newRoom(t).Liveness(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// S47: whoever does what is asked passes, and the face matches the person's own photo.
func TestS47LivenessOfTurningHeads(t *testing.T) {
	t.Parallel()
	// Those who look into the camera: what it never saw of a face cannot be turned into view.
	six, five := portraits(t, "sample6.jpg"), portraits(t, "sample5.jpg")
	faces := []*image.RGBA{six[0], six[2], six[3], five[0]}
	challenges := [][]kyc.Move{{ahead, left, right}, {ahead, right, left, right}, {ahead, left, ahead, left, right}, {ahead, right, left, ahead, left}}
	for i, photo := range faces {
		turn := turner(t, photo)
		in := film(t, challenges[i], obey(challenges[i]), func(_ int, yaw float64) *image.RGBA { return turn(yaw) })
		got := liveness(t, in)
		if got.Verdict(nil) != kyc.Success || len(got.Templates) != 1 || got.Templates[0].Label != "liveness_0" || len(got.Cuts) != 3 {
			t.Errorf("person %d: %v, %d cuts, %v", i, got.Errors, len(got.Cuts), got.Measures)
			continue
		}
		match, err := newRoom(t).Match(context.Background(), []kyc.Template{selfie(t, photo).Templates[0], got.Templates[0]}, kyc.FaceLimit{Percent: 70})
		if err != nil || match.Verdict(nil) != kyc.Success {
			t.Errorf("person %d is not the one of the photo: %+v", i, match.Checks)
		}
	}
}

// The first was recorded before, as its risk and its finding say. The second has a scenario with a limit on the capture's risk: frames that come as
// even as a program's are refused by it and by nothing else. Where the check is soft,
// the face is there to be looked at.
func TestLivenessOfSyntheticHeads(t *testing.T) {
	t.Parallel()
	moves := []kyc.Move{ahead, right, left}
	for seed, limit := range map[int64]float64{1: 0, 4: 0.3} {
		in := film(t, moves, obey(moves), func(_ int, yaw float64) *image.RGBA {
			return specimen.Face{Seed: seed, Yaw: yaw * 0.8}.Render(640, 480)
		})
		in.RiskLimit = limit
		if limit == 0 {
			in.Seen = func(_ context.Context, frames []kyc.Glimpse) (kyc.Sightings, error) {
				all, one := kyc.Sighted{Frames: len(frames), Of: len(frames)}, kyc.Sighted{Frames: 1, Of: len(frames)}
				return kyc.Sightings{Sessions: []kyc.Sighting{{SessionID: "earlier", Sighted: all}, {SessionID: "other", Sighted: one}}, Elsewhere: one}, nil
			}
		}
		got := liveness(t, in)
		hard, soft := kyc.Success, kyc.Success
		if limit > 0 {
			hard, soft = kyc.Failed, kyc.Suspicious
		}
		if got.Verdict(nil) != hard || got.Verdict(kyc.SoftChecks{kyc.CheckCapture}) != soft || len(got.Templates) != 1 {
			t.Errorf("seed %d: %v %v, %d templates, %v", seed, got.Errors, got.Checks, len(got.Templates), got.Measures)
		}
		if told := strings.Contains(got.Measures["capture.signals"], "seen 1.00 (1.00)"); told != (in.Seen != nil) || (got.Seen != nil) != told || told && got.Seen.SessionID != "earlier" || got.Elsewhere != nil || len(got.Prints) != len(in.Frames) {
			t.Errorf("seed %d: seen in %+v by %d prints, %v", seed, got.Seen, len(got.Prints), got.Measures)
		}
	}
}

// Risk and limit stand beside the check, with the signal that raised it most;
// without a limit there is no check.
func TestCaptureRiskIsHeldAgainstItsLimit(t *testing.T) {
	t.Parallel()
	scores := []signal.Score{{Name: signal.Grid, Suspicion: 0.5}, {Name: signal.Return, Suspicion: 1}}
	for limit, want := range map[float64]kyc.Status{0.1: kyc.Failed, 0.52: kyc.Failed, 0.53: kyc.Success} { // the risk is 0.52
		f := &kyc.Finding{}
		judgeCapture(f, scores, limit)
		if f.Verdict(nil) != want || len(f.Checks) != 1 || len(f.Proofs) != 1 || slices.Contains(f.Errors, kyc.LivenessCapture) != (want == kyc.Failed) {
			t.Errorf("limit %g: %+v", limit, f)
			continue
		}
		if p := f.Proofs[0]; p.Of != "return" || p.Limit != limit || math.Abs(p.Score-0.52) > 1e-9 || p.Caption != f.Checks[0].Items[0].Caption {
			t.Errorf("limit %g: the proof says %+v", limit, p)
		}
	}
	f := &kyc.Finding{}
	if judgeCapture(f, scores, 0); f.Checks != nil || f.Errors != nil || f.Proofs != nil {
		t.Errorf("without a limit: %+v", f)
	}
}

// S50: a still picture in all its disguises is refused.
func TestS50AttacksWithOnePicture(t *testing.T) {
	t.Parallel()
	photo, frontal := portraits(t, "sample6.jpg")[3], portraits(t, "sample5.jpg")[0]
	moves := []kyc.Move{ahead, left, right}
	for name, show := range map[string]func(i int, yaw float64) *image.RGBA{
		"held still": func(int, float64) *image.RGBA { return photo },
		"moved": func(i int, _ float64) *image.RGBA {
			return tilt(photo, 0, 0, 0.8, 0.02*float64(i%5), -0.01*float64(i%3))
		},
		"brought closer":          func(i int, _ float64) *image.RGBA { return tilt(photo, 0, 0, 0.7+0.04*float64(i), 0, 0) },
		"turned with the prompts": func(_ int, yaw float64) *image.RGBA { return tilt(photo, yaw, 0, 0.9, 0, 0) },
		"turned much further":     func(_ int, yaw float64) *image.RGBA { return tilt(photo, 1.45*yaw, 0, 0.9, 0, 0) },
		"turned and nodded":       func(i int, yaw float64) *image.RGBA { return tilt(photo, yaw, 5*float64(i%5), 0.85, 0, 0) },
		"tilted until it seems to turn": func(_ int, yaw float64) *image.RGBA {
			return tilt(frontal, 1.4*yaw, 0.7*math.Abs(yaw), 0.9, 0, 0)
		},
		"warped at random": func(i int, yaw float64) *image.RGBA {
			k := 0.1 * float64(i%4)
			return onWall(photo, vision.Quad{{X: 480 * k / 2, Y: 480 * k}, {X: 480, Y: 0}, {X: 480 - 480*k, Y: 480}, {X: 0, Y: 480 - 480*k/3}})
		},
	} {
		in := film(t, moves, obey(moves), show)
		got := liveness(t, in)
		if !slices.Contains(got.Errors, kyc.LivenessStill) || len(got.Templates) != 0 {
			t.Errorf("%s: %v with %d templates, %v", name, got.Errors, len(got.Templates), got.Measures)
		}
	}
}

func TestS47AnswerToAnotherChallengeFails(t *testing.T) {
	t.Parallel()
	turn := turner(t, portraits(t, "sample6.jpg")[2])
	recorded := film(t, []kyc.Move{ahead, left, right}, obey([]kyc.Move{ahead, left, right}), func(_ int, yaw float64) *image.RGBA { return turn(yaw) })
	if got := liveness(t, recorded); got.Verdict(nil) != kyc.Success {
		t.Fatalf("the recording is no good to begin with: %v %v", got.Errors, got.Measures)
	}
	for name, change := range map[string]func(in *kyc.LivenessInput){
		"the other order": func(in *kyc.LivenessInput) { in.Challenge.Moves = []kyc.Move{ahead, right, left} },
		"one move more":   func(in *kyc.LivenessInput) { in.Challenge.Moves = []kyc.Move{ahead, left, right, left} },
		"marks moved on":  func(in *kyc.LivenessInput) { remark(in, func(i int) int { return min(i/2, 2) }) },
	} {
		in := recorded
		in.Marks = slices.Clone(recorded.Marks)
		change(&in)
		if got := liveness(t, in); got.Verdict(nil) == kyc.Success {
			t.Errorf("%s: passed, %v", name, got.Measures)
		}
	}
}

func remark(in *kyc.LivenessInput, move func(i int) int) {
	for i := range in.Marks {
		in.Marks[i].Move = move(i)
	}
}

func TestLivenessRefuses(t *testing.T) {
	t.Parallel()
	people := portraits(t, "sample6.jpg")
	one, two := turner(t, people[2]), turner(t, people[3])
	moves := []kyc.Move{ahead, left, right}
	good := film(t, moves, obey(moves), func(_ int, yaw float64) *image.RGBA { return one(yaw) })
	for name, test := range map[string]struct {
		show   func(i int, yaw float64) *image.RGBA
		change func(in *kyc.LivenessInput)
		want   kyc.Code
	}{
		"another person from the middle on": {func(i int, yaw float64) *image.RGBA {
			if i >= 6 {
				return two(yaw)
			}
			return one(yaw)
		}, nil, kyc.LivenessIdentity},
		"another person for the turns": {func(_ int, yaw float64) *image.RGBA {
			if yaw*yaw > 100 {
				return two(yaw)
			}
			return one(yaw)
		}, nil, kyc.LivenessIdentity},
		"a frame sent twice": {nil, func(in *kyc.LivenessInput) { in.Frames[7] = in.Frames[2] }, kyc.LivenessReplay},
		"a loop": {nil, func(in *kyc.LivenessInput) {
			for i := 6; i < 12; i++ {
				in.Frames[i] = in.Frames[i-6]
			}
		}, kyc.LivenessReplay},
		"late":          {nil, func(in *kyc.LivenessInput) { in.SentAt = in.Challenge.Deadline.Add(time.Second) }, kyc.LivenessLate},
		"mirrored":      {func(_ int, yaw float64) *image.RGBA { return vision.Mirror(one(yaw)) }, nil, kyc.LivenessChallenge},
		"the wrong way": {func(_ int, yaw float64) *image.RGBA { return one(-yaw) }, nil, kyc.LivenessChallenge},
		"far away":      {func(int, float64) *image.RGBA { return placed(people[0], 100, 200, 200, 480, 480) }, nil, kyc.LivenessSmallFace},
		"an empty wall": {func(i int, _ float64) *image.RGBA {
			return placed(image.NewRGBA(image.Rect(0, 0, 9, 9)), 20, i, i, 480, 480)
		}, nil, kyc.LivenessNoFace},
		"two people": {func(_ int, yaw float64) *image.RGBA {
			img := placed(one(yaw), 480, 0, 0, 900, 480)
			draw.Draw(img, image.Rect(480, 60, 900, 480), vision.Resize(people[0], 420, 420), image.Point{}, draw.Src)
			return img
		}, nil, kyc.LivenessManyFaces},
		"broken pictures": {nil, func(in *kyc.LivenessInput) {
			for i := range in.Frames {
				in.Frames[i].JPEG = append([]byte("no picture"), byte(i))
			}
		}, kyc.LivenessNoFace},
	} {
		in := good
		in.Frames = slices.Clone(good.Frames)
		if test.show != nil {
			in = film(t, moves, obey(moves), test.show)
		}
		if test.change != nil {
			test.change(&in)
		}
		got := liveness(t, in)
		if !slices.Contains(got.Errors, test.want) || len(got.Templates) != 0 {
			t.Errorf("%s: %v with %d templates, want %s; %v", name, got.Errors, len(got.Templates), test.want, got.Measures)
		}
	}
}

func TestLookSeesWhereTheHeadTurns(t *testing.T) {
	t.Parallel()
	turn := turner(t, portraits(t, "sample6.jpg")[2])
	var before float64
	for i, yaw := range []float64{-35, 0, 35} {
		look, err := newRoom(t).Look(context.Background(), encode(t, turn(yaw), 85).JPEG)
		if err != nil || look.Faces != 1 || look.Box[2] <= 0.2 || look.Box[2] > 1 || look.Luma < 50 || look.Sharpness <= 0 {
			t.Fatalf("%g°: %+v, %v", yaw, look, err)
		}
		if i > 0 && look.Yaw < before+10 {
			t.Errorf("%g° is seen as %.1f° after %.1f°", yaw, look.Yaw, before)
		}
		before = look.Yaw
	}
	if _, err := newRoom(t).Look(context.Background(), []byte("no picture")); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("no picture gives %v", err)
	}
}

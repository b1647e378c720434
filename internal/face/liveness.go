package face

import (
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// The limits of a live recording; docs/liveness.md has the figures behind them.
const (
	leastLiveFace = 70  // pixels of the face in the middle frame by size
	lostShare     = 0.2 // share of the frames that may show no face
	crowdShare    = 0.1 // share of the frames that may show another comparable face

	leastTurn  = 0.13 // relief turn (see compareRelief) that the turns to each side must reach once
	leastSwing = 0.34 // between the farthest relief turns to both sides
	mostExcess = 0.14 // squeeze beyond which a frame proves no depth

	nearFrontal  = 20.0 // |yaw| within which a frame is held against the reference face
	nearLevel    = 16.0 // difference in pitch beyond which it is not: a nod changes the embedding
	sameFrontal  = 0.45 // embedding distance at most between near-frontal frames of one person
	sameFollower = 0.60 // embedding distance at most between frames that follow each other
)

// frame is what one picture of a recording shows.
type frame struct {
	faces int // comparable ones
	face  described
	mesh  []point3
	pose  pose
	eyes  [2]float64 // see eyeContrast

	glimpse *kyc.Glimpse // nil where the landmarks make no square
}

func (f *frame) seen() bool { return f.faces > 0 }

// Liveness verifies one recording of a challenge (see the package comment for
// what is decided and docs/liveness.md for what that is worth). The finding
// carries every code that applies; a good recording gives the template
// "liveness_0" from its best frontal frame. Cuts named "face" show that frame
// and the widest turn to each side. The error is for our own failures only.
func (r *Room) Liveness(ctx context.Context, in kyc.LivenessInput) (*kyc.Finding, error) {
	finding := &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Measures: r.versions()}
	noteLimits(finding.Measures, in)
	if fault := checkTiming(in); fault != "" {
		finding.Errors = []kyc.Code{fault}
		return finding, nil
	}
	if repeated(in.Frames) {
		finding.Errors = []kyc.Code{kyc.LivenessReplay}
		return finding, nil
	}
	frames, pictures, err := r.watch(ctx, in.Frames)
	if err != nil {
		return nil, err
	}
	scores, err := r.capture(ctx, finding, in, frames, pictures)
	if err != nil {
		return nil, err
	}
	defer judgeCapture(finding, scores, in.RiskLimit)
	if fault := checkFaces(frames); fault != "" {
		finding.Errors = []kyc.Code{fault}
		return finding, nil
	}
	reference := bestFrontal(frames, in)
	if reference < 0 {
		finding.Errors = []kyc.Code{kyc.LivenessChallenge}
		return finding, nil
	}
	yaws, depth := measureMotion(frames, reference)
	farthest := identityDistances(frames, reference, slices.Contains(in.Challenge.Moves, kyc.MoveNod))
	done := acts(in.Challenge.Moves, in.Marks, frames, reference)
	noteMotion(finding.Measures, frames, yaws, depth, farthest)
	if !followed(in.Challenge.Moves, in.Marks, yaws) {
		finding.Errors = append(finding.Errors, kyc.LivenessChallenge)
	}
	if flatTurn(yaws, depth) {
		finding.Errors = append(finding.Errors, kyc.LivenessStill)
	}
	if farthest.frontal > sameFrontal || farthest.follower > sameFollower {
		finding.Errors = append(finding.Errors, kyc.LivenessIdentity)
	}
	if fault := judgeLight(finding.Measures, in, frames, pictures); fault != "" {
		finding.Errors = append(finding.Errors, fault)
	}
	for _, a := range done {
		finding.Measures["liveness."+string(a.move)] = a.says
		if a.fault != "" && !slices.Contains(finding.Errors, a.fault) {
			finding.Errors = append(finding.Errors, a.fault)
		}
	}
	for _, i := range peaks(yaws, reference, done) {
		photo, err := cutFace(pictures[i], frames[i].face.Box, "face")
		if err != nil {
			return nil, err
		}
		finding.Cuts = append(finding.Cuts, photo)
	}
	if len(finding.Errors) > 0 {
		return finding, nil
	}
	finding.Templates = []kyc.Template{r.template(labelLiveness, frames[reference].face)}
	if in.Estimate {
		return finding, r.estimate(ctx, finding, pictures[reference], frames[reference].face)
	}
	return finding, nil
}

// repeated tells whether two pictures are the same to the last bit. A camera's
// noise never repeats; a recording that loops does.
func repeated(pictures []kyc.Picture) bool {
	known := make(map[[sha256.Size]byte]bool, len(pictures))
	for _, p := range pictures {
		sum := sha256.Sum256(p.JPEG)
		if known[sum] {
			return true
		}
		known[sum] = true
	}
	return false
}

// watch looks at every frame, a few side by side.
func (r *Room) watch(ctx context.Context, pictures []kyc.Picture) ([]frame, []*image.RGBA, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	frames, decoded := make([]frame, len(pictures)), make([]*image.RGBA, len(pictures))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(r.parallel, len(pictures)) {
		workers.Go(func() {
			for i := range next {
				var err error
				if frames[i], decoded[i], err = r.watchOne(ctx, pictures[i].JPEG); err != nil {
					cancel(fmt.Errorf("liveness frame %d: %w", i, err))
				}
			}
		})
	}
	for i := range pictures {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	return frames, decoded, nil
}

// watchOne looks at one frame. A picture that does not open, and a face that
// the landmark networks do not confirm, make a frame without a face.
func (r *Room) watchOne(ctx context.Context, jpeg []byte) (f frame, img *image.RGBA, err error) {
	img, fault, err := decode(ctx, jpeg)
	if err != nil || fault != "" {
		return f, nil, err
	}
	found, err := r.fast(ctx, img, wholeOf(img))
	if err != nil {
		return f, img, err
	}
	found, meshes, err := r.confirm(ctx, img, found)
	if err != nil {
		return f, img, err
	}
	chosen, ok := chooseIndex(found)
	if !ok {
		return f, img, nil
	}
	face, ok, err := r.describe(ctx, img, found[chosen])
	if err != nil || !ok {
		return f, img, err
	}
	mesh := meshes[chosen]
	f = frame{faces: 1 + others(found, found[chosen]), face: face, mesh: mesh, pose: meshPose(mesh), eyes: eyeContrast(img, mesh)}
	f.glimpse, err = r.glimpse(ctx, img, vision.Mirror(img), face)
	return f, img, err
}

// checkFaces holds the recording as a whole against the limits.
func checkFaces(frames []frame) kyc.Code {
	var lost, crowds int
	var sizes []float64
	for i := range frames {
		f := &frames[i]
		switch {
		case !f.seen():
			lost++
			continue
		case f.faces > 1:
			crowds++
		}
		sizes = append(sizes, math.Min(f.face.Box.W, f.face.Box.H))
	}
	slices.Sort(sizes)
	n := float64(len(frames))
	switch {
	case float64(lost) > lostShare*n:
		return kyc.LivenessNoFace
	case float64(crowds) > crowdShare*n:
		return kyc.LivenessManyFaces
	case sizes[len(sizes)/2] < leastLiveFace:
		return kyc.LivenessSmallFace
	}
	return ""
}

// bestFrontal is the frame that shows the face best from the front, -1 when
// the head was never straight. Frames of a nod, of closed eyes or from close by
// are left aside: all others are held against this one.
func bestFrontal(frames []frame, in kyc.LivenessInput) int {
	best, most := -1, 0.0
	for i := range frames {
		f := &frames[i]
		if !f.seen() || math.Abs(f.pose.Yaw) > centreWithin || isExtra(in.Challenge.Moves[in.Marks[i].Move]) {
			continue
		}
		if q := f.face.quality() * (1 - math.Abs(f.pose.Yaw)/45); best < 0 || q > most {
			best, most = i, q
		}
	}
	return best
}

// measureMotion gives for every frame the head's angle and what its relief
// says beside the reference; NaN where there is no face. A frame that is
// squeezed more than its angle explains proves no depth.
func measureMotion(frames []frame, reference int) (yaws, depth []float64) {
	ref := &frames[reference]
	for i := range frames {
		f := &frames[i]
		if !f.seen() {
			yaws, depth = append(yaws, math.NaN()), append(depth, math.NaN())
			continue
		}
		r := compareRelief(ref.mesh, f.mesh, ref.pose, f.pose)
		if r.Excess > mostExcess {
			r.Turn = 0
		}
		yaws, depth = append(yaws, f.pose.Yaw), append(depth, r.Turn)
	}
	return yaws, depth
}

// flatTurn tells that the recording could show a flat picture: the relief
// hardly turned over the whole of it, or not in the turns to one side.
func flatTurn(yaws, depth []float64) bool {
	var least, most float64
	side := map[kyc.Move]float64{}
	for i, yaw := range yaws {
		if math.IsNaN(yaw) {
			continue
		}
		least, most = math.Min(least, depth[i]), math.Max(most, depth[i])
		if shows(kyc.MoveLeft, yaw) {
			side[kyc.MoveLeft] = math.Max(side[kyc.MoveLeft], depth[i])
		}
		if shows(kyc.MoveRight, yaw) {
			side[kyc.MoveRight] = math.Max(side[kyc.MoveRight], -depth[i])
		}
	}
	for _, d := range side {
		if d < leastTurn {
			return true
		}
	}
	return most-least < leastSwing
}

// identity holds the largest embedding distances of a recording.
type identity struct{ frontal, follower float64 }

// identityDistances compares every near-frontal face with the reference, and
// every face with the one before it: whoever is exchanged on the way differs
// from both. Where a nod was asked for, frames that look down are held against
// their neighbours only.
func identityDistances(frames []frame, reference int, nods bool) (far identity) {
	last := -1
	for i := range frames {
		f := &frames[i]
		if !f.seen() {
			continue
		}
		looksDown := nods && math.Abs(f.pose.Pitch-frames[reference].pose.Pitch) > nearLevel
		if math.Abs(f.pose.Yaw) <= nearFrontal && !looksDown {
			far.frontal = math.Max(far.frontal, distance(f.face.Vector, frames[reference].face.Vector))
		}
		if last >= 0 {
			far.follower = math.Max(far.follower, distance(f.face.Vector, frames[last].face.Vector))
		}
		last = i
	}
	return far
}

// peaks are the frames worth keeping as cuts: the reference, the widest turns and
// what shows each other move best.
func peaks(yaws []float64, reference int, done []act) []int {
	left, right := reference, reference
	for i, yaw := range yaws {
		if yaw > yaws[left] {
			left = i
		}
		if yaw < yaws[right] {
			right = i
		}
	}
	out := []int{reference}
	shown := []int{left, right}
	for _, a := range done {
		if a.best >= 0 {
			shown = append(shown, a.best)
		}
	}
	for _, i := range shown {
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// noteLimits records what was asked and by which limits it is judged (S52).
func noteLimits(measures map[string]string, in kyc.LivenessInput) {
	measures["liveness.asked"] = words(in.Challenge.Moves)
	if len(in.Challenge.Light) > 0 {
		measures["liveness.colours"] = words(in.Challenge.Light)
	}
	measures["liveness.frames"] = fmt.Sprintf("%d (%d to %d)", len(in.Frames), minFrames, maxFrames)
	measures["liveness.limits"] = fmt.Sprintf("centre within %g°, turn beyond %g°, over below %g°, relief turn %g, swing %g, excess squeeze %g, identity %g and %g",
		centreWithin, turnBeyond, turnOver, leastTurn, leastSwing, mostExcess, sameFrontal, sameFollower)
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, " ")
}

// noteMotion records the measured motion.
func noteMotion(measures map[string]string, frames []frame, yaws, depth []float64, far identity) {
	pitches := make([]float64, len(frames))
	for i := range frames {
		pitches[i] = math.NaN()
		if frames[i].seen() {
			pitches[i] = frames[i].pose.Pitch
		}
	}
	measures["liveness.yaws"] = series(yaws, "%.0f")
	measures["liveness.pitches"] = series(pitches, "%.0f")
	measures["liveness.relief"] = series(depth, "%.2f")
	measures["liveness.identity"] = fmt.Sprintf("frontal %.3f, following %.3f", far.frontal, far.follower)
}

// series prints numbers; a frame without a face is a dash.
func series(values []float64, format string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = "-"
		if !math.IsNaN(v) {
			words[i] = fmt.Sprintf(format, v)
		}
	}
	return strings.Join(words, " ")
}

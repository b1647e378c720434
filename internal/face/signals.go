package face

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"

	"github.com/openkyc/openkyc/internal/face/signal"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// capture measures how a recording was captured and notes it; what it is worth
// is docs/liveness.md's. The error is that of whoever was asked for earlier
// sessions.
func (r *Room) capture(ctx context.Context, finding *kyc.Finding, in kyc.LivenessInput, frames []frame, pictures []*image.RGBA) ([]signal.Score, error) {
	var seen []signal.Frame
	for i := range frames {
		if in.Marks[i].Colour > 0 {
			continue // the widget times these evenly, and colours come back
		}
		one := signal.Frame{Image: pictures[i], AtMS: in.Marks[i].AtMS}
		if f := &frames[i]; f.seen() {
			b := f.face.Box
			one.Face = image.Rect(int(b.X), int(b.Y), int(b.X+b.W), int(b.Y+b.H))
		}
		seen = append(seen, one)
	}
	scores := signal.Examine(seen, in.Marks[0].Device)
	looked := glimpses(finding, frames, pictures)
	if in.Seen != nil && len(looked) >= leastPrints {
		earlier, err := in.Seen(ctx, looked)
		if err != nil {
			return nil, fmt.Errorf("look for the frames in earlier sessions: %w", err)
		}
		scores = append(scores, sight(finding, earlier))
	}
	noteCapture(finding, scores)
	return scores, nil
}

// noteCapture writes down the scores and what they come to.
func noteCapture(finding *kyc.Finding, scores []signal.Score) {
	words := make([]string, len(scores))
	for i, s := range scores {
		words[i] = s.String()
	}
	finding.Measures["capture.risk"] = fmt.Sprintf("%.2f", signal.Risk(scores))
	finding.Measures["capture.signals"] = strings.Join(words, ", ")
}

// leastPrints is how many frames must be comparable before a share of them tells
// anything.
const leastPrints = 4

// glimpses are those of the frames that show a face. The finding gets what they are
// recognised by: those that look straight ahead as a whole, too, because somebody may
// send them as a selfie.
func glimpses(finding *kyc.Finding, frames []frame, pictures []*image.RGBA) (all []kyc.Glimpse) {
	for i := range frames {
		if frames[i].glimpse == nil {
			continue
		}
		all = append(all, *frames[i].glimpse)
		kept := frames[i].glimpse.Plain
		if math.Abs(frames[i].pose.Yaw) <= centreWithin {
			whole := signal.WholeOf(pictures[i])
			kept.Whole = &whole
		}
		finding.Prints = append(finding.Prints, kept)
	}
	return all
}

// glimpse is what a picture is recognised by, as it is and with left and right
// exchanged, as the other one has it. The landmarks are looked for once more in the mirrored one: the network
// sets them a little otherwise on a mirrored face, and the square that hangs on them
// must be the one that the face had before somebody mirrored it. It is nil where the
// landmarks make no square.
func (r *Room) glimpse(ctx context.Context, img, other *image.RGBA, face described) (*kyc.Glimpse, error) {
	window, ok := signal.WindowOf(pairs(face.Landmarks))
	if !ok {
		return nil, nil
	}
	landmarks, err := r.landmarks(ctx, other, face.mirrored(float64(img.Rect.Dx())))
	if err != nil {
		return nil, err
	}
	turned, ok := signal.WindowOf(pairs(landmarks))
	if !ok {
		return nil, nil
	}
	g := &kyc.Glimpse{}
	g.Plain.Face, g.Mirrored.Face = signal.PrintOf(img, window), signal.PrintOf(other, turned)
	return g, nil
}

func pairs(points []point) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{p.X, p.Y}
	}
	return out
}

// captureSelfie looks for a selfie in what was sent before and notes it. One picture
// has no rhythm and no share: either it was there or it was not. There is no score
// where nobody was asked.
func (r *Room) captureSelfie(ctx context.Context, finding *kyc.Finding, in kyc.SelfieInput, img *image.RGBA, face described) ([]signal.Score, error) {
	mirrored := vision.Mirror(img)
	g, err := r.glimpse(ctx, img, mirrored, face)
	if err != nil || g == nil {
		return nil, err
	}
	plain, other := signal.WholeOf(img), signal.WholeOf(mirrored)
	g.Plain.Whole, g.Mirrored.Whole = &plain, &other
	finding.Prints = []kyc.FramePrint{g.Plain}
	if in.Seen == nil {
		return nil, nil
	}
	earlier, err := in.Seen(ctx, []kyc.Glimpse{*g})
	if err != nil {
		return nil, fmt.Errorf("look for the selfie in earlier sessions: %w", err)
	}
	scores := []signal.Score{sight(finding, earlier)}
	noteCapture(finding, scores)
	return scores, nil
}

// sight scores how much of what was sent the likest earlier session had, of this
// account or another. Which one is noted from where suspicion begins: below it,
// people who sit as they did the last time share a frame or two.
func sight(finding *kyc.Finding, earlier kyc.Sightings) signal.Score {
	score := signal.Of(signal.Seen, earlier.Elsewhere.Share())
	if score.Suspicion > 0 {
		finding.Elsewhere = &earlier.Elsewhere
		finding.Measures["capture.elsewhere"] = inWords(earlier.Elsewhere)
	}
	if len(earlier.Sessions) == 0 {
		return score
	}
	here := signal.Of(signal.Seen, earlier.Sessions[0].Share())
	if here.Suspicion > 0 {
		finding.Seen = &earlier.Sessions[0]
		finding.Measures["capture.seen"] = inWords(finding.Seen.Sighted)
	}
	if here.Value > score.Value {
		return here
	}
	return score
}

func inWords(s kyc.Sighted) string {
	return fmt.Sprintf("%d of %d, %d of them mirrored", s.Frames, s.Of, s.Mirrored)
}

// judgeCapture holds the risk against a scenario's limit, when it has one and
// anything was measured. It
// comes after all other questions: a face that passed them is kept, because the
// scenario may leave the doubt to somebody who looks. The proof names the signal
// that raised the risk most.
func judgeCapture(finding *kyc.Finding, scores []signal.Score, limit float64) {
	if limit <= 0 || len(scores) == 0 {
		return
	}
	risk := signal.Risk(scores)
	proof := kyc.Proof{Caption: kyc.CheckCapture, Test: "capture", Score: risk, Limit: limit}
	most := 0.0
	for _, s := range scores {
		if s.Suspicion > most {
			most, proof.Of = s.Suspicion, string(s.Name)
		}
	}
	trusted := risk < limit
	finding.AddCheck(kyc.GroupFraud, kyc.Passed(kyc.CheckCapture, trusted))
	finding.Proofs = append(finding.Proofs, proof)
	if !trusted {
		finding.Errors = append(finding.Errors, kyc.LivenessCapture)
	}
}

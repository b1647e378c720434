package face

import (
	"context"
	"fmt"
	"image"
	"strings"

	"github.com/openkyc/openkyc/internal/face/signal"
	"github.com/openkyc/openkyc/internal/kyc"
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
	finding.Prints = prints(frames, pictures)
	if in.Seen != nil && len(finding.Prints) >= leastPrints {
		earlier, err := in.Seen(ctx, finding.Prints)
		if err != nil {
			return nil, fmt.Errorf("look for the frames in earlier sessions: %w", err)
		}
		scores = append(scores, sight(finding, earlier))
	}
	words := make([]string, len(scores))
	for i, s := range scores {
		words[i] = s.String()
	}
	finding.Measures["capture.risk"] = fmt.Sprintf("%.2f", signal.Risk(scores))
	finding.Measures["capture.signals"] = strings.Join(words, ", ")
	return scores, nil
}

// leastPrints is how many frames must be comparable before a share of them tells
// anything.
const leastPrints = 4

// prints are those of the frames that show a face.
func prints(frames []frame, pictures []*image.RGBA) (all []kyc.Print) {
	for i := range frames {
		if !frames[i].seen() {
			continue
		}
		points := make([][2]float64, len(frames[i].face.Landmarks))
		for j, p := range frames[i].face.Landmarks {
			points[j] = [2]float64{p.X, p.Y}
		}
		if window, ok := signal.WindowOf(points); ok {
			all = append(all, signal.PrintOf(pictures[i], window))
		}
	}
	return all
}

// sight scores how much of a recording the likest earlier session had. Which one
// is noted from where suspicion begins: below it, people who sit as they did the
// last time share a frame or two.
func sight(finding *kyc.Finding, earlier []kyc.Sighting) signal.Score {
	if len(earlier) == 0 {
		return signal.Of(signal.Seen, 0)
	}
	score := signal.Of(signal.Seen, earlier[0].Share())
	if score.Suspicion > 0 {
		finding.Seen = &earlier[0]
	}
	return score
}

// judgeCapture holds the risk against a scenario's limit, when it has one. It
// comes after all other questions: a face that passed them is kept, because the
// scenario may leave the doubt to somebody who looks. The proof names the signal
// that raised the risk most.
func judgeCapture(finding *kyc.Finding, scores []signal.Score, limit float64) {
	if limit <= 0 {
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

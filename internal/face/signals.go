package face

import (
	"fmt"
	"image"
	"strings"

	"github.com/openkyc/openkyc/internal/face/signal"
	"github.com/openkyc/openkyc/internal/kyc"
)

// capture measures how a recording was captured and notes it; what it is worth
// is docs/liveness.md's.
func (r *Room) capture(finding *kyc.Finding, in kyc.LivenessInput, frames []frame, pictures []*image.RGBA) []signal.Score {
	seen := make([]signal.Frame, len(frames))
	for i := range frames {
		seen[i] = signal.Frame{Image: pictures[i], AtMS: in.Marks[i].AtMS}
		if f := &frames[i]; f.seen() {
			b := f.face.Box
			seen[i].Face = image.Rect(int(b.X), int(b.Y), int(b.X+b.W), int(b.Y+b.H))
		}
	}
	scores := signal.Examine(seen, in.Marks[0].Device)
	words := make([]string, len(scores))
	for i, s := range scores {
		words[i] = s.String()
	}
	finding.Measures["capture.risk"] = fmt.Sprintf("%.2f", signal.Risk(scores))
	finding.Measures["capture.signals"] = strings.Join(words, ", ")
	return scores
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
	finding.Checks = append(finding.Checks, kyc.CheckGroup{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{kyc.Passed(kyc.CheckCapture, trusted)}})
	finding.Proofs = append(finding.Proofs, proof)
	if !trusted {
		finding.Errors = append(finding.Errors, kyc.LivenessCapture)
	}
}

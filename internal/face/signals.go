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
func (r *Room) capture(finding *kyc.Finding, in kyc.LivenessInput, frames []frame, pictures []*image.RGBA) {
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
}

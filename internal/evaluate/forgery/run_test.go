package forgery

import (
	"math"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/specimen"
)

// Seeds of tuning and measuring, with the donors of spliced pictures, stay apart.
func TestSeedsStayApart(t *testing.T) {
	t.Parallel()
	const donors, most = 5003 + 7919, 900_000
	if tuningSeeds+most+donors >= measuringSeeds {
		t.Error("more tuning seeds would be measuring seeds")
	}
}

func TestWilson(t *testing.T) {
	t.Parallel()
	lo, hi := evaluate.Wilson(1, 100) // as published tables give it
	if math.Abs(lo-0.0018) > 0.0002 || math.Abs(hi-0.0545) > 0.0005 {
		t.Errorf("%.4f to %.4f", lo, hi)
	}
	if lo, hi := evaluate.Wilson(0, 50); lo != 0 || hi < 0.05 || hi > 0.09 {
		t.Errorf("none of 50: %.3f to %.3f", lo, hi)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	var scores []float64
	for i := range 1000 { // an exponential's own quantiles
		scores = append(scores, -math.Log(1-(float64(i)+0.5)/1000))
	}
	for _, share := range []float64{0.05, 0.01, 0.002} {
		// Where the pictures reach further than what is fitted, they count.
		if got, want := tail(scores, share), -math.Log(share); got < want-0.1 || got > want+0.35 {
			t.Errorf("the score that %.3f reach: %.2f, want %.2f", share, got, want)
		}
	}
}

// The cheapest tricks are caught on the way that uploads take, and the honest
// picture of the same scene passes.
func TestTricksAreCaught(t *testing.T) {
	t.Parallel()
	limits, err := fraud.Measured()
	if err != nil {
		t.Fatal(err)
	}
	tricks := map[specimen.Trick]string{
		specimen.Honest: "", specimen.GreyCopied: "isXerocopy", specimen.SavedByEditor: "isEdited", specimen.OnMonitor: "isDisplay",
	}
	for trick, want := range tricks {
		t.Run(string(trick), func(t *testing.T) {
			t.Parallel()
			x, err := one(t.Context(), specimen.Bench{Seed: caughtSeed, Trick: trick, Difficulty: specimen.Medium, Today: today()})
			if err != nil {
				t.Fatal(err)
			}
			var failed []string
			for _, c := range fraud.Checks() {
				if v, ok := limits.Judge(c, "normal", x.scores); ok && !v.Passed {
					failed = append(failed, c.Caption)
				}
			}
			if got := strings.Join(failed, " "); !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("failed %q, want %q; %+v", got, want, x.scores)
			}
		})
	}
}

const caughtSeed = 31

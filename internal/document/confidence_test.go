package document

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// fitted makes a scale of samples: the rising steps that are nearest to what was
// observed (isotonic regression by pooling adjacent violators, Ayer and others,
// 1955). A step's share is that of Jeffreys' prior, (right + ½) / (all + 1), so
// that few samples never make a value sure.
func fitted(samples []observation) []step {
	slices.SortFunc(samples, func(a, b observation) int { return cmp.Compare(a.Sure, b.Sure) })
	type pool struct {
		from       float64
		right, all int
	}
	share := func(p pool) float64 { return float64(p.right) / float64(p.all) }
	var pools []pool
	for _, s := range samples {
		next := pool{from: s.Sure, all: 1}
		if s.Exact {
			next.right = 1
		}
		if n := len(pools); n > 0 && pools[n-1].from == s.Sure { // of one score: one pool
			next.right, next.all, next.from = next.right+pools[n-1].right, next.all+pools[n-1].all, pools[n-1].from
			pools = pools[:n-1]
		}
		pools = append(pools, next)
		for n := len(pools); n > 1 && share(pools[n-2]) >= share(pools[n-1]); n = len(pools) {
			pools[n-2].right, pools[n-2].all = pools[n-2].right+pools[n-1].right, pools[n-2].all+pools[n-1].all
			pools = pools[:n-1]
		}
	}
	var out []step
	for _, p := range pools {
		exact := (float64(p.right) + 0.5) / (float64(p.all) + 1)
		if n := len(out); n > 0 {
			exact = max(exact, out[n-1].Exact) // the few samples of a high pool take nothing away
		}
		out = append(out, step{From: rounded(p.from), Exact: rounded(exact), Samples: p.all})
	}
	return out
}

// rounded keeps four decimals, and never more than there was.
func rounded(x float64) float64 { return math.Floor(x*1e4) / 1e4 }

func TestFittedScalesRise(t *testing.T) {
	t.Parallel()
	var samples []observation
	for i := range 100 {
		samples = append(samples, observation{Sure: float64(i) / 100, Exact: i%10 < 5 || i >= 40})
	}
	steps := fitted(samples)
	if len(steps) < 2 {
		t.Fatalf("%+v", steps)
	}
	for i := 1; i < len(steps); i++ {
		if steps[i].From <= steps[i-1].From || steps[i].Exact < steps[i-1].Exact {
			t.Errorf("step %d does not rise: %+v", i, steps)
		}
	}
	top := scales{"x": steps}
	if p := top.exact(score{"x", 0.99}); p < 0.95 || p >= 1 {
		t.Errorf("60 of 60 is stated as %.3f", p)
	}
	if p := top.exact(score{"x", 0.2}); p > 0.6 || p < 0.4 {
		t.Errorf("a half is stated as %.3f", p)
	}
	if top.exact(score{"y", 1}) != 0 || top.confidence(score{"y", 1}) != kyc.Low {
		t.Error("a source that was never measured is trusted")
	}
}

// TestMeasureConfidence measures the scales of confidence on tuning seeds and
// writes confidence.json; make page-confidence runs it.
func TestMeasureConfidence(t *testing.T) { //nolint:paralleltest // reads many pictures
	n, err := strconv.Atoi(os.Getenv("OPENKYC_CONFIDENCE"))
	if err != nil {
		t.Skip("make page-confidence measures")
	}
	first, _ := strconv.ParseInt(cmp.Or(os.Getenv("OPENKYC_PAGES_SEED"), "101"), 10, 64)
	samples := map[source][]observation{}
	for seed := first; seed < first+int64(n); seed++ {
		values, _ := readPages(t, seed, 2)
		for _, v := range values {
			if v.got.Value != "" && v.by.from != sourceBarcode {
				samples[v.by.from] = append(samples[v.by.from], observation{v.by.from, v.by.sure, v.got.Value == v.paper.truth[v.title]})
			}
		}
		out := scales{}
		for from, of := range samples {
			out[from] = fitted(slices.Clone(of))
		}
		data, err := json.MarshalIndent(out, "", " ")
		if err == nil {
			err = os.WriteFile("confidence.json", append(data, '\n'), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

package modelkit_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/openkyc/openkyc/internal/vision"
)

// Differences are measured against the typical size of an output; the absolute part covers the approximations of
// exp and sigmoid in ONNX Runtime.
const (
	relativeTolerance = 3e-5
	absoluteTolerance = 3e-6
)

type recording struct {
	Role  string `json:"role"`
	Side  int    `json:"side"`
	Cases []struct {
		Pattern string            `json:"pattern"`
		Outputs map[string]digest `json:"outputs"`
	} `json:"cases"`
}

// digest is what record.mjs keeps of an output.
type digest struct {
	Count   int       `json:"count"`
	Step    int       `json:"step"`
	Samples []float64 `json:"samples"`
	Mean    float64   `json:"mean"`
	MeanAbs float64   `json:"meanAbs"`
	Ordered float64   `json:"ordered"`
	Min     float64   `json:"min"`
	Max     float64   `json:"max"`
}

// TestConvertedNetworksAnswerLikeTheOriginals holds every converted network against what its original answered to the same
// synthetic pictures, run by the TensorFlow.js of its own npm package (models/parity/record.mjs).
func TestConvertedNetworksAnswerLikeTheOriginals(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"face-detector", "face-detector-ssd", "face-landmarks", "face-embedder", "face-mesh", "face-age-gender"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			rec := readRecording(t, role)
			rt, err := vision.Open(vision.Config{Roles: []string{role}})
			if err != nil {
				t.Fatalf("cannot open the model (run `make models` first): %v", err)
			}
			t.Cleanup(func() { _ = rt.Close() })
			card, err := rt.Card(role)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range rec.Cases {
				got, err := rt.Run(t.Context(), role, picture(t, c.Pattern, rec.Side))
				if err != nil {
					t.Fatalf("%s: %v", c.Pattern, err)
				}
				if len(got) != len(c.Outputs) || len(got) != len(card.Output) {
					t.Fatalf("%s: %d outputs; the original has %d, the card %d", c.Pattern, len(got), len(c.Outputs), len(card.Output))
				}
				for i, port := range card.Output {
					want, ok := c.Outputs[port.Name]
					if !ok {
						t.Fatalf("%s: nothing is recorded for the output %s", c.Pattern, port.Name)
					}
					worst := compare(t, c.Pattern+" "+port.Name, got[i].Data, want)
					t.Logf("%s %s: %d values, worst difference %.1e of its size", c.Pattern, port.Name, len(got[i].Data), worst)
				}
			}
		})
	}
}

func readRecording(t *testing.T, role string) recording {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "models", "parity", role+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var rec recording
	if err := json.Unmarshal(data, &rec); err != nil {
		t.Fatal(err)
	}
	if rec.Role != role || len(rec.Cases) < 2 {
		t.Fatalf("the recording of %s is for %q and has %d cases", role, rec.Role, len(rec.Cases))
	}
	return rec
}

func compare(t *testing.T, what string, got []float32, want digest) (worst float64) {
	t.Helper()
	if len(got) != want.Count {
		t.Fatalf("%s: %d values, the original has %d", what, len(got), want.Count)
	}
	check := func(name string, a, b, scale float64) {
		diff := math.Abs(a - b)
		worst = max(worst, diff/scale)
		if !(diff <= relativeTolerance*scale+absoluteTolerance) {
			t.Errorf("%s: %s is %.9g, the original %.9g", what, name, a, b)
		}
	}
	for i, v := range want.Samples {
		check("a sample", float64(got[i*want.Step]), v, max(math.Abs(v), want.MeanAbs))
	}
	var mean, meanAbs, ordered, low, high float64 = 0, 0, 0, math.Inf(1), math.Inf(-1)
	for i, v := range got {
		f := float64(v)
		mean += f / float64(len(got))
		meanAbs += math.Abs(f) / float64(len(got))
		ordered += f * float64(i%97-48) / float64(len(got))
		low, high = min(low, f), max(high, f)
	}
	check("the mean", mean, want.Mean, want.MeanAbs)
	check("the mean size", meanAbs, want.MeanAbs, want.MeanAbs)
	check("the ordered sum", ordered, want.Ordered, 48*want.MeanAbs)
	check("the least value", low, want.Min, max(math.Abs(want.Min), want.MeanAbs))
	check("the greatest value", high, want.Max, max(math.Abs(want.Max), want.MeanAbs))
	return worst
}

// picture makes the synthetic inputs of record.mjs, as planes instead of pixels.
func picture(t *testing.T, pattern string, side int) vision.Tensor {
	t.Helper()
	data := make([]float32, 3*side*side)
	state := uint32(20240229)
	for y := range side {
		for x := range side {
			for c := range 3 {
				var v int
				switch pattern {
				case "noise":
					state = state*1664525 + 1013904223
					v = int(state >> 24)
				case "rings":
					dx, dy := x-side*(3+c)>>3, y-side*(5-c)>>3
					v = (dx*dx + dy*dy) * 1024 / (side * side) % 512
					if v > 255 {
						v = 511 - v
					}
				default:
					t.Fatalf("unknown pattern %q", pattern)
				}
				data[(c*side+y)*side+x] = float32(v)
			}
		}
	}
	return vision.Tensor{Shape: []int64{1, 3, int64(side), int64(side)}, Data: data}
}

package document

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// BenchmarkPages reads printed pages, one picture after the other, and tells for
// each difficulty the time of a picture (p50, p95), how often which network ran
// and for how long, and the most memory of the process from the first picture to
// the last, without what drawing them held. The seeds are tuning seeds; a round is one
// document of each of five kinds, or of the kind that OPENKYC_PAGES_KIND names:
//
//	go test -run '^$' -bench Pages -benchtime 4x ./internal/document
func BenchmarkPages(b *testing.B) {
	for d, name := range []string{"easy", "medium", "hard"} {
		b.Run(name, func(b *testing.B) { benchmarkPages(b, specimen.Difficulty(d)) })
	}
}

func benchmarkPages(b *testing.B, d specimen.Difficulty) {
	b.Helper()
	runs := &networkRuns{calls: map[string]int{}, took: map[string]time.Duration{}}
	rt, err := vision.Open(vision.Config{Roles: Roles(), Meter: runs})
	if err != nil {
		b.Fatalf("the models are missing: run `make models` (%v)", err)
	}
	defer func() { _ = rt.Close() }()
	r, err := New(Deps{Vision: rt, Portraits: skin{}})
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	most := 0
	for round := range b.N {
		seed := int64(101 + round)
		for _, sample := range []func(int64) paperOf{licencePaper, permitPaper, passportPaper, travelPaper, russianPaper} {
			p := sample(seed)
			if only := os.Getenv("OPENKYC_PAGES_KIND"); only != "" && only != p.kind {
				continue
			}
			in := kyc.DocumentInput{Now: today()}
			for i := range p.sides {
				in.Pictures = append(in.Pictures, kyc.Picture{JPEG: p.shot(i, seed, d).JPEG()})
			}
			debug.FreeOSMemory() // drawing is no part of reading
			forgetPeak()
			began := time.Now()
			if _, err := r.Check(b.Context(), in); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began)/time.Duration(len(p.sides)))
			most = max(most, peak())
		}
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "ms-p95")
	b.ReportMetric(float64(most), "MB-peak")
	for _, role := range slices.Sorted(keys(runs.calls)) {
		fmt.Printf("%-28s %6.1f runs a document, %v in all\n", role, float64(runs.calls[role])/float64(len(took)), (runs.took[role] / time.Duration(len(took))).Round(time.Millisecond))
	}
}

// forgetPeak lets the system count the most memory anew, where it can.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// networkRuns counts what networks ran.
type networkRuns struct {
	mu    sync.Mutex
	calls map[string]int
	took  map[string]time.Duration
}

func (t *networkRuns) ModelRan(role string, took time.Duration, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls[role]++
	t.took[role] += took
}
func (t *networkRuns) ModelLoaded(string, time.Duration) {}
func (t *networkRuns) ModelReleased(string)              {}

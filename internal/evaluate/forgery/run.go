package forgery

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// The seeds. They are a million apart, so that neither more of the one nor the
// donors of spliced pictures (seed + 5003) reach the other.
const (
	tuningSeeds    = 1_000_000
	measuringSeeds = 2_000_000
)

// Options say how much is made.
type Options struct {
	Honest  int // seeds of honest pictures; each is photographed at all three difficulties
	Forged  int // seeds of each trick, the difficulties in turn
	Workers int
}

// today is the day on which all documents of the bench are looked at.
func today() time.Time { return time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) }

func honest(from int64, n int) (out []specimen.Bench) {
	for seed := from; seed < from+int64(n); seed++ {
		for d := specimen.Easy; d <= specimen.Hard; d++ {
			out = append(out, specimen.Bench{Seed: seed, Difficulty: d, Today: today()})
		}
	}
	return out
}

func forged(from int64, n int) (out []specimen.Bench) {
	for _, trick := range specimen.Tricks() {
		if trick == specimen.CutOff {
			continue // isCropped needs the reader; its tests are in package document
		}
		for i := range int64(n) {
			out = append(out, specimen.Bench{Seed: from + i, Trick: trick, Difficulty: specimen.Difficulty(i % 3), Today: today()})
		}
	}
	return out
}

// targets are the wished shares of false alarms of a whole check.
func targets() map[kyc.Level]float64 {
	return map[kyc.Level]float64{kyc.LevelLenient: 0.002, kyc.LevelNormal: 0.01, kyc.LevelStrict: 0.05}
}

// Tune sets limits on honest pictures of the tuning seeds.
func Tune(ctx context.Context, o Options) (fraud.Limits, error) {
	exams, err := examine(ctx, honest(tuningSeeds, o.Honest), o.Workers)
	if err != nil {
		return nil, err
	}
	scores := map[fraud.Test][]float64{}
	for _, x := range exams {
		for _, s := range x.scores {
			scores[s.Test] = append(scores[s.Test], s.Value)
		}
	}
	limits := fraud.Limits{}
	for _, c := range fraud.Checks() {
		for _, test := range c.Tests {
			limits[test] = map[kyc.Level]float64{}
			for level, target := range targets() {
				limit := 0.5 // a file names an editor, or none
				if test != fraud.Writer {
					limit = tail(scores[test], target/float64(len(c.Tests)))
				}
				limits[test][level] = math.Round(1000*limit) / 1000
			}
		}
	}
	return limits, nil
}

// tail is the score that a share of honest pictures reaches. Few pictures say
// little about rare events, so the highest tenth is taken as falling off
// exponentially, and where the pictures themselves reach further, they count.
func tail(scores []float64, share float64) float64 {
	if len(scores) == 0 {
		return math.MaxFloat32
	}
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	at := func(p float64) float64 { return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)] }
	base, excess, n := at(0.9), 0.0, 0.0
	for _, s := range sorted {
		if s > base {
			excess, n = excess+s-base, n+1
		}
	}
	fitted := base
	if n > 0 && share < 0.1 {
		fitted += excess / n * math.Log(0.1/share)
	}
	return math.Max(fitted, at(1-share)) + 0.001
}

// Measure writes the table of the measuring seeds.
func Measure(ctx context.Context, o Options, limits fraud.Limits, out io.Writer) error {
	good, err := examine(ctx, honest(measuringSeeds, o.Honest), o.Workers)
	if err != nil {
		return err
	}
	bad, err := examine(ctx, forged(measuringSeeds, o.Forged), o.Workers)
	if err != nil {
		return err
	}
	r := report{limits: limits, good: good, bad: bad}
	_, err = io.WriteString(out, r.text())
	return err
}

// report is what the table is made of.
type report struct {
	limits    fraud.Limits
	good, bad []exam
}

func (r report) text() string {
	var b strings.Builder
	took := make([]time.Duration, 0, len(r.good))
	for _, x := range r.good {
		took = append(took, x.took)
	}
	slices.Sort(took)
	fmt.Fprintf(&b, "%d honest pictures, %d of each of %d tricks; all tests of a picture take %v at the median, %v at most\n\n",
		len(r.good), len(r.bad)/max(len(specimen.Tricks())-1, 1), len(specimen.Tricks())-1,
		took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	b.WriteString("| False alarms on honest pictures (95 % interval) | computed | lenient | normal | strict |\n|---|---:|---:|---:|---:|\n")
	for _, c := range fraud.Checks() {
		fmt.Fprintf(&b, "| `%s` |", c.Caption)
		_, n := r.failed(c, kyc.LevelNormal, r.good)
		fmt.Fprintf(&b, " %d |", n)
		for _, level := range kyc.Levels()[1:] {
			k, n := r.failed(c, level, r.good)
			b.WriteString(" " + rate(k, n) + " |")
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n| Caught at normal |")
	for _, c := range fraud.Checks() {
		fmt.Fprintf(&b, " `%s` |", c.Caption)
	}
	b.WriteString(" any |\n|---|" + strings.Repeat("---:|", len(fraud.Checks())+1) + "\n")
	for _, trick := range specimen.Tricks() {
		if shown := r.of(trick); len(shown) > 0 {
			fmt.Fprintf(&b, "| %s |", trick)
			for _, c := range fraud.Checks() {
				k, n := r.failed(c, kyc.LevelNormal, shown)
				b.WriteString(" " + short(k, n, len(shown)) + " |")
			}
			b.WriteString(" " + rate(r.any(kyc.LevelNormal, shown), len(shown)) + " |\n")
		}
	}
	fmt.Fprintf(&b, "| *honest* |%s %s |\n", strings.Repeat(" |", len(fraud.Checks())), rate(r.any(kyc.LevelNormal, r.good), len(r.good)))
	return b.String()
}

func (r report) of(trick specimen.Trick) (out []exam) {
	for _, x := range r.bad {
		if x.bench.Trick == trick {
			out = append(out, x)
		}
	}
	return out
}

// failed counts the pictures that a check did not pass among those where it was computed.
func (r report) failed(c fraud.Check, level kyc.Level, among []exam) (k, n int) {
	for _, x := range among {
		if v, ok := r.limits.Judge(c, level, x.scores); ok {
			n++
			if !v.Passed {
				k++
			}
		}
	}
	return k, n
}

// any counts the pictures that at least one check did not pass.
func (r report) any(level kyc.Level, among []exam) (k int) {
	for _, x := range among {
		for _, c := range fraud.Checks() {
			if v, ok := r.limits.Judge(c, level, x.scores); ok && !v.Passed {
				k++
				break
			}
		}
	}
	return k
}

// rate is a share with its 95 % interval.
func rate(k, n int) string {
	if n == 0 {
		return "–"
	}
	lo, hi := Wilson(k, n)
	return fmt.Sprintf("%.1f %% (%.1f–%.1f)", 100*float64(k)/float64(n), 100*lo, 100*hi)
}

// short is a share of all pictures, with a dot where it is nothing.
func short(k, n, all int) string {
	switch {
	case n == 0:
		return "–"
	case k == 0:
		return "·"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(k)/float64(all))
}

// Wilson is the 95 % interval of a share (E. B. Wilson, 1927).
func Wilson(k, n int) (lo, hi float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return math.Max(0, mid-half), math.Min(1, mid+half)
}

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
	t := table{limits: limits, good: good, bad: bad}
	var b strings.Builder
	took := t.times()
	fmt.Fprintf(&b, "%d honest pictures, %d forged ones of %d tricks; all tests of a picture take %v at the median, %v at most\n\n",
		len(good), len(bad), len(t.kinds()), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	t.write(&b)
	_, err = io.WriteString(out, b.String())
	return err
}

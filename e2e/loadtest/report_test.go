package main

import (
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// A line that rises is told from one that only swings.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grows bool
		value func(share float64, i int) float64
	}{
		"still":               {false, func(float64, int) float64 { return 300e6 }},
		"swings":              {false, func(_ float64, i int) float64 { return 300e6 + 60e6*math.Sin(float64(i)) }},
		"rises in warm-up":    {false, func(share float64, _ int) float64 { return 300e6 * min(1, share/warm) }},
		"falls":               {false, func(share float64, _ int) float64 { return 400e6 - 100e6*share }},
		"leaks":               {true, func(share float64, _ int) float64 { return 300e6 + 100e6*share }},
		"leaks under a swing": {true, func(share float64, i int) float64 { return 300e6 + 100e6*share + 30e6*math.Sin(float64(i)) }},
	} {
		l := &load{length: 5 * time.Minute, every: 5 * time.Second, out: io.Discard, folder: t.TempDir(), done: map[string]*tally{}}
		for i := range 60 {
			share := float64(i+1) / 60
			s := sample{at: time.Duration(share * float64(l.length)), values: map[string]float64{}}
			for _, h := range holds() {
				s.values[h.metric] = 10 * h.unit
			}
			s.values["process_resident_memory_bytes"] = c.value(share, i)
			l.samples = append(l.samples, s)
		}
		text, verdict := l.report()
		if (verdict != nil) != c.grows || strings.Contains(text, "**grows**") != c.grows {
			t.Errorf("%s: %v\n%s", name, verdict, text)
		}
	}
}

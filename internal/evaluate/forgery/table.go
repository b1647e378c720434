package forgery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
)

// table is what the rates are counted from.
type table struct {
	limits    fraud.Limits
	good, bad []exam
}

// times are those of all pictures in order, or nothing once when there are none.
func (t table) times() []time.Duration {
	var took []time.Duration
	for _, x := range slices.Concat(t.good, t.bad) {
		took = append(took, x.took)
	}
	if len(took) == 0 {
		return []time.Duration{0}
	}
	slices.Sort(took)
	return took
}

// kinds are the kinds of forgery in the order that they first come in.
func (t table) kinds() (kinds []string) {
	for _, x := range t.bad {
		if !slices.Contains(kinds, x.label) {
			kinds = append(kinds, x.label)
		}
	}
	return kinds
}

func (t table) of(kind string) (out []exam) {
	for _, x := range slices.Concat(t.good, t.bad) {
		if x.label == kind {
			out = append(out, x)
		}
	}
	return out
}

// write adds the false alarms by check and level, then what is caught by kind
// and check at lenient and at normal.
func (t table) write(b *strings.Builder) {
	b.WriteString("| False alarms on honest pictures (95 % interval) | computed | lenient | normal | strict |\n|---|---:|---:|---:|---:|\n")
	for _, c := range fraud.Checks() {
		_, n := t.failed(c, kyc.LevelNormal, t.good)
		fmt.Fprintf(b, "| `%s` | %d |", c.Caption, n)
		for _, level := range kyc.Levels()[1:] {
			b.WriteString(" " + rate(t.failed(c, level, t.good)) + " |")
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "| any | %d |", len(t.good))
	for _, level := range kyc.Levels()[1:] {
		b.WriteString(" " + rate(t.any(level, t.good), len(t.good)) + " |")
	}
	b.WriteByte('\n')
	if len(t.bad) == 0 {
		return
	}
	for _, level := range []kyc.Level{kyc.LevelLenient, kyc.LevelNormal} {
		t.caught(b, level)
	}
}

func (t table) caught(b *strings.Builder, level kyc.Level) {
	fmt.Fprintf(b, "\n| Caught at %s | pictures |", level)
	for _, c := range fraud.Checks() {
		fmt.Fprintf(b, " `%s` |", c.Caption)
	}
	b.WriteString(" any |\n|---|" + strings.Repeat("---:|", len(fraud.Checks())+2) + "\n")
	for _, kind := range t.kinds() {
		shown := t.of(kind)
		fmt.Fprintf(b, "| %s | %d |", kind, len(shown))
		for _, c := range fraud.Checks() {
			k, n := t.failed(c, level, shown)
			b.WriteString(" " + short(k, n, len(shown)) + " |")
		}
		b.WriteString(" " + rate(t.any(level, shown), len(shown)) + " |\n")
	}
}

// failed counts the pictures that a check did not pass among those where it was computed.
func (t table) failed(c fraud.Check, level kyc.Level, among []exam) (k, n int) {
	for _, x := range among {
		if v, ok := t.limits.Judge(c, level, x.scores); ok {
			n++
			if !v.Passed {
				k++
			}
		}
	}
	return k, n
}

// any counts the pictures that at least one check did not pass.
func (t table) any(level kyc.Level, among []exam) (k int) {
	for _, x := range among {
		for _, c := range fraud.Checks() {
			if v, ok := t.limits.Judge(c, level, x.scores); ok && !v.Passed {
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
	lo, hi := evaluate.Wilson(k, n)
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

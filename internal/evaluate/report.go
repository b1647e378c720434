package evaluate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is the outcome of a run.
type Report struct {
	Results    []Result
	Jobs       int
	Took       time.Duration
	PeakMemory int64 // bytes, 0 when unknown
}

// Figures of some pictures.
type Figures struct {
	Group      string  `json:"group"`
	Pictures   int     `json:"pictures"` // with a zone
	Found      int     `json:"found"`
	Exact      int     `json:"exact"`
	ErrorRate  float64 `json:"characterErrorRate"` // edits by characters printed; what was not found counts whole
	Accepted   int     `json:"accepted"`
	Wrong      int     `json:"acceptedWrong"`
	WrongLow   float64 `json:"acceptedWrongLow"` // of the share of Accepted, 95 % by Wilson
	WrongHigh  float64 `json:"acceptedWrongHigh"`
	ExactLow   float64 `json:"exactLow"`
	ExactHigh  float64 `json:"exactHigh"`
	Blank      int     `json:"withoutZone"` // pictures without a zone
	FalseFound int     `json:"falseFound"`  // of those, how many were taken for one
	FalseRead  int     `json:"falseAccepted"`
	P50        float64 `json:"secondsP50"`
	P95        float64 `json:"secondsP95"`
}

// Summary lists the figures of all pictures, then per difficulty, then per
// format, as far as there is more than one of them.
func (r *Report) Summary() []Figures {
	out := []Figures{r.figures("all", func(*Result) bool { return true })}
	for _, by := range []func(*Result) string{
		func(x *Result) string { return x.Difficulty },
		func(x *Result) string { return x.Specimen.Format },
		func(x *Result) string {
			if x.Difficulty == "" {
				return ""
			}
			return x.Specimen.Format + " " + x.Difficulty
		},
	} {
		names := map[string]bool{}
		for i := range r.Results {
			if name := by(&r.Results[i]); name != "" {
				names[name] = true
			}
		}
		if len(names) == 0 || len(names) == 1 && len(out) > 1 {
			continue
		}
		for _, name := range ordered(names) {
			out = append(out, r.figures(name, func(x *Result) bool { return by(x) == name }))
		}
	}
	return out
}

// ordered sorts names, the three words of difficulty by what they mean.
func ordered(names map[string]bool) []string {
	rank := map[string]string{"easy": "1", "medium": "2", "hard": "3"}
	key := func(name string) string {
		words := strings.Fields(name)
		for i, w := range words {
			if r, ok := rank[w]; ok {
				words[i] = r
			}
		}
		return strings.Join(words, " ")
	}
	out := make([]string, 0, len(names))
	for n := range names {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(key(a), key(b)) })
	return out
}

func (r *Report) figures(group string, in func(*Result) bool) Figures {
	f := Figures{Group: group}
	edits, printed := 0, 0
	var times []float64
	for i := range r.Results {
		x := &r.Results[i]
		if !in(x) {
			continue
		}
		times = append(times, x.Took.Seconds())
		if len(x.Specimen.Lines) == 0 {
			f.Blank++
			f.FalseFound += count(x.Found)
			f.FalseRead += count(x.Accepted)
			continue
		}
		f.Pictures++
		f.Found += count(x.Found)
		f.Exact += count(x.Exact())
		f.Accepted += count(x.Accepted)
		f.Wrong += count(x.WronglyAccepted())
		edits += x.Edits
		printed += len(strings.Join(x.Specimen.Lines, ""))
	}
	if printed > 0 {
		f.ErrorRate = float64(edits) / float64(printed)
	}
	f.WrongLow, f.WrongHigh = Wilson(f.Wrong, f.Accepted)
	f.ExactLow, f.ExactHigh = Wilson(f.Exact, f.Pictures)
	f.P50, f.P95 = percentile(times, 0.5), percentile(times, 0.95)
	return f
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Wilson is the 95 % interval of a share (E. Wilson, 1927); 0 to 1 for nothing.
func Wilson(hits, all int) (low, high float64) {
	if all == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(all), float64(hits)/float64(all)
	mid, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))
}

// percentile is the value that a share of them do not exceed (nearest rank).
func percentile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(int(math.Ceil(share*float64(len(values))))-1, 0)]
}

// WriteText prints the figures as a table for the terminal.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "pictures\tn\tfound\texact\tCER\taccepted\taccepted but wrong (95 %)\tp50\tp95")
	for _, f := range r.Summary() {
		if f.Pictures == 0 {
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%.2f %%\t%s\t%s\t%.1f s\t%.1f s\n", f.Group, f.Pictures, share(f.Found, f.Pictures), share(f.Exact, f.Pictures),
			100*f.ErrorRate, share(f.Accepted, f.Pictures), f.wrong(), f.P50, f.P95)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if f := r.Summary()[0]; f.Blank > 0 {
		fmt.Fprintf(w, "without a zone: %d pictures, %d taken for one, %d accepted\n", f.Blank, f.FalseFound, f.FalseRead)
	}
	if n := len(r.Faults()); n > 0 {
		fmt.Fprintf(w, "could not be read at all: %d\n", n)
		for _, x := range r.Faults() {
			fmt.Fprintf(w, "  %s: %s\n", x.File, x.Fault)
		}
	}
	_, err := fmt.Fprintf(w, "%d pictures in %s, %d at a time, peak memory %s\n", len(r.Results), r.Took.Round(time.Second), r.Jobs, r.memory())
	return err
}

func (r *Report) memory() string {
	if r.PeakMemory == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.2f GB", float64(r.PeakMemory)/(1<<30))
}

// wrong tells accepted-but-wrong with its interval as shares of the accepted.
func (f *Figures) wrong() string {
	if f.Accepted == 0 {
		return "none accepted"
	}
	return fmt.Sprintf("%d (%.2f %%, %.2f–%.2f)", f.Wrong, 100*float64(f.Wrong)/float64(f.Accepted), 100*f.WrongLow, 100*f.WrongHigh)
}

func share(n, of int) string {
	return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(max(of, 1)))
}

// Faults lists the pictures that could not be read at all.
func (r *Report) Faults() []*Result {
	return r.pick(func(x *Result) bool { return x.Fault != "" || x.Note != "" && !x.Found && len(x.Specimen.Lines) > 0 })
}

func (r *Report) pick(want func(*Result) bool) []*Result {
	var out []*Result
	for i := range r.Results {
		if want(&r.Results[i]) {
			out = append(out, &r.Results[i])
		}
	}
	return out
}

// WriteJSON writes the figures for machines.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Figures    []Figures `json:"figures"`
		Jobs       int       `json:"jobs"`
		Seconds    float64   `json:"seconds"`
		PeakMemory int64     `json:"peakMemoryBytes"`
	}{r.Summary(), r.Jobs, r.Took.Seconds(), r.PeakMemory})
}

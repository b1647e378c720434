package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/observe/observetest"
)

// sample is one look at the program.
type sample struct {
	at     time.Duration
	values map[string]float64
}

// held is something that must not grow. Over the looks after the warm-up a
// straight line is laid; what it rises from their first to their last may be at
// most so much of the mean, or so much at all, whichever is more.
type held struct {
	name, metric string
	unit         float64 // for showing
	share        float64
	least        float64
}

func holds() []held {
	return []held{
		{"resident MB", "process_resident_memory_bytes", 1e6, 0.10, 20e6},
		{"living heap MB", "go_gc_heap_live_bytes", 1e6, 0.20, 10e6},
		{"goroutines", "go_goroutines", 1, 0.10, 10},
		{"open files", "process_open_fds", 1, 0.10, 10},
	}
}

// warm is the share of the run that does not count: networks are loaded, pools
// and caches filled.
const warm = 0.3

// look samples until the time is over.
func (l *load) look(ctx context.Context, length time.Duration) error {
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for ctx.Err() == nil && time.Since(l.begun) < length {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		figures, err := observetest.Scrape(http.DefaultClient, l.metrics)
		if err != nil {
			return fmt.Errorf("the program does not answer any more: %w: %s", err, l.log.String()[max(0, l.log.Len()-2000):])
		}
		s := sample{at: time.Since(l.begun), values: map[string]float64{}}
		for _, h := range holds() {
			s.values[h.metric] = figures.Sum(h.metric)
		}
		l.samples = append(l.samples, s)
		l.mu.Lock()
		fmt.Fprintf(l.out, "%5.0f s  %s\n", s.at.Seconds(), l.line(s))
		l.mu.Unlock()
	}
	return ctx.Err()
}

func (l *load) line(s sample) string {
	var words []string
	for _, h := range holds() {
		words = append(words, fmt.Sprintf("%s %.0f", h.name, s.values[h.metric]/h.unit))
	}
	return strings.Join(words, ", ")
}

// slope lays a straight line by least squares: what it rises in a second.
func slope(at, values []float64) float64 {
	var x, y, xx, xy float64
	n := float64(len(at))
	for i := range at {
		x, y, xx, xy = x+at[i], y+values[i], xx+at[i]*at[i], xy+at[i]*values[i]
	}
	if d := n*xx - x*x; d != 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// judged is a held figure with its verdict.
type judged struct {
	held
	mean, least, most, rise, bound float64
}

func (j judged) flat() bool { return j.rise <= j.bound }

func (l *load) judge(h held) judged {
	var at, values []float64
	for _, s := range l.samples {
		if s.at.Seconds() >= warm*l.length.Seconds() {
			at, values = append(at, s.at.Seconds()), append(values, s.values[h.metric])
		}
	}
	j := judged{held: h, least: math.Inf(1), most: math.Inf(-1)}
	for _, v := range values {
		j.mean += v / float64(len(values))
		j.least, j.most = min(j.least, v), max(j.most, v)
	}
	if len(at) > 1 {
		j.rise = slope(at, values) * (at[len(at)-1] - at[0])
	}
	j.bound = max(h.share*j.mean, h.least)
	return j
}

// report tells what was held and done; the error is the verdict.
func (l *load) report() (text string, verdict error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| Held | Mean | Least | Most | Rise of the line | Allowed | |\n|---|---:|---:|---:|---:|---:|---|\n")
	for _, h := range holds() {
		j := l.judge(h)
		word := "flat"
		if !j.flat() {
			word = "**grows**"
			verdict = errors.Join(verdict, fmt.Errorf("%s grow by %.1f while %.1f may be", h.name, j.rise/h.unit, j.bound/h.unit))
		}
		fmt.Fprintf(&b, "| %s | %.1f | %.1f | %.1f | %+.1f | %.1f | %s |\n", h.name, j.mean/h.unit, j.least/h.unit, j.most/h.unit, j.rise/h.unit, j.bound/h.unit, word)
	}
	fmt.Fprintf(&b, "\n| Done | Times | A second | Median ms | 99th percentile ms | Failed |\n|---|---:|---:|---:|---:|---:|\n")
	for _, name := range slices.Sorted(maps.Keys(l.done)) {
		t := l.done[name]
		slices.Sort(t.times)
		at := func(share float64) float64 {
			return float64(t.times[min(len(t.times)-1, int(share*float64(len(t.times))))].Microseconds()) / 1000
		}
		fmt.Fprintf(&b, "| %s | %d | %.2f | %.1f | %.1f | %d |\n", name, len(t.times), float64(len(t.times))/l.length.Seconds(), at(0.5), at(0.99), t.faults)
		if t.faults > 0 {
			verdict = errors.Join(verdict, fmt.Errorf("%s failed %d times: %s", name, t.faults, t.first))
		}
	}
	for _, fault := range []string{"openkyc_stage_faults_total", "openkyc_model_faults_total", "openkyc_scrape_faults_total"} {
		if n := l.last.Sum(fault); n > 0 {
			verdict = errors.Join(verdict, fmt.Errorf("%s is %.0f", fault, n))
		}
	}
	b.WriteString(l.one.table())
	database, pictures := l.sizes()
	fmt.Fprintf(&b, "\n%.0f verdicts, all announced (%d notifications taken). The data folder holds %.1f MB of database and %.1f MB of pictures.\n",
		l.last.Sum("openkyc_verdicts_total"), l.hooks.Load(), float64(database)/1e6, float64(pictures)/1e6)
	return b.String(), verdict
}

// page is the report as a page of the handbook.
func (l *load) page(text string) string {
	system, err := exec.Command("uname", "-sr").Output() //nolint:noctx // at once
	if err != nil {
		system = []byte("an unknown system")
	}
	return fmt.Sprintf(`# A load that is held

Written by %s on %s: do not edit, run it again. %d processors used, %s, %s.

%s of mixed load on one process with SQLite: %d persons at one time walk through document, selfie and
liveness, while servers ask, list and send pictures, operators look at pages, and a receiver takes notifications.
The program was looked at every %s; the first %.0f %% are warm-up and do not count. What the straight line through
the rest rises from its begin to its end may be at most the share, or the amount, that is stated.

    %s
%s`, "`make proof-load`", time.Now().UTC().Format("2006-01-02"), runtime.GOMAXPROCS(0), runtime.Version(), strings.TrimSpace(string(system)),
		l.length, l.visitors, l.every, 100*warm, "go run ./e2e/loadtest "+strings.Join(os.Args[1:], " "), text)
}

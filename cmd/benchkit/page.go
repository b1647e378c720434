package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// outcome is a suite that ran.
type outcome struct {
	suite
	results *results
}

// goal holds a figure against a number, or against another figure of the same
// suite: that is a ratio of medians.
type goal struct {
	name, unit string // of the figure
	beside     string // another benchmark of the suite, or "": the figure itself
	atMost     bool   // else at least
	limit      float64
	words      string // what is asked, for the page
}

// judge tells how far a goal is met; a goal without figures is not met.
func (g goal) judge(r *results) (measured float64, met bool) {
	f, ok := r.figure(g.name, g.unit)
	if !ok {
		return 0, false
	}
	measured = f.median
	if g.beside != "" {
		peer, ok := r.figure(g.beside, g.unit)
		if !ok || peer.median == 0 {
			return 0, false
		}
		measured /= peer.median
	}
	if g.atMost {
		return measured, measured <= g.limit
	}
	return measured, measured >= g.limit
}

// write makes the page.
func write(machine string, at time.Time, took time.Duration, done []outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by %s on %s in %s: do not edit, measure again.
Machine: %s, %d processors used, %s. Nothing else ran.

Each figure is the median of its runs, with the least and the greatest. What stands beside us was
measured in the same run, on the same machine. No figure here is a test: a test that watches the
clock fails on a busy machine.

## Goals

| Goal | Measured | |
|---|---|---|
`, "`make bench`", at.UTC().Format("2006-01-02"), took.Round(time.Second), machine, runtime.GOMAXPROCS(0), runtime.Version())
	for _, o := range done {
		for _, g := range o.goals {
			measured, met := g.judge(o.results)
			verdict := "**missed**"
			if met {
				verdict = "met"
			}
			unit := " " + g.unit
			if g.beside != "" {
				unit = " times"
			}
			fmt.Fprintf(&b, "| %s | %s%s | %s |\n", g.words, number(measured), unit, verdict)
		}
	}
	for _, o := range done {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n    %s\n\n| Benchmark | Figure | Median | Least | Most | Runs |\n|---|---|---:|---:|---:|---:|\n",
			o.title, o.about, o.command())
		for _, name := range o.results.order {
			for _, unit := range o.results.units[name] {
				f, _ := o.results.figure(name, unit)
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %d |\n", name, unit, number(f.median), number(f.least), number(f.most), f.runs)
			}
		}
	}
	return b.String()
}

// number shows four digits at most of what is not whole.
func number(v float64) string {
	switch {
	case v >= 1000 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 100:
		return fmt.Sprintf("%.1f", v)
	case v >= 10:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

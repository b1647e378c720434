package main

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// outcome is a suite with its record.
type outcome struct {
	suite
	*record
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

// page tells of all suites.
type page struct{ done []outcome }

// write makes the page.
func (p page) write() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by %s: do not edit, measure again. %d processors were used, by %s.

Each figure is the median of its runs, with the least and the greatest. What stands beside us was
measured in the same run, on the same machine. No figure here is a test: a test that watches the
clock fails on a busy machine.

| Suite | Measured | Took | Load before | Machine |
|---|---|---:|---:|---|
`, "`make bench`", runtime.GOMAXPROCS(0), runtime.Version())
	for _, o := range p.done {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", o.title, anchor(o.title), o.at.UTC().Format("2006-01-02"), o.took, cmp.Or(o.load, "unknown"), o.machine)
	}
	fmt.Fprint(&b, "\n## Goals\n\n")
	p.goals(&b)
	for _, o := range p.done {
		o.write(&b)
	}
	return b.String()
}

func (p page) goals(b *strings.Builder) {
	met, all := 0, 0
	rows := ""
	for _, o := range p.done {
		for _, g := range o.goals {
			measured, ok := g.judge(o.results)
			verdict := "**missed**"
			if ok {
				verdict = "met"
				met++
			}
			all++
			unit := " " + g.unit
			if g.beside != "" {
				unit = " times"
			}
			rows += fmt.Sprintf("| [%s](#%s) | %s%s | %s%s | %s |\n", g.words, anchor(o.title), g.wanted(), unit, number(measured), unit, verdict)
		}
	}
	fmt.Fprintf(b, "%d of %d are met.\n\n| Goal | Wanted | Measured | |\n|---|---:|---:|---|\n%s", met, all, rows)
}

// wanted is the number that a goal asks for.
func (g goal) wanted() string {
	if g.atMost {
		return "≤ " + number(g.limit)
	}
	return "≥ " + number(g.limit)
}

// anchor is how a heading is linked to.
func anchor(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// write makes a suite's part of the page: the command, bars to compare by eye,
// and all figures.
func (o outcome) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n    %s\n\n", o.title, o.about, o.command())
	if bars := o.bars(); bars != "" {
		fmt.Fprintf(b, "```\n%s```\n\n", bars)
	}
	fmt.Fprint(b, "| Benchmark | Figure | Median | Least | Most | Runs |\n|---|---|---:|---:|---:|---:|\n")
	for _, name := range o.results.order {
		for _, unit := range o.results.units[name] {
			f, _ := o.results.figure(name, unit)
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %d |\n", name, unit, number(f.median), number(f.least), number(f.most), f.runs)
		}
	}
}

// barWidth is the length of the longest bar, in characters.
const barWidth = 40

// bars draws every figure that several benchmarks of the suite share.
func (o outcome) bars() string {
	names := map[string][]string{} // by unit
	var units []string
	for _, name := range o.results.order {
		for _, unit := range o.results.units[name] {
			if names[unit] == nil {
				units = append(units, unit)
			}
			names[unit] = append(names[unit], name)
		}
	}
	var b strings.Builder
	for _, unit := range units {
		if len(names[unit]) < 2 || strings.HasPrefix(unit, "B/") || strings.HasPrefix(unit, "allocs/") {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		better := "less is better"
		if strings.HasSuffix(unit, "/s") {
			better = "more is better"
		}
		fmt.Fprintf(&b, "%s, %s\n", unit, better)
		o.bar(&b, unit, names[unit])
	}
	return b.String()
}

func (o outcome) bar(b *strings.Builder, unit string, names []string) {
	width, most := 0, 0.0
	for _, name := range names {
		f, _ := o.results.figure(name, unit)
		width, most = max(width, utf8.RuneCountInString(name)), max(most, f.median)
	}
	for _, name := range names {
		f, _ := o.results.figure(name, unit)
		eighths := 0
		if most > 0 {
			eighths = int(math.Round(8 * barWidth * f.median / most))
		}
		line := strings.Repeat("█", eighths/8)
		if eighths%8 > 0 {
			line += string([]rune("▏▎▍▌▋▊▉")[eighths%8-1])
		}
		fmt.Fprintf(b, "  %-*s  %s %s\n", width, name, line, number(f.median))
	}
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

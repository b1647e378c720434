package main

import (
	"slices"
	"strconv"
	"strings"
)

// results are the figures of one suite, in the order they came.
type results struct {
	order []string // names of benchmarks
	units map[string][]string
	runs  map[[2]string][]float64 // by name and unit
}

func newResults() *results {
	return &results{units: map[string][]string{}, runs: map[[2]string][]float64{}}
}

// add reads a line in Go's benchmark format; what is none is passed over.
//
//	BenchmarkKey/decrypt-2   1000000   1211 ns/op   4 allocs/op
func (r *results) add(line string) {
	words := strings.Fields(line)
	if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
		return
	}
	if _, err := strconv.Atoi(words[1]); err != nil {
		return
	}
	name := strings.TrimPrefix(words[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i] // the number of processors
		}
	}
	if !slices.Contains(r.order, name) {
		r.order = append(r.order, name)
	}
	for i := 2; i+1 < len(words); i += 2 {
		value, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			return
		}
		key := [2]string{name, words[i+1]}
		if len(r.runs[key]) == 0 {
			r.units[name] = append(r.units[name], words[i+1])
		}
		r.runs[key] = append(r.runs[key], value)
	}
}

// figure is the middle of several runs with the least and the greatest.
type figure struct {
	median, least, most float64
	runs                int
}

func (r *results) figure(name, unit string) (figure, bool) {
	runs := slices.Sorted(slices.Values(r.runs[[2]string{name, unit}]))
	if len(runs) == 0 {
		return figure{}, false
	}
	middle := runs[len(runs)/2]
	if len(runs)%2 == 0 {
		middle = (runs[len(runs)/2-1] + middle) / 2
	}
	return figure{median: middle, least: runs[0], most: runs[len(runs)-1], runs: len(runs)}, true
}

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// folder keeps records, a file a suite.
type folder string

func (f folder) path(s suite) string { return filepath.Join(string(f), anchor(s.title)+".txt") }

func (f folder) write(s suite, text []byte) error {
	if _, err := readRecord(bytes.NewReader(text)); err != nil {
		return err
	}
	if err := os.MkdirAll(string(f), 0o755); err != nil { //nolint:gosec // figures are for everybody
		return err
	}
	return os.WriteFile(f.path(s), text, 0o644) //nolint:gosec // the same
}

func (f folder) read(s suite) (*record, error) {
	file, err := os.Open(f.path(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s was never measured, so there is no page: run it with -only %q, or all of them", s.title, s.title)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	r, err := readRecord(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path(s), err)
	}
	return r, nil
}

// record is one run of a suite: when and where, and what it printed.
type record struct {
	at            time.Time
	took          string
	machine, load string
	results       *results
}

func readRecord(from io.Reader) (*record, error) {
	r := &record{results: newResults()}
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "at":
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return nil, err
			}
			r.at = at
		case "took":
			r.took = value
		case "machine":
			r.machine = value
		case "load":
			r.load = value
		default:
			r.results.add(lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(r.results.order) == 0 {
		return nil, errors.New("no benchmark ran; does its name still fit?")
	}
	return r, nil
}

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

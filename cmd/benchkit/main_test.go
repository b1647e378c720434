package main

import (
	"strings"
	"testing"
	"time"
)

// TestPage reads lines as Go prints them and judges goals by their medians.
func TestPage(t *testing.T) {
	t.Parallel()
	r := newResults()
	for line := range strings.Lines(`goos: linux
BenchmarkKey/limit-2   	 1000	 800 ns/op	 2 allocs/op
BenchmarkKey/limit-2   	 1000	 700 ns/op	 2 allocs/op
BenchmarkKey/limit-2   	 1000	 900 ns/op	 2 allocs/op
BenchmarkKey/decrypt-2 	 1000	 1000 ns/op
BenchmarkOdd-name      	    1	 3.5 p99-ms
PASS
`) {
		r.add(line)
	}
	s := suite{title: "Keys, and more", about: "About.", pkg: "./client", bench: "^BenchmarkKey$", time: "1s", count: 3, timeout: time.Minute, goals: []goal{
		{name: "Key/limit", unit: "ns/op", beside: "Key/decrypt", limit: 0.7, words: "fast"},
		{name: "Key/limit", unit: "ns/op", atMost: true, limit: 750, words: "faster"},
		{name: "Key/gone", unit: "ns/op", atMost: true, limit: 1, words: "not measured"},
	}}
	text := page{machine: "a machine", load: "0.25", at: time.Unix(1_800_000_000, 0), took: time.Minute, done: []outcome{{s, r}}}.write()
	for _, want := range []string{
		"1 of 3 are met.", "| [fast](#keys-and-more) | ≥ 0.700 times | 0.800 times | met |", "| [faster](#keys-and-more) | ≤ 750 ns/op | 800 ns/op | **missed** |",
		"| [not measured](#keys-and-more) | ≤ 1 ns/op | 0 ns/op | **missed** |", "| Load before the run | 0.25 |",
		"```\nns/op, less is better\n  Key/limit    ████████████████████████████████ 800\n  Key/decrypt  ████████████████████████████████████████ 1000\n```",
		"| Key/limit | ns/op | 800 | 700 | 900 | 3 |", "| Odd-name | p99-ms | 3.500 | 3.500 | 3.500 | 1 |",
		"    go test -run '^$' -bench '^BenchmarkKey$' -benchtime 1s -count 3 -timeout 1m0s ./client\n", "a machine", "2027-01-15",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

package main

import (
	"strings"
	"testing"
	"time"
)

// TestPage reads lines as Go prints them and judges goals by their medians.
func TestPage(t *testing.T) {
	t.Parallel()
	s := suite{title: "Keys, and more", about: "About.", pkg: "./client", bench: "^BenchmarkKey$", time: "1s", count: 3, timeout: time.Minute, goals: []goal{
		{name: "Key/limit", unit: "ns/op", beside: "Key/decrypt", limit: 0.7, words: "fast"},
		{name: "Key/limit", unit: "ns/op", atMost: true, limit: 750, words: "faster"},
		{name: "Key/gone", unit: "ns/op", atMost: true, limit: 1, words: "not measured"},
	}}
	records := folder(t.TempDir())
	if _, err := records.read(s); err == nil || !strings.Contains(err.Error(), "never measured") {
		t.Errorf("a suite without a record: %v", err)
	}
	if err := records.write(s, []byte("at: 2027-01-15T08:00:00Z\nPASS\n")); err == nil {
		t.Error("a record without figures was kept")
	}
	err := records.write(s, []byte(`at: 2027-01-15T08:00:00Z
machine: a machine, 2 GB: small
load: 0.25
goos: linux
BenchmarkKey/limit-2   	 1000	 800 ns/op	 2 allocs/op
BenchmarkKey/limit-2   	 1000	 700 ns/op	 2 allocs/op
BenchmarkKey/limit-2   	 1000	 900 ns/op	 2 allocs/op
BenchmarkKey/decrypt-2 	 1000	 1000 ns/op
BenchmarkOdd-name      	    1	 3.5 p99-ms
PASS
took: 1m0s
`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := records.read(s)
	if err != nil {
		t.Fatal(err)
	}
	text := page{done: []outcome{{s, r}}}.write()
	for _, want := range []string{
		"1 of 3 are met.", "| [fast](#keys-and-more) | ≥ 0.700 times | 0.800 times | met |", "| [faster](#keys-and-more) | ≤ 750 ns/op | 800 ns/op | **missed** |",
		"| [not measured](#keys-and-more) | ≤ 1 ns/op | 0 ns/op | **missed** |", "| [Keys, and more](#keys-and-more) | 2027-01-15 | 1m0s | 0.25 | a machine, 2 GB: small |",
		"```\nns/op, less is better\n  Key/limit    ████████████████████████████████ 800\n  Key/decrypt  ████████████████████████████████████████ 1000\n```",
		"| Key/limit | ns/op | 800 | 700 | 900 | 3 |", "| Odd-name | p99-ms | 3.500 | 3.500 | 3.500 | 1 |",
		"    go test -run '^$' -bench '^BenchmarkKey$' -benchtime 1s -count 3 -timeout 1m0s ./client\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

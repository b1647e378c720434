// Command benchkit runs the benchmarks that stand beside the code and writes
// docs/benchmarks.md: each figure with its spread, its peer or limit from the
// same run, its goal, and the command that measured it.
//
// In come the suites below; out goes the page, and the lines of the benchmarks
// as they come. The lines are kept in a folder, a file a suite, so that one
// suite can be measured anew (-only) and the page still tells all of them, each
// with its day. A suite that fails ends the run, and there is no page while one
// was never measured: a page with holes would look like a page without them.
// `make bench` runs it.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	path := flag.String("page", "docs/benchmarks.md", "the page to write")
	records := flag.String("records", "bin/bench", "the folder that keeps what was measured")
	only := flag.String("only", "", "measure only the suites whose title holds this; the others are as they were measured last")
	flag.Parse()
	if err := bench(ctx, folder(*records), *path, *only, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchkit:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, records folder, path, only string, out io.Writer) error {
	for _, s := range suites() {
		if !strings.Contains(s.title, only) {
			continue
		}
		fmt.Fprintf(out, "== %s\n%s\n", s.title, s.command())
		if err := s.run(ctx, records, out); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	var done []outcome
	for _, s := range suites() {
		r, err := records.read(s)
		if err != nil {
			return err
		}
		done = append(done, outcome{suite: s, record: r})
	}
	return os.WriteFile(path, []byte(page{done: done}.write()), 0o644) //nolint:gosec // a page of the handbook is for everybody
}

// suite is one `go test -bench` call and what its figures are held against.
type suite struct {
	title   string
	about   string // a sentence or two for the page
	pkg     string
	bench   string
	time    string // -benchtime
	count   int    // runs; the page tells median and spread
	timeout time.Duration
	env     []string // NAME=value, besides the environment
	goals   []goal
}

func (s suite) args() []string {
	return []string{"test", "-run", "^$", "-bench", s.bench, "-benchtime", s.time, "-count", fmt.Sprint(s.count), "-timeout", s.timeout.String(), s.pkg}
}

// command is what a reader types to measure the same.
func (s suite) command() string {
	words := slices.Concat(s.env, []string{"go"}, s.args())
	for i, w := range words {
		if strings.ContainsAny(w, "^$|()") {
			words[i] = "'" + w + "'"
		}
	}
	return strings.Join(words, " ")
}

// run measures the suite and keeps what it printed.
func (s suite) run(ctx context.Context, records folder, out io.Writer) error {
	var kept bytes.Buffer
	begun := time.Now()
	fmt.Fprintf(&kept, "at: %s\nmachine: %s\nload: %s\n", begun.UTC().Format(time.RFC3339), machine(), load())
	cmd := exec.CommandContext(ctx, "go", s.args()...) //nolint:gosec // our own suites
	cmd.Stdout, cmd.Stderr, cmd.Env = io.MultiWriter(out, &kept), os.Stderr, append(os.Environ(), s.env...)
	if err := cmd.Run(); err != nil {
		return err
	}
	fmt.Fprintf(&kept, "took: %s\n", time.Since(begun).Round(time.Second))
	return records.write(s, kept.Bytes())
}

// machine describes what the figures were measured on.
func machine() string {
	cpu := "an unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	system, err := exec.Command("uname", "-sr").Output() //nolint:noctx // ends by itself
	if err != nil {
		system = []byte("an unknown system")
	}
	return cpu + ", " + memory() + strings.TrimSpace(string(system))
}

// memory is what the machine has, with a comma behind it.
func memory() string {
	var kilobytes int
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return ""
	}
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kilobytes); err != nil {
		return ""
	}
	return fmt.Sprintf("%.0f GB of memory, ", float64(kilobytes)/1e6)
}

// load is how many processes wanted a processor on average, in the last minute:
// what the machine had to do besides.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

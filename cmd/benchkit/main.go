// Command benchkit runs the benchmarks that stand beside the code and writes
// docs/benchmarks.md: each figure with its spread, its peer or limit from the
// same run, its goal, and the command that measured it.
//
// In come the suites below; out goes the page, and the lines of the benchmarks
// as they come. A benchmark that fails ends the run: a page with holes would
// look like a page without them. `make bench` runs it.
package main

import (
	"bufio"
	"context"
	"errors"
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
	only := flag.String("only", "", "run the suites whose title holds this, and write no page")
	flag.Parse()
	if err := bench(ctx, *path, *only, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchkit:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, path, only string, out io.Writer) error {
	begun, before := time.Now(), load()
	var done []outcome
	for _, s := range suites() {
		if !strings.Contains(s.title, only) {
			continue
		}
		fmt.Fprintf(out, "== %s\n%s\n", s.title, s.command())
		results, err := s.run(ctx, out)
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		done = append(done, outcome{suite: s, results: results})
	}
	if only != "" {
		return nil
	}
	text := page{machine: machine(), load: before, at: begun, took: time.Since(begun), done: done}.write()
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // a page of the handbook is for everybody
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

func (s suite) run(ctx context.Context, out io.Writer) (*results, error) {
	cmd := exec.CommandContext(ctx, "go", s.args()...) //nolint:gosec // our own suites
	cmd.Stderr, cmd.Env = os.Stderr, append(os.Environ(), s.env...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := newResults()
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		fmt.Fprintln(out, lines.Text())
		r.add(lines.Text())
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		return nil, err
	}
	if len(r.order) == 0 {
		return nil, errors.New("no benchmark ran; does its name still fit?")
	}
	return r, nil
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

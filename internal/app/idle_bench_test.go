package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/observe/observetest"
)

// BenchmarkStart starts the program itself on a prepared data folder: start-ms
// from the start of the process until /ready says yes, idle-MB its resident
// memory two seconds later. The goals are 1000 and 100:
//
//	go test -run '^$' -bench Start -benchtime 3x ./internal/app
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	program, data := filepath.Join(dir, "openkyc"), filepath.Join(dir, "data")
	for _, command := range [][]string{{"go", "build", "-o", program, "../../cmd/openkyc"}, {program, "quickstart", "--data", data, "--json"}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	models, err := filepath.Abs("../../bin/models")
	if err != nil {
		b.Fatal(err)
	}
	var start time.Duration
	var idle float64
	for b.Loop() {
		took, resident := startOnce(b, program, data, models)
		start += took
		idle += resident
	}
	b.ReportMetric(float64(start.Milliseconds())/float64(b.N), "start-ms")
	b.ReportMetric(idle/float64(b.N), "idle-MB")
	b.ReportMetric(0, "ns/op") // the wait before memory is read, and the end, are no work
}

func startOnce(b *testing.B, program, data, models string) (time.Duration, float64) {
	b.Helper()
	address := freeAddress(b)
	cmd := exec.Command(program, "serve", "--data", data, "--listen", address, "--models", models)
	var log strings.Builder
	cmd.Stderr = &log
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			b.Errorf("the program ended with %v\n%s", err, log.String())
		}
	}()
	for !answers("http://" + address + "/ready") {
		if time.Since(begin) > 30*time.Second {
			b.Fatal("the program is not ready after 30 s")
		}
		time.Sleep(2 * time.Millisecond)
	}
	took := time.Since(begin)
	time.Sleep(2 * time.Second)
	return took, resident(b, cmd.Process.Pid)
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func answers(url string) bool {
	answer, err := http.Get(url) //nolint:noctx // loopback
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// resident is a process's memory in MB (of 10^6 bytes).
func resident(tb testing.TB, pid int) float64 {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		tb.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		tb.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / 1e6
}

// figures reads a histogram's sums by one label, as a scraper would.
func figures(tb testing.TB, h http.Handler, name, label string) map[string]float64 {
	tb.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", nil))
	all, err := observetest.Parse(w.Body)
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]float64{}
	for series, value := range all {
		if labels, ok := strings.CutPrefix(series, name+"_sum{"+label+"="); ok {
			out[strings.TrimSuffix(labels, "}")] = value
		}
	}
	return out
}

package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// helper is the environment variable that turns the test program into a second
// worker process; its value is the database's address.
const helper = "OPENKYC_JOBS_HELPER"

// takenUp is the promise: the jobs of a node that died are at work again.
const takenUp = 15 * time.Second

// help works on whatever comes, says on its output what it takes, and never
// finishes: so whatever it has must be taken from it.
func help(address string) {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
	}
	s, err := store.Open(ctx, store.Config{Address: address, Keys: storetest.Keys{}})
	check(err)
	q, err := jobs.Open(ctx, jobs.Config{Store: s, Workers: atOnce})
	check(err)
	check(q.Handle("work", jobs.Options{}, func(ctx context.Context, payload []byte, _ int, _ bool) error {
		fmt.Println("took", string(payload))
		<-ctx.Done()
		fmt.Println("gave up", string(payload))
		return ctx.Err()
	}))
	check(q.Every("sweep", 300*time.Millisecond, func(context.Context) error { return nil }))
	check(q.Start(ctx))
	fmt.Println("ready")
	select {}
}

// second is the other process.
type second struct {
	*exec.Cmd
	lines chan string
}

func startSecond(t *testing.T, address string) *second {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &second{exec.CommandContext(t.Context(), self), make(chan string, 999)}
	cmd.Env = append(os.Environ(), helper+"="+address)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			cmd.lines <- lines.Text()
		}
	}()
	cmd.expect(t, "ready")
	return cmd
}

// expect waits for a line that begins so.
func (c *second) expect(t *testing.T, begin string) string {
	t.Helper()
	select {
	case line := <-c.lines:
		if !strings.HasPrefix(line, begin) {
			t.Fatalf("the other process said %q, want %q", line, begin)
		}
		return line
	case <-time.After(time.Minute):
		t.Fatalf("the other process did not say %q", begin)
		return ""
	}
}

// shared opens a store and fills the queue for the other process.
func shared(t *testing.T) (address string, s *store.Store, insert func(ids ...string)) {
	t.Helper()
	address = storetest.PostgresURL(t)
	s = storetest.OpenAddress(t, address, time.Now)
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return address, s, func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if err := s.Do(t.Context(), func(tx kyc.Tx) error {
				return q.Insert(t.Context(), tx, kyc.Job{Kind: "work", Key: id, Payload: []byte(id)})
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func numbers(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

// TestKilledNode kills one of two worker processes on PostgreSQL in the middle
// of ten jobs. The other, which has been there all the time, takes them up
// within 15 seconds, each once; keys that were at work are free again, and the
// series goes on.
func TestKilledNode(t *testing.T) {
	t.Parallel()
	address, s, insert := shared(t)
	victim := startSecond(t, address)
	insert(numbers(atOnce)...)
	for range atOnce {
		victim.expect(t, "took")
	}
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s, Workers: atOnce})
	if err != nil {
		t.Fatal(err)
	}
	var runs, sweeps atomic.Int32
	if err := q.Handle("work", jobs.Options{}, func(ctx context.Context, payload []byte, attempt int, _ bool) error {
		runs.Add(1)
		if attempt != 2 {
			t.Errorf("job %s came in try %d, want the second", payload, attempt)
		}
		return effect(ctx, s, string(payload))
	}); err != nil {
		t.Fatal(err)
	}
	if err := q.Every("sweep", 300*time.Millisecond, func(context.Context) error { sweeps.Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Stop(context.Background()) }()
	time.Sleep(5 * time.Second / 2) // longer than a beat: nothing is taken from the living
	if runs.Load() != 0 {
		t.Fatalf("%d jobs were taken from a process that lives", runs.Load())
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	died := time.Now()
	for runs.Load() < atOnce && time.Since(died) < time.Minute {
		time.Sleep(5 * time.Millisecond)
	}
	took := time.Since(died)
	t.Logf("taken up after %v", took)
	if took > takenUp {
		t.Errorf("the dead process's jobs were taken up after %v, promised are %v", took, takenUp)
	}
	before := sweeps.Load()
	time.Sleep(time.Second)
	if runs.Load() != atOnce || sweeps.Load() == before {
		t.Errorf("%d runs of %d jobs; %d sweeps, %d before", runs.Load(), atOnce, sweeps.Load(), before)
	}
	if err := s.View(t.Context(), func(tx kyc.Tx) error {
		for _, id := range numbers(atOnce) {
			if got, err := s.Setting(t.Context(), tx, "effects of "+id); string(got) != "1" {
				t.Errorf("job %s had its effect %d times (%v)", id, len(got), err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestFrozenNode stops one of two processes without killing it: it is believed
// dead, and when it wakes up it gives its work up by itself.
func TestFrozenNode(t *testing.T) {
	t.Parallel()
	address, s, insert := shared(t)
	frozen := startSecond(t, address)
	insert("1")
	frozen.expect(t, "took 1")
	ran := make(chan struct{}, 9)
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { ran <- struct{}{}; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := frozen.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Stop(context.Background()) }()
	began := time.Now()
	select {
	case <-ran:
		t.Logf("taken up after %v", time.Since(began))
	case <-time.After(time.Minute):
		t.Fatal("the job of the frozen process was not taken up")
	}
	woken := time.Now()
	if err := frozen.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	frozen.expect(t, "gave up 1")
	if late := time.Since(woken); late > 2*time.Second {
		t.Errorf("the woken process gave its job up after %v", late)
	}
	time.Sleep(time.Second)
	if len(ran) != 0 {
		t.Error("the job ran once more")
	}
}

// TestBuriedAlive: a node that was buried while it slept, and whose timer has
// not told it, learns so with its next sign of life and gives its work up.
func TestBuriedAlive(t *testing.T) {
	t.Parallel()
	_, s, insert := shared(t)
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	began, gaveUp, over := make(chan struct{}), make(chan error, 1), make(chan struct{})
	first := sync.OnceFunc(func() { close(began) })
	if err := q.Handle("work", jobs.Options{}, func(ctx context.Context, _ []byte, attempt int, _ bool) error {
		if attempt > 1 {
			return nil
		}
		first()
		select {
		case <-ctx.Done():
			gaveUp <- ctx.Err()
		case <-over:
		}
		return ctx.Err()
	}); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { close(over); _ = q.Stop(context.Background()) }()
	insert("1")
	<-began
	if _, err := s.Writer().ExecContext(t.Context(), `DELETE FROM job_nodes`); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gaveUp:
	case <-time.After(5 * time.Second):
		t.Error("a node that was buried works on")
	}
}

// TestStartBesideAFrozenTurn: a process that was frozen in the middle of a turn
// keeps the rows of its series; others start all the same, and at once.
func TestStartBesideAFrozenTurn(t *testing.T) {
	t.Parallel()
	_, s, _ := shared(t)
	start := func() *jobs.Queue {
		t.Helper()
		q, err := jobs.Open(t.Context(), jobs.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Every("sweep", time.Hour, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the start took %v", took)
		}
		return q
	}
	if err := start().Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.Do(t.Context(), func(tx kyc.Tx) error {
		if _, err := s.SQL(tx).ExecContext(t.Context(), `UPDATE job_series SET next_at = next_at + 1`); err != nil {
			return err
		}
		return start().Stop(context.Background())
	})
	if err != nil {
		t.Fatal(err)
	}
}

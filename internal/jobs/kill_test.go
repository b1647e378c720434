package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// victim is the environment variable that turns the test program into the
// process that will be killed; its value is the database's path.
const victim = "OPENKYC_JOBS_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		die(path)
	}
	if address := os.Getenv(helper); address != "" {
		help(address)
	}
	os.Exit(m.Run())
}

const (
	atOnce = 10
	queued = 20
)

// effect is what a job does: once for each id, however often it runs, because
// the effect and its mark are one unit of work.
func effect(ctx context.Context, s *store.Store, id string) error {
	return s.Do(ctx, func(tx kyc.Tx) error {
		if _, err := s.Setting(ctx, tx, "done "+id); kyc.KindOf(err) != kyc.NotFound {
			return err
		}
		if err := s.PutSetting(ctx, tx, "done "+id, []byte("1")); err != nil {
			return err
		}
		return add(ctx, s, tx, "effects of "+id)
	})
}

func add(ctx context.Context, s *store.Store, tx kyc.Tx, key string) error {
	value, err := s.Setting(ctx, tx, key)
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return err
	}
	return s.PutSetting(ctx, tx, key, append(value, '1'))
}

// die fills the queue, lets ten jobs run, half of which have had their effect
// already, says so and waits to be killed.
func die(path string) {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
	}
	s, err := store.Open(ctx, store.Config{Path: path, Keys: storetest.Keys{}})
	check(err)
	q, err := jobs.Open(ctx, jobs.Config{Store: s, Workers: atOnce})
	check(err)
	var entered sync.WaitGroup
	entered.Add(atOnce + 1)
	var n atomic.Int32
	check(q.Handle("work", jobs.Options{}, func(ctx context.Context, payload []byte, _ int, _ bool) error {
		if n.Add(1)%2 == 0 {
			check(effect(ctx, s, string(payload)))
		}
		entered.Done()
		select {}
	}))
	check(q.Handle("once", jobs.Options{MaxAttempts: 1}, func(context.Context, []byte, int, bool) error {
		entered.Done()
		select {}
	}))
	check(s.Do(ctx, func(tx kyc.Tx) error {
		for i := range atOnce + queued {
			id := fmt.Sprint(i)
			if err := q.Insert(ctx, tx, kyc.Job{Kind: "work", Key: id, Payload: []byte(id)}); err != nil {
				return err
			}
		}
		return q.Insert(ctx, tx, kyc.Job{Kind: "once"})
	}))
	check(q.Start(ctx))
	entered.Wait()
	fmt.Println("ready")
	select {}
}

// TestKilledProcess kills a process with 10 jobs running and 20 waiting. The
// next process takes all of them up at once, and each has its effect exactly once.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "openkyc.db")
	kill(t, path)

	s := storetest.OpenFile(t, path, time.Now)
	q, err := jobs.Open(t.Context(), jobs.Config{Store: s, Workers: atOnce})
	if err != nil {
		t.Fatal(err)
	}
	var again, runs atomic.Int32
	if err := q.Handle("work", jobs.Options{}, func(ctx context.Context, payload []byte, attempt int, _ bool) error {
		runs.Add(1)
		if attempt == 2 {
			again.Add(1)
		}
		return effect(ctx, s, string(payload))
	}); err != nil {
		t.Fatal(err)
	}
	lastTry := make(chan string, 1)
	if err := q.Handle("once", jobs.Options{MaxAttempts: 1}, func(_ context.Context, _ []byte, attempt int, last bool) error {
		lastTry <- fmt.Sprint(attempt, last)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Stop(context.Background()) }()
	for runs.Load() < atOnce+queued && time.Since(began) < time.Minute {
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("all taken up after %v", time.Since(began))
	if err := q.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if runs.Load() != atOnce+queued || again.Load() != atOnce {
		t.Errorf("%d runs, %d of them second tries; want %d and %d", runs.Load(), again.Load(), atOnce+queued, atOnce)
	}
	if err := s.View(t.Context(), func(tx kyc.Tx) error {
		for i := range atOnce + queued {
			if got, err := s.Setting(t.Context(), tx, fmt.Sprint("effects of ", i)); string(got) != "1" {
				t.Errorf("job %d had its effect %d times (%v)", i, len(got), err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// A job whose only try was cut off gets one more and is told that it is the last.
	select {
	case got := <-lastTry:
		if got != "2 true" {
			t.Errorf("the cut off last try came back as %q", got)
		}
	case <-time.After(time.Minute):
		t.Error("the cut off last try did not come back")
	}
}

// kill starts the victim and ends it, with a signal that it cannot answer, once
// its jobs run.
func kill(t *testing.T, path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), victim+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed: the error is the purpose
	if line != "ready\n" {
		t.Fatalf("the victim said %q", line)
	}
}

// TestDeadlyJob takes the process down in every try: after its tries and three
// more it is not run again.
func TestDeadlyJob(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var calls []string
	ctx := t.Context()
	for range 8 {
		q, err := jobs.Open(ctx, jobs.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		entered := make(chan struct{}, 1)
		release := make(chan struct{})
		if err := q.Handle("work", jobs.Options{MaxAttempts: 2}, func(_ context.Context, _ []byte, attempt int, last bool) error {
			calls = append(calls, fmt.Sprint(attempt, last))
			entered <- struct{}{}
			<-release
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(calls) == 0 {
			if err := s.Do(ctx, func(tx kyc.Tx) error { return q.Insert(ctx, tx, kyc.Job{Kind: "work"}) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case <-entered:
		case <-time.After(2 * time.Second):
		}
		close(release)
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		// As if the process had died before the job's end was written.
		if _, err := s.Writer().ExecContext(ctx, `UPDATE river_job SET state = 'running', finalized_at = NULL WHERE kind = 'work' AND state = 'completed'`); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(calls), "[1 false 2 true 3 true 4 true 5 true]"; got != want {
		t.Errorf("got tries %s, want %s", got, want)
	}
}

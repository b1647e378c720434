package jobstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
)

// soon is a backoff for tests.
func soon(int) time.Duration { return time.Millisecond }

// transactional proves that a row and its job commit together or not at all (W11).
func transactional(t *testing.T, b *bench) {
	var ran counter
	b.handle("work", jobs.Options{}, func(_ context.Context, payload []byte, _ int, _ bool) error {
		ran.add(string(payload))
		return nil
	})
	b.start()
	ctx := context.Background()
	broken := errors.New("broken")
	for i := range 20 {
		err := b.Do(ctx, func(tx kyc.Tx) error {
			if err := b.queue.Insert(ctx, tx, kyc.Job{Kind: "work", Payload: []byte(fmt.Sprint(i))}); err != nil {
				return err
			}
			if i%2 == 1 {
				return broken
			}
			return nil
		})
		if i%2 == 1 != errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	b.eventually("10 jobs ran", func() bool { return ran.total() == 10 })
	b.stop(patience)
	for i := range 20 {
		if want := 1 - i%2; ran.get(fmt.Sprint(i)) != want {
			t.Errorf("job %d ran %d times, want %d", i, ran.get(fmt.Sprint(i)), want)
		}
	}
}

func payload(t *testing.T, b *bench) {
	type call struct {
		payload string
		attempt int
		last    bool
	}
	calls := make(chan call, 9)
	b.handle("a.b_c-d", jobs.Options{MaxAttempts: 1}, func(_ context.Context, payload []byte, attempt int, last bool) error {
		calls <- call{string(payload), attempt, last}
		return nil
	})
	b.start()
	for _, want := range []string{"", "{\"id\":\"1\"}", "\x00\xff не ASCII"} {
		b.insert(kyc.Job{Kind: "a.b_c-d", Payload: []byte(want)})
		if got := received(b, calls, "a call"); got != (call{want, 1, true}) {
			t.Errorf("got %+v, want %q in the first and last try", got, want)
		}
	}
}

// retries proves that a failing job is tried again, told which try is its
// last, and then left alone.
func retries(t *testing.T, b *bench) {
	var mu sync.Mutex
	var calls []string
	b.handle("work", jobs.Options{MaxAttempts: 3, Backoff: soon}, func(_ context.Context, payload []byte, attempt int, last bool) error {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, fmt.Sprint(string(payload), attempt, last))
		if string(payload) == "recovers" && attempt == 2 {
			return nil
		}
		return errors.New("failed")
	})
	b.start()
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(calls)
	}
	b.insert(kyc.Job{Kind: "work", Payload: []byte("recovers")}, kyc.Job{Kind: "work", Payload: []byte("fails"), Key: "k"})
	b.eventually("5 tries", func() bool { return count() == 5 })
	time.Sleep(time.Second) // a sixth would come by now
	mu.Lock()
	slices.Sort(calls)
	got := strings.Join(calls, ", ")
	mu.Unlock()
	if want := "fails1 false, fails2 false, fails3 true, recovers1 false, recovers2 false"; got != want {
		t.Errorf("got tries %s, want %s", got, want)
	}
	// A key whose job was given up is free again.
	b.insert(kyc.Job{Kind: "work", Payload: []byte("fails"), Key: "k"})
	b.eventually("a new job of the key runs", func() bool { return count() > 5 })
}

func panics(t *testing.T, b *bench) {
	done := make(chan int, 1)
	b.handle("work", jobs.Options{MaxAttempts: 3, Backoff: soon}, func(_ context.Context, _ []byte, attempt int, _ bool) error {
		if attempt == 1 {
			panic("handler broke")
		}
		done <- attempt
		return nil
	})
	b.start()
	b.insert(kyc.Job{Kind: "work"})
	if got := received(b, done, "a try after the panic"); got != 2 {
		t.Errorf("got attempt %d after one panic", got)
	}
}

func timeLimit(t *testing.T, b *bench) {
	cut := make(chan error, 2)
	b.handle("work", jobs.Options{Timeout: 50 * time.Millisecond, MaxAttempts: 2, Backoff: soon}, func(ctx context.Context, _ []byte, attempt int, _ bool) error {
		if attempt == 2 {
			cut <- nil
			return nil
		}
		<-ctx.Done()
		cut <- ctx.Err()
		return ctx.Err()
	})
	b.start()
	b.insert(kyc.Job{Kind: "work"})
	if err := received(b, cut, "the time limit"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the try was cut off by %v", err)
	}
	received(b, cut, "a try after the one that was cut off")
}

// noSecrets proves that what a handler's error quotes does not get into the database (S25).
func noSecrets(t *testing.T, b *bench) {
	b.handle("work", jobs.Options{MaxAttempts: 3, Backoff: soon}, func(_ context.Context, _ []byte, attempt int, last bool) error {
		switch {
		case last:
			return errors.New("cannot read ERIKSSON's passport")
		case attempt == 1:
			panic("ERIKSSON")
		}
		return kyc.Wrap(kyc.Internal, errors.New("L898902C3"), "number ERIKSSON")
	})
	b.start()
	b.insert(kyc.Job{Kind: "work"})
	var errorsText string
	b.eventually("the job is given up", func() bool {
		var state string
		readable := `COALESCE(json(errors), '')`
		if b.Pool() != nil {
			readable = `COALESCE(errors::text, '')`
		}
		if err := b.Writer().QueryRow(`SELECT state, `+readable+` FROM river_job WHERE kind = 'work'`).Scan(&state, &errorsText); err != nil {
			t.Fatal(err)
		}
		return state == "cancelled"
	})
	if strings.Contains(errorsText, "ERIKSSON") || strings.Contains(errorsText, "L898902C3") {
		t.Errorf("the job's row says %s", errorsText)
	}
}

// isolation proves that a kind whose workers are all stuck does not stop others.
func isolation(t *testing.T, b *bench) {
	release, done := make(chan struct{}), make(chan struct{}, 1)
	b.handle("slow", jobs.Options{Workers: 1}, func(context.Context, []byte, int, bool) error { <-release; return nil })
	b.handle("fast", jobs.Options{Workers: 1}, func(context.Context, []byte, int, bool) error { done <- struct{}{}; return nil })
	b.start()
	defer close(release)
	b.insert(kyc.Job{Kind: "slow"}, kyc.Job{Kind: "slow"}, kyc.Job{Kind: "fast"})
	received(b, done, "the fast job runs beside the slow ones")
}

func misuse(t *testing.T, b *bench) {
	nothing := func(context.Context, []byte, int, bool) error { return nil }
	b.handle("work", jobs.Options{}, nothing)
	ctx := context.Background()
	for name, err := range map[string]error{
		"handled twice":      b.queue.Handle("work", jobs.Options{}, nothing),
		"no handler":         b.queue.Handle("other", jobs.Options{}, nil),
		"too long":           b.queue.Handle("other", jobs.Options{Timeout: time.Hour}, nothing),
		"no interval":        b.queue.Every("other", 0, func(context.Context) error { return nil }),
		"unknown kind":       b.Do(ctx, func(tx kyc.Tx) error { return b.queue.Insert(ctx, tx, kyc.Job{Kind: "unknown"}) }),
		"no queue and store": func() error { _, err := jobs.Open(ctx, jobs.Config{}); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	b.start()
	if err := b.queue.Start(ctx); err == nil {
		t.Error("started twice")
	}
	if err := b.queue.Handle("late", jobs.Options{}, nothing); err == nil {
		t.Error("handled after the start")
	}
}

// latency measures commit to work of an idle queue that practically never
// polls, so that it is the insert that wakes it.
func latency(t *testing.T, s Store) {
	b := &bench{Store: s, t: t}
	var err error
	if b.queue, err = jobs.Open(context.Background(), jobs.Config{Store: s, Poll: time.Hour}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.stop(patience) })
	began := make(chan time.Time, 1)
	b.handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { began <- time.Now(); return nil })
	b.start()
	const rounds = 40
	var sum, worst time.Duration
	for range rounds {
		time.Sleep(10 * time.Millisecond)
		b.insert(kyc.Job{Kind: "work"})
		committed := time.Now()
		took := max(0, received(b, began, "a job runs").Sub(committed))
		sum, worst = sum+took, max(worst, took)
	}
	t.Logf("commit to work: mean %v, max %v", sum/rounds, worst)
	if mean := sum / rounds; mean > time.Second { // a few milliseconds on a machine that is not overloaded
		t.Errorf("a job waits %v on average", mean)
	}
	due := time.Now().Add(300 * time.Millisecond)
	b.insert(kyc.Job{Kind: "work", RunAt: due})
	if early := due.Sub(received(b, began, "a job for later wakes the queue in time")); early > time.Millisecond {
		t.Errorf("the job ran %v before its time", early)
	}
}

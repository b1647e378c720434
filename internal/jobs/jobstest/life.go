package jobstest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
)

func every(t *testing.T, b *bench) {
	calls := make(chan time.Time, 100)
	if err := b.queue.Every("sweep", 300*time.Millisecond, func(context.Context) error {
		calls <- time.Now()
		return context.DeadlineExceeded // a failure must not end the series
	}); err != nil {
		t.Fatal(err)
	}
	b.start()
	first := received(b, calls, "a call at once")
	received(b, calls, "a second call")
	third := received(b, calls, "a third call")
	if apart := third.Sub(first); apart < 400*time.Millisecond {
		t.Errorf("three calls within %v", apart)
	}
}

func everyAlone(t *testing.T, b *bench) {
	var inside, most, calls atomic.Int32
	if err := b.queue.Every("sweep", 50*time.Millisecond, func(context.Context) error {
		most.Store(max(most.Load(), inside.Add(1)))
		defer inside.Add(-1)
		calls.Add(1)
		time.Sleep(200 * time.Millisecond) // longer than the interval
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.eventually("four calls", func() bool { return calls.Load() >= 4 })
	if most.Load() != 1 {
		t.Errorf("%d calls at once", most.Load())
	}
}

// stopWaits proves that a stop lets running jobs finish and takes no new ones.
func stopWaits(t *testing.T, b *bench) {
	entered := make(chan struct{}, 9)
	var finished atomic.Int32
	b.handle("work", jobs.Options{Workers: 1}, func(ctx context.Context, _ []byte, _ int, _ bool) error {
		entered <- struct{}{}
		select {
		case <-time.After(400 * time.Millisecond):
			finished.Add(1)
		case <-ctx.Done():
		}
		return ctx.Err()
	})
	b.start()
	b.insert(kyc.Job{Kind: "work"}, kyc.Job{Kind: "work"})
	received(b, entered, "the first job runs")
	b.stop(patience)
	if finished.Load() != 1 {
		t.Errorf("%d jobs finished by the stop, want the one that ran", finished.Load())
	}
	time.Sleep(300 * time.Millisecond)
	if len(entered) > 0 {
		t.Error("a job began after the stop")
	}
}

// stopHandsBack proves that an impatient stop cuts a job off without counting
// the try, and that the next process takes it up.
func stopHandsBack(t *testing.T, b *bench) {
	entered, attempts := make(chan struct{}, 1), make(chan int, 1)
	b.handle("work", jobs.Options{MaxAttempts: 1}, func(ctx context.Context, _ []byte, _ int, _ bool) error {
		entered <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	b.start()
	b.insert(kyc.Job{Kind: "work", Key: "1"})
	received(b, entered, "the job runs")
	b.stop(100 * time.Millisecond)
	b.reopen()
	b.handle("work", jobs.Options{MaxAttempts: 1}, func(_ context.Context, _ []byte, attempt int, _ bool) error {
		attempts <- attempt
		return nil
	})
	b.start()
	if got := received(b, attempts, "the job runs again"); got != 1 {
		t.Errorf("got attempt %d, want the first again", got)
	}
}

// restart proves that waiting jobs, keys included, outlive their process.
func restart(t *testing.T, b *bench) {
	nothing := func(context.Context, []byte, int, bool) error { return nil }
	b.handle("work", jobs.Options{}, nothing)
	b.insert(kyc.Job{Kind: "work", Key: "1"}, kyc.Job{Kind: "work", Key: "2", RunAt: time.Now().Add(200 * time.Millisecond)})
	b.reopen()
	var ran counter
	b.handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { ran.add("work"); return nil })
	b.insert(kyc.Job{Kind: "work", Key: "1"})
	b.start()
	b.eventually("both ran", func() bool { return ran.total() == 2 })
	b.stop(patience)
	if ran.total() != 2 {
		t.Errorf("%d runs, want 2", ran.total())
	}
}

// owners proves that two queues cannot work on one database where only one may,
// and can where any number may.
func owners(t *testing.T, b *bench) {
	b.start()
	second, err := jobs.Open(context.Background(), jobs.Config{Store: b.Store})
	if err != nil {
		t.Fatal(err)
	}
	err = second.Start(context.Background())
	if many := b.Pool() != nil; many != (err == nil) {
		t.Errorf("many may own the database: %v; a second start gave: %v", many, err)
	}
	b.stop(patience)
	if b.Pool() == nil {
		if err := second.Start(context.Background()); err != nil {
			t.Errorf("the database was not released: %v", err)
		}
	}
	if err := second.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// figures proves that the queue can be counted (W30).
func figures(t *testing.T, b *bench) {
	entered, release := make(chan struct{}, 9), make(chan struct{})
	b.handle("work", jobs.Options{Workers: 2}, func(context.Context, []byte, int, bool) error {
		entered <- struct{}{}
		<-release
		return nil
	})
	b.handle("idle", jobs.Options{}, func(context.Context, []byte, int, bool) error { return nil })
	b.start()
	defer close(release)
	b.insert(kyc.Job{Kind: "work", RunAt: time.Now().Add(time.Hour)})
	for range 5 {
		b.insert(kyc.Job{Kind: "work"})
	}
	received(b, entered, "one runs")
	received(b, entered, "two run")
	time.Sleep(50 * time.Millisecond)
	all, err := b.queue.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := all["work"]
	if got.Running != 2 || got.Waiting != 3 || got.Later != 1 || got.Oldest < 50*time.Millisecond || got.Oldest > patience {
		t.Errorf("got %+v, want 2 running, 3 waiting for a moment, 1 for later", got)
	}
	if _, ok := all["idle"]; !ok || all["idle"] != (jobs.Stats{}) {
		t.Errorf("a kind without jobs has figures %+v (%v)", all["idle"], ok)
	}
}

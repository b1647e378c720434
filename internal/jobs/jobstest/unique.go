package jobstest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
)

func uniqueWaiting(t *testing.T, b *bench) {
	var ran counter
	b.handle("work", jobs.Options{}, func(_ context.Context, payload []byte, _ int, _ bool) error {
		ran.add(string(payload))
		return nil
	})
	b.handle("other", jobs.Options{}, func(_ context.Context, payload []byte, _ int, _ bool) error {
		ran.add("other " + string(payload))
		return nil
	})
	for range 5 { // nothing runs yet: all wait
		b.insert(kyc.Job{Kind: "work", Key: "1", Payload: []byte("1")}, kyc.Job{Kind: "work", Key: "2", Payload: []byte("2")},
			kyc.Job{Kind: "other", Key: "1", Payload: []byte("1")}, kyc.Job{Kind: "work", Payload: []byte("no key")})
	}
	b.start()
	b.eventually("8 runs", func() bool { return ran.total() == 8 })
	b.stop(patience)
	for name, want := range map[string]int{"1": 1, "2": 1, "other 1": 1, "no key": 5} {
		if got := ran.get(name); got != want {
			t.Errorf("%q ran %d times, want %d", name, got, want)
		}
	}
}

// againAfterRunning inserts while a job of the key is at work: one more run
// follows, after the first has ended.
func againAfterRunning(t *testing.T, b *bench) {
	entered, release := make(chan struct{}, 9), make(chan struct{})
	var inside, most, ran atomic.Int32
	b.handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error {
		most.Store(max(most.Load(), inside.Add(1)))
		defer inside.Add(-1)
		ran.Add(1)
		entered <- struct{}{}
		<-release
		return nil
	})
	b.start()
	job := kyc.Job{Kind: "work", Key: "1"}
	b.insert(job)
	received(b, entered, "the first run")
	b.insert(job, job, job)
	time.Sleep(600 * time.Millisecond)
	if ran.Load() != 1 {
		t.Error("two runs of one key at the same time")
	}
	close(release)
	received(b, entered, "another run")
	time.Sleep(600 * time.Millisecond)
	// An insert that meets the waiting job in the moment it is looked at makes
	// one more run; never more runs than inserts.
	if ran.Load() < 2 || ran.Load() > 4 || most.Load() != 1 {
		t.Errorf("%d runs, %d at once; want 2, one after the other", ran.Load(), most.Load())
	}
	for len(entered) > 0 {
		<-entered
	}
	b.insert(job)
	received(b, entered, "a run after all of that")
}

// pulledForward proves that of two wishes for one key the earlier counts.
func pulledForward(t *testing.T, b *bench) {
	done := make(chan struct{}, 9)
	b.handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { done <- struct{}{}; return nil })
	b.start()
	later := kyc.Job{Kind: "work", Key: "1", RunAt: time.Now().Add(time.Hour)}
	b.insert(later, kyc.Job{Kind: "work", Key: "1"}, later)
	received(b, done, "the job runs now")
	time.Sleep(500 * time.Millisecond)
	if len(done) > 0 {
		t.Error("the job ran twice")
	}
}

// forLater looks at several moments, so that a scheduler which comes by now and
// then does not pass by luck.
func forLater(t *testing.T, b *bench) {
	began := make(chan time.Time, 1)
	b.handle("work", jobs.Options{}, func(context.Context, []byte, int, bool) error { began <- time.Now(); return nil })
	b.start()
	for range 4 {
		due := time.Now().Add(1300 * time.Millisecond)
		b.insert(kyc.Job{Kind: "work", RunAt: due})
		late := received(b, began, "the job runs in the end").Sub(due)
		if late < -time.Millisecond || late > 2*time.Second {
			t.Errorf("the job ran %v after its time", late)
		}
	}
}

// noLostWakeUp has many writers change numbers and insert a job of the
// number's key with each change; the job notes what it sees. In the end each
// number was seen as it is: no change went unnoticed.
func noLostWakeUp(t *testing.T, b *bench) {
	const keys, writers, changes = 3, 6, 25
	var seen sync.Map
	var inside [keys]atomic.Int32
	b.handle("work", jobs.Options{Backoff: soon}, func(ctx context.Context, payload []byte, _ int, _ bool) error {
		k := payload[0] - '0'
		if inside[k].Add(1) > 1 {
			t.Error("two runs of one key at the same time")
		}
		defer inside[k].Add(-1)
		n, err := b.number(ctx, string(payload))
		if err == nil {
			seen.Store(string(payload), n)
		}
		return err
	})
	b.start()
	var wg sync.WaitGroup
	ctx := context.Background()
	for w := range writers {
		wg.Go(func() {
			for i := range changes {
				key := fmt.Sprint((w + i) % keys)
				if err := b.Do(ctx, func(tx kyc.Tx) error {
					return errors.Join(b.raise(ctx, tx, key), b.queue.Insert(ctx, tx, kyc.Job{Kind: "work", Key: key, Payload: []byte(key)}))
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for k := range keys {
		key := fmt.Sprint(k)
		want, err := b.number(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if want != writers*changes/keys {
			t.Errorf("number %s is %d", key, want)
		}
		b.eventually(fmt.Sprintf("number %s seen as %d", key, want), func() bool {
			n, _ := seen.Load(key)
			return n == want
		})
	}
}

// keyModel inserts at random, with and without keys, for now and for later,
// committed and not, into a queue that does not run; a model says what must
// then run, and how often.
func keyModel(t *testing.T, b *bench) {
	var ran counter
	b.handle("work", jobs.Options{}, func(_ context.Context, payload []byte, _ int, _ bool) error {
		ran.add(string(payload))
		return nil
	})
	type wait struct{ first, due int } // which insert stands for the key, and when it is due
	keys := map[string]wait{}
	want := map[string]bool{}
	round, serial := 0, 0
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		round++
		for range rapid.IntRange(1, 6).Draw(rt, "inserts") {
			serial++
			key := rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "key")
			later := rapid.Bool().Draw(rt, "later")
			commit := rapid.Bool().Draw(rt, "commit")
			name := fmt.Sprint(serial)
			job := kyc.Job{Kind: "work", Payload: []byte(name)}
			if key != "" {
				job.Key = fmt.Sprint(round, key)
			}
			due := 0
			if later {
				job.RunAt, due = time.Now().Add(time.Hour), 1
			}
			err := b.Do(ctx, func(tx kyc.Tx) error {
				if err := b.queue.Insert(ctx, tx, job); err != nil || commit {
					return err
				}
				return context.Canceled
			})
			if commit != (err == nil) {
				rt.Fatal(err)
			}
			if !commit {
				continue
			}
			if job.Key == "" {
				want[name] = due == 0
				continue
			}
			known, ok := keys[job.Key]
			if !ok {
				known = wait{serial, due}
			}
			known.due = min(known.due, due)
			keys[job.Key] = known
			want[fmt.Sprint(known.first)] = known.due == 0
		}
	})
	runs := 0
	for _, now := range want {
		if now {
			runs++
		}
	}
	b.start()
	b.eventually(fmt.Sprintf("%d runs", runs), func() bool { return ran.total() >= runs })
	time.Sleep(300 * time.Millisecond)
	b.stop(patience)
	for i := 1; i <= serial; i++ {
		name, times := fmt.Sprint(i), 0
		if want[name] {
			times = 1
		}
		if got := ran.get(name); got != times {
			t.Errorf("insert %s ran %d times, want %d", name, got, times)
		}
	}
}

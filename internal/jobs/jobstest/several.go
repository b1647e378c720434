package jobstest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
)

// crew opens more queues on the same database, as other processes would, lets
// prepare register the same handlers with each, and starts them all. Where one
// process owns the database there is only the bench's own queue.
func (b *bench) crew(n int, prepare func(node int, q *jobs.Queue) error) {
	b.t.Helper()
	queues := []*jobs.Queue{b.queue}
	if b.Pool() == nil {
		n = 1
	}
	for len(queues) < n {
		q, err := jobs.Open(context.Background(), jobs.Config{Store: b.Store})
		if err != nil {
			b.t.Fatal(err)
		}
		queues = append(queues, q)
		b.t.Cleanup(func() {
			if err := q.Stop(context.Background()); err != nil {
				b.t.Error(err)
			}
		})
	}
	for i, q := range queues {
		if err := prepare(i, q); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, q := range queues {
		if err := q.Start(context.Background()); err != nil {
			b.t.Fatal(err)
		}
	}
}

// several proves that processes share the work and that each job runs once.
func several(t *testing.T, b *bench) {
	const nodes, count = 3, 200
	var ran counter
	var at [nodes]atomic.Int32
	b.crew(nodes, func(node int, q *jobs.Queue) error {
		return q.Handle("work", jobs.Options{Workers: 2}, func(_ context.Context, payload []byte, _ int, _ bool) error {
			time.Sleep(2 * time.Millisecond)
			at[node].Add(1)
			ran.add(string(payload))
			return nil
		})
	})
	ctx := context.Background()
	if err := b.Do(ctx, func(tx kyc.Tx) error {
		for i := range count {
			if err := b.queue.Insert(ctx, tx, kyc.Job{Kind: "work", Key: fmt.Sprint(i % (count / 2)), Payload: []byte(fmt.Sprint(i))}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.eventually("all ran", func() bool { return ran.total() >= count/2 })
	time.Sleep(200 * time.Millisecond)
	if ran.total() != count/2 {
		t.Errorf("%d runs of %d jobs", ran.total(), count/2)
	}
	if b.Pool() != nil && (at[0].Load() == 0 || at[1].Load() == 0 || at[2].Load() == 0) {
		t.Errorf("the processes shared the work as %d, %d, %d", at[0].Load(), at[1].Load(), at[2].Load())
	}
}

// keysSeveral proves that a key is never at work twice, whichever process it is
// at work in, and that no insert during a run goes unnoticed.
func keysSeveral(t *testing.T, b *bench) {
	const nodes, keys, inserts = 3, 3, 60
	var inside [keys]atomic.Int32
	var seen, written [keys]atomic.Int64
	b.crew(nodes, func(_ int, q *jobs.Queue) error {
		return q.Handle("work", jobs.Options{Workers: 3}, func(_ context.Context, payload []byte, _ int, _ bool) error {
			k := payload[0] - '0'
			if inside[k].Add(1) > 1 {
				t.Error("two runs of one key at the same time")
			}
			now := written[k].Load()
			time.Sleep(20 * time.Millisecond)
			seen[k].Store(max(seen[k].Load(), now))
			inside[k].Add(-1)
			return nil
		})
	})
	for i := range inserts {
		k := i % keys
		written[k].Add(1)
		b.insert(kyc.Job{Kind: "work", Key: fmt.Sprint(k), Payload: []byte(fmt.Sprint(k))})
	}
	for k := range keys {
		b.eventually("the last insert was noticed", func() bool { return seen[k].Load() == inserts/keys })
	}
}

// everySeveral proves that a series is called once an interval, not once an
// interval and process.
func everySeveral(t *testing.T, b *bench) {
	const interval = 400 * time.Millisecond
	var calls, inside, most atomic.Int32
	began := time.Now()
	b.crew(3, func(_ int, q *jobs.Queue) error {
		return q.Every("sweep", interval, func(context.Context) error {
			most.Store(max(most.Load(), inside.Add(1)))
			defer inside.Add(-1)
			calls.Add(1)
			return nil
		})
	})
	b.eventually("five calls", func() bool { return calls.Load() >= 5 })
	if allowed := 2 + int32(time.Since(began)/interval); calls.Load() > allowed || most.Load() != 1 {
		t.Errorf("%d calls in %v, %d at once", calls.Load(), time.Since(began), most.Load())
	}
}

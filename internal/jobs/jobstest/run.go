// Package jobstest is the contract of the queue: what it must do on every
// database, concurrent inserters included. Run takes a function that opens an
// empty database.
package jobstest

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Store is what the contract needs of a database: what the queue needs, and
// somewhere to write.
type Store interface {
	jobs.Database
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Setting(ctx context.Context, tx kyc.Tx, key string) ([]byte, error)
	PutSetting(ctx context.Context, tx kyc.Tx, key string, value []byte) error
	Lock(ctx context.Context, tx kyc.Tx, name string) error
}

// Run proves that a queue on such a database keeps the contract.
func Run(t *testing.T, open func(t *testing.T) Store) {
	t.Run("latency", func(t *testing.T) { latency(t, open(t)) }) // alone, before the others
	for name, prove := range map[string]func(*testing.T, *bench){
		"commit and rollback": transactional, "payload": payload,
		"retry until the last try": retries, "panic": panics, "time limit": timeLimit, "secrets stay out of rows": noSecrets,
		"unique while waiting": uniqueWaiting, "again after running": againAfterRunning, "pulled forward": pulledForward, "for later": forLater,
		"no lost wake-up": noLostWakeUp, "key model": keyModel,
		"every": every, "every, one at a time": everyAlone,
		"stop waits": stopWaits, "stop hands back": stopHandsBack, "survives a restart": restart, "one owner or many": owners, "figures": figures,
		"several processes": several, "every, in several processes": everySeveral, "keys in several processes": keysSeveral,
		"kinds do not hold each other up": isolation, "misuse": misuse,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prove(t, newBench(t, open(t)))
		})
	}
}

// patience is how long a case waits for what must happen.
const patience = time.Minute

// bench is a queue on an empty database, stopped at the end of the test.
type bench struct {
	Store
	t     *testing.T
	queue *jobs.Queue
}

func newBench(t *testing.T, s Store) *bench {
	t.Helper()
	b := &bench{Store: s, t: t}
	b.reopen()
	t.Cleanup(func() { b.stop(patience) })
	return b
}

// reopen makes a fresh queue on the same database, as a new process would.
func (b *bench) reopen() {
	b.t.Helper()
	q, err := jobs.Open(context.Background(), jobs.Config{Store: b.Store})
	if err != nil {
		b.t.Fatal(err)
	}
	b.queue = q
}

func (b *bench) handle(kind string, options jobs.Options, handler jobs.Handler) {
	b.t.Helper()
	if err := b.queue.Handle(kind, options, handler); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) start() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // the queue must not end with the context of its start
	if err := b.queue.Start(ctx); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) stop(limit time.Duration) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := b.queue.Stop(ctx); err != nil {
		b.t.Error(err)
	}
}

// insert commits jobs, each in a unit of its own.
func (b *bench) insert(all ...kyc.Job) {
	b.t.Helper()
	ctx := context.Background()
	for _, job := range all {
		if err := b.Do(ctx, func(tx kyc.Tx) error { return b.queue.Insert(ctx, tx, job) }); err != nil {
			b.t.Fatal(err)
		}
	}
}

// eventually waits until what holds.
func (b *bench) eventually(sentence string, holds func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	b.t.Fatalf("did not happen: %s", sentence)
}

// received waits for a signal.
func received[T any](b *bench, from <-chan T, sentence string) T {
	b.t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		b.t.Fatalf("did not happen: %s", sentence)
		panic("unreachable")
	}
}

// counter counts by name, from many goroutines.
type counter struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *counter) add(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[name]++
	return c.counts[name]
}

func (c *counter) get(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[name]
}

func (c *counter) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, count := range c.counts {
		n += count
	}
	return n
}

// number reads a number that raise has written.
func (b *bench) number(ctx context.Context, key string) (n uint64, err error) {
	err = b.View(ctx, func(tx kyc.Tx) error {
		value, err := b.Setting(ctx, tx, key)
		if kyc.KindOf(err) == kyc.NotFound {
			return nil
		}
		if err == nil {
			n = binary.BigEndian.Uint64(value)
		}
		return err
	})
	return n, err
}

// raise adds one to a number in the caller's unit of work.
func (b *bench) raise(ctx context.Context, tx kyc.Tx, key string) error {
	if err := b.Lock(ctx, tx, key); err != nil {
		return err
	}
	value, err := b.Setting(ctx, tx, key)
	if kyc.KindOf(err) == kyc.NotFound {
		value, err = make([]byte, 8), nil
	}
	if err != nil {
		return err
	}
	return b.PutSetting(ctx, tx, key, binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(value)+1))
}

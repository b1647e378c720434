package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/openkyc/openkyc/internal/kyc"
)

// insertTopic is what River listens to for new jobs.
const insertTopic = "river_insert"

// driver is River's driver for SQLite with one change: news of inserted jobs
// travel within the process instead of through a table that would be written
// with every job and read twenty times a second.
type driver struct {
	*riversqlite.Driver
	waker *waker
}

func newDriver(db *sql.DB, w *waker) *driver {
	return &driver{Driver: riversqlite.New(db), waker: w}
}

// SupportsListenNotify keeps River from writing notifications to the table.
func (d *driver) SupportsListenNotify() bool { return false }

// GetListener gives River the process's own news.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.waker }

// postgresDriver is River's driver for PostgreSQL with the same change. News of
// other processes come by the store, which has the one connection that listens
// and sends many at once: to notify within the transaction, as River does, makes
// transactions commit one after another.
type postgresDriver struct {
	*riverpgxv5.Driver
	waker *waker
}

func newPostgresDriver(pool *pgxpool.Pool, w *waker) *postgresDriver {
	return &postgresDriver{Driver: riverpgxv5.New(pool), waker: w}
}

// SupportsListenNotify keeps River from notifying by itself.
func (d *postgresDriver) SupportsListenNotify() bool { return false }

// SupportsListener makes River ask for a listener all the same.
func (d *postgresDriver) SupportsListener() bool { return true }

// GetListener gives River the store's news.
func (d *postgresDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.waker
}

// topic of the store's news, whose payload is "queue pause".
const topic = "jobs"

// publish tells all processes, once the unit has committed, that a queue has a
// job and when it will be due.
func (q *Queue) publish(ctx context.Context, tx kyc.Tx, queue string, pause time.Duration) error {
	if pause > maxPause {
		return nil
	}
	return q.db.Publish(ctx, tx, topic, queue+" "+max(0, pause).String())
}

// hear takes such news, or, when some were lost, looks everywhere.
func (q *Queue) hear(payload string) {
	queue, text, ok := strings.Cut(payload, " ")
	pause, err := time.ParseDuration(text)
	if !ok || err != nil {
		q.wakeAll()
		return
	}
	q.waker.wakeIn(queue, pause)
}

func (q *Queue) wakeAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, k := range q.kinds {
		q.waker.wake(k.queue)
	}
}

// waker collects which queues got jobs until River asks. News are never lost
// and never pile up: a queue that is told of twice is looked at once.
type waker struct {
	mu     sync.Mutex
	queues map[string]bool
	signal chan struct{} // holds one token while there is news
}

func newWaker() *waker {
	return &waker{queues: map[string]bool{}, signal: make(chan struct{}, 1)}
}

// wake tells that a queue got a job.
func (w *waker) wake(queue string) {
	w.mu.Lock()
	w.queues[queue] = true
	w.mu.Unlock()
	w.ring()
}

// maxPause is the longest that a job is waited for with a timer.
const maxPause = time.Minute

// wakeIn tells it when a job's time will have come. Jobs for much later are
// found by polling: a process that lives that long polls anyway.
func (w *waker) wakeIn(queue string, pause time.Duration) {
	switch {
	case pause <= 0:
		w.wake(queue)
	case pause <= maxPause:
		time.AfterFunc(pause+2*time.Millisecond, func() { w.wake(queue) }) // rows count whole milliseconds
	}
}

func (w *waker) ring() {
	select {
	case w.signal <- struct{}{}:
	default: // there is news already
	}
}

// next takes one queue out; more tells whether there are others.
func (w *waker) next() (queue string, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for queue = range w.queues {
		delete(w.queues, queue)
		return queue, len(w.queues) > 0
	}
	return "", false
}

// WaitForNotification blocks until a queue got a job.
func (w *waker) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.signal:
		}
		queue, more := w.next()
		if more {
			w.ring()
		}
		if queue != "" {
			return &riverdriver.Notification{Topic: insertTopic, Payload: fmt.Sprintf(`{"queue":%q}`, queue)}, nil
		}
	}
}

// The rest of riverdriver.Listener has nothing to do: there is no connection.

// Close ends nothing.
func (w *waker) Close(context.Context) error { return nil }

// Connect connects nothing.
func (w *waker) Connect(context.Context) error { return nil }

// Listen takes every topic; only insertTopic ever speaks.
func (w *waker) Listen(context.Context, string) error { return nil }

// Unlisten is the reverse of Listen.
func (w *waker) Unlisten(context.Context, string) error { return nil }

// Ping always answers.
func (w *waker) Ping(context.Context) error { return nil }

// Schema has no meaning here.
func (w *waker) Schema() string { return "" }

// SetAfterConnectExec has no meaning here.
func (w *waker) SetAfterConnectExec(string) {}

package jobs

import (
	"context"
	"errors"
	"fmt"
)

// Start begins to work. Jobs that a killed process left running are freed. With
// one process to a SQLite database they cannot be anybody else's, and Start
// fails when another process holds the database; on PostgreSQL they are those
// of the processes that have not been seen for a while, and any number may
// start. ctx bounds the start only; the work ends with Stop.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	if q.started {
		q.mu.Unlock()
		return errors.New("start the queue: it has started already")
	}
	q.started = true
	q.mu.Unlock()
	// Not under the lock: a unit of work that inserts a job needs it, and may be
	// the one whose connection the start waits for.
	release, err := q.start(ctx)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.started, q.release = err == nil, release
	if err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	return nil
}

func (q *Queue) start(ctx context.Context) (release func(context.Context) error, err error) {
	alone, leave, err := q.enterDatabase(ctx)
	if err != nil {
		return nil, err
	}
	if err = q.prepareSeries(ctx, alone); err == nil {
		err = q.engine.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		return nil, errors.Join(err, leave(ctx))
	}
	deaf := q.db.Subscribe(topic, q.hear)
	q.startSeries()
	return func(ctx context.Context) error { deaf(); return leave(ctx) }, nil
}

// enterDatabase makes this process one that works on the database, and tells
// whether it is the only one.
func (q *Queue) enterDatabase(ctx context.Context) (alone bool, leave func(context.Context) error, err error) {
	if q.node != nil {
		alone, err = q.node.join(ctx)
		return alone, q.node.leave, err
	}
	release, err := q.db.Own()
	if err != nil {
		return false, nil, err
	}
	leave = func(context.Context) error { return release() }
	if err := q.free(ctx); err != nil {
		return false, nil, errors.Join(err, release())
	}
	return true, leave, nil
}

// Stop takes no new jobs and waits for the running ones to finish. When ctx
// ends first, their contexts are cancelled and they are handed back to whoever
// comes next, without a try being counted.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	if !q.started {
		q.mu.Unlock()
		return nil
	}
	q.mu.Unlock()
	q.turns.stop()
	err := q.engine.Stop(ctx)
	if err != nil {
		q.mu.Lock()
		q.stopping = true
		q.mu.Unlock()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		if err = q.engine.StopAndCancel(grace); err != nil {
			err = fmt.Errorf("stop the queue: a job does not end: %w", err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.started = false
	return errors.Join(err, q.release(ctx))
}

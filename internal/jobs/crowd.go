package jobs

import (
	"context"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// crowded is how long a job keeps away while another of the same key is at
// work. It is called back as soon as that one ends; the pause only bounds how
// often the queue looks in vain.
const crowded = 300 * time.Millisecond

// run is a unique key at work.
type run struct {
	followed bool // another job of the key has been kept away
}

func runKey(k *kind, key string) string { return k.name + "\x00" + key }

// enter lets one job of a key work at a time in this process.
func (q *Queue) enter(k *kind, key string) bool {
	if key == "" {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if r := q.running[runKey(k, key)]; r != nil {
		r.followed = true
		return false
	}
	q.running[runKey(k, key)] = &run{}
	return true
}

// crowd tells how long a new job of the key should keep away.
func (q *Queue) crowd(k *kind, key string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.running[runKey(k, key)]
	if key == "" || r == nil {
		return 0
	}
	r.followed = true
	return crowded
}

// leave lets the next job of the key in, and calls it when one was kept away.
// When that fails the job comes by itself a little later.
func (q *Queue) leave(ctx context.Context, k *kind, key string) {
	if key == "" {
		return
	}
	q.mu.Lock()
	followed := q.running[runKey(k, key)].followed
	delete(q.running, runKey(k, key))
	q.mu.Unlock()
	if !followed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), crowded)
	defer cancel()
	err := q.db.Do(ctx, func(tx kyc.Tx) error {
		_, err := q.db.SQL(tx).ExecContext(ctx, `
			UPDATE river_job SET scheduled_at = $3 WHERE state = 'available' AND scheduled_at <= $4
			AND id = (SELECT job_id FROM job_keys WHERE kind = $1 AND key = $2)`,
			k.name, key, q.stamp(time.Now()), q.stamp(time.Now().Add(crowded)))
		return err
	})
	if err != nil {
		q.logger.DebugContext(ctx, "next job of the key not called", "job", k.name, "error", err)
	}
	q.waker.wake(k.queue)
}

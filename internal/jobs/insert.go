package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/openkyc/openkyc/internal/kyc"
)

// envelope is how a job lies in its row. Payload holds ids only.
type envelope struct {
	kind    string
	Key     string `json:"key,omitempty"`
	Payload []byte `json:"payload,omitempty"`
}

// Kind names River's worker.
func (e envelope) Kind() string { return e.kind }

// waiting are the states of a job that will run without anybody's doing.
const waiting = `('available', 'pending', 'retryable', 'scheduled')`

// Insert adds a job in the caller's unit of work. With a Key, a job of that
// kind and key that still waits makes this one superfluous, whatever it
// carries; it is only pulled forward when this one would run earlier. One that
// is already running may have missed what the caller has just written, so
// another run follows it.
func (q *Queue) Insert(ctx context.Context, tx kyc.Tx, job kyc.Job) error {
	q.mu.Lock()
	k := q.kinds[job.Kind]
	q.mu.Unlock()
	if k == nil || k.periodic {
		return fmt.Errorf("insert a job: kind %q has no handler", job.Kind)
	}
	// River keeps the machine's time; the rooms' clock only says how long to wait.
	pause := q.crowd(k, job.Key)
	if !job.RunAt.IsZero() {
		pause = max(pause, job.RunAt.Sub(q.now()))
	}
	due := time.Now().Add(pause)
	if err := q.insert(ctx, tx, k, job, due); err != nil {
		return fmt.Errorf("insert a %s job: %w", job.Kind, err)
	}
	return q.publish(ctx, tx, k.queue, pause)
}

func (q *Queue) insert(ctx context.Context, tx kyc.Tx, k *kind, job kyc.Job, due time.Time) error {
	if job.Key == "" {
		_, err := q.add(ctx, tx, k, job, due)
		return err
	}
	// Written and not just read, so that of two units with a new key one waits
	// for the other.
	sql, id := q.db.SQL(tx), int64(0)
	err := sql.QueryRowContext(ctx, `INSERT INTO job_keys (kind, key, job_id) VALUES ($1, $2, 0)
		ON CONFLICT (kind, key) DO UPDATE SET job_id = job_keys.job_id RETURNING job_id`, job.Kind, job.Key).Scan(&id)
	if err != nil {
		return err
	}
	if superfluous, err := q.pull(ctx, sql, id, due); err != nil || superfluous {
		return err
	}
	if id, err = q.add(ctx, tx, k, job, due); err != nil {
		return err
	}
	_, err = sql.ExecContext(ctx, `UPDATE job_keys SET job_id = $3 WHERE kind = $1 AND key = $2`, job.Kind, job.Key, id)
	return err
}

// pull finds out, and by writing makes sure, that a job still waits when the
// unit commits. Ids are never given twice, so the row is that job or gone.
func (q *Queue) pull(ctx context.Context, tx *sql.Tx, id int64, due time.Time) (bool, error) {
	if id == 0 { // the key is new
		return false, nil
	}
	n, err := affected(tx.ExecContext(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = CASE WHEN scheduled_at > $2 THEN $2 ELSE scheduled_at END
		WHERE id = $1 AND state IN `+waiting, id, q.stamp(due)))
	return n > 0, err
}

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// add inserts the job and makes it available at its time: River would leave a
// job for later to a scheduler that looks every five seconds.
func (q *Queue) add(ctx context.Context, tx kyc.Tx, k *kind, job kyc.Job, due time.Time) (int64, error) {
	id, err := q.engine.insert(ctx, tx, envelope{kind: job.Kind, Key: job.Key, Payload: job.Payload},
		&river.InsertOpts{Queue: k.queue, MaxAttempts: k.MaxAttempts, ScheduledAt: due, UniqueOpts: k.unique})
	if err != nil {
		return 0, err
	}
	_, err = q.db.SQL(tx).ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE id = $1 AND state = 'scheduled'`, id)
	return id, err
}

package jobs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	periodicQueue = "periodic"
	turnTimeout   = 10 * time.Second // to insert one job
	turnRetry     = time.Second      // after that failed
)

// Every calls work at this interval, before Start registered, one call at a
// time however long it takes and, on PostgreSQL, once for all processes. The
// first call is at once; a process that joins others does not begin anew. A
// failed call is logged and not repeated before its next time.
func (q *Queue) Every(name string, interval time.Duration, work func(ctx context.Context) error) error {
	if interval <= 0 || work == nil {
		return fmt.Errorf("every %s: interval or work cannot be used", name)
	}
	k := &kind{name: name, queue: periodicQueue, periodic: true, interval: interval,
		Options: Options{Timeout: maxTimeout, MaxAttempts: 1, Backoff: doubling},
		handler: func(ctx context.Context, _ []byte, _ int, _ bool) error { return work(ctx) },
		// Unique in every state but the final ones: while one waits or works, no
		// other comes in, in no process.
		unique: river.UniqueOpts{ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}}}
	if err := q.register(k); err != nil {
		return fmt.Errorf("every %s: %w", name, err)
	}
	return nil
}

// turns are the goroutines that wait for the next time of a series. Every
// process has them; the row of the series lets one of them in.
type turns struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (t *turns) stop() {
	t.cancel()
	t.done.Wait()
}

func (q *Queue) startSeries() {
	ctx, cancel := context.WithCancel(context.Background())
	q.turns.cancel = cancel
	for _, k := range q.kinds {
		if k.periodic {
			q.turns.done.Go(func() { q.series(ctx, k) })
		}
	}
}

// prepareSeries makes the rows that are missing. Who is alone begins anew: nobody
// did the work while no process ran. A row that another process holds, which may
// have been frozen in the middle of its turn, is there and is not waited for.
func (q *Queue) prepareSeries(ctx context.Context, alone bool) error {
	return q.db.Do(ctx, func(tx kyc.Tx) error {
		db := q.db.SQL(tx)
		for _, k := range q.kinds {
			if !k.periodic {
				continue
			}
			var there bool
			if err := db.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM job_series WHERE name = $1`, k.name).Scan(&there); err != nil {
				return err
			}
			if there {
				continue
			}
			if _, err := db.ExecContext(ctx, `INSERT INTO job_series (name, next_at) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING`, k.name); err != nil {
				return err
			}
		}
		if !alone {
			return nil
		}
		anew := `UPDATE job_series SET next_at = 0`
		if q.node != nil {
			anew += ` WHERE name IN (SELECT name FROM job_series FOR UPDATE SKIP LOCKED)`
		}
		_, err := db.ExecContext(ctx, anew)
		return err
	})
}

func (q *Queue) series(ctx context.Context, k *kind) {
	for {
		pause, err := q.turn(ctx, k)
		if err != nil {
			if ctx.Err() == nil {
				q.logger.WarnContext(ctx, "series not continued", "job", k.name, "error", err)
			}
			pause = turnRetry
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// turn inserts the job when its time has come and nobody else has, and tells
// how long to wait until the next time.
func (q *Queue) turn(ctx context.Context, k *kind) (pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	err = q.db.Do(ctx, func(tx kyc.Tx) error {
		now := time.Now()
		n, err := affected(q.db.SQL(tx).ExecContext(ctx, `UPDATE job_series SET next_at = $2 WHERE name = $1 AND next_at <= $3`,
			k.name, now.Add(k.interval).UnixMicro(), now.UnixMicro()))
		if err != nil {
			return err
		}
		if n == 1 {
			pause = k.interval
			if _, err := q.add(ctx, tx, k, kyc.Job{Kind: k.name}, now); err != nil {
				return err
			}
			return q.publish(ctx, tx, k.queue, 0)
		}
		var next int64
		err = q.db.SQL(tx).QueryRowContext(ctx, `SELECT next_at FROM job_series WHERE name = $1`, k.name).Scan(&next)
		// A clock that was wrong, or an interval that was longer, must not stop the series.
		pause = min(max(time.UnixMicro(next).Sub(now), time.Millisecond), k.interval)
		return err
	})
	return pause, err
}

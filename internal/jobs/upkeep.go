package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	periodicQueue = "periodic"
	tidyKind      = "jobs.tidy"
	tidyInterval  = 10 * time.Minute
)

// Every calls work at once after Start and then at this interval, before Start
// registered, one call at a time however long it takes. A failed call is logged
// and not repeated before its next time.
func (q *Queue) Every(name string, interval time.Duration, work func(ctx context.Context) error) error {
	if interval <= 0 || work == nil {
		return fmt.Errorf("every %s: interval or work cannot be used", name)
	}
	k := &kind{name: name, queue: periodicQueue, periodic: true,
		Options: Options{Timeout: maxTimeout, MaxAttempts: 1, Backoff: doubling},
		handler: func(ctx context.Context, _ []byte, _ int, _ bool) error { return work(ctx) }}
	if err := q.register(k); err != nil {
		return fmt.Errorf("every %s: %w", name, err)
	}
	// Unique in every state but the final ones: while one waits or works, no
	// other comes in, in no process.
	options := &river.InsertOpts{Queue: periodicQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
	q.client.PeriodicJobs().Add(river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return envelope{kind: name}, options },
		&river.PeriodicJobOpts{RunOnStart: true}))
	return nil
}

// free hands out again what was running when a process died. The try that was
// cut off counts, so that a job which kills the process cannot do so for ever;
// but every job gets one more, so that its end is told to its room. The dead
// process's lead over the maintenance ends too.
func (q *Queue) free(ctx context.Context) error {
	return q.db.Do(ctx, func(tx kyc.Tx) error {
		n, err := affected(q.db.SQL(tx).ExecContext(ctx, `
			UPDATE river_job SET state = 'available', scheduled_at = $1,
				max_attempts = CASE WHEN attempt >= max_attempts THEN attempt + 1 ELSE max_attempts END
			WHERE state = 'running'`, stamp(time.Now())))
		if err != nil {
			return err
		}
		if n > 0 {
			q.logger.WarnContext(ctx, "jobs of a killed process taken up", "count", n)
		}
		_, err = q.db.SQL(tx).ExecContext(ctx, `DELETE FROM river_leader`)
		return err
	})
}

// tidy forgets the unique keys of jobs whose rows are gone.
func (q *Queue) tidy(ctx context.Context) error {
	return q.db.Do(ctx, func(tx kyc.Tx) error {
		_, err := q.db.SQL(tx).ExecContext(ctx, `
			DELETE FROM job_keys WHERE NOT EXISTS (SELECT 1 FROM river_job j WHERE j.id = job_keys.job_id)`)
		return err
	})
}

package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	tidyKind     = "jobs.tidy"
	tidyInterval = 10 * time.Minute
)

// free hands out again what was running when a process died. The try that was
// cut off counts, so that a job which kills the process cannot do so for ever;
// but every job gets one more, so that its end is told to its room. The dead
// process's lead over the maintenance ends too.
func (q *Queue) free(ctx context.Context) error {
	return q.db.Do(ctx, func(tx kyc.Tx) error {
		n, err := affected(q.db.SQL(tx).ExecContext(ctx, `
			UPDATE river_job SET state = 'available', scheduled_at = $1,
				max_attempts = CASE WHEN attempt >= max_attempts THEN attempt + 1 ELSE max_attempts END
			WHERE state = 'running'`, q.stamp(time.Now())))
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

// tidy forgets the unique keys of jobs whose rows are gone. It names the gone
// ids first: a key that gets a new job meanwhile keeps it.
func (q *Queue) tidy(ctx context.Context) error {
	return q.db.Do(ctx, func(tx kyc.Tx) error {
		_, err := q.db.SQL(tx).ExecContext(ctx, `
			DELETE FROM job_keys WHERE job_id IN (
				SELECT k.job_id FROM job_keys k WHERE NOT EXISTS (SELECT 1 FROM river_job j WHERE j.id = k.job_id))`)
		return err
	})
}

// Stats is how one kind stands.
type Stats struct {
	Waiting int           // due, and not yet at work
	Later   int           // for a later time, retries included
	Running int           // at work, in whatever process
	Oldest  time.Duration // how long the longest due one has waited
}

// Stats counts the jobs of every kind that has any, and of every kind that is
// registered here.
func (q *Queue) Stats(ctx context.Context) (map[string]Stats, error) {
	now := time.Now()
	all := map[string]Stats{}
	q.mu.Lock()
	for name := range q.kinds {
		all[name] = Stats{}
	}
	q.mu.Unlock()
	rows, err := q.db.Writer().QueryContext(ctx, `
		SELECT kind, COUNT(*) FILTER (WHERE state <> 'running' AND scheduled_at <= $1), COUNT(*) FILTER (WHERE state <> 'running' AND scheduled_at > $1),
			COUNT(*) FILTER (WHERE state = 'running'), MIN(scheduled_at) FILTER (WHERE state <> 'running' AND scheduled_at <= $1)
		FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'scheduled', 'running') GROUP BY kind`, q.stamp(now))
	if err != nil {
		return nil, fmt.Errorf("count the jobs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind string
		var s Stats
		var oldest any
		if err := rows.Scan(&kind, &s.Waiting, &s.Later, &s.Running, &oldest); err != nil {
			return nil, fmt.Errorf("count the jobs: %w", err)
		}
		if s.Oldest, err = since(oldest, now); err != nil {
			return nil, fmt.Errorf("count the jobs: %w", err)
		}
		all[kind] = s
	}
	return all, rows.Err()
}

// since reads a time as the driver gives it: SQLite's are text.
func since(value any, now time.Time) (time.Duration, error) {
	switch at := value.(type) {
	case nil:
		return 0, nil
	case time.Time:
		return max(0, now.Sub(at)), nil
	case string:
		parsed, err := time.ParseInLocation(sqliteTime, at, time.UTC)
		return max(0, now.Sub(parsed)), err
	}
	return 0, fmt.Errorf("a time is stored as %T", value)
}

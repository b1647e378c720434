package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	// rowWritten is how long River takes at most to write down a try's end.
	rowWritten = 100 * time.Millisecond
	// maxDeaths is how many times beyond its tries a job may take the process
	// down before it is not tried again.
	maxDeaths = 3
)

// kind is a registered kind with its options, all filled.
type kind struct {
	Options
	name     string
	queue    string
	handler  Handler
	periodic bool
	interval time.Duration    // of a periodic kind
	unique   river.UniqueOpts // of a periodic kind: one waits or works, no other
}

// worker runs the jobs of one kind for River.
type worker struct {
	river.WorkerDefaults[envelope]
	queue *Queue
	kind  *kind
}

// Timeout of one try.
func (w *worker) Timeout(*river.Job[envelope]) time.Duration { return w.kind.Timeout }

// NextRetry after a try that failed.
func (w *worker) NextRetry(job *river.Job[envelope]) time.Time {
	pause := max(0, w.kind.Backoff(job.Attempt))
	w.queue.waker.wakeIn(w.kind.queue, pause+rowWritten)
	return time.Now().Add(pause)
}

// Work runs one try. Nothing of the handler's error reaches the job's row: it
// may quote personal data, and the row lies in clear.
func (w *worker) Work(ctx context.Context, job *river.Job[envelope]) error {
	logger := w.queue.logger.With("job", w.kind.name, "job_id", job.ID, "attempt", job.Attempt)
	if job.Attempt > w.kind.MaxAttempts+maxDeaths {
		logger.ErrorContext(ctx, "job given up: the process died in its last tries")
		return river.JobCancel(errors.New("the process died in its last tries"))
	}
	if !w.queue.enter(w.kind, job.Args.Key) {
		return river.JobSnooze(crowded)
	}
	defer w.queue.leave(ctx, w.kind, job.Args.Key)
	if n := w.queue.node; n != nil {
		run, working, end, ok := n.work(ctx)
		if !ok {
			return river.JobSnooze(crowded)
		}
		defer end()
		ctx = working
		if job.Args.Key != "" {
			if in, err := n.enter(ctx, w.kind.name, job.Args.Key, run); err != nil || !in {
				return river.JobSnooze(crowded) // at work elsewhere, or the database does not say
			}
			defer n.exit(ctx, w.kind.name, job.Args.Key, run)
		}
	}
	return w.try(ctx, logger, job)
}

// try runs the handler and turns what comes of it into River's words.
func (w *worker) try(ctx context.Context, logger *slog.Logger, job *river.Job[envelope]) error {
	last := job.Attempt >= w.kind.MaxAttempts || job.Attempt >= job.MaxAttempts
	err := w.protected(ctx, logger, job, last)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && (w.queue.isStopping() || errors.Is(context.Cause(ctx), errFenced)):
		logger.InfoContext(ctx, "job handed back")
		return river.JobSnooze(0)
	case last:
		logger.ErrorContext(ctx, "job given up", "error", err)
		return river.JobCancel(errors.New(kyc.SafeMessage(err)))
	}
	logger.WarnContext(ctx, "job failed and will be tried again", "error", err)
	return errors.New(kyc.SafeMessage(err))
}

// protected calls the handler and turns a panic into an error, with the stack
// in the log.
func (w *worker) protected(ctx context.Context, logger *slog.Logger, job *river.Job[envelope], last bool) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("handler panicked: %s", describe(value))
			logger.ErrorContext(ctx, "job panicked", "error", err, "stack", string(debug.Stack()))
		}
	}()
	return w.kind.handler(ctx, job.Args.Payload, job.Attempt, last)
}

// describe tells of a panic only what cannot hold somebody's data.
func describe(value any) string {
	if fault, ok := value.(runtime.Error); ok {
		return fault.Error()
	}
	return fmt.Sprintf("%T", value)
}

func (q *Queue) isStopping() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopping
}

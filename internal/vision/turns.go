package vision

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// turns are the threads that networks may have together. A network waits until as
// many are free as it runs: two text detectors side by side would crowd out one
// another on two cores, and hold twice the memory.
type turns struct {
	free *semaphore.Weighted
	most int
}

func newTurns(most int) turns { return turns{semaphore.NewWeighted(int64(most)), most} }

// take waits for threads, in the order of asking, and fails with the context's cause;
// done gives them back. Who asks for more than there are gets all.
func (t turns) take(ctx context.Context, threads int) (done func(), err error) {
	n := int64(min(threads, t.most))
	if err := t.free.Acquire(ctx, n); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { t.free.Release(n) }, nil
}

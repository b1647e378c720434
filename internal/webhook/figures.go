package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// maxFigures is how many waiting deliveries the figures look at.
const maxFigures = 50_000

// Figures is how the sending stands (W30). Counts are of this process since it
// started; what waits is of the whole installation.
type Figures struct {
	Endpoints []EndpointFigures
	Pending   int
	Oldest    time.Duration // age of the oldest that waits
	Partial   bool          // more waits than was looked at
}

// EndpointFigures are those of one endpoint. Ages are of what waits.
type EndpointFigures struct {
	EndpointID    string
	AccountID     string // "" when nothing waits
	Delivered     int64
	Failed        int64 // attempts that failed, the exhausted ones included
	Exhausted     int64
	Pending       int
	Oldest        time.Duration
	P50, P95, P99 time.Duration
	Late          bool // the oldest waits longer than it should
}

// tally counts attempts by endpoint.
type tally struct {
	mu     *sync.Mutex
	counts map[string]*EndpointFigures
}

func newTally() tally { return tally{mu: new(sync.Mutex), counts: map[string]*EndpointFigures{}} }

func (t tally) add(endpointID, outcome string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts[endpointID]
	if c == nil {
		c = &EndpointFigures{EndpointID: endpointID}
		t.counts[endpointID] = c
	}
	switch outcome {
	case EventDelivered:
		c.Delivered++
	case EventExhausted:
		c.Exhausted++
		c.Failed++
	case EventFailed:
		c.Failed++
	}
}

// Figures reads how the sending stands, by endpoint.
func (r *Room) Figures(ctx context.Context) (f Figures, err error) {
	var waiting []kyc.PendingDelivery
	var now time.Time
	err = r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		now = tx.Now()
		waiting, err = r.Store.PendingDeliveries(ctx, tx, maxFigures)
		return err
	})
	if err != nil {
		return Figures{}, err
	}
	byID := map[string]*EndpointFigures{}
	r.tally.mu.Lock()
	for id, c := range r.tally.counts {
		copied := *c
		byID[id] = &copied
	}
	r.tally.mu.Unlock()
	ages := map[string][]time.Duration{}
	for _, d := range waiting {
		e := byID[d.EndpointID]
		if e == nil {
			e = &EndpointFigures{EndpointID: d.EndpointID}
			byID[d.EndpointID] = e
		}
		e.AccountID = d.AccountID
		ages[d.EndpointID] = append(ages[d.EndpointID], max(0, now.Sub(d.CreatedAt)))
	}
	f.Pending, f.Partial = len(waiting), len(waiting) == maxFigures
	for id, e := range byID {
		all := ages[id]
		slices.Sort(all)
		e.Pending, e.P50, e.P95, e.P99, e.Oldest = len(all), quantile(all, 50), quantile(all, 95), quantile(all, 99), quantile(all, 100)
		e.Late = e.Oldest > r.LateAfter
		f.Oldest = max(f.Oldest, e.Oldest)
		f.Endpoints = append(f.Endpoints, *e)
	}
	slices.SortFunc(f.Endpoints, func(a, b EndpointFigures) int { return cmp.Compare(a.EndpointID, b.EndpointID) })
	return f, nil
}

// quantile is the nearest-rank percentile of sorted ages.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// Watch warns of endpoints whose oldest delivery waits too long (W30). It runs
// every few minutes.
func (r *Room) Watch(ctx context.Context) error {
	f, err := r.Figures(ctx)
	if err != nil {
		return err
	}
	for _, e := range f.Endpoints {
		if e.Late {
			r.Logger.LogAttrs(ctx, slog.LevelWarn, "webhooks wait too long", slog.String("endpoint", e.EndpointID), slog.String("account", e.AccountID),
				slog.Int("pending", e.Pending), slog.Duration("oldest", e.Oldest), slog.Duration("limit", r.LateAfter))
		}
	}
	return nil
}

package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of one node's sending.
const (
	readyBatch   = 256                    // endpoints that one round looks at
	claimBatch   = 128                    // deliveries that one round claims
	recordBatch  = 128                    // outcomes that are written together
	accountShare = 4                      // one account gets at most a quarter of the node's slots
	drainFor     = 5 * time.Second        // for attempts to end by themselves when the node stops
	leastWait    = 2 * time.Millisecond   // between two looks, when the rate alone holds back
	afterFault   = 500 * time.Millisecond // before the database is asked again
)

// Run sends what is due until ctx ends; every node that works runs it once.
// Attempts under way are then given a moment to end; what is broken off is given
// back and costs no rung of the ladder.
func (r *Room) Run(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	d := &dispatcher{room: r, wake: make(chan struct{}, 1), done: make(chan *attempt, r.Slots), inFlight: map[string]int{}}
	cancel := r.Store.Subscribe(Topic, func(string) { d.nudge() })
	defer cancel()
	recorder := make(chan struct{})
	go func() {
		defer close(recorder)
		d.write(sending)
	}()
	for ctx.Err() == nil {
		wait := r.Poll
		parcels, again, err := d.round(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			r.Logger.LogAttrs(ctx, slog.LevelError, "webhooks cannot be claimed", slog.Any("error", err))
			wait = afterFault
		case again > 0:
			wait = min(max(again, leastWait), r.Poll)
		}
		for _, p := range parcels {
			d.sends.Go(func() { d.done <- r.send(sending, p) })
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	time.AfterFunc(drainFor, stop)
	d.sends.Wait()
	close(d.done)
	<-recorder
	return nil
}

// dispatcher is the sending of one node.
type dispatcher struct {
	room  *Room
	wake  chan struct{}
	done  chan *attempt
	sends sync.WaitGroup

	mu       sync.Mutex
	inFlight map[string]int // by account; "" counts all
}

// nudge makes the next round begin now.
func (d *dispatcher) nudge() {
	select {
	case d.wake <- struct{}{}:
	default: // one is enough
	}
}

// write records outcomes, as many together as have come in.
func (d *dispatcher) write(ctx context.Context) {
	for try := range d.done {
		tries := []*attempt{try}
	gather:
		for len(tries) < recordBatch {
			select {
			case next, ok := <-d.done:
				if !ok {
					break gather
				}
				tries = append(tries, next)
			default:
				break gather
			}
		}
		// What happened is written down also when the process is being stopped.
		recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
		if err := d.room.record(recording, tries); err != nil { // the claims run out, and the notifications go out again
			d.room.Logger.LogAttrs(ctx, slog.LevelError, "webhook attempts cannot be recorded", slog.Any("error", err))
		}
		cancel()
		d.mu.Lock()
		for _, t := range tries {
			d.inFlight[""]--
			if d.inFlight[t.d.AccountID]--; d.inFlight[t.d.AccountID] == 0 {
				delete(d.inFlight, t.d.AccountID)
			}
		}
		d.mu.Unlock()
		d.nudge()
	}
}

// slots tells how many attempts may begin in all and for an account.
func (d *dispatcher) slots(account string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	free := d.room.Slots - d.inFlight[""]
	if account != "" {
		free = min(free, max(1, d.room.Slots/accountShare)-d.inFlight[account])
	}
	return max(0, free)
}

func (d *dispatcher) take(parcels []parcel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range parcels {
		d.inFlight[""]++
		d.inFlight[p.d.AccountID]++
	}
}

// round claims what may be sent now. again tells when to look again although
// nothing happens; 0 leaves it to the poll.
func (d *dispatcher) round(ctx context.Context) (parcels []parcel, again time.Duration, err error) {
	free := d.slots("")
	if free == 0 {
		return nil, 0, nil
	}
	parcels, again, err = d.room.claim(ctx, min(free, claimBatch), d.slots)
	d.take(parcels)
	return parcels, again, err
}

// claim takes due deliveries of many endpoints in one unit of work, by fair
// shares: first between accounts, then between the endpoints of each (W19). It
// counts the attempts before they are made, so a crash loses nothing.
func (r *Room) claim(ctx context.Context, limit int, slots func(account string) int) (parcels []parcel, again time.Duration, err error) {
	var ready []kyc.ReadyEndpoint
	err = r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		ready, err = r.Store.ReadyEndpoints(ctx, tx, tx.Now(), readyBatch)
		return err
	})
	if err != nil || len(ready) == 0 {
		return nil, 0, err
	}
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		parcels, again = nil, 0
		ids := make([]string, len(ready))
		for i, v := range ready {
			ids[i] = v.ID
		}
		kept, err := r.Store.LockEndpoints(ctx, tx, ids, true)
		if err != nil {
			return err
		}
		byID := make(map[string]*kyc.Endpoint, len(kept))
		for _, e := range kept {
			byID[e.ID] = e
		}
		shares := share(ready, limit, slots)
		for i, v := range ready {
			e := byID[v.ID]
			if e == nil || shares[i] == 0 {
				continue
			}
			mine, wait, err := r.claimOf(ctx, tx, e, shares[i])
			if err != nil {
				return fmt.Errorf("claim deliveries of endpoint %s: %w", e.ID, err)
			}
			parcels = append(parcels, mine...)
			if wait > 0 && (again == 0 || wait < again) {
				again = wait
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return parcels, again, nil
}

// share divides slots between accounts and, within each, between its endpoints.
// What somebody does not use is there for all in the next round, which follows
// at once.
func share(ready []kyc.ReadyEndpoint, limit int, slots func(account string) int) []int {
	endpoints := map[string]int{}
	for _, v := range ready {
		endpoints[v.AccountID]++
	}
	shares := make([]int, len(ready))
	left := limit
	budget := make(map[string]int, len(endpoints))
	for account := range endpoints {
		budget[account] = min(slots(account), max(1, limit/len(endpoints)))
	}
	for i, v := range ready { // longest unserved first, so nobody is last for ever
		n := min(left, budget[v.AccountID], max(1, budget[v.AccountID]/endpoints[v.AccountID]))
		endpoints[v.AccountID]--
		budget[v.AccountID] -= n
		left -= n
		shares[i] = n
	}
	return shares
}

// claimOf takes due deliveries of one endpoint, whose row is kept. wait tells
// when there may be more.
func (r *Room) claimOf(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint, limit int) (parcels []parcel, wait time.Duration, err error) {
	relieve(e, tx.Now())
	inFlight, err := r.Store.InFlight(ctx, tx, e.ID, tx.Now())
	if err != nil {
		return nil, 0, err
	}
	n, wait := allowance(e, inFlight, tx.Now())
	if n == 0 {
		return nil, wait, nil
	}
	claimed, more, err := r.Store.ClaimDeliveries(ctx, tx, e, tx.Now().Add(r.Claim), min(n, limit))
	if err != nil {
		return nil, 0, err
	}
	if more {
		wait = leastWait
	}
	if len(claimed) == 0 {
		return nil, wait, nil
	}
	spend(e, len(claimed), tx.Now())
	if err := r.Store.UpdateEndpointHealth(ctx, tx, e); err != nil {
		return nil, 0, err
	}
	scenario, err := r.Store.Scenario(ctx, tx, e.ScenarioID)
	if err != nil {
		return nil, 0, err
	}
	complete(e, scenario)
	var secrets []string
	for _, s := range e.Secrets {
		if s.Valid(tx.Now()) && s.Value != "" {
			secrets = append(secrets, s.Value)
		}
	}
	for _, d := range claimed {
		parcels = append(parcels, parcel{d: d, endpoint: e, secrets: secrets, address: current(e, d.URL)})
	}
	return parcels, wait, nil
}

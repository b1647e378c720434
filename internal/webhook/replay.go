package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of a replay of many.
const (
	replayBatch = 500
	maxReplay   = 100_000
)

// Replay sends a delivery again at once, under the same id and with the same
// body (W3, W26), marked as replayed and from the foot of the ladder. It keeps
// its place: later events of its session that still wait, wait for it.
func (r *Room) Replay(ctx context.Context, p *kyc.Principal, id string) error {
	if err := may(p, kyc.EditKYC); err != nil {
		return err
	}
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		d, err := r.Store.Delivery(ctx, tx, id)
		if err != nil {
			return err
		}
		if !owns(p, d) {
			return kyc.ErrNotFound()
		}
		if d.ClaimedTo.After(tx.Now()) {
			return kyc.Errorf(kyc.Conflict, "this notification is being sent right now")
		}
		if err := r.again(ctx, tx, d, actor(p)); err != nil {
			return err
		}
		return r.trust(ctx, tx, d.EndpointID)
	})
	if err != nil {
		return fmt.Errorf("replay delivery %s: %w", id, err)
	}
	return nil
}

// again makes a delivery due as if it were new.
func (r *Room) again(ctx context.Context, tx kyc.Tx, d *kyc.Delivery, actor string) error {
	d.Status, d.NextAt, d.DoneAt, d.ClaimedTo = kyc.DeliveryPending, tx.Now(), time.Time{}, time.Time{}
	d.Replayed, d.Spent = true, d.Attempts
	if err := r.Store.UpdateDelivery(ctx, tx, d, d.Attempts); err != nil || d.SessionID == "" {
		return err
	}
	return r.Store.AddEvents(ctx, tx, kyc.Event{SessionID: d.SessionID, At: tx.Now(), Kind: EventReplayed, Actor: actor})
}

// trust lets a trial through an open circuit breaker now: whoever replays has a
// reason to believe that the receiver works again.
func (r *Room) trust(ctx context.Context, tx kyc.Tx, endpointID string) error {
	kept, err := r.Store.LockEndpoints(ctx, tx, []string{endpointID}, false)
	if err != nil {
		return err
	}
	for _, e := range kept {
		if e.OpenUntil.After(tx.Now()) {
			e.OpenUntil = tx.Now()
			if err := r.Store.UpdateEndpointHealth(ctx, tx, e); err != nil {
				return err
			}
		}
	}
	return r.Store.Publish(ctx, tx, Topic, "")
}

func actor(p *kyc.Principal) string {
	if p.UserID == "" {
		return "api"
	}
	return p.UserID
}

// ReplayFailed sends an endpoint's deliveries again that were given up and are
// not older than since (W26). It returns how many; they follow in batches, and a
// crash in between loses none.
func (r *Room) ReplayFailed(ctx context.Context, p *kyc.Principal, endpointID string, since time.Time) (int, error) {
	return r.replayMany(ctx, p, kyc.ReplayBatch{EndpointID: endpointID, Failed: true, From: since})
}

// ReplayRange sends all of an endpoint's deliveries again that were created in
// [from, to) and do not wait already (W26). It returns how many.
func (r *Room) ReplayRange(ctx context.Context, p *kyc.Principal, endpointID string, from, to time.Time) (int, error) {
	if !from.Before(to) {
		return 0, kyc.ErrInvalid("to: must be later than from")
	}
	return r.replayMany(ctx, p, kyc.ReplayBatch{EndpointID: endpointID, From: from, To: to})
}

// Replayable tells how many deliveries ReplayFailed, or ReplayRange when failed
// is not set, would send again now.
func (r *Room) Replayable(ctx context.Context, p *kyc.Principal, b kyc.ReplayBatch) (n int, err error) {
	if err := may(p, kyc.EditKYC); err != nil {
		return 0, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if _, _, err := r.endpoint(ctx, tx, p, b.EndpointID); err != nil {
			return err
		}
		n, err = r.count(ctx, tx, &b)
		return err
	})
	return n, err
}

// count bounds a replay and counts what it takes.
func (r *Room) count(ctx context.Context, tx kyc.Tx, b *kyc.ReplayBatch) (int, error) {
	if now := tx.Now().Add(time.Microsecond); b.To.IsZero() || b.To.After(now) {
		b.To = now
	}
	b.Limit = maxReplay + 1
	n, err := r.Store.CountReplays(ctx, tx, *b)
	if err == nil && n > maxReplay {
		err = kyc.Errorf(kyc.TooLarge, "more than %d deliveries would be sent again: choose a shorter time", maxReplay)
	}
	return n, err
}

// replayJob is one batch on its way: where to go on, and for whom.
type replayJob struct {
	Endpoint string    `json:"endpoint"`
	Failed   bool      `json:"failed"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Created  time.Time `json:"created"`
	ID       string    `json:"id"`
	Actor    string    `json:"actor"`
	Run      string    `json:"run"`
}

// replayMany begins a replay. What becomes of its own deliveries must not be
// taken for more of it, so it ends at the moment it was asked for.
func (r *Room) replayMany(ctx context.Context, p *kyc.Principal, b kyc.ReplayBatch) (n int, err error) {
	if err := may(p, kyc.EditKYC); err != nil {
		return 0, err
	}
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		if _, _, err := r.endpoint(ctx, tx, p, b.EndpointID); err != nil {
			return err
		}
		if n, err = r.count(ctx, tx, &b); err != nil || n == 0 {
			return err
		}
		run, err := kyc.NewID(tx.Now(), r.Random)
		if err != nil {
			return err
		}
		if err := r.trust(ctx, tx, b.EndpointID); err != nil {
			return err
		}
		return r.insertReplay(ctx, tx, replayJob{Endpoint: b.EndpointID, Failed: b.Failed, From: b.From, To: b.To, Actor: actor(p), Run: run}, 0)
	})
	if err != nil {
		return 0, fmt.Errorf("replay deliveries of endpoint %s: %w", b.EndpointID, err)
	}
	return n, nil
}

func (r *Room) insertReplay(ctx context.Context, tx kyc.Tx, job replayJob, batch int) error {
	payload, err := json.Marshal(job)
	if err != nil {
		return err
	}
	return r.Queue.Insert(ctx, tx, kyc.Job{Kind: JobReplay, Key: job.Run + "/" + job.ID + "/" + strconv.Itoa(batch), Payload: payload})
}

// ReplayBatch is the handler of JobReplay: it makes one batch due and inserts
// the job of the next in the same unit of work. attempt and last are the queue's
// count and change nothing.
func (r *Room) ReplayBatch(ctx context.Context, payload []byte, _ int, _ bool) error {
	var job replayJob
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read a replay: %w", err)
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		batch, err := r.Store.Replays(ctx, tx, kyc.ReplayBatch{EndpointID: job.Endpoint, Failed: job.Failed, From: job.From, To: job.To,
			AfterCreated: job.Created, AfterID: job.ID, Limit: replayBatch})
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, d := range batch {
			if err := r.again(ctx, tx, d, job.Actor); err != nil && !errors.Is(err, kyc.ErrConflict) {
				return err
			}
		}
		if err := r.Store.Publish(ctx, tx, Topic, ""); err != nil || len(batch) < replayBatch {
			return err
		}
		last := batch[len(batch)-1]
		job.Created, job.ID = last.CreatedAt, last.ID
		return r.insertReplay(ctx, tx, job, 1)
	})
}

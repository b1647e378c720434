package webhook

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// retryOurs is how long a delivery waits that could not be sent through our own fault.
const retryOurs = 15 * time.Second

// record writes what attempts came to, all in one unit of work. When that fails,
// they are written one by one, so that one of them cannot take the others along.
func (r *Room) record(ctx context.Context, tries []*attempt) error {
	err := r.recordAll(ctx, tries)
	if err == nil || len(tries) == 1 {
		return err
	}
	var last error
	for _, try := range tries {
		if err := r.recordAll(ctx, []*attempt{try}); err != nil {
			last = err
		}
	}
	return last
}

func (r *Room) recordAll(ctx context.Context, tries []*attempt) error {
	var news []func() // what is told of once it is committed
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		news = nil
		endpoints, err := r.keepTroubled(ctx, tx, tries)
		if err != nil {
			return err
		}
		for _, try := range tries {
			outcome, err := r.settle(ctx, tx, try)
			if err != nil {
				return fmt.Errorf("record attempt %d of delivery %s: %w", try.d.Attempts, try.d.ID, err)
			}
			news = append(news, func() { r.tell(ctx, try, outcome) })
			e := endpoints[try.d.EndpointID]
			if e == nil || try.d.Test || outcome == "" || outcome == released {
				continue
			}
			if try.delivered() {
				succeeded(e)
			} else if r.failed(e, try.answer, tx.Now()) {
				if err := r.announceDisabled(ctx, tx, e); err != nil {
					return err
				}
				news = append(news, func() {
					r.Logger.LogAttrs(ctx, slog.LevelError, "endpoint disabled", slog.String("endpoint", e.ID), slog.String("scenario", e.ScenarioID),
						slog.String("account", e.AccountID), slog.String("reason", e.StateReason))
				})
			}
		}
		for _, e := range endpoints {
			if err := r.Store.UpdateEndpointHealth(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, tell := range news {
		tell()
	}
	return nil
}

// keepTroubled locks the endpoints whose health these attempts may change: those
// that had a failure now or before. Healthy ones that stay so cost nothing.
func (r *Room) keepTroubled(ctx context.Context, tx kyc.Tx, tries []*attempt) (map[string]*kyc.Endpoint, error) {
	var ids []string
	for _, try := range tries {
		before := *cmp.Or(try.endpoint, &kyc.Endpoint{})
		if try.endpoint != nil && !try.d.Test && (!try.delivered() || succeeded(&before)) {
			ids = append(ids, try.d.EndpointID)
		}
	}
	slices.Sort(ids)
	kept, err := r.Store.LockEndpoints(ctx, tx, slices.Compact(ids), false)
	byID := make(map[string]*kyc.Endpoint, len(kept))
	for _, e := range kept {
		byID[e.ID] = e
	}
	return byID, err
}

// What an attempt came to, beside the kinds of events.
const released = "released"

// settle writes one attempt, what its delivery comes to, and the line of the
// timeline. When another sender took the delivery over meanwhile, its record
// stands and this one is dropped: the outcome is then "".
func (r *Room) settle(ctx context.Context, tx kyc.Tx, try *attempt) (outcome string, err error) {
	d := *try.d
	d.ClaimedTo, d.LastCode, d.LastError = time.Time{}, try.answer.Code, try.sentence()
	from := d.Attempts
	switch {
	case try.delivered():
		outcome, d.Status, d.DoneAt = EventDelivered, kyc.DeliveryDelivered, tx.Now()
	case try.broken || try.ours: // costs no rung
		outcome, d.Attempts, d.NextAt = released, d.Attempts-1, tx.Now()
		if try.ours {
			d.NextAt = tx.Now().Add(retryOurs)
		}
	case d.Test || d.Attempts-d.Spent >= len(r.Ladder): // a test is tried once: somebody is looking
		outcome, d.Status, d.DoneAt = EventExhausted, kyc.DeliveryExhausted, tx.Now()
	default:
		wait, err := r.wait(d.Attempts-d.Spent, try.answer)
		if err != nil {
			return "", err
		}
		outcome, d.NextAt = EventFailed, tx.Now().Add(wait)
	}
	if err := r.Store.UpdateDelivery(ctx, tx, &d, from); err != nil {
		if k := kyc.KindOf(err); k == kyc.Conflict || k == kyc.NotFound {
			return "", nil
		}
		return "", err
	}
	if err := r.move(ctx, tx, try, &d, outcome); err != nil || outcome == released {
		return outcome, err
	}
	if err := r.Store.AddDeliveryAttempt(ctx, tx, kyc.DeliveryAttempt{
		DeliveryID: d.ID, Number: d.Attempts, At: try.at, Code: d.LastCode, Latency: try.answer.Latency,
		Error: d.LastError, Header: try.header, Answer: beginning(try.answer.Body),
	}); err != nil || d.SessionID == "" {
		return outcome, err
	}
	event := kyc.Event{SessionID: d.SessionID, At: tx.Now(), Kind: outcome, Actor: "system", Detail: "attempt " + strconv.Itoa(d.Attempts)}
	if d.LastCode != 0 {
		event.Detail += ", HTTP " + strconv.Itoa(d.LastCode)
	}
	if d.EndpointID != d.ScenarioID {
		event.Detail += ", endpoint " + d.EndpointID
	}
	return outcome, r.Store.AddEvent(ctx, tx, event)
}

// move lets what waits behind a delivery go, or wait as long as it does (W9).
func (r *Room) move(ctx context.Context, tx kyc.Tx, try *attempt, d *kyc.Delivery, outcome string) error {
	if d.SessionID == "" || try.endpoint.Relaxed {
		return nil
	}
	at := tx.Now()
	if outcome == EventFailed || outcome == released {
		at = d.NextAt
	}
	return r.Store.FreeFollowers(ctx, tx, d, at)
}

// tell hands an outcome to the meter and the log.
func (r *Room) tell(ctx context.Context, try *attempt, outcome string) {
	name, ok := map[string]string{EventDelivered: "delivered", EventFailed: "failed", EventExhausted: "exhausted", released: released}[outcome]
	if !ok {
		r.Logger.LogAttrs(ctx, slog.LevelInfo, "webhook attempt was taken over", slog.String("delivery", try.d.ID), slog.Int("attempt", try.d.Attempts))
		return
	}
	r.tally.add(try.d.EndpointID, outcome)
	if r.Meter != nil {
		r.Meter.Attempted(try.d.EndpointID, name, try.answer.Latency)
	}
}

// wait is how long to wait after so many failed attempts: the ladder's rung with
// 20 % of jitter either way, so that a receiver that comes back is not hit by
// everybody at once (W13); longer when a throttling receiver asks for it (W14).
func (r *Room) wait(failed int, answer kyc.Answer) (time.Duration, error) {
	var drawn [8]byte
	if _, err := io.ReadFull(r.Random, drawn[:]); err != nil {
		return 0, fmt.Errorf("draw a jitter: %w", err)
	}
	part := float64(binary.BigEndian.Uint64(drawn[:])>>11) / (1 << 53) // 0 to 1
	wait := time.Duration(float64(r.Ladder[failed]) * (0.8 + 0.4*part))
	return max(wait, retryAfter(answer)), nil
}

package webhook

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
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
		outcomes, err := r.settle(ctx, tx, tries)
		if err != nil {
			return err
		}
		for i, try := range tries {
			news = append(news, func() { r.tell(ctx, try, outcomes[i]) })
			e := endpoints[try.d.EndpointID]
			if e == nil || try.d.Test || outcomes[i] == "" || outcomes[i] == released {
				continue
			}
			if try.delivered() {
				succeeded(e)
			} else if r.failed(e, try.answer, tx.Now()) {
				if err := errors.Join(r.announceDisabled(ctx, tx, e), r.post(ctx, tx, e)); err != nil {
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
		return fmt.Errorf("record %d webhook attempts: %w", len(tries), err)
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

// settle writes attempts, what their deliveries come to, and the lines of the
// timelines. When another sender took a delivery over meanwhile, its record
// stands and this one is dropped: the outcome is then "".
func (r *Room) settle(ctx context.Context, tx kyc.Tx, tries []*attempt) (outcomes []string, err error) {
	outcomes = make([]string, len(tries))
	all := make([]kyc.Settlement, len(tries))
	for i, try := range tries {
		if all[i], outcomes[i], err = r.judge(tx, try); err != nil {
			return nil, err
		}
	}
	stood, err := r.Store.SettleDeliveries(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	var made []kyc.DeliveryAttempt
	var lines []kyc.Event
	for i, try := range tries {
		d := all[i].Delivery
		switch {
		case !stood[i]:
			outcomes[i] = ""
			continue
		case outcomes[i] == released:
			continue
		}
		made = append(made, kyc.DeliveryAttempt{DeliveryID: d.ID, Number: d.Attempts, At: try.at, Code: d.LastCode, Latency: try.answer.Latency,
			Error: d.LastError, Header: try.header, Answer: beginning(try.answer.Body)})
		if d.SessionID != "" {
			lines = append(lines, line(tx, d, outcomes[i]))
		}
	}
	if err := r.Store.AddDeliveryAttempts(ctx, tx, made...); err != nil {
		return nil, err
	}
	return outcomes, r.Store.AddEvents(ctx, tx, lines...)
}

// judge says what an attempt makes of its delivery. What waits behind one that
// is done goes now, else it waits as long as that one does (W9).
func (r *Room) judge(tx kyc.Tx, try *attempt) (s kyc.Settlement, outcome string, err error) {
	d := *try.d
	d.ClaimedTo, d.LastCode, d.LastError = time.Time{}, try.answer.Code, try.sentence()
	s = kyc.Settlement{Delivery: &d, FromAttempts: d.Attempts, Followers: tx.Now()}
	switch {
	case try.delivered():
		outcome, d.Status, d.DoneAt = EventDelivered, kyc.DeliveryDelivered, tx.Now()
	case try.broken || try.ours: // costs no rung
		outcome, d.Attempts, d.NextAt = released, d.Attempts-1, tx.Now()
		if try.ours {
			d.NextAt = tx.Now().Add(retryOurs)
		}
		s.Followers = d.NextAt
	case d.Test || d.Attempts-d.Spent >= len(r.Ladder): // a test is tried once: somebody is looking
		outcome, d.Status, d.DoneAt = EventExhausted, kyc.DeliveryExhausted, tx.Now()
	default:
		wait, err := r.wait(d.Attempts-d.Spent, try.answer)
		if err != nil {
			return s, "", err
		}
		outcome, d.NextAt = EventFailed, tx.Now().Add(wait)
		s.Followers = d.NextAt
	}
	if try.endpoint.Relaxed {
		s.Followers = time.Time{}
	}
	return s, outcome, nil
}

// line is what the session's timeline says of an attempt.
func line(tx kyc.Tx, d *kyc.Delivery, outcome string) kyc.Event {
	e := kyc.Event{SessionID: d.SessionID, At: tx.Now(), Kind: outcome, Actor: "system", Detail: "attempt " + strconv.Itoa(d.Attempts)}
	if d.LastCode != 0 {
		e.Detail += ", HTTP " + strconv.Itoa(d.LastCode)
	}
	if d.EndpointID != d.ScenarioID {
		e.Detail += ", endpoint " + d.EndpointID
	}
	return e
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

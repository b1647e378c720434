package webhook

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Deliver is the handler of JobDeliver: it claims the next attempt, sends, and
// records the outcome. A delivery that is gone, done, not due or claimed by
// another worker is left alone. attempt and last are the queue's count and
// change nothing: the row has its own.
func (r *Room) Deliver(ctx context.Context, payload []byte, _ int, _ bool) error {
	d, secret, err := r.claim(ctx, string(payload))
	if err != nil || d == nil {
		return err
	}
	try := r.send(ctx, d, secret)
	// What happened is written down also when the process is being stopped.
	ctxRecord, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	if ctx.Err() != nil && !try.delivered() {
		return r.release(ctxRecord, d)
	}
	return r.record(ctxRecord, d, try)
}

// claim counts the attempt before it is made. Whoever comes second meets another
// number or a time that is not due, and leaves; when nothing is recorded until
// claimFor has passed, the delivery is due again.
func (r *Room) claim(ctx context.Context, id string) (d *kyc.Delivery, secret string, err error) {
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		found, err := r.Store.Delivery(ctx, tx, id)
		if err != nil || !isDue(found, tx.Now()) {
			return ignore(err, kyc.NotFound)
		}
		scenario, err := r.Store.Scenario(ctx, tx, found.ScenarioID)
		if ignore(err, kyc.NotFound) != nil {
			return err
		}
		if scenario != nil { // without one the attempt fails and the ladder ends some day
			secret = scenario.WebhookSecret
		}
		found.Attempts++
		found.NextAt = tx.Now().Add(claimFor)
		if err := r.Store.UpdateDelivery(ctx, tx, found, found.Attempts-1); err != nil {
			return ignore(err, kyc.Conflict)
		}
		d = found
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("claim delivery %s: %w", id, err)
	}
	return d, secret, nil
}

// release gives an attempt back that we ourselves broke off.
func (r *Room) release(ctx context.Context, d *kyc.Delivery) error {
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		d.Attempts--
		d.NextAt = tx.Now()
		if err := r.Store.UpdateDelivery(ctx, tx, d, d.Attempts+1); err != nil {
			return ignore(err, kyc.Conflict)
		}
		return r.wake(ctx, tx, d, "/again") // the broken-off job may still hold the plain key
	})
}

// attempt is what one try at sending came to.
type attempt struct {
	at     time.Time
	answer kyc.Answer
	fault  string // safe sentence; "" when there was an answer
}

// delivered tells success: any 2xx and nothing else (W12).
func (a attempt) delivered() bool { return a.fault == "" && a.answer.Code/100 == 2 }

// sentence says what is wrong, or nothing.
func (a attempt) sentence() string {
	if a.fault == "" && !a.delivered() {
		return fmt.Sprintf("the receiver answered %d", a.answer.Code)
	}
	return a.fault
}

// send signs by the time of this attempt (W3) and posts.
func (r *Room) send(ctx context.Context, d *kyc.Delivery, secret string) attempt {
	try := attempt{at: r.Now()}
	signature := client.SignWebhook(secret, d.ID, try.at, d.Body)
	if signature == "" {
		try.fault = "the scenario's webhook secret cannot sign: make a new one"
		return try
	}
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(client.HeaderWebhookID, d.ID)
	header.Set(client.HeaderWebhookTimestamp, strconv.FormatInt(try.at.Unix(), 10))
	header.Set(client.HeaderWebhookSignature, signature)
	answer, err := r.Sender.Post(ctx, d.URL, header, d.Body)
	try.answer = answer
	if err != nil {
		try.fault = kyc.SafeMessage(err)
		r.Logger.LogAttrs(ctx, slog.LevelWarn, "webhook not sent", slog.String("delivery", d.ID), slog.Int("attempt", d.Attempts), slog.Any("error", err))
	}
	return try
}

// record writes the attempt, what the delivery comes to, the line of the
// timeline and the next job in one unit of work. When another worker took the
// delivery over meanwhile, its record stands and this one is dropped.
func (r *Room) record(ctx context.Context, d *kyc.Delivery, try attempt) error {
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		d.LastCode, d.LastError = try.answer.Code, try.sentence()
		event := kyc.Event{SessionID: d.SessionID, At: tx.Now(), Actor: "system", Detail: "attempt " + strconv.Itoa(d.Attempts)}
		if d.LastCode != 0 {
			event.Detail += ", HTTP " + strconv.Itoa(d.LastCode)
		}
		switch {
		case try.delivered():
			event.Kind, d.Status, d.DoneAt = EventDelivered, kyc.DeliveryDelivered, tx.Now()
		case d.Attempts >= len(r.Ladder):
			event.Kind, d.Status, d.DoneAt = EventExhausted, kyc.DeliveryExhausted, tx.Now()
		default:
			wait, err := r.wait(d.Attempts, try.answer)
			if err != nil {
				return err
			}
			event.Kind, d.NextAt = EventFailed, tx.Now().Add(wait)
		}
		if err := r.Store.UpdateDelivery(ctx, tx, d, d.Attempts); err != nil {
			return err
		}
		if err := r.Store.AddDeliveryAttempt(ctx, tx, kyc.DeliveryAttempt{
			DeliveryID: d.ID, Number: d.Attempts, At: try.at, Code: try.answer.Code, Latency: try.answer.Latency,
			Error: d.LastError, Answer: beginning(try.answer.Body),
		}); err != nil {
			return err
		}
		if err := r.Store.AddEvent(ctx, tx, event); err != nil {
			return err
		}
		if d.Status != kyc.DeliveryPending {
			return nil
		}
		return r.wake(ctx, tx, d, "")
	})
	if kyc.KindOf(err) == kyc.Conflict {
		r.Logger.LogAttrs(ctx, slog.LevelInfo, "webhook attempt was taken over", slog.String("delivery", d.ID), slog.Int("attempt", d.Attempts))
		return nil //nolint:nilerr // the other worker records it
	}
	if err != nil {
		return fmt.Errorf("record attempt %d of delivery %s: %w", d.Attempts, d.ID, err)
	}
	return nil
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
	if answer.Code == http.StatusTooManyRequests || answer.Code == http.StatusServiceUnavailable {
		wait = max(wait, min(answer.RetryAfter, maxRetryAfter))
	}
	return wait, nil
}

// beginning is what the log keeps of an answer: valid text, its first 2 kB.
func beginning(answer []byte) string {
	if len(answer) > maxKept {
		answer = answer[:maxKept]
	}
	return strings.ToValidUTF8(string(answer), "")
}

package webhook

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// eventFinal names what is announced: a session became final.
const eventFinal = "session.final"

// Announce writes the notification of a final session and the job that sends it
// into the caller's unit of work (W11). body makes the session object's JSON and
// is asked only when the scenario has a callback address. The body is encrypted
// here, once, so that every attempt and replay sends the same bytes.
func (r *Room) Announce(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, session *kyc.Session, body func() ([]byte, error)) error {
	callback := scenario.Callback
	if callback.URL == "" {
		return nil
	}
	wire, err := body()
	if err != nil {
		return fmt.Errorf("write the session object of %s: %w", session.ID, err)
	}
	if callback.Mode != kyc.CallbackPlain { // whatever is not plainly plain is encrypted
		if scenario.WebhookSecret == "" {
			return kyc.Errorf(kyc.Internal, "scenario %s has no webhook secret to encrypt with", scenario.ID)
		}
		if wire, err = client.SealWebhook(scenario.WebhookSecret, wire); err != nil {
			return fmt.Errorf("encrypt the notification of %s: %w", session.ID, err)
		}
	}
	id, err := kyc.NewID(tx.Now(), r.Random)
	if err != nil {
		return err
	}
	d := &kyc.Delivery{
		ID: id, AccountID: session.AccountID, SessionID: session.ID, ScenarioID: scenario.ID,
		URL: address(callback, session.ClientKey), Event: eventFinal, Body: wire,
		Status: kyc.DeliveryPending, NextAt: tx.Now(), CreatedAt: tx.Now(),
	}
	if err := r.Store.CreateDelivery(ctx, tx, d); err != nil {
		return fmt.Errorf("write the delivery of %s: %w", session.ID, err)
	}
	return r.wake(ctx, tx, d, "")
}

// wake inserts the job of a delivery's next attempt. The number in its key lets
// the job of one attempt be inserted while that of the one before still runs.
func (r *Room) wake(ctx context.Context, tx kyc.Tx, d *kyc.Delivery, mark string) error {
	job := kyc.Job{Kind: JobDeliver, Key: d.ID + "/" + strconv.Itoa(d.Attempts) + mark, Payload: []byte(d.ID)}
	if d.NextAt.After(tx.Now()) {
		job.RunAt = d.NextAt
	}
	if err := r.Queue.Insert(ctx, tx, job); err != nil {
		return fmt.Errorf("wake delivery %s: %w", d.ID, err)
	}
	return nil
}

// address adds ?clientKey=<raw>, or &clientKey=<raw> behind a query, when the
// scenario wants it. Spaces become %20, which every receiver reads alike. An
// address that cannot be read is sent to as it stands: the failure then shows in
// the log and does not hold up a verdict.
func address(callback kyc.Callback, clientKey string) string {
	if !callback.AppendClientKey {
		return callback.URL
	}
	u, err := url.Parse(callback.URL)
	if err != nil {
		return callback.URL
	}
	if u.RawQuery != "" {
		u.RawQuery = strings.TrimSuffix(u.RawQuery, "&") + "&"
	}
	u.RawQuery += "clientKey=" + strings.ReplaceAll(url.QueryEscape(clientKey), "+", "%20")
	return u.String()
}

// Sweep wakes due deliveries that no live job wakes: jobs that were lost, and
// attempts whose process died. It runs every few seconds.
func (r *Room) Sweep(ctx context.Context) error {
	var due []string
	err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		due, err = r.Store.DueDeliveries(ctx, tx, tx.Now().Add(-sweepGrace), sweepBatch)
		return err
	})
	if err != nil {
		return fmt.Errorf("find due deliveries: %w", err)
	}
	for _, id := range due {
		err := r.Store.Do(ctx, func(tx kyc.Tx) error {
			d, err := r.Store.Delivery(ctx, tx, id)
			if err != nil || !isDue(d, tx.Now()) {
				return ignore(err, kyc.NotFound)
			}
			return r.wake(ctx, tx, d, "") // its key keeps it single while one waits
		})
		if err != nil {
			return fmt.Errorf("wake delivery %s: %w", id, err)
		}
	}
	return nil
}

func isDue(d *kyc.Delivery, now time.Time) bool {
	return d.Status == kyc.DeliveryPending && !d.NextAt.After(now.Add(early))
}

// ignore drops an error of one kind.
func ignore(err error, kind kyc.Kind) error {
	if err != nil && kyc.KindOf(err) == kind {
		return nil
	}
	return err
}

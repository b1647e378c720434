package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// state is what a unit of work changes; rows are values, so a copy of the maps
// is a copy of it all.
type state struct {
	deliveries map[string]kyc.Delivery
	attempts   map[string][]kyc.DeliveryAttempt
	events     []kyc.Event
	jobs       map[string]kyc.Job // waiting, by key
}

// world is a store, a queue, a receiver and a clock, all in memory.
type world struct {
	t *testing.T

	mu       sync.Mutex
	now      time.Time
	state    state
	scenario *kyc.Scenario
	fail     error // what AddDeliveryAttempt returns, once

	sendMu sync.Mutex
	sent   []post
	answer func(ctx context.Context, n int) (kyc.Answer, error) // n from 1
}

type post struct {
	address string
	header  http.Header
	body    string
	at      time.Time
}

type tx struct{ now time.Time }

func (x tx) Now() time.Time { return x.now }

func newWorld(t *testing.T) (*world, *Room) {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		state:    state{deliveries: map[string]kyc.Delivery{}, attempts: map[string][]kyc.DeliveryAttempt{}, jobs: map[string]kyc.Job{}},
		scenario: &kyc.Scenario{ID: "scenario", AccountID: "account", WebhookSecret: secret},
		answer:   func(context.Context, int) (kyc.Answer, error) { return kyc.Answer{Code: 204}, nil }}
	w.scenario.Callback = kyc.Callback{URL: "https://shop.example/hook", Mode: kyc.CallbackPlain}
	return w, New(Deps{Store: w, Queue: w, Sender: w, Now: w.clock, Random: rand.Reader})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Do serialises units of work and undoes the failed ones.
func (w *world) Do(_ context.Context, work func(kyc.Tx) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := state{maps.Clone(w.state.deliveries), maps.Clone(w.state.attempts), slices.Clone(w.state.events), maps.Clone(w.state.jobs)}
	if err := work(tx{w.now}); err != nil {
		w.state = before
		return err
	}
	return nil
}

func (w *world) View(ctx context.Context, work func(kyc.Tx) error) error { return w.Do(ctx, work) }

func (w *world) CreateDelivery(_ context.Context, _ kyc.Tx, d *kyc.Delivery) error {
	w.state.deliveries[d.ID] = *d
	return nil
}

func (w *world) Delivery(_ context.Context, _ kyc.Tx, id string) (*kyc.Delivery, error) {
	d, ok := w.state.deliveries[id]
	if !ok {
		return nil, kyc.ErrNotFound()
	}
	return &d, nil
}

func (w *world) UpdateDelivery(_ context.Context, _ kyc.Tx, d *kyc.Delivery, from int) error {
	if w.state.deliveries[d.ID].Attempts != from {
		return kyc.ErrConflict
	}
	w.state.deliveries[d.ID] = *d
	return nil
}

func (w *world) DueDeliveries(_ context.Context, _ kyc.Tx, now time.Time, limit int) (ids []string, _ error) {
	for id, d := range w.state.deliveries {
		if d.Status == kyc.DeliveryPending && !d.NextAt.After(now) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (w *world) AddDeliveryAttempt(_ context.Context, _ kyc.Tx, a kyc.DeliveryAttempt) error {
	if err := w.fail; err != nil {
		w.fail = nil
		return err
	}
	for _, b := range w.state.attempts[a.DeliveryID] {
		if a.Number == b.Number {
			return errors.New("this attempt is recorded already")
		}
	}
	w.state.attempts[a.DeliveryID] = append(slices.Clone(w.state.attempts[a.DeliveryID]), a)
	return nil
}

func (w *world) DeliveriesOf(_ context.Context, _ kyc.Tx, sessionID string) (all []*kyc.Delivery, _ error) {
	for _, d := range w.state.deliveries {
		if d.SessionID == sessionID {
			all = append(all, &d)
		}
	}
	return all, nil
}

func (w *world) DeliveryAttempts(_ context.Context, _ kyc.Tx, id string) ([]kyc.DeliveryAttempt, error) {
	return w.state.attempts[id], nil
}

func (w *world) ListDeliveries(_ context.Context, _ kyc.Tx, f kyc.DeliveryFilter) (page kyc.DeliveryPage, _ error) {
	for _, d := range w.state.deliveries {
		if f.AccountID == "" || f.AccountID == d.AccountID {
			page.Deliveries = append(page.Deliveries, &d)
		}
	}
	page.Total = len(page.Deliveries)
	return page, nil
}

func (w *world) Scenario(_ context.Context, _ kyc.Tx, id string) (*kyc.Scenario, error) {
	if id != w.scenario.ID {
		return nil, kyc.ErrNotFound()
	}
	copied := *w.scenario
	return &copied, nil
}

func (w *world) AddEvent(_ context.Context, _ kyc.Tx, e kyc.Event) error {
	w.state.events = append(w.state.events, e)
	return nil
}

// Insert keeps one waiting job a key, as the queue does.
func (w *world) Insert(_ context.Context, _ kyc.Tx, j kyc.Job) error {
	if _, waits := w.state.jobs[j.Key]; !waits {
		w.state.jobs[j.Key] = j
	}
	return nil
}

func (w *world) Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error) {
	w.sendMu.Lock()
	w.sent = append(w.sent, post{address, header.Clone(), string(body), w.clock()})
	n := len(w.sent)
	w.sendMu.Unlock()
	return w.answer(ctx, n)
}

// announce announces one session and returns its delivery's id.
func (w *world) announce(r *Room) string {
	w.t.Helper()
	session := &kyc.Session{ID: "session", AccountID: "account", ScenarioID: "scenario", ClientKey: "user_123", Status: kyc.Success}
	err := w.Do(w.t.Context(), func(tx kyc.Tx) error {
		return r.Announce(w.t.Context(), tx, w.scenario, session, func() ([]byte, error) { return []byte(`{"status":"success","clientKey":"user_123"}`), nil })
	})
	if err != nil || len(w.state.deliveries) != 1 {
		w.t.Fatalf("announce: %v, %d deliveries", err, len(w.state.deliveries))
	}
	return slices.Collect(maps.Keys(w.state.deliveries))[0]
}

// work runs the jobs that are due now, as the queue would, and returns the first
// error; a failed job is put back.
func (w *world) work(r *Room) (err error) {
	w.t.Helper()
	w.mu.Lock()
	var due []kyc.Job
	for key, j := range w.state.jobs {
		if !j.RunAt.After(w.now) {
			due = append(due, j)
			delete(w.state.jobs, key)
		}
	}
	w.mu.Unlock()
	sort.Slice(due, func(i, k int) bool { return due[i].Key < due[k].Key })
	for _, j := range due {
		if j.Kind != JobDeliver {
			w.t.Errorf("a job of kind %q", j.Kind)
		}
		if e := r.Deliver(w.t.Context(), j.Payload, 1, false); e != nil {
			err = errors.Join(err, e)
			w.mu.Lock()
			w.state.jobs[j.Key] = j
			w.mu.Unlock()
		}
	}
	return err
}

func (w *world) only() kyc.Delivery {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.state.deliveries {
		return d
	}
	w.t.Fatal("there is no delivery")
	return kyc.Delivery{}
}

func (w *world) kinds() (kinds []string) {
	for _, e := range w.state.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// genuine verifies a post as a receiver would, at the time it came.
func (w *world) genuine(p post) {
	w.t.Helper()
	if err := client.VerifyWebhook(secret, p.header, []byte(p.body), p.at); err != nil {
		w.t.Error(err)
	}
}

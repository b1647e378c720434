package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// every lets the primary endpoint get all events.
func (w *world) every(r *Room, change func(e *kyc.Endpoint)) {
	w.t.Helper()
	e, err := r.Endpoint(w.t.Context(), w.owner, w.scenario.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	e.Events = kyc.EventTypes()
	if change != nil {
		change(e)
	}
	if err := r.UpdateEndpoint(w.t.Context(), w.owner, e); err != nil {
		w.t.Fatal(err)
	}
}

// life announces the events of a session's life.
func (w *world) life(r *Room, s *kyc.Session) {
	w.t.Helper()
	w.notify(r, s, kyc.EventSessionStarted)
	s.Lock++
	w.notify(r, s, kyc.EventStepFinished)
	s.Lock++
	w.final(r, s)
}

// told are the sequence numbers that arrived of one session.
func (w *world) told(id string) (numbers []string) {
	for _, p := range w.posts("") {
		for _, d := range w.all() {
			if d.ID == p.header.Get("webhook-id") && d.SessionID == id {
				numbers = append(numbers, p.header.Get("openkyc-sequence"))
			}
		}
	}
	return numbers
}

// TestSequenceW8: in the body of every envelope, and in a header of every
// notification, from 1, with the version of the state that it tells of.
func TestSequenceW8(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, nil)
	w.add(r, kyc.Endpoint{Mode: kyc.CallbackThin, Events: kyc.EventTypes(), URL: "https://thin.example"})
	other := w.begin("other")
	w.life(r, w.session)
	w.life(r, other)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*kyc.Session{w.session, other} {
		last, version := map[string]int64{}, map[string]int64{}
		n := 0
		for _, p := range w.posts("") {
			var v Notification
			if err := json.Unmarshal([]byte(p.body), &v); err != nil {
				t.Fatal(err)
			}
			number, _ := strconv.ParseInt(p.header.Get("openkyc-sequence"), 10, 64)
			state, _ := strconv.ParseInt(p.header.Get("openkyc-version"), 10, 64)
			if v.Data.Session != nil && (v.Data.Session.Sequence != number || v.Data.Session.Version != state) {
				t.Errorf("body and header differ: %s, %d, %d", p.body, number, state)
			}
			if v.Data.Session == nil && p.address != w.scenario.Callback.URL {
				t.Errorf("an envelope without a session: %s", p.body)
			}
			id := w.sessionOf(p)
			if id != s.ID {
				continue
			}
			n++
			if number != last[p.address]+1 || state <= version[p.address] {
				t.Errorf("%s: %d after %d, version %d after %d", p.address, number, last[p.address], state, version[p.address])
			}
			last[p.address], version[p.address] = number, state
		}
		if n != 6 {
			t.Errorf("%d notifications", n)
		}
	}
}

func (w *world) sessionOf(p post) string {
	for _, d := range w.all() {
		if d.ID == p.header.Get("webhook-id") {
			return d.SessionID
		}
	}
	return ""
}

// TestOrderW9: while an event of a session is not delivered, none after it is
// attempted, and other sessions go on.
func TestOrderW9(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, nil)
	other := w.begin("other")
	poisoned := w.session.ID
	failing := true
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if failing && w.sessionOf(p) == poisoned {
			return kyc.Answer{Code: 400}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	w.life(r, w.session)
	w.life(r, other)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		w.pass(3 * time.Hour) // longer than the ladder's first rungs, with their jitter
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.told(poisoned); len(got) != 5 || got[4] != "1" {
		t.Errorf("of the poisoned session came %v", got)
	}
	if got := w.told(other.ID); !equal(got, "1", "2", "3") {
		t.Errorf("of the other session came %v", got)
	}
	failing = false
	w.pass(24 * time.Hour)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if got := w.told(poisoned); !equal(got[5:], "1", "2", "3") {
		t.Errorf("after it was cured came %v", got)
	}
	for _, d := range w.all() {
		if d.Status != kyc.DeliveryDelivered {
			t.Errorf("left behind: %+v", d)
		}
	}
}

// TestPoisonEndsW9: when the ladder of a poisoned event ends, the next goes out.
func TestPoisonEndsW9(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	r := w.room(Deps{Ladder: []time.Duration{0, time.Second}})
	w.every(r, nil)
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if p.header.Get("openkyc-sequence") == "1" {
			return kyc.Answer{Code: 400}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	w.life(r, w.session)
	for range 3 {
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
	}
	if got := w.told(w.session.ID); !equal(got, "1", "1", "2", "3") {
		t.Errorf("came %v", got)
	}
}

// TestRelaxedW9: an endpoint that does not care gets what it can.
func TestRelaxedW9(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, func(e *kyc.Endpoint) { e.Relaxed = true })
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if p.header.Get("openkyc-sequence") == "1" {
			return kyc.Answer{Code: 400}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	w.life(r, w.session)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if counts := w.of(w.scenario.ID); counts[kyc.DeliveryDelivered] != 2 || counts[kyc.DeliveryPending] != 1 {
		t.Errorf("%v", counts)
	}
}

// TestNothingAfterTheEndW10: what is final is not followed by what is not.
func TestNothingAfterTheEndW10(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, nil)
	w.life(r, w.session)
	err := w.Do(t.Context(), func(tx kyc.Tx) error {
		return r.Notify(t.Context(), tx, kyc.EventStepFinished, w.scenario, w.session, kyc.EventDetail{})
	})
	if err == nil || len(w.all()) != 3 {
		t.Errorf("%v, %d deliveries", err, len(w.all()))
	}
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	w.final(r, w.session) // a verdict that was changed by hand is an event of its own
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if got := w.told(w.session.ID); !equal(got, "1", "2", "3", "4") {
		t.Errorf("came %v", got)
	}
}

// TestOneTransactionW11: event and change commit together or not at all.
func TestOneTransactionW11(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, nil)
	for name, announce := range map[string]func(ctx context.Context, tx kyc.Tx) error{
		"started": func(ctx context.Context, tx kyc.Tx) error {
			return r.Notify(ctx, tx, kyc.EventSessionStarted, w.scenario, w.session, kyc.EventDetail{})
		},
		"final": func(ctx context.Context, tx kyc.Tx) error {
			return r.Announce(ctx, tx, w.scenario, w.session, func() ([]byte, error) { return []byte(`{}`), nil })
		},
	} {
		err := w.Do(t.Context(), func(tx kyc.Tx) error {
			changed := *w.session
			changed.Step = 7
			return errors.Join(w.UpdateSession(t.Context(), tx, &changed), announce(t.Context(), tx), errors.New("the power went out"))
		})
		if err == nil || len(w.all()) != 0 {
			t.Errorf("%s: %v, %d deliveries", name, err, len(w.all()))
		}
	}
	w.notify(r, w.session, kyc.EventSessionStarted)
	if d := w.only(); d.Sequence != 1 {
		t.Errorf("numbers were lost: %+v", d)
	}
}

// TestReplayKeepsItsPlaceW26: what is replayed goes before what still waits behind it.
func TestReplayKeepsItsPlaceW26(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	r := w.room(Deps{Ladder: []time.Duration{0}})
	w.every(r, nil)
	w.answer = answering(500)
	w.notify(r, w.session, kyc.EventSessionStarted)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	id := w.only().ID
	w.notify(r, w.session, kyc.EventStepFinished)
	w.answer = answering(200)
	if err := errors.Join(r.Replay(t.Context(), w.owner, id), w.work(r)); err != nil {
		t.Fatal(err)
	}
	if got := w.told(w.session.ID); !equal(got, "1", "1", "2") {
		t.Errorf("came %v", got)
	}
	p := w.posts("")
	if p[1].header.Get("webhook-id") != id || p[1].header.Get("openkyc-replay") != "true" || p[0].header.Get("openkyc-replay") != "" || p[0].body != p[1].body {
		t.Errorf("replayed as %+v", p[1])
	}
	for _, d := range w.all() {
		if d.Replayed != (d.ID == id) {
			t.Errorf("marks: %+v", d)
		}
	}
}

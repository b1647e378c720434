package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// TestBodiesW6: thin tells ids and status, plain the session object, encrypted
// the same sealed; the signature covers what is on the wire, to the last byte.
func TestBodiesW6(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	secrets := map[string]string{}
	for _, mode := range []kyc.CallbackMode{kyc.CallbackThin, kyc.CallbackPlain, kyc.CallbackEncrypted} {
		address := "https://" + string(mode) + ".example"
		_, secrets[address] = w.add(r, kyc.Endpoint{Mode: mode, URL: address})
	}
	// Spaces and escapes that a JSON library would write otherwise.
	const object = `{ "status":"success",  "clientKey":"юзер\u0031", "name":"Zoë\/李" }`
	w.session.Status = kyc.Success
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		return r.Announce(ctx, tx, w.scenario, w.session, func() ([]byte, error) { return []byte(object), nil })
	})
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	for address, secret := range secrets {
		posts := w.posts(address)
		if len(posts) != 1 {
			t.Fatalf("%s got %d posts", address, len(posts))
		}
		p := posts[0]
		if err := client.VerifyWebhook(secret, p.header, []byte(p.body), p.at); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if err := client.VerifyWebhook(secret, p.header, []byte(p.body+" "), p.at); err == nil {
			t.Errorf("%s: an altered body passes", address)
		}
		switch address {
		case "https://plain.example":
			if p.body != object {
				t.Errorf("plain: %s", p.body)
			}
		case "https://encrypted.example":
			if opened, err := client.OpenWebhook(secret, []byte(p.body)); err != nil || string(opened) != object {
				t.Errorf("encrypted: %s, %v", opened, err)
			}
		default:
			var v Notification
			if err := json.Unmarshal([]byte(p.body), &v); err != nil || v.Data.Session.SessionID != w.session.ID || v.Data.Session.Status != kyc.Success || strings.Contains(p.body, "Zo") {
				t.Errorf("thin: %s, %v", p.body, err)
			}
		}
	}
}

// TestAnswersAreCutW23: of an answer the log keeps the first 2 kB, as valid text.
func TestAnswersAreCutW23(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.answer = func(context.Context, int) (kyc.Answer, error) {
		return kyc.Answer{Code: 500, Body: []byte(strings.Repeat("я", 1<<13) + "\x00")}, nil
	}
	id := w.announce(r)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if got := w.attempts(id)[0].Answer; len(got) > maxKept || len(got) < maxKept-4 || strings.Trim(got, "я") != "" {
		t.Errorf("%d bytes kept", len(got))
	}
}

// TestSearchW25: the log is searched by session, client key, endpoint, status and
// event, and holds of each attempt what was sent and what came back.
func TestSearchW25(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	second, _ := w.add(r, kyc.Endpoint{Events: kyc.EventTypes(), Mode: kyc.CallbackThin})
	other := w.begin("other")
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if p.address == second.URL {
			return kyc.Answer{Code: 503, Body: []byte("closed"), Latency: 70 * time.Millisecond}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	w.notify(r, w.session, kyc.EventSessionStarted)
	w.final(r, w.session)
	w.final(r, other)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		filter kyc.DeliveryFilter
		want   int
	}{
		"all": {kyc.DeliveryFilter{}, 5}, "session": {kyc.DeliveryFilter{SessionID: other.ID}, 2}, "client key": {kyc.DeliveryFilter{ClientKey: "user_123"}, 3},
		"endpoint": {kyc.DeliveryFilter{EndpointID: second.ID}, 3}, "status": {kyc.DeliveryFilter{Statuses: []kyc.DeliveryStatus{kyc.DeliveryDelivered}}, 2},
		"event": {kyc.DeliveryFilter{Event: kyc.EventSessionStarted}, 1}, "later": {kyc.DeliveryFilter{From: w.now.Add(time.Second)}, 0},
		"two": {kyc.DeliveryFilter{ClientKey: "other", EndpointID: second.ID}, 1}, "unknown key": {kyc.DeliveryFilter{ClientKey: "nobody"}, 0},
	} {
		if page, err := r.List(t.Context(), w.owner, c.filter); err != nil || page.Total != c.want || len(page.Deliveries) != c.want {
			t.Errorf("%s: %d of %d, %v", name, len(page.Deliveries), page.Total, err)
		}
	}
	page, err := r.List(t.Context(), w.owner, kyc.DeliveryFilter{Event: kyc.EventSessionStarted})
	if err != nil {
		t.Fatal(err)
	}
	record, err := r.Record(t.Context(), w.owner, page.Deliveries[0].ID)
	if err != nil || len(record.Attempts) != 1 || record.Delivery.Body != nil || len(record.Delivery.Digest) != 32 || !record.Delivery.NextAt.After(w.now) {
		t.Fatalf("%+v, %v", record, err)
	}
	a := record.Attempts[0]
	if a.Number != 1 || a.Code != 503 || a.Latency != 70*time.Millisecond || a.Answer != "closed" || a.Error == "" || a.Header["webhook-id"] != record.Delivery.ID ||
		a.Header["openkyc-event"] != "session.started" || a.Header["webhook-signature"] != "" {
		t.Errorf("%+v", a)
	}
}

// TestReplayManyW26: what was given up since a time, or all of a range; marked,
// under the same ids, of that endpoint alone, and what waits is left alone.
func TestReplayManyW26(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	r := w.room(Deps{Ladder: []time.Duration{0}})
	second, _ := w.add(r, kyc.Endpoint{})
	begin := w.now
	failing := true
	w.route = func(context.Context, post) (kyc.Answer, error) {
		if failing {
			return kyc.Answer{Code: 500}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	for n := range 6 { // two that fail, then two that do not, an hour apart
		failing = n%4 < 2
		w.final(r, w.begin("client"))
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
	}
	if got := w.of(second.ID); got[kyc.DeliveryExhausted] != 4 || got[kyc.DeliveryDelivered] != 2 {
		t.Fatalf("%v", got)
	}
	failing = false
	ids := map[string]int{}
	for _, p := range w.posts(second.URL) {
		ids[p.header.Get("webhook-id")]++
	}
	replayed := func(n int, err error) (came int) {
		t.Helper()
		before := len(w.posts(second.URL))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		posts := w.posts(second.URL)[before:]
		for _, p := range posts {
			if ids[p.header.Get("webhook-id")] != 1 || p.header.Get("openkyc-replay") != "true" {
				t.Errorf("replayed as %v", p.header)
			}
		}
		if len(posts) != n {
			t.Errorf("%d promised, %d came", n, len(posts))
		}
		return len(posts)
	}
	if n := replayed(r.ReplayFailed(t.Context(), w.owner, second.ID, begin.Add(time.Minute))); n != 3 {
		t.Errorf("%d of those that failed since a time came again", n)
	}
	if n := replayed(r.ReplayFailed(t.Context(), w.owner, second.ID, begin)); n != 1 {
		t.Errorf("%d of all that failed came again", n)
	}
	if n := replayed(r.ReplayRange(t.Context(), w.owner, second.ID, begin.Add(time.Hour), begin.Add(4*time.Hour))); n != 3 {
		t.Errorf("%d of a range came again", n)
	}
	if n := replayed(r.ReplayRange(t.Context(), w.owner, second.ID, begin.Add(100*time.Hour), begin.Add(200*time.Hour))); n != 0 {
		t.Errorf("%d of an empty range", n)
	}
	if _, err := r.ReplayRange(t.Context(), w.owner, second.ID, begin, begin); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("a range that ends where it begins: %v", err)
	}
	if got := w.of(w.scenario.ID)[kyc.DeliveryExhausted]; got != 4 {
		t.Errorf("the other endpoint's were replayed: %d", got)
	}
}

// TestReplayInBatchesW26: more than one batch, each once.
func TestReplayInBatchesW26(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, func(e *kyc.Endpoint) { e.Rate, e.Concurrency = kyc.MaxEndpointRate, kyc.MaxEndpointConcurrency })
	const n = replayBatch + 20
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		for range n {
			d := &kyc.Delivery{ID: newID(t), AccountID: w.account.ID, ScenarioID: w.scenario.ID, EndpointID: w.scenario.ID, URL: "https://shop.example/hook", Event: "session.final",
				Body: []byte(`{}`), Status: kyc.DeliveryExhausted, Attempts: 10, CreatedAt: tx.Now()}
			if err := w.CreateDelivery(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	standings, err := r.Standings(t.Context(), w.owner, w.scenario.ID)
	if s := standings[w.scenario.ID]; err != nil || s.GivenUp != n || s.Waiting != 0 {
		t.Errorf("the endpoint stands at %+v, %v", s, err)
	}
	batch := kyc.ReplayBatch{EndpointID: w.scenario.ID, Failed: true, From: w.now}
	if would, err := r.Replayable(t.Context(), w.owner, batch); err != nil || would != n {
		t.Errorf("%d of %d would be sent again, %v", would, n, err)
	}
	got, err := r.ReplayFailed(t.Context(), w.owner, w.scenario.ID, w.now)
	if err != nil || got != n {
		t.Fatalf("%d of %d, %v", got, n, err)
	}
	if would, err := r.Replayable(t.Context(), w.owner, batch); err != nil || would != n { // they are on their way only when the job has run
		t.Errorf("before the job, %d of %d, %v", would, n, err)
	}
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, p := range w.posts("") {
		ids[p.header.Get("webhook-id")] = true
	}
	if len(ids) != n || len(w.posts("")) != n {
		t.Errorf("%d posts of %d deliveries", len(w.posts("")), len(ids))
	}
}

// TestSampleEventsW27: one of every kind, with sample data and marked as a test
// in body and header; tried once, whatever the endpoint asked for, and without an
// effect on its health.
func TestSampleEventsW27(t *testing.T) {
	t.Parallel()
	for _, mode := range []kyc.CallbackMode{kyc.CallbackPlain, kyc.CallbackThin, kyc.CallbackEncrypted} {
		w, r := newWorld(t)
		e, secret := w.add(r, kyc.Endpoint{Mode: mode})
		w.answer = answering(500)
		for _, event := range kyc.EventTypes() {
			id, err := r.TestEndpoint(t.Context(), w.owner, e.ID, event)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.work(r); err != nil {
				t.Fatal(err)
			}
			p := w.posts("")[len(w.posts(""))-1]
			body, err := client.OpenWebhook(secret, []byte(p.body))
			if err != nil || p.address != e.URL || p.header.Get("webhook-id") != id || p.header.Get("openkyc-test") != "true" || p.header.Get("openkyc-event") != string(event) {
				t.Errorf("%s %s: %+v, %v", mode, event, p, err)
			}
			var v struct {
				Test   bool
				Type   kyc.EventType
				Status kyc.Status
			}
			if err := json.Unmarshal(body, &v); err != nil || !v.Test || v.Type != event && v.Status != kyc.Success || !bytes.Contains(body, []byte("user_123")) && event != kyc.EventEndpointDisabled {
				t.Errorf("%s %s: %s, %v", mode, event, body, err)
			}
			if mode == kyc.CallbackPlain && event == kyc.EventSessionFinal && !bytes.Contains(body, []byte("ERIKSSON")) {
				t.Errorf("the sample session is not there: %s", body)
			}
		}
		w.pass(48 * time.Hour)
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		if n := len(w.posts("")); n != len(kyc.EventTypes()) {
			t.Errorf("%s: %d posts: a test was tried again", mode, n)
		}
		if e := w.endpoint(e.ID); e.Failures != 0 {
			t.Errorf("%s: tests count as failures: %+v", mode, e)
		}
		for _, d := range w.all() {
			if !d.Test || d.SessionID != "" || d.Status != kyc.DeliveryExhausted {
				t.Errorf("%s: %+v", mode, d)
			}
		}
	}
	w, r := newWorld(t)
	for event, kind := range map[kyc.EventType]kyc.Kind{"session.maybe": kyc.Invalid, "": kyc.Invalid} {
		if _, err := r.TestEndpoint(t.Context(), w.owner, w.scenario.ID, event); kyc.KindOf(err) != kind {
			t.Errorf("%q: %v", event, err)
		}
	}
}

// TestFiguresW30: counts and ages by endpoint; and a warning, naming the
// endpoint, when the oldest waits longer than the limit.
func TestFiguresW30(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	var log bytes.Buffer
	r := w.room(Deps{LateAfter: 20 * time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	slow, _ := w.add(r, kyc.Endpoint{Name: "slow"})
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if p.address == slow.URL {
			return kyc.Answer{Code: 500}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	for range 4 {
		w.final(r, w.begin("client"))
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Minute)
	}
	of := func(id string) EndpointFigures {
		t.Helper()
		f, err := r.Figures(t.Context())
		if err != nil || f.Pending != 4 || f.Oldest != 20*time.Minute || f.Partial {
			t.Fatalf("%+v, %v", f, err)
		}
		for _, e := range f.Endpoints {
			if e.EndpointID == id {
				return e
			}
		}
		t.Fatalf("%s is not among %+v", id, f)
		return EndpointFigures{}
	}
	if f := of(w.scenario.ID); f.Delivered != 4 || f.Failed != 0 || f.Pending != 0 || f.Late {
		t.Errorf("the good one: %+v", f)
	}
	if f := of(slow.ID); f.Delivered != 0 || f.Failed < 4 || f.Pending != 4 || f.P50 != 10*time.Minute || f.P95 != 20*time.Minute || f.P99 != 20*time.Minute ||
		f.Oldest != 20*time.Minute || f.Late || f.AccountID != w.account.ID {
		t.Errorf("the slow one: %+v", f)
	}
	if err := r.Watch(t.Context()); err != nil || strings.Contains(log.String(), "wait too long") {
		t.Errorf("warned at the limit: %s, %v", log.String(), err)
	}
	w.pass(time.Second)
	if err := r.Watch(t.Context()); err != nil || strings.Count(log.String(), "webhooks wait too long") != 1 || !strings.Contains(log.String(), slow.ID) {
		t.Errorf("the warning: %s, %v", log.String(), err)
	}
}

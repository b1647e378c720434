package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/webhook"
)

// hooks is the door over the real room of notifications, with two tenants.
type hooks struct {
	*store.Store
	t        *testing.T
	room     *webhook.Room
	handler  http.Handler
	scenario *kyc.Scenario // of the tenant whose token is goodToken
	foreign  *kyc.Scenario // of the one whose token is foreignToken
	people   map[string]*kyc.Principal

	mu   sync.Mutex
	code int // what the receivers answer
	sent []message
}

// message is what a receiver gets.
type message struct {
	address string
	header  http.Header
	body    []byte
}

const foreignToken = "okyc_foreign"

func newHooks(t *testing.T) *hooks {
	t.Helper()
	h := &hooks{Store: storetest.Open(t), t: t, code: 204, people: map[string]*kyc.Principal{}}
	queue, err := jobs.Open(t.Context(), jobs.Config{Store: h.Store, Poll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	h.room = webhook.New(webhook.Deps{Store: h.Store, Queue: queue, Sender: h, Now: time.Now, Random: rand.Reader, Poll: 20 * time.Millisecond,
		Ladder: []time.Duration{0}, Logger: slog.New(slog.DiscardHandler)})
	if err := queue.Handle(webhook.JobReplay, jobs.Options{}, h.room.ReplayBatch); err != nil {
		t.Fatal(err)
	}
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.room.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, queue.Stop(context.Background())); err != nil {
			t.Error(err)
		}
	})
	h.scenario, h.foreign = h.tenant(goodToken), h.tenant(foreignToken)
	h.people[weakToken] = &kyc.Principal{AccountID: h.scenario.AccountID, Role: kyc.RoleSubordinate}
	mux := http.NewServeMux()
	api.New(api.Deps{Credentials: people{&rooms{}, h.people}, Webhooks: h.room, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}).Register(mux)
	h.handler = mux
	return h
}

func (h *hooks) id() string {
	h.t.Helper()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *hooks) tenant(token string) *kyc.Scenario {
	h.t.Helper()
	a := &kyc.Account{ID: h.id(), Name: "Shop"}
	c := &kyc.Scenario{ID: h.id(), AccountID: a.ID, Secret: "s3cret", WebhookSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
	c.Name, c.Steps, c.Callback = "Passport", []kyc.Step{{Type: kyc.StepDocument}}, kyc.Callback{URL: "https://shop.example/hook"}
	c.Normalise()
	h.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(h.CreateAccount(ctx, tx, a), h.SaveScenario(ctx, tx, c))
	})
	h.people[token] = &kyc.Principal{AccountID: a.ID, Role: kyc.RoleOwner, TokenID: "t"}
	return c
}

func (h *hooks) do(work func(ctx context.Context, tx kyc.Tx) error) {
	h.t.Helper()
	if err := h.Store.Do(h.t.Context(), func(tx kyc.Tx) error { return work(h.t.Context(), tx) }); err != nil {
		h.t.Fatal(err)
	}
}

// announce makes a session of a client final and waits until somebody was told.
func (h *hooks) announce(scenario *kyc.Scenario, clientKey string) (sessionID string) {
	h.t.Helper()
	v := &kyc.Session{ID: h.id(), AccountID: scenario.AccountID, ScenarioID: scenario.ID, Revision: 1, ClientKey: clientKey, Origin: kyc.OriginWidget, Status: kyc.Success,
		ExpiresAt: time.Now().Add(time.Hour)}
	h.do(func(ctx context.Context, tx kyc.Tx) error {
		v.CreatedAt = tx.Now()
		return errors.Join(h.CreateSession(ctx, tx, v), h.room.Announce(ctx, tx, scenario, v, func() ([]byte, error) { return []byte(`{}`), nil }))
	})
	h.settled(v.ID)
	return v.ID
}

// settled waits until nothing of a session is pending.
func (h *hooks) settled(sessionID string) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if h.ok("/webhook/deliveries", map[string]any{"filters": map[string]any{"sessionId": sessionID, "status": "pending"}})["total"] == 0.0 {
			return
		}
	}
	h.t.Fatal("a delivery stays pending")
}

func (h *hooks) Post(_ context.Context, address string, header http.Header, body []byte) (kyc.Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent = append(h.sent, message{address, header, body})
	return kyc.Answer{Code: h.code, Body: []byte("<b>said</b>"), Latency: 1500 * time.Millisecond}, nil
}

func (h *hooks) answers(code int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.code = code
}

// await waits until so many messages have come.
func (h *hooks) await(t *testing.T, n int) []message {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		h.mu.Lock()
		sent := h.sent
		h.mu.Unlock()
		if len(sent) == n {
			return sent
		}
		if len(sent) > n || time.Now().After(deadline) {
			t.Fatalf("%d messages came, not %d", len(sent), n)
		}
	}
}

// people are credentials with principals of real accounts.
type people struct {
	*rooms
	byToken map[string]*kyc.Principal
}

func (p people) Authenticate(_ context.Context, credential string) (*kyc.Principal, error) {
	if found := p.byToken[credential]; found != nil {
		return found, nil
	}
	return nil, kyc.ErrAccessDenied()
}

// ask calls with a token and returns the answer.
func (h *hooks) ask(token, path string, body any) (int, map[string]any) {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/v1"+path, strings.NewReader(string(text)))
	r.Header.Set("token", token)
	return serve(h.t, h.handler, r)
}

func (h *hooks) ok(path string, body any) map[string]any {
	h.t.Helper()
	code, out := h.ask(goodToken, path, body)
	if code != 200 || out["status"] != "ok" {
		h.t.Fatalf("%s %v: %d %v", path, body, code, out)
	}
	return out
}

type object = map[string]any

// TestEndpointsByAPIW28: every setting and turn of an endpoint.
func TestEndpointsByAPIW28(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	made := h.ok("/webhook/endpoint/create", object{"schemaId": h.scenario.ID, "name": "CRM", "url": "https://crm.example/in", "mode": "thin",
		"events": []string{"session.started", "session.final"}, "ordered": false, "rate": 5, "timeout": 2.5})
	e, secret := made["endpoint"].(object), made["secret"].(string)
	id := e["endpointId"].(string)
	if !strings.HasPrefix(secret, "whsec_") || e["url"] != "https://crm.example/in" || e["mode"] != "thin" || e["ordered"] != false || e["rate"] != 5.0 || e["concurrency"] != 32.0 ||
		e["timeout"] != 2.5 || e["state"] != "enabled" || len(e["events"].([]any)) != 2 {
		t.Errorf("%v", made)
	}
	all := h.ok("/webhook/endpoints", object{"scenarioId": h.scenario.ID})
	list := all["endpoints"].([]any)
	if len(list) != 2 || list[0].(object)["endpointId"] != h.scenario.ID || list[1].(object)["endpointId"] != id {
		t.Errorf("%v", all)
	}
	if text, _ := json.Marshal(all); strings.Contains(string(text), secret) || !strings.Contains(string(text), secret[len(secret)-4:]) {
		t.Errorf("W5: the list shows %s", text)
	}
	changed := h.ok("/webhook/endpoint/update", object{"endpointId": id, "name": "CRM 2", "ordered": true})["endpoint"].(object)
	if changed["name"] != "CRM 2" || changed["ordered"] != true || changed["url"] != "https://crm.example/in" || changed["rate"] != 5.0 || changed["version"] == e["version"] {
		t.Errorf("a change of two settings: %v", changed)
	}
	for name, c := range map[string]struct {
		body object
		code int
	}{
		"stale": {object{"endpointId": id, "name": "x", "version": e["version"]}, 409}, "url": {object{"endpointId": id, "url": "https://user:pw@crm.example"}, 400},
		"mode": {object{"endpointId": id, "mode": "xml"}, 400}, "events": {object{"endpointId": id, "events": []string{"session.maybe"}}, 400},
		"timeout": {object{"endpointId": id, "timeout": 0.1}, 400}, "the callback's address": {object{"endpointId": h.scenario.ID, "url": "https://other.example"}, 400}, "no id": {object{}, 400},
	} {
		if code, out := h.ask(goodToken, "/webhook/endpoint/update", c.body); code != c.code {
			t.Errorf("%s: %d %v", name, code, out)
		}
	}
	rotated := h.ok("/webhook/endpoint/rotate", object{"endpointId": id, "overlap": 60})
	if secrets := rotated["endpoint"].(object)["secrets"].([]any); rotated["secret"] == secret || len(secrets) != 2 || secrets[0].(object)["expiresAt"] != nil || secrets[1].(object)["expiresAt"] == nil {
		t.Errorf("W4: %v", rotated)
	}
	if off := h.ok("/webhook/endpoint/disable", object{"endpointId": id})["endpoint"].(object); off["state"] != "disabled" || off["stateReason"] == "" {
		t.Errorf("%v", off)
	}
	if code, out := h.ask(goodToken, "/webhook/endpoint/test", object{"endpointId": id}); code != 409 {
		t.Errorf("a test of a disabled endpoint: %d %v", code, out)
	}
	if on := h.ok("/webhook/endpoint/enable", object{"endpointId": id})["endpoint"].(object); on["state"] != "enabled" {
		t.Errorf("%v", on)
	}
	for _, event := range kyc.EventTypes() { // W27
		sample := h.ok("/webhook/endpoint/test", object{"endpointId": id, "event": event})["deliveryId"].(string)
		if d := h.ok("/webhook/delivery", object{"deliveryId": sample})["delivery"].(object); d["test"] != true || d["event"] != string(event) || d["endpointId"] != id {
			t.Errorf("W27: %v", d)
		}
	}
	h.ok("/webhook/endpoint/delete", object{"endpointId": id})
	if code, _ := h.ask(goodToken, "/webhook/endpoint", object{"endpointId": id}); code != 404 {
		t.Errorf("a deleted endpoint: %d", code)
	}
	if code, out := h.ask(goodToken, "/webhook/endpoint/delete", object{"endpointId": h.scenario.ID}); code != 409 {
		t.Errorf("the callback itself: %d %v", code, out)
	}
}

// TestDeliveriesByAPIW25W26: the log is searched, read and sent again from.
func TestDeliveriesByAPIW25W26(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	begin := time.Now().Add(-time.Second)
	second := h.ok("/webhook/endpoint/create", object{"schemaId": h.scenario.ID, "name": "CRM", "url": "https://crm.example/in"})["endpoint"].(object)["endpointId"]
	h.answers(500)
	failed := h.announce(h.scenario, "client-1")
	h.answers(200)
	done := h.announce(h.scenario, "client-2")
	h.announce(h.foreign, "client-1")
	for name, c := range map[string]struct {
		filters object
		want    float64
	}{
		"all": {nil, 4}, "session": {object{"sessionId": done}, 2}, "client key": {object{"clientKey": "client-1"}, 2}, "endpoint": {object{"endpointId": second}, 2},
		"status": {object{"status": []string{"exhausted", "pending"}}, 2}, "event": {object{"event": "session.final"}, 4}, "other event": {object{"event": "session.step"}, 0},
		"scenario": {object{"schemaId": h.scenario.ID}, 4}, "since": {object{"from": begin.UTC().Format(time.RFC3339)}, 4}, "until": {object{"to": begin.UTC().Format(time.RFC3339)}, 0},
		"day": {object{"from": "2020-01-01", "to": "2020-01-02"}, 0}, "two": {object{"clientKey": "client-1", "endpointId": second}, 1}, "another's": {object{"userId": h.foreign.AccountID}, 4},
	} {
		out := h.ok("/webhook/deliveries", object{"filters": c.filters})
		if out["total"] != c.want || len(out["deliveries"].([]any)) != int(c.want) {
			t.Errorf("%s: %v", name, out)
		}
	}
	for _, bad := range []object{{"status": "lost"}, {"event": "x"}, {"from": "yesterday"}, {"to": "31.12.2026"}} {
		if code, out := h.ask(goodToken, "/webhook/deliveries", object{"filters": bad}); code != 400 || out["message"] != "invalid schema" {
			t.Errorf("%v: %d %v", bad, code, out)
		}
	}
	seen, cursor := map[any]bool{}, ""
	for range 5 {
		out := h.ok("/webhook/deliveries", object{"pageSize": 1, "cursor": cursor})
		for _, d := range out["deliveries"].([]any) {
			seen[d.(object)["deliveryId"]] = true
		}
		if cursor, _ = out["cursor"].(string); cursor == "" {
			break
		}
	}
	if len(seen) != 4 || cursor != "" {
		t.Errorf("by cursor came %d", len(seen))
	}

	one := h.ok("/webhook/deliveries", object{"filters": object{"sessionId": failed, "endpointId": second}})["deliveries"].([]any)[0].(object)
	record := h.ok("/webhook/delivery", object{"deliveryId": one["deliveryId"]})
	tries := record["attempts"].([]any)
	if len(tries) != 1 || one["status"] != "exhausted" || len(one["bodySha256"].(string)) != 64 || one["nextAt"] != nil || one["doneAt"] == nil {
		t.Fatalf("%v", record)
	}
	if a := tries[0].(object); a["code"] != 500.0 || a["latency"] != 1.5 || a["answer"] != "<b>said</b>" || a["headers"].(object)["webhook-id"] != one["deliveryId"] || a["error"] == "" {
		t.Errorf("%v", a)
	}
	h.ok("/webhook/delivery/replay", object{"deliveryId": one["deliveryId"]})
	h.settled(failed)
	if d := h.ok("/webhook/delivery", object{"deliveryId": one["deliveryId"]})["delivery"].(object); d["status"] != "delivered" || d["replayed"] != true || d["tries"] != 2.0 {
		t.Errorf("replayed: %v", d)
	}
	if n := h.ok("/webhook/replay", object{"endpointId": h.scenario.ID, "failedSince": begin})["count"]; n != 1.0 {
		t.Errorf("%v of one that failed", n)
	}
	if n := h.ok("/webhook/replay", object{"endpointId": second, "from": begin, "to": time.Now().Add(time.Minute)})["count"]; n != 2.0 {
		t.Errorf("%v of a range of two", n)
	}
	for _, m := range h.await(t, 5+1+1+2)[5:] { // the foreign one is among the first five
		if m.header.Get("openkyc-replay") != "true" {
			t.Errorf("replayed with %v", m.header)
		}
	}
	for _, bad := range []object{{}, {"failedSince": begin, "from": begin}, {"from": begin}, {"from": begin, "to": begin}, {"failedSince": "soon"}} {
		bad["endpointId"] = second
		if code, out := h.ask(goodToken, "/webhook/replay", bad); code != 400 {
			t.Errorf("%v: %d %v", bad, code, out)
		}
	}
}

// TestWebhooksOfOthersS9: to another tenant each call answers as if the id did
// not exist; without the permission none answers at all.
func TestWebhooksOfOthersS9(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	endpoint := h.ok("/webhook/endpoint/create", object{"schemaId": h.scenario.ID, "name": "CRM", "url": "https://crm.example/in"})["endpoint"].(object)["endpointId"].(string)
	session := h.announce(h.scenario, "client-1")
	delivery := h.ok("/webhook/deliveries", object{})["deliveries"].([]any)[0].(object)["deliveryId"].(string)
	for path, c := range map[string]struct {
		field, id string
		more      object
	}{
		"/webhook/endpoints": {"schemaId", h.scenario.ID, nil}, "/webhook/endpoint": {"endpointId", endpoint, nil},
		"/webhook/endpoint/create": {"schemaId", h.scenario.ID, object{"name": "x", "url": "https://x.example"}},
		"/webhook/endpoint/update": {"endpointId", endpoint, object{"name": "x"}}, "/webhook/endpoint/delete": {"endpointId", endpoint, nil},
		"/webhook/endpoint/rotate": {"endpointId", endpoint, nil}, "/webhook/endpoint/enable": {"endpointId", endpoint, nil}, "/webhook/endpoint/disable": {"endpointId", endpoint, nil},
		"/webhook/endpoint/test": {"endpointId", endpoint, nil}, "/webhook/delivery": {"deliveryId", delivery, nil}, "/webhook/delivery/replay": {"deliveryId", delivery, nil},
		"/webhook/replay": {"endpointId", endpoint, object{"failedSince": "2020-01-01"}},
	} {
		body := object{c.field: c.id}
		for k, v := range c.more {
			body[k] = v
		}
		code, theirs := h.ask(foreignToken, path, body)
		body[c.field] = h.id()
		codeMissing, missing := h.ask(foreignToken, path, body)
		for _, id := range []any{"nonsense", ""} {
			body[c.field] = id
			if code, out := h.ask(foreignToken, path, body); code != 404 {
				t.Errorf("%s with %q: %d %v", path, id, code, out)
			}
		}
		delete(theirs, "requestId")
		delete(missing, "requestId")
		a, _ := json.Marshal(theirs)
		b, _ := json.Marshal(missing)
		if code != 404 || codeMissing != 404 || string(a) != string(b) {
			t.Errorf("%s: %d %s for another's id, %d %s for none", path, code, a, codeMissing, b)
		}
		body[c.field] = c.id
		if code, out := h.ask(weakToken, path, body); code != 403 {
			t.Errorf("%s without the permission: %d %v", path, code, out)
		}
		if code, out := h.ask("okyc_none", path, body); code != 401 {
			t.Errorf("%s without a token: %d %v", path, code, out)
		}
	}
	for _, filters := range []object{nil, {"sessionId": session}, {"endpointId": endpoint}, {"schemaId": h.scenario.ID}, {"clientKey": "client-1"}, {"userId": h.scenario.AccountID}} {
		if code, out := h.ask(foreignToken, "/webhook/deliveries", object{"filters": filters}); code != 200 || out["total"] != 0.0 {
			t.Errorf("%v finds another's: %d %v", filters, code, out)
		}
	}
	if code, _ := h.ask(weakToken, "/webhook/deliveries", object{}); code != 403 {
		t.Errorf("the log without the permission: %d", code)
	}
	if e := h.ok("/webhook/endpoint", object{"endpointId": endpoint})["endpoint"].(object); e["name"] != "CRM" || e["state"] != "enabled" || len(e["secrets"].([]any)) != 1 {
		t.Errorf("a refused call changed something: %v", e)
	}
}

package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// many announces so many sessions.
func (w *world) many(r *Room, n int) {
	w.t.Helper()
	for i := range n {
		w.final(r, w.begin(fmt.Sprintf("client_%d", i)))
	}
}

// TestBreakerW18: after ten failures in a row an endpoint rests; a trial that
// fails lengthens the rest, one that succeeds ends it, and nothing is lost.
func TestBreakerW18(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, func(e *kyc.Endpoint) { e.Concurrency = 1 })
	w.answer = answering(500)
	w.many(r, 30)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if e := w.endpoint(w.scenario.ID); len(w.sent) != 10 || e.Failures != 10 || !e.OpenUntil.Equal(w.now.Add(15*time.Second)) {
		t.Fatalf("%d posts, %+v", len(w.sent), e)
	}
	for i, rest := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		w.pass(rest - time.Millisecond)
		if err := w.work(r); err != nil || len(w.sent) != 10+i {
			t.Fatalf("trial %d: %d posts while it is open, %v", i, len(w.sent), err)
		}
		w.pass(time.Millisecond)
		if err := w.work(r); err != nil || len(w.sent) != 11+i {
			t.Fatalf("trial %d: %d posts when it is half open, %v", i, len(w.sent), err)
		}
	}
	w.answer = answering(200)
	w.pass(6 * time.Minute)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	w.pass(20 * time.Minute)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if e := w.endpoint(w.scenario.ID); e.Failures != 0 || !e.OpenUntil.IsZero() || e.Opens != 0 || !e.FailingSince.IsZero() || w.of(w.scenario.ID)[kyc.DeliveryDelivered] != 30 {
		t.Errorf("after a success: %+v, %v", e, w.of(w.scenario.ID))
	}
}

// TestHalfOpenW18: one trial at a time, however many senders there are.
func TestHalfOpenW18(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.answer = answering(500)
	w.many(r, 40)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	before := len(w.sent)
	w.pass(time.Hour)
	hold := make(chan struct{})
	w.answer = func(context.Context, int) (kyc.Answer, error) {
		<-hold
		return kyc.Answer{Code: 500}, nil
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := w.round(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	close(hold)
	group.Wait()
	if n := len(w.sent) - before; n != 1 {
		t.Errorf("%d trials at once", n)
	}
}

// TestDisablingFiresW17: five days of nothing but failures end it, loudly.
func TestDisablingFiresW17(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	var log bytes.Buffer
	letters := &mailbox{}
	r := w.room(Deps{Logger: slog.New(slog.NewTextHandler(&log, nil)), Mailer: letters, Dashboard: "https://kyc.example/dashboard"})
	w.staff()
	news, _ := w.add(r, kyc.Endpoint{Mode: kyc.CallbackPlain, URL: "https://news.example", Events: []kyc.EventType{kyc.EventEndpointDisabled}})
	w.add(r, kyc.Endpoint{URL: "https://quiet.example"})
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if p.address == w.scenario.Callback.URL {
			return kyc.Answer{Code: 500}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	begin := w.now
	for day := 0; w.endpoint(w.scenario.ID).State == kyc.EndpointEnabled && day < 20; day++ {
		w.many(r, 2)
		for range 12 {
			if err := w.work(r); err != nil {
				t.Fatal(err)
			}
			w.pass(2 * time.Hour)
		}
	}
	e := w.endpoint(w.scenario.ID)
	if took := e.StateAt.Sub(begin); e.State != kyc.EndpointDisabled || took < 5*24*time.Hour || took > 6*24*time.Hour || e.Failures < 20 || !strings.Contains(e.StateReason, "nothing but failures since 2026-01-02 03:04 UTC") {
		t.Fatalf("after %v: %+v", e.StateAt.Sub(begin), e)
	}
	if told := w.posts(news.URL); len(told) != 1 || !strings.Contains(told[0].body, "nothing but failures") || told[0].header.Get("openkyc-event") != "endpoint.disabled" {
		t.Errorf("the other endpoint heard %+v", told)
	} else {
		var v Notification
		if err := json.Unmarshal([]byte(told[0].body), &v); err != nil || v.Type != kyc.EventEndpointDisabled || v.Data.Endpoint.ID != w.scenario.ID || !v.Data.Endpoint.At.Equal(e.StateAt) {
			t.Errorf("%s %v", told[0].body, err)
		}
	}
	if banner, err := r.Disabled(t.Context(), w.owner); err != nil || len(banner) != 1 || banner[0].ID != w.scenario.ID || banner[0].StateReason == "" || banner[0].URL == "" {
		t.Errorf("the banner: %+v %v", banner, err)
	}
	if strings.Count(log.String(), "endpoint disabled") != 1 || !strings.Contains(log.String(), w.scenario.ID) {
		t.Errorf("the log: %s", log.String())
	}
	if len(letters.sent) != 1 || !slices.Equal(letters.sent[0].to, []string{"owner@shop.example"}) {
		t.Fatalf("letters: %+v", letters.sent)
	}
	for _, part := range []string{e.StateReason, PrimaryName, "https://kyc.example/dashboard/webhooks/" + w.scenario.ID, "отключён"} {
		if !strings.Contains(letters.sent[0].text, part) {
			t.Errorf("the letter lacks %q:\n%s", part, letters.sent[0].text)
		}
	}
	if strings.Contains(letters.sent[0].text, w.scenario.Callback.URL) {
		t.Error("the letter tells the receiver's address")
	}
	for _, p := range w.posts("https://quiet.example") {
		if p.header.Get("openkyc-event") != "session.final" {
			t.Errorf("who did not ask for it got %s", p.header.Get("openkyc-event"))
		}
	}
	// What waits goes out when it is enabled.
	before := len(w.posts(w.scenario.Callback.URL))
	w.many(r, 3)
	w.pass(48 * time.Hour)
	if err := w.work(r); err != nil || len(w.posts(w.scenario.Callback.URL)) != before {
		t.Errorf("a disabled endpoint got something, %v", err)
	}
	waiting := w.of(w.scenario.ID)[kyc.DeliveryPending]
	w.route = nil
	if err := errors.Join(r.EnableEndpoint(t.Context(), w.owner, w.scenario.ID), w.work(r)); err != nil || waiting < 3 {
		t.Fatalf("%d wait, %v", waiting, err)
	}
	if n := w.of(w.scenario.ID)[kyc.DeliveryPending]; n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// TestDisablingW17: not before both limits, and one success starts anew.
func TestDisablingW17(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	now := w.now
	fail := func(e *kyc.Endpoint, n int, every time.Duration) (disabled bool) {
		for range n {
			disabled = r.failed(e, kyc.Answer{Code: 500}, now) || disabled
			now = now.Add(every)
		}
		return disabled
	}
	fresh := func() *kyc.Endpoint { return &kyc.Endpoint{ID: "a", ScenarioID: "b", State: kyc.EndpointEnabled} }
	if fail(fresh(), 1000, time.Minute) {
		t.Error("disabled within a day")
	}
	if fail(fresh(), 19, 24*time.Hour) {
		t.Error("disabled after 19 attempts")
	}
	e := fresh()
	if fail(e, 100, time.Hour) || !succeeded(e) || fail(e, 100, time.Hour) {
		t.Error("a success does not count")
	}
	if !fail(e, 100, time.Hour) || e.State != kyc.EndpointDisabled {
		t.Error("not disabled after 200 hours and attempts")
	}
	impatient := w.room(Deps{Disable: Disable{After: time.Hour, Failures: 2}})
	if e := fresh(); impatient.failed(e, kyc.Answer{}, now) || !impatient.failed(e, kyc.Answer{}, now.Add(time.Hour)) {
		t.Error("the limits cannot be configured")
	}
}

// TestGoneW14: 410 disables an endpoint at once, but for the primary one, which
// the contract retries.
func TestGoneW14(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	second, _ := w.add(r, kyc.Endpoint{})
	w.answer = answering(410)
	w.final(r, w.session)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if e := w.endpoint(second.ID); e.State != kyc.EndpointDisabled || e.StateReason != "the receiver answered 410 Gone" || w.of(second.ID)[kyc.DeliveryPending] != 1 {
		t.Errorf("%+v", e)
	}
	if e := w.endpoint(w.scenario.ID); e.State != kyc.EndpointEnabled || w.of(w.scenario.ID)[kyc.DeliveryPending] != 1 {
		t.Errorf("the primary one: %+v", e)
	}
	w.pass(time.Minute)
	if err := w.work(r); err != nil || len(w.posts(w.scenario.Callback.URL)) != 2 || len(w.posts(second.URL)) != 1 {
		t.Errorf("%v, %d and %d posts", err, len(w.posts(w.scenario.Callback.URL)), len(w.posts(second.URL)))
	}
}

// TestThrottleW14: who says 429, 502 or 504 gets half of the rate each time, and
// nothing for as long as it asks for; later it gets the rate back.
func TestThrottleW14(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	for _, code := range []int{429, 502, 504} {
		e := &kyc.Endpoint{ID: "a", Rate: 64, State: kyc.EndpointEnabled}
		now := w.now
		for want := 32.0; want >= 1; want /= 2 {
			now = now.Add(time.Second)
			r.failed(e, kyc.Answer{Code: code}, now)
			r.failed(e, kyc.Answer{Code: code}, now) // those of the same moment count once
			if rate(e) != want {
				t.Errorf("%d: rate %v, want %v", code, rate(e), want)
			}
		}
		succeeded(e)
		for range 6 {
			now = now.Add(throttleRelief)
			relieve(e, now)
		}
		if rate(e) != 64 {
			t.Errorf("%d: the rate stays at %v", code, rate(e))
		}
	}
	w.answer = func(_ context.Context, n int) (kyc.Answer, error) {
		if n == 1 {
			return kyc.Answer{Code: 429, RetryAfter: 10 * time.Minute}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	w.every(r, func(e *kyc.Endpoint) { e.Concurrency = 1 })
	w.many(r, 3)
	w.pass(time.Second)
	if err := w.work(r); err != nil || len(w.sent) != 1 {
		t.Fatalf("%d posts after it asked to be left alone, %v", len(w.sent), err)
	}
	w.pass(9 * time.Minute)
	if err := w.work(r); err != nil || len(w.sent) != 1 {
		t.Fatalf("%d posts before the time that it asked for, %v", len(w.sent), err)
	}
	w.pass(2 * time.Minute)
	if err := w.work(r); err != nil || len(w.sent) != 4 {
		t.Errorf("%d posts later, %v", len(w.sent), err)
	}
}

// TestRateW19: no more attempts begin in a second than the endpoint allows.
func TestRateW19(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, func(e *kyc.Endpoint) { e.Rate = 5 })
	w.many(r, 40)
	for second := range 8 {
		if err := w.work(r); err != nil || len(w.sent) != 5*(second+1) {
			t.Fatalf("%d posts after %d s, %v", len(w.sent), second, err)
		}
		w.pass(time.Second)
	}
	slow := &kyc.Endpoint{Rate: 0.1, State: kyc.EndpointEnabled}
	total := 0
	for now, end := w.now, w.now.Add(time.Minute); now.Before(end); now = now.Add(time.Second) {
		n, wait := allowance(slow, 0, now)
		if n == 0 && (wait <= 0 || wait > 10*time.Second) {
			t.Errorf("told to wait %v", wait)
		}
		spend(slow, n, now)
		total += n
	}
	if total != 6 {
		t.Errorf("%d attempts in a minute at one in ten seconds", total)
	}
}

// TestConcurrencyW19: a slow endpoint holds no more than its own attempts, also
// over several nodes, and delays nobody else.
func TestConcurrencyW19(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.every(r, func(e *kyc.Endpoint) { e.Concurrency = 3 })
	_, fast := w.tenant("Bank")
	slowURL := w.scenario.Callback.URL
	fast.Callback.URL = "https://fast.example"
	w.do(func(ctx context.Context, tx kyc.Tx) error { return w.SaveScenario(ctx, tx, fast) })
	hold := make(chan struct{})
	w.route = func(_ context.Context, p post) (kyc.Answer, error) {
		if p.address == slowURL {
			<-hold
		}
		return kyc.Answer{Code: 200}, nil
	}
	w.many(r, 50)
	w.nodes(3, Deps{Slots: 16})
	for deadline := time.Now().Add(10 * time.Second); len(w.posts(slowURL)) < 3 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	slow := w.scenario
	w.scenario = fast
	begin := time.Now()
	w.many(r, 50)
	for deadline := time.Now().Add(20 * time.Second); len(w.posts("https://fast.example")) < 50 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	w.scenario = slow
	if n := len(w.posts("https://fast.example")); n != 50 {
		t.Errorf("the other tenant got %d of 50 while one is slow, in %v", n, time.Since(begin))
	}
	if n := len(w.posts(slowURL)); n != 3 {
		t.Errorf("%d attempts at the slow one at one time", n)
	}
	close(hold)
}

// TestSharesW19: slots are divided between accounts before endpoints.
func TestSharesW19(t *testing.T) {
	t.Parallel()
	ready := []kyc.ReadyEndpoint{{ID: "1", AccountID: "a"}, {ID: "2", AccountID: "a"}, {ID: "3", AccountID: "a"}, {ID: "4", AccountID: "b"}}
	free := func(string) int { return 100 }
	if got := share(ready, 60, free); !equal(got, 10, 10, 10, 30) {
		t.Errorf("%v", got)
	}
	if got := share(ready, 60, func(account string) int { return map[string]int{"a": 3, "b": 0}[account] }); !equal(got, 1, 1, 1, 0) {
		t.Errorf("%v", got)
	}
	if got := share(ready, 2, free); !equal(got, 1, 0, 0, 1) {
		t.Errorf("%v", got)
	}
}

// TestTimeoutW15: an endpoint's own time limit ends its attempts.
func TestTimeoutW15(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.add(r, kyc.Endpoint{URL: "https://short.example", Timeout: time.Second})
	var mu sync.Mutex
	left := map[string]time.Duration{}
	w.route = func(ctx context.Context, p post) (kyc.Answer, error) {
		deadline, _ := ctx.Deadline()
		mu.Lock()
		defer mu.Unlock()
		left[p.address] = time.Until(deadline).Round(time.Second)
		return kyc.Answer{Code: 200}, nil
	}
	w.final(r, w.session)
	if err := w.work(r); err != nil || left["https://short.example"] != time.Second || left[w.scenario.Callback.URL] != 15*time.Second {
		t.Errorf("%v, %v", left, err)
	}
}

// proxyFault is an error that the receiver is not to blame for.
type proxyFault struct{ error }

func (proxyFault) Ours() bool { return true }

// TestProxyFaultsDoNotCountW24: no rung, no failure of the endpoint.
func TestProxyFaultsDoNotCountW24(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.answer = func(_ context.Context, n int) (kyc.Answer, error) {
		if n < 5 {
			return kyc.Answer{}, kyc.Wrap(kyc.Invalid, proxyFault{errors.New("down")}, "the forward proxy cannot be reached")
		}
		return kyc.Answer{Code: 200}, nil
	}
	id := w.announce(r)
	for range 5 {
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		if e := w.endpoint(w.scenario.ID); e.Failures != 0 || !e.FailingSince.IsZero() {
			t.Errorf("it counts: %+v", e)
		}
		w.pass(retryOurs)
	}
	if d := w.only(); d.Status != kyc.DeliveryDelivered || d.Attempts != 1 || len(w.attempts(id)) != 1 {
		t.Errorf("%+v", d)
	}
}

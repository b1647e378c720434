package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

func TestFirstAttemptW1W3(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	id := w.announce(r)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	d := w.only()
	if d.Status != kyc.DeliveryDelivered || d.Attempts != 1 || d.LastCode != 204 || d.LastError != "" || !d.DoneAt.Equal(w.now) {
		t.Errorf("delivery %+v", d)
	}
	if len(w.sent) != 1 {
		t.Fatalf("%d posts", len(w.sent))
	}
	p := w.sent[0]
	w.genuine(p)
	if p.address != "https://shop.example/hook" || p.body != `{"status":"success","clientKey":"user_123"}` || p.header.Get("Content-Type") != "application/json" ||
		p.header.Get("webhook-id") != id || p.header.Get("webhook-timestamp") != strconv.FormatInt(w.now.Unix(), 10) {
		t.Errorf("posted %+v", p)
	}
	if diff := cmp.Diff([]kyc.Event{{SessionID: w.session.ID, At: w.now, Kind: EventDelivered, Actor: "system", Detail: "attempt 1, HTTP 204"}}, w.events()); diff != "" {
		t.Error(diff)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, key, want string }{
		{"https://shop.example/hook", "user_123", "https://shop.example/hook?clientKey=user_123"},
		{"https://shop.example", "user:1", "https://shop.example?clientKey=user%3A1"},
		{"https://shop.example/hook?a=b", "k", "https://shop.example/hook?a=b&clientKey=k"},
		{"https://shop.example/hook?a=b&", "k", "https://shop.example/hook?a=b&clientKey=k"},
		{"https://shop.example/hook?", "k", "https://shop.example/hook?clientKey=k"},
		{"https://shop.example/a%2Fb", "a b+c&d=e#f/я", "https://shop.example/a%2Fb?clientKey=a%20b%2Bc%26d%3De%23f%2F%D1%8F"},
		{"https://shop.example/%zz", "k", "https://shop.example/%zz"},
	} {
		if got := address(kyc.Callback{URL: c.url, AppendClientKey: true}, c.key); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if got := address(kyc.Callback{URL: c.url}, c.key); got != c.url {
			t.Errorf("not asked for: got %s", got)
		}
	}
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	try := func(w *world, r *Room, body func() ([]byte, error), after error) error {
		return w.Do(t.Context(), func(tx kyc.Tx) error {
			return errors.Join(r.Announce(t.Context(), tx, w.scenario, w.session, body), after)
		})
	}
	plain := func() ([]byte, error) { return []byte(`{"clientKey":"marker"}`), nil }

	t.Run("nowhere", func(t *testing.T) {
		w, r := newWorld(t)
		w.scenario.Callback.URL = ""
		err := try(w, r, func() ([]byte, error) { t.Error("the body was asked for"); return nil, nil }, nil)
		if err != nil || len(w.all()) != 0 {
			t.Errorf("got %v, %d deliveries", err, len(w.all()))
		}
	})
	t.Run("W11 the verdict's transaction fails", func(t *testing.T) {
		w, r := newWorld(t)
		if err := try(w, r, plain, kyc.ErrConflict); err == nil || len(w.all()) != 0 {
			t.Errorf("got %v, %d deliveries", err, len(w.all()))
		}
	})
	t.Run("the body cannot be made", func(t *testing.T) {
		w, r := newWorld(t)
		failed := errors.New("no")
		if err := try(w, r, func() ([]byte, error) { return nil, failed }, nil); !errors.Is(err, failed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("encrypted is also what an unknown mode means", func(t *testing.T) {
		for _, mode := range []kyc.CallbackMode{kyc.CallbackEncrypted, "", "new"} {
			w, r := newWorld(t)
			w.scenario.Callback.Mode = mode // of an older revision: today's are one of ours
			if err := try(w, r, plain, nil); err != nil {
				t.Fatal(err)
			}
			d := w.only()
			opened, err := client.OpenWebhook(secret, d.Body)
			if err != nil || string(opened) != `{"clientKey":"marker"}` || strings.Contains(string(d.Body), "marker") || !strings.HasPrefix(string(d.Body), `{"encrypted":"`) {
				t.Errorf("mode %q: %s opens as %s, %v", mode, d.Body, opened, err)
			}
		}
	})
	t.Run("nothing to encrypt with", func(t *testing.T) {
		w, r := newWorld(t)
		w.scenario.Callback.Mode, w.scenario.WebhookSecret = kyc.CallbackEncrypted, ""
		if err := try(w, r, plain, nil); err == nil {
			t.Error("announced with an empty secret, which anybody could open")
		}
	})
}

// TestLadderW13 fails every attempt: times, ids, bodies and the end.
func TestLadderW13(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.revise(func(c *kyc.Scenario) { c.Callback.Mode = kyc.CallbackEncrypted })
	w.answer = func(context.Context, int) (kyc.Answer, error) {
		return kyc.Answer{Code: 500, Body: []byte("oops \xff"), Latency: time.Second}, nil
	}
	id := w.announce(r)
	ladder := Ladder()
	total := time.Duration(0)
	for n := range ladder {
		if n > 0 {
			wait := w.only().NextAt.Sub(w.now)
			if low, high := ladder[n]*8/10, ladder[n]*12/10; wait < low || wait > high {
				t.Errorf("before attempt %d: %v, want %v to %v", n+1, wait, low, high)
			}
			w.pass(wait - time.Millisecond)
			if err := w.work(r); err != nil || len(w.sent) != n {
				t.Fatalf("attempt %d was made early: %v", n+1, err)
			}
			w.pass(time.Millisecond)
			total += wait
		}
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
	}
	if total < 60*time.Hour || total > 92*time.Hour {
		t.Errorf("the ladder took %v", total)
	}
	d := w.only()
	if len(w.sent) != 10 || d.Status != kyc.DeliveryExhausted || d.Attempts != 10 || d.LastCode != 500 || d.LastError != "the receiver answered 500" {
		t.Errorf("%d posts, %+v", len(w.sent), d)
	}
	stamps := map[string]bool{}
	for _, p := range w.sent {
		w.genuine(p) // W3: by the time of this attempt
		stamps[p.header.Get("webhook-timestamp")] = true
		if p.header.Get("webhook-id") != id || p.body != w.sent[0].body {
			t.Error("W3: id or body changed between attempts")
		}
	}
	if len(stamps) != 10 {
		t.Errorf("W3: %d different timestamps", len(stamps))
	}
	kinds := w.kinds()
	if len(kinds) != 10 || kinds[8] != EventFailed || kinds[9] != EventExhausted {
		t.Errorf("events %v", kinds)
	}
	for i, a := range w.attempts(id) {
		if a.Number != i+1 || a.Code != 500 || a.Answer != "oops " || a.Latency != time.Second || a.Error == "" || a.At.IsZero() {
			t.Errorf("W25: attempt %+v", a)
		}
	}

	w.answer = func(context.Context, int) (kyc.Answer, error) { return kyc.Answer{Code: 200}, nil }
	if err := errors.Join(r.Replay(t.Context(), w.owner, id), w.work(r)); err != nil {
		t.Fatal(err)
	}
	last := w.sent[len(w.sent)-1]
	w.genuine(last)
	if d := w.only(); d.Status != kyc.DeliveryDelivered || len(w.sent) != 11 || last.header.Get("webhook-id") != id || last.body != w.sent[0].body {
		t.Errorf("W26 replay: %+v, %d posts", d, len(w.sent))
	}
	if kinds := w.kinds(); kinds[10] != EventReplayed || kinds[11] != EventDelivered || w.events()[10].Actor != "user" {
		t.Errorf("W26: events %v", kinds)
	}
}

func TestOnly2xxIsSuccessW12(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]kyc.DeliveryStatus{200: kyc.DeliveryDelivered, 201: kyc.DeliveryDelivered, 204: kyc.DeliveryDelivered, 299: kyc.DeliveryDelivered,
		101: kyc.DeliveryPending, 301: kyc.DeliveryPending, 302: kyc.DeliveryPending, 304: kyc.DeliveryPending, 307: kyc.DeliveryPending, 400: kyc.DeliveryPending, 401: kyc.DeliveryPending,
		404: kyc.DeliveryPending, 410: kyc.DeliveryPending, 429: kyc.DeliveryPending, 500: kyc.DeliveryPending, 503: kyc.DeliveryPending, 0: kyc.DeliveryPending} {
		w, r := newWorld(t)
		w.answer = func(context.Context, int) (kyc.Answer, error) { return kyc.Answer{Code: code}, nil }
		w.announce(r)
		if err := w.work(r); err != nil || w.only().Status != want {
			t.Errorf("%d: %v, %v", code, w.only().Status, err)
		}
	}
}

func TestRetryAfterW14(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code      int
		ask       time.Duration
		low, high time.Duration
	}{
		{503, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute}, {429, 40 * time.Second, 40 * time.Second, 40 * time.Second},
		{429, 100 * time.Hour, time.Hour, time.Hour}, {503, time.Second, 4 * time.Second, 6 * time.Second}, {503, 0, 4 * time.Second, 6 * time.Second},
		{500, 10 * time.Minute, 4 * time.Second, 6 * time.Second},
	} {
		w, r := newWorld(t)
		w.answer = func(context.Context, int) (kyc.Answer, error) {
			return kyc.Answer{Code: c.code, RetryAfter: c.ask}, nil
		}
		w.announce(r)
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		if wait := w.only().NextAt.Sub(w.now); wait < c.low || wait > c.high {
			t.Errorf("%d asking for %v: waits %v", c.code, c.ask, wait)
		}
	}
}

// TestNetworkErrorsAreRetriedW15, with the safe sentence alone in the log.
func TestNetworkErrorsAreRetriedW15(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.answer = func(_ context.Context, n int) (kyc.Answer, error) {
		switch n {
		case 1:
			return kyc.Answer{}, kyc.Wrap(kyc.Invalid, errors.New("dial tcp marker"), "the receiver refused the connection")
		case 2:
			return kyc.Answer{}, errors.New("marker")
		}
		return kyc.Answer{Code: 200}, nil
	}
	id := w.announce(r)
	for range 3 {
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
	}
	if d := w.only(); d.Status != kyc.DeliveryDelivered || d.Attempts != 3 {
		t.Errorf("%+v", d)
	}
	if a := w.attempts(id); a[0].Error != "the receiver refused the connection" || a[1].Error != "internal error" || a[2].Error != "" {
		t.Errorf("attempts %+v", a)
	}
}

// TestCrashBetweenSendAndRecordW16: what was sent but not recorded goes out again
// under the same id; and not before the claim has run out.
func TestCrashBetweenSendAndRecordW16(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	id := w.announce(r)
	w.fail = errors.New("the disk is full")
	if err := w.work(r); err == nil {
		t.Fatal("the failure was swallowed: the queue would take the job for done")
	}
	if err := w.work(r); err != nil || len(w.sent) != 1 {
		t.Fatalf("sent %d times while the attempt may still be running, %v", len(w.sent), err)
	}
	w.pass(claimFor - time.Second)
	if err := w.work(r); err != nil || len(w.sent) != 1 {
		t.Fatalf("sent %d times before the claim has run out, %v", len(w.sent), err)
	}
	w.pass(time.Second)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if len(w.sent) != 2 || w.sent[1].header.Get("webhook-id") != id || w.sent[1].body != w.sent[0].body {
		t.Errorf("sent %+v", w.sent)
	}
	w.genuine(w.sent[1])
	if d := w.only(); d.Status != kyc.DeliveryDelivered || len(w.attempts(id)) != 1 || w.attempts(id)[0].Number != 2 {
		t.Errorf("%+v, attempts %+v", d, w.attempts(id))
	}
}

// TestManyWorkers: one attempt is sent and recorded once, however many workers
// are woken for it.
func TestManyWorkers(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	id := w.announce(r)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if err := w.work(r); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(w.sent) != 1 || len(w.attempts(id)) != 1 || len(w.events()) != 1 || w.only().Attempts != 1 {
		t.Errorf("%d posts, %d attempts, %d events", len(w.sent), len(w.attempts(id)), len(w.events()))
	}
}

// TestSlowWorkerIsOvertaken: a worker that comes back after its claim has run out
// does not write over the one that took the delivery over.
func TestSlowWorkerIsOvertaken(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	id := w.announce(r)
	w.answer = func(ctx context.Context, n int) (kyc.Answer, error) {
		if n == 1 { // while this hangs, another takes the delivery over
			w.pass(claimFor + time.Minute)
			if err := w.workAs(ctx, r); err != nil {
				t.Error(err)
			}
			return kyc.Answer{Code: 500}, nil
		}
		return kyc.Answer{Code: 200}, nil
	}
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	if d := w.only(); d.Status != kyc.DeliveryDelivered || d.Attempts != 2 || len(w.attempts(id)) != 1 || len(w.events()) != 1 {
		t.Errorf("%+v, attempts %+v, events %v", d, w.attempts(id), w.kinds())
	}
}

// TestStopping: an attempt that our own stopping broke off costs no rung.
func TestStopping(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.announce(r)
	ctx, stop := context.WithCancel(t.Context())
	w.answer = func(ctx context.Context, n int) (kyc.Answer, error) {
		if n == 1 {
			stop()
			return kyc.Answer{}, ctx.Err()
		}
		return kyc.Answer{Code: 200}, nil
	}
	if _, err := w.round(ctx, r); err != nil {
		t.Fatal(err)
	}
	if d := w.only(); d.Attempts != 0 || d.Status != kyc.DeliveryPending || d.NextAt.After(w.now) || len(w.events()) != 0 {
		t.Fatalf("%+v", d)
	}
	if err := w.work(r); err != nil || w.only().Status != kyc.DeliveryDelivered || w.only().Attempts != 1 {
		t.Errorf("%v, %+v", err, w.only())
	}
}

// TestSecretRotation: later attempts are signed by the scenario's newest secret;
// without a usable one the attempt fails and says why.
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.answer = func(context.Context, int) (kyc.Answer, error) { return kyc.Answer{Code: 401}, nil }
	w.announce(r)
	fresh := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("n", 32)))
	for _, s := range []string{secret, fresh, "unusable"} {
		w.revise(func(c *kyc.Scenario) { c.WebhookSecret = s })
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
	}
	if len(w.sent) != 2 || client.VerifyWebhook(fresh, w.sent[1].header, []byte(w.sent[1].body), w.sent[1].at) != nil {
		t.Errorf("%d posts, the second not by the new secret", len(w.sent))
	}
	if d := w.only(); d.Attempts != 3 || !strings.Contains(d.LastError, "make a new one") || d.LastCode != 0 {
		t.Errorf("%+v", d)
	}
}

func TestReplayIsGuardedS9(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	id := w.announce(r)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	clerk := &kyc.Principal{AccountID: w.account.ID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC}}
	stranger := &kyc.Principal{AccountID: "other", Role: kyc.RoleOwner}
	for name, c := range map[string]struct {
		p    *kyc.Principal
		id   string
		kind kyc.Kind
	}{
		"no permission": {clerk, id, kyc.Forbidden}, "nobody": {nil, id, kyc.Forbidden}, "another account": {stranger, id, kyc.NotFound}, "nothing": {stranger, "x", kyc.NotFound},
	} {
		if err := r.Replay(t.Context(), c.p, c.id); kyc.KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.only().Status != kyc.DeliveryDelivered {
		t.Error("a refused replay left something behind")
	}
	admin := &kyc.Principal{Role: kyc.RoleAdmin}
	for name, c := range map[string]struct {
		p    *kyc.Principal
		want int
	}{"clerk": {clerk, 1}, "stranger": {stranger, 0}, "admin": {admin, 1}} {
		records, err := r.Log(t.Context(), c.p, w.session.ID)
		page, errList := r.List(t.Context(), c.p, kyc.DeliveryFilter{})
		if err != nil || errList != nil || len(records) != c.want || page.Total != c.want {
			t.Errorf("%s: %d records, %d listed, %v, %v", name, len(records), page.Total, err, errList)
		}
		for _, record := range records {
			if record.Delivery.Body != nil || page.Deliveries[0].Body != nil || len(record.Attempts) != 1 {
				t.Errorf("%s: %+v", name, record)
			}
		}
	}
	if _, err := r.Log(t.Context(), nil, w.session.ID); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("nobody reads the log: %v", err)
	}
	if w.only().Body == nil {
		t.Error("leaving the body out of the list took it from the row")
	}
}

// TestReplayWhileWaiting goes out now and not when its turn would come.
func TestReplayWhileWaiting(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	w.answer = func(_ context.Context, n int) (kyc.Answer, error) { return kyc.Answer{Code: 500 - 300*(n/2)}, nil }
	id := w.announce(r)
	if err := errors.Join(w.work(r), r.Replay(t.Context(), &kyc.Principal{AccountID: w.account.ID, TokenID: "t", Role: kyc.RoleOwner}, id), w.work(r)); err != nil {
		t.Fatal(err)
	}
	if d := w.only(); d.Status != kyc.DeliveryDelivered || d.Attempts != 2 || w.events()[1].Actor != "api" {
		t.Errorf("%+v, %v", d, w.kinds())
	}
	w.pass(time.Hour)
	if err := w.work(r); err != nil || len(w.sent) != 2 {
		t.Errorf("the job that waited sent again: %v, %d posts", err, len(w.sent))
	}
}

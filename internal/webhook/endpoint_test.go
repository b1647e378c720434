package webhook

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// signers tells which secrets a post was signed with.
func signers(p post, secrets ...string) (n []int) {
	for i, s := range secrets {
		if client.VerifyWebhook(s, p.header, []byte(p.body), p.at) == nil {
			n = append(n, i)
		}
	}
	return n
}

func equal[T comparable](a []T, b ...T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestRotationW4: both secrets sign while they overlap, then the new one alone.
func TestRotationW4(t *testing.T) {
	t.Parallel()
	for _, primary := range []bool{false, true} {
		w, r := newWorld(t)
		w.answer = answering(500)
		id, first, address := w.scenario.ID, secret, w.scenario.Callback.URL
		if !primary {
			e, s := w.add(r, kyc.Endpoint{Mode: kyc.CallbackPlain})
			id, first, address = e.ID, s, e.URL
		}
		second, err := r.RotateEndpointSecret(t.Context(), w.owner, id, time.Hour)
		if err != nil || second == first {
			t.Fatal(err)
		}
		w.final(r, w.session)
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		p := w.posts(address)[0]
		if got := signers(p, first, second); !equal(got, 0, 1) || len(strings.Fields(p.header.Get("webhook-signature"))) != 2 {
			t.Errorf("primary %v, within the window: signed by %v: %s", primary, got, p.header.Get("webhook-signature"))
		}
		w.pass(time.Hour)
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		after := w.posts(address)
		if got := signers(after[len(after)-1], first, second); len(after) < 2 || !equal(got, 1) {
			t.Errorf("primary %v, after the window: signed by %v of %d posts", primary, got, len(after))
		}
		third, err := r.RotateEndpointSecret(t.Context(), w.owner, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		if err := w.work(r); err != nil {
			t.Fatal(err)
		}
		after = w.posts(address)
		if got := signers(after[len(after)-1], first, second, third); !equal(got, 2) {
			t.Errorf("primary %v, without a window: signed by %v", primary, got)
		}
	}
}

// TestSecretsW2W5: random, of 32 bytes, one for each endpoint, shown once,
// sealed in the file.
func TestSecretsW2W5(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	first, a := w.add(r, kyc.Endpoint{})
	w.pass(time.Second)
	second, b := w.add(r, kyc.Endpoint{})
	if a == b || !strings.HasPrefix(a, "whsec_") || len(a) != len("whsec_")+44 || client.SignWebhook(a, "id", w.now, nil) == "" {
		t.Errorf("secrets %q, %q", a, b)
	}
	all, err := r.Endpoints(t.Context(), w.owner, w.scenario.ID)
	if err != nil || len(all) != 3 || !all[0].Primary() || all[1].ID != first.ID || all[2].ID != second.ID {
		t.Fatalf("%v %v", all, err)
	}
	for i, want := range []string{secret, a, b} {
		if s := all[i].Secrets; len(s) != 1 || s[0].Value != "" || s[0].Hint() != want[len(want)-4:] {
			t.Errorf("the list shows %+v", s)
		}
	}
	one, err := r.Endpoint(t.Context(), w.owner, first.ID)
	if err != nil || one.Secrets[0].Value != "" || first.Secrets[0].Value != "" {
		t.Errorf("shown again: %+v %v", one, err)
	}
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.path), "*"))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil || bytes.Contains(content, []byte(a)) || bytes.Contains(content, []byte("other.example")) {
			t.Errorf("%s holds a secret or an address in clear, %v", file, err)
		}
	}
	if len(files) == 0 {
		t.Error("no files were looked at")
	}
}

// TestEndpointsAreGuardedW5: nobody learns of or changes another account's.
func TestEndpointsAreGuardedW5(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	e, _ := w.add(r, kyc.Endpoint{})
	other, _ := w.tenant("Bank")
	clerk := &kyc.Principal{AccountID: w.account.ID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC}}
	stranger := &kyc.Principal{AccountID: other.ID, Role: kyc.RoleOwner}
	for name, call := range map[string]func(ctx context.Context, p *kyc.Principal) error{
		"create": func(ctx context.Context, p *kyc.Principal) error {
			_, err := r.CreateEndpoint(ctx, p, &kyc.Endpoint{ScenarioID: w.scenario.ID, Name: "x", URL: "https://x.example"})
			return err
		},
		"update":  func(ctx context.Context, p *kyc.Principal) error { return r.UpdateEndpoint(ctx, p, e) },
		"delete":  func(ctx context.Context, p *kyc.Principal) error { return r.DeleteEndpoint(ctx, p, e.ID) },
		"enable":  func(ctx context.Context, p *kyc.Principal) error { return r.EnableEndpoint(ctx, p, e.ID) },
		"disable": func(ctx context.Context, p *kyc.Principal) error { return r.DisableEndpoint(ctx, p, e.ID) },
		"rotate": func(ctx context.Context, p *kyc.Principal) error {
			_, err := r.RotateEndpointSecret(ctx, p, e.ID, 0)
			return err
		},
		"test": func(ctx context.Context, p *kyc.Principal) error {
			_, err := r.TestEndpoint(ctx, p, e.ID, kyc.EventSessionFinal)
			return err
		},
		"replay": func(ctx context.Context, p *kyc.Principal) error {
			_, err := r.ReplayFailed(ctx, p, e.ID, w.clock())
			return err
		},
		"replay range": func(ctx context.Context, p *kyc.Principal) error {
			_, err := r.ReplayRange(ctx, p, e.ID, w.clock(), w.clock().Add(1))
			return err
		},
		"count a replay": func(ctx context.Context, p *kyc.Principal) error {
			_, err := r.Replayable(ctx, p, kyc.ReplayBatch{EndpointID: e.ID})
			return err
		},
	} {
		for kind, p := range map[kyc.Kind]*kyc.Principal{kyc.Forbidden: clerk, kyc.NotFound: stranger} {
			if err := call(t.Context(), p); err == nil || kyc.KindOf(err) != kind {
				t.Errorf("%s: got %v, want %s", name, err, kind)
			}
		}
	}
	if _, err := r.Endpoint(t.Context(), clerk, e.ID); err != nil {
		t.Errorf("a clerk reads: %v", err)
	}
	for _, call := range []func() error{
		func() error { _, err := r.Endpoint(t.Context(), stranger, e.ID); return err },
		func() error { _, err := r.Endpoints(t.Context(), stranger, w.scenario.ID); return err },
		func() error { _, err := r.Endpoint(t.Context(), w.owner, "nonsense"); return err },
		func() error { _, err := r.Standings(t.Context(), stranger, w.scenario.ID); return err },
	} {
		if err := call(); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("a stranger: %v", err)
		}
	}
	if all, err := r.Endpoints(t.Context(), w.owner, w.scenario.ID); err != nil || len(all) != 2 || all[1].State != kyc.EndpointEnabled || all[1].Lock != 1 {
		t.Errorf("a refused call changed something: %+v %v", all, err)
	}
}

// TestSettingsW28: what may be set, and what may not.
func TestSettingsW28(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	e, _ := w.add(r, kyc.Endpoint{})
	for name, change := range map[string]func(e *kyc.Endpoint){
		"name": func(e *kyc.Endpoint) { e.Name = " " }, "url": func(e *kyc.Endpoint) { e.URL = "https://user:pw@x.example" }, "scheme": func(e *kyc.Endpoint) { e.URL = "ftp://x" },
		"mode": func(e *kyc.Endpoint) { e.Mode = "xml" }, "events": func(e *kyc.Endpoint) { e.Events = []kyc.EventType{"session.maybe"} },
		"twice": func(e *kyc.Endpoint) { e.Events = []kyc.EventType{kyc.EventSessionFinal, kyc.EventSessionFinal} },
		"rate":  func(e *kyc.Endpoint) { e.Rate = -1 }, "slow": func(e *kyc.Endpoint) { e.Rate = 1e-9 }, "concurrency": func(e *kyc.Endpoint) { e.Concurrency = 1000 },
		"short": func(e *kyc.Endpoint) { e.Timeout = time.Millisecond }, "long": func(e *kyc.Endpoint) { e.Timeout = time.Minute },
	} {
		bad := *e
		change(&bad)
		if err := r.UpdateEndpoint(t.Context(), w.owner, &bad); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := *e
	good.Name, good.URL, good.Mode, good.Events, good.Relaxed = "Third", "https://third.example/", kyc.CallbackThin, kyc.EventTypes(), true
	good.Rate, good.Concurrency, good.Timeout, good.AppendClientKey = 5, 2, 3*time.Second, true
	if err := r.UpdateEndpoint(t.Context(), w.owner, &good); err != nil {
		t.Fatal(err)
	}
	if err := r.UpdateEndpoint(t.Context(), w.owner, e); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("over what another wrote: %v", err)
	}
	got, err := r.Endpoint(t.Context(), w.owner, e.ID)
	if err != nil || got.Name != "Third" || got.URL != good.URL || got.Mode != good.Mode || len(got.Events) != 4 || !got.Relaxed || got.Rate != 5 ||
		got.Concurrency != 2 || got.Timeout != 3*time.Second || !got.AppendClientKey {
		t.Errorf("%+v %v", got, err)
	}
	primary, err := r.Endpoint(t.Context(), w.owner, w.scenario.ID)
	if err != nil {
		t.Fatal(err)
	}
	primary.URL, primary.Events, primary.Rate = "https://evil.example", []kyc.EventType{kyc.EventSessionStarted}, 7
	if err := r.UpdateEndpoint(t.Context(), w.owner, primary); err != nil {
		t.Fatal(err)
	}
	if again, _ := r.Endpoint(t.Context(), w.owner, w.scenario.ID); again.URL != "https://shop.example/hook" || again.Rate != 7 || !again.Wants(kyc.EventSessionStarted) {
		t.Errorf("the primary one: %+v", again)
	}
	if err := r.DeleteEndpoint(t.Context(), w.owner, w.scenario.ID); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("the primary one was deleted: %v", err)
	}
	for range maxEndpoints - 2 {
		w.add(r, kyc.Endpoint{})
	}
	if _, err := r.CreateEndpoint(t.Context(), w.owner, &kyc.Endpoint{ScenarioID: w.scenario.ID, Name: "x", URL: "https://x.example"}); kyc.KindOf(err) != kyc.TooMany {
		t.Errorf("one too many: %v", err)
	}
}

// TestSeveralEndpointsW28: each gets what it asked for, in its mode, signed with
// its own secret.
func TestSeveralEndpointsW28(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t)
	steps, stepsSecret := w.add(r, kyc.Endpoint{URL: "https://steps.example/", Mode: kyc.CallbackThin, Events: []kyc.EventType{kyc.EventSessionStarted, kyc.EventStepFinished}})
	all, allSecret := w.add(r, kyc.Endpoint{URL: "https://all.example/", Events: kyc.EventTypes(), AppendClientKey: true})
	w.notify(r, w.session, kyc.EventSessionStarted)
	w.notify(r, w.session, kyc.EventStepFinished)
	w.final(r, w.session)
	if err := w.work(r); err != nil {
		t.Fatal(err)
	}
	names := func(address string) (events []string) {
		for _, p := range w.posts(address) {
			events = append(events, p.header.Get("openkyc-event"))
		}
		return events
	}
	if got := names(w.scenario.Callback.URL); !equal(got, "session.final") {
		t.Errorf("the primary one got %v", got)
	}
	if got := names(steps.URL); !equal(got, "session.started", "session.step") {
		t.Errorf("the one for steps got %v", got)
	}
	if got := names(all.URL + "?clientKey=user_123"); !equal(got, "session.started", "session.step", "session.final") {
		t.Errorf("the one for all got %v", got)
	}
	for address, want := range map[string]int{w.scenario.Callback.URL: 0, steps.URL: 1, all.URL + "?clientKey=user_123": 2} {
		for _, p := range w.posts(address) {
			if got := signers(p, secret, stepsSecret, allSecret); !equal(got, want) {
				t.Errorf("W5: %s is signed by %v", address, got)
			}
		}
	}
	for _, p := range w.posts(all.URL + "?clientKey=user_123") {
		if opened, err := client.OpenWebhook(allSecret, []byte(p.body)); err != nil || !strings.HasPrefix(p.body, `{"encrypted":`) || !bytes.Contains(opened, []byte("user_123")) {
			t.Errorf("W6: %s opens as %s, %v", p.body, opened, err)
		}
	}
}

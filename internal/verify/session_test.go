package verify_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

func TestJourneyEndsInSuccess(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.begin("user_123").Session.ID
	for step := range 3 {
		r.clock.pass(time.Second)
		state := r.send(id, step)
		if want := step + 1; state.Step != want {
			t.Fatalf("after step %d the session is at %d: %+v", step, state.Step, state)
		}
	}
	view, err := r.Status(context.Background(), r.owner, verify.StatusRequest{ClientKey: "user_123"})
	if err != nil {
		t.Fatal(err)
	}
	if view.Status != kyc.Success || view.SessionID != id || view.ClientKey != "user_123" || view.SecondsToLive != 0 || time.Duration(view.Spent) != 3*time.Second {
		t.Fatalf("%+v", view)
	}
	var kinds []string
	for _, result := range view.Results {
		kinds = append(kinds, string(result.Type)+" "+string(result.Status))
	}
	if got := strings.Join(kinds, ", "); got != "document success, selfie success, liveness success, faces success" {
		t.Fatalf("results: %s", got)
	}
	pair := view.Results[3].Checks.Value[0].Items[0]
	if len(pair.Images) != 2 || !strings.Contains(pair.Images[0], "/document_0/1_face.jpg") || !strings.Contains(pair.Images[1], "/selfie_1/1_face.jpg") {
		t.Errorf("the pair's pictures: %v", pair.Images)
	}
	if len(r.announcer.bodies) != 1 || !bytes.Contains(r.announcer.bodies[0], []byte(`"clientKey":"user_123"`)) {
		t.Errorf("%d announcements", len(r.announcer.bodies))
	}
	if string(r.engines.seen[0]) != "page" {
		t.Errorf("the engine saw %q", r.engines.seen[0])
	}
	for key, sealed := range r.blobs.files {
		if bytes.Contains(sealed, []byte("page")) || bytes.Contains(sealed, []byte("cut of")) {
			t.Errorf("%s is stored in clear", key)
		}
	}
}

func TestFailedStepCanBeRedone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = []kyc.Step{{Type: kyc.StepDocument, Attempts: 2}} })
	id := r.begin("a").Session.ID
	r.engines.document = failing(kyc.NoMRZ)
	state := r.send(id, 0)
	if state.Status != kyc.Idle || state.TriesLeft != 1 || len(state.LastErrors) != 1 || state.LastErrors[0] != kyc.NoMRZ {
		t.Fatalf("after the first try: %+v", state)
	}
	r.engines.document = good("document_0")
	if state = r.send(id, 0); state.Status != kyc.Success {
		t.Fatalf("after the second try: %+v", state)
	}
	view, err := r.View(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	first := view.Results[0]
	if first.Tries != 2 || len(first.History) != 1 || first.History[0].Errors[0] != kyc.NoMRZ || first.History[0].Status != kyc.Failed || first.Status != kyc.Success {
		t.Fatalf("%+v", first)
	}
}

func TestNoAttemptsLeftFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps[0].Attempts = 1 })
	r.engines.document = failing(kyc.NoDocuments)
	id := r.begin("a").Session.ID
	if state := r.send(id, 0); state.Status != kyc.Failed {
		t.Fatalf("%+v", state)
	}
	view, _ := r.View(context.Background(), id)
	if len(view.Results) != 1 || len(view.Errors) != 1 || view.Errors[0] != string(kyc.NoDocuments) {
		t.Fatalf("steps that were not reached have no result: %+v", view)
	}
	if _, err := r.StartAttempt(context.Background(), id, 0); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("a final session takes another try: %v", err)
	}
}

func TestFacesDecide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		match func() (*kyc.Finding, error)
		soft  kyc.SoftChecks
		want  kyc.Status
	}{
		"another face":          {matching(kyc.Failed), nil, kyc.Failed},
		"another face, soft":    {matching(kyc.Failed), kyc.SoftChecks{"document_0 & selfie"}, kyc.Suspicious},
		"nothing to compare":    {failing(kyc.FacesNothing), nil, kyc.Failed},
		"the same face":         {matching(kyc.Success), nil, kyc.Success},
		"check without verdict": {matching(""), nil, kyc.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(d *kyc.Definition) { d.Steps, d.Soft = d.Steps[:2], c.soft })
			r.engines.match = c.match
			id := r.begin("a").Session.ID
			r.send(id, 0)
			if state := r.send(id, 1); state.Status != c.want {
				t.Fatalf("%s, want %s", state.Status, c.want)
			}
		})
	}
}

// S46: a broken engine is retried, and then ends in an exception, never in a pass.
func TestBrokenEngineFailsClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = []kyc.Step{{Type: kyc.StepDocument, Attempts: 1}} })
	broken := errors.New("the model is gone")
	r.engines.document = func() (*kyc.Finding, error) { return nil, broken }
	ctx := context.Background()
	id := r.begin("a").Session.ID
	if _, err := r.StartAttempt(ctx, id, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Submit(ctx, id, verify.SubmitRequest{Step: 0, Try: 1, Uploads: []kyc.Upload{picture("p")}}); err != nil {
		t.Fatal(err)
	}
	job := r.queue.take()[0]
	if err := r.Check(ctx, job.Payload, 1, false); !errors.Is(err, broken) {
		t.Fatalf("the queue must learn of the failure to retry it: %v", err)
	}
	if state := r.state(id); state.Status != kyc.Processing {
		t.Fatalf("%+v", state)
	}
	if err := r.Check(ctx, job.Payload, 4, true); err != nil {
		t.Fatal(err)
	}
	if state := r.state(id); state.Status != kyc.Exception {
		t.Fatalf("%+v", state)
	}
}

// A job that runs again, as after a crash, has no second effect.
func TestCheckTakesEffectOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = []kyc.Step{{Type: kyc.StepDocument}} })
	ctx := context.Background()
	id := r.begin("a").Session.ID
	if _, err := r.StartAttempt(ctx, id, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Submit(ctx, id, verify.SubmitRequest{Step: 0, Try: 1, Uploads: []kyc.Upload{picture("p")}}); err != nil {
		t.Fatal(err)
	}
	job := r.queue.take()[0]
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if err := r.Check(ctx, job.Payload, 1, false); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := r.Check(ctx, job.Payload, 2, false); err != nil {
		t.Fatal(err)
	}
	if n := len(r.announcer.bodies); n != 1 {
		t.Fatalf("%d announcements of one verdict", n)
	}
	events, err := r.Timeline(ctx, r.owner, id)
	if err != nil {
		t.Fatal(err)
	}
	finals := 0
	for _, e := range events {
		if e.Kind == "session.final" {
			finals++
		}
	}
	if finals != 1 {
		t.Fatalf("%d verdicts", finals)
	}
}

func TestBadFileIsAResult(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx := context.Background()
	id := r.begin("a").Session.ID
	state, _ := r.StartAttempt(ctx, id, 0)
	state, err := r.Submit(ctx, id, verify.SubmitRequest{Step: 0, Try: state.Try, Uploads: []kyc.Upload{{Fault: kyc.BadImage}}})
	if err != nil {
		t.Fatal(err)
	}
	if state.Status != kyc.Idle || state.TriesLeft != 2 || state.LastErrors[0] != kyc.BadImage || len(r.queue.take()) != 0 {
		t.Fatalf("%+v", state)
	}
}

func TestResumeUnderTheSameKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	first := r.begin("user")
	r.send(first.Session.ID, 0)
	r.clock.pass(time.Minute)
	again := r.begin("user") // a fresh encryption of the same key
	if again.Session.ID != first.Session.ID {
		t.Fatal("an interrupted session must be resumed")
	}
	if _, err := r.Attach(context.Background(), first.Credential); kyc.KindOf(err) != kyc.Unauthorised {
		t.Errorf("the widget before still holds the session: %v", err)
	}
	if s, err := r.Attach(context.Background(), again.Credential); err != nil || s.ID != first.Session.ID {
		t.Errorf("the new widget: %v", err)
	}
	if state := r.state(again.Session.ID); state.Step != 1 {
		t.Errorf("the finished step is lost: %+v", state)
	}
	if other := r.begin("somebody else"); other.Session.ID == first.Session.ID {
		t.Error("another key must open another session")
	}
}

func TestSessionKeepsItsRevision(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = d.Steps[:2] })
	id := r.begin("a").Session.ID
	r.scenario.Steps = r.scenario.Steps[:1]
	r.do(func(ctx context.Context, tx kyc.Tx) error { return r.store.SaveScenario(ctx, tx, r.scenario) })
	if state := r.send(id, 0); len(state.Steps) != 2 || state.Status != kyc.Idle {
		t.Fatalf("%+v", state)
	}
	if again := r.begin("a"); again.Scenario.Revision != 1 {
		t.Errorf("resumed at revision %d", again.Scenario.Revision)
	}
	if fresh := r.begin("b"); fresh.Scenario.Revision != 2 {
		t.Errorf("a new session begins with revision %d", fresh.Scenario.Revision)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	idle, busy := r.begin("idle").Session.ID, r.begin("busy").Session.ID
	ctx := context.Background()
	state, _ := r.StartAttempt(ctx, busy, 0)
	if _, err := r.Submit(ctx, busy, verify.SubmitRequest{Step: 0, Try: state.Try, Uploads: []kyc.Upload{picture("p")}}); err != nil {
		t.Fatal(err)
	}
	r.clock.pass(2 * time.Hour)
	if _, err := r.StartAttempt(ctx, idle, 0); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("an expired session takes input: %v", err)
	}
	if err := r.Expire(ctx); err != nil {
		t.Fatal(err)
	}
	if state := r.state(idle); state.Status != kyc.Expired || state.SecondsToLive != 0 {
		t.Errorf("%+v", state)
	}
	if state := r.state(busy); state.Status != kyc.Processing {
		t.Errorf("the person was in time: %+v", state)
	}
	if len(r.announcer.bodies) != 1 || !bytes.Contains(r.announcer.bodies[0], []byte(`"status":"expired"`)) {
		t.Errorf("expiry must be announced: %d", len(r.announcer.bodies))
	}
}

// S47: a challenge that was left to run out costs a try.
func TestChallengeCannotBeRedrawnForFree(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = []kyc.Step{{Type: kyc.StepLiveness, Attempts: 2}} })
	ctx := context.Background()
	id := r.begin("a").Session.ID
	first, _ := r.StartAttempt(ctx, id, 0)
	again, _ := r.StartAttempt(ctx, id, 0)
	if first.Challenge == nil || again.Try != 1 || !again.Challenge.Deadline.Equal(first.Challenge.Deadline) {
		t.Fatalf("the open challenge must stay: %+v", again)
	}
	r.clock.pass(2 * time.Minute)
	second, err := r.StartAttempt(ctx, id, 0)
	if err != nil || second.Try != 2 || second.LastErrors[0] != kyc.LivenessLate {
		t.Fatalf("%+v %v", second, err)
	}
	r.clock.pass(2 * time.Minute)
	if last, err := r.StartAttempt(ctx, id, 0); err != nil || last.Status != kyc.Failed {
		t.Fatalf("%+v %v", last, err)
	}
}

func TestEveryBadKeyGivesTheOneSentence(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	foreign, _ := client.EncryptKey("another secret", "user_123")
	for name, token := range map[string]string{"raw": "user_123", "empty": "", "wrong secret": foreign, "cut": r.token("user_123")[:30], "v2 nonsense": "v2.AAAA"} {
		_, err := r.Begin(context.Background(), verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token})
		if kyc.SafeMessage(err) != kyc.MessageDecryption || kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, err := r.Filter(context.Background(), r.owner, kyc.SessionFilter{Page: 1, PageSize: 10})
	if err != nil || len(page.Sessions) != 0 {
		t.Errorf("something was stored: %+v %v", page, err)
	}
}

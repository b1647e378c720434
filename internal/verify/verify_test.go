package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/verify"
)

// rig is a room on a real store, with engines, queue and announcer that the
// test owns. Jobs run when the test says so.
type rig struct {
	*verify.Room
	t         *testing.T
	store     *store.Store
	clock     *clock
	engines   *engines
	queue     *queue
	announcer *announcer
	blobs     *blobs
	scenario  *kyc.Scenario
	owner     *kyc.Principal
}

func newRig(t *testing.T, change func(*kyc.Definition)) *rig {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	s := storetest.OpenFile(t, t.TempDir()+"/openkyc.db", c.Now)
	r := &rig{t: t, store: s, clock: c, engines: newEngines(), queue: &queue{}, announcer: &announcer{}, blobs: &blobs{files: map[string][]byte{}}}
	r.Room = verify.New(verify.Deps{Store: s, Blobs: r.blobs, Sealer: storetest.Keys{}, Queue: r.queue, Documents: r.engines, Faces: r.engines,
		Announcer: r.announcer, Pictures: sizes{}, Draw: draw, Now: c.Now, Random: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
	account := &kyc.Account{ID: newID(t), Name: "Shop"}
	d := kyc.Definition{Name: "All", Steps: []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}, {Type: kyc.StepLiveness}}}
	d.Normalise()
	if change != nil {
		change(&d)
	}
	r.scenario = &kyc.Scenario{ID: newID(t), AccountID: account.ID, Secret: "s3cret", WebhookSecret: "whsec_x", Definition: d}
	r.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(s.CreateAccount(ctx, tx, account), s.SaveScenario(ctx, tx, r.scenario))
	})
	r.owner = &kyc.Principal{AccountID: account.ID, UserID: "owner", Role: kyc.RoleOwner}
	return r
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (r *rig) do(work func(ctx context.Context, tx kyc.Tx) error) {
	r.t.Helper()
	if err := r.store.Do(context.Background(), func(tx kyc.Tx) error { return work(context.Background(), tx) }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) token(raw string) string {
	r.t.Helper()
	token, err := client.EncryptKey(r.scenario.Secret, raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

func (r *rig) begin(raw string) verify.Started {
	r.t.Helper()
	started, err := r.Begin(context.Background(), verify.BeginRequest{ScenarioID: r.scenario.ID, Token: r.token(raw)})
	if err != nil {
		r.t.Fatal(err)
	}
	return started
}

// send does one step of a session: start, submit, run the job.
func (r *rig) send(id string, step int) verify.State {
	r.t.Helper()
	ctx := context.Background()
	state, err := r.StartAttempt(ctx, id, step)
	if err != nil {
		r.t.Fatal(err)
	}
	req := verify.SubmitRequest{Step: step, Try: state.Try, Uploads: []kyc.Upload{picture("page")}}
	if state.Steps[step].Type == kyc.StepLiveness {
		req.Frames = []kyc.FrameMark{{AtMS: 1}}
	}
	if _, err := r.Submit(ctx, id, req); err != nil {
		r.t.Fatal(err)
	}
	r.work()
	return r.state(id)
}

func (r *rig) state(id string) verify.State {
	r.t.Helper()
	state, err := r.State(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return state
}

// work runs all jobs that wait.
func (r *rig) work() {
	r.t.Helper()
	for _, job := range r.queue.take() {
		if err := r.Check(context.Background(), job.Payload, 1, false); err != nil {
			r.t.Fatal(err)
		}
	}
}

func picture(content string) kyc.Upload {
	return kyc.Upload{Picture: kyc.Picture{JPEG: []byte(content), Width: 640, Height: 480}}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// engines answers with findings that the test chose.
type engines struct {
	document, selfie, liveness, match func() (*kyc.Finding, error)
	seen                              [][]byte
}

func good(label string) func() (*kyc.Finding, error) {
	return func() (*kyc.Finding, error) {
		f := &kyc.Finding{Checks: []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{kyc.Passed("isCropped", true)}}},
			Templates: []kyc.Template{{Label: label, Vector: []float32{1, 2}, Model: "m"}}, Cuts: []kyc.Cut{{Name: "face", JPEG: []byte("cut of " + label), Width: 10, Height: 10}}}
		if label == "document_0" {
			f.DocName, f.CountryCode = "Passport", "UTO"
			f.OCR = kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "Surname", Value: "ERIKSSON", Conf: kyc.High}}}
		}
		return f, nil
	}
}

func failing(code kyc.Code) func() (*kyc.Finding, error) {
	return func() (*kyc.Finding, error) { return &kyc.Finding{Errors: []kyc.Code{code}}, nil }
}

func matching(status kyc.Status) func() (*kyc.Finding, error) {
	return func() (*kyc.Finding, error) {
		return &kyc.Finding{Checks: []kyc.CheckGroup{{Caption: kyc.GroupFaceMatching, Items: []kyc.CheckItem{{Status: status, Caption: "document_0 & selfie", Value: "82%"}}}}}, nil
	}
}

func newEngines() *engines {
	return &engines{document: good("document_0"), selfie: good("selfie"), liveness: good("liveness_0"), match: matching(kyc.Success)}
}

func (e *engines) Check(_ context.Context, in kyc.DocumentInput) (*kyc.Finding, error) {
	e.seen = append(e.seen, in.Pictures[0].JPEG)
	return e.document()
}
func (e *engines) Selfie(context.Context, kyc.SelfieInput) (*kyc.Finding, error) { return e.selfie() }
func (e *engines) Liveness(context.Context, kyc.LivenessInput) (*kyc.Finding, error) {
	return e.liveness()
}
func (e *engines) Match(context.Context, []kyc.Template, float64) (*kyc.Finding, error) {
	return e.match()
}
func draw(_ io.Reader, now time.Time) (kyc.Challenge, error) {
	return kyc.Challenge{Nonce: "n", Moves: []kyc.Move{kyc.MoveCentre, kyc.MoveLeft}, IssuedAt: now, Deadline: now.Add(time.Minute)}, nil
}

type queue struct {
	mu   sync.Mutex
	jobs []kyc.Job
}

func (q *queue) Insert(_ context.Context, _ kyc.Tx, job kyc.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, job)
	return nil
}

func (q *queue) take() []kyc.Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.jobs
	q.jobs = nil
	return jobs
}

// announcer remembers the bodies of final sessions.
type announcer struct{ bodies [][]byte }

func (a *announcer) Announce(_ context.Context, _ kyc.Tx, _ *kyc.Scenario, _ *kyc.Session, body func() ([]byte, error)) error {
	b, err := body()
	a.bodies = append(a.bodies, b)
	return err
}

type blobs struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (b *blobs) Put(_ context.Context, key string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.files[key]; ok {
		return kyc.Errorf(kyc.Conflict, "there already")
	}
	b.files[key] = data
	return nil
}

func (b *blobs) Get(_ context.Context, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.files[key]
	if !ok {
		return nil, kyc.ErrNotFound()
	}
	return data, nil
}

func (b *blobs) Delete(_ context.Context, key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.files, key)
	return nil
}

type sizes struct{}

func (sizes) Shrink(jpeg []byte, _ int) ([]byte, error) {
	return append([]byte("small "), jpeg...), nil
}

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

// Section 2: version 1 has no authentication, so a known block under another
// predecessor is refused, and leaves nothing behind.
func TestMalleatedKeyIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token := r.token("550e8400-e29b-41d4-a716-446655440000")
	ctx := context.Background()
	if _, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token}); err != nil {
		t.Fatalf("a page that is loaded again sends the same key: %v", err)
	}
	bytes, _ := base64.StdEncoding.DecodeString(token)
	flipped := append([]byte{}, bytes...)
	flipped[0] ^= 1 // "4" instead of "5": another customer
	for name, forged := range map[string][]byte{"bit of the IV": flipped, "without its IV": bytes[16:]} {
		_, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: base64.StdEncoding.EncodeToString(forged)})
		if kyc.SafeMessage(err) != kyc.MessageDecryption {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, _ := r.Filter(ctx, r.owner, kyc.SessionFilter{Page: 1, PageSize: 10})
	if len(page.Sessions) != 1 {
		t.Errorf("%d sessions", len(page.Sessions))
	}
}

func TestVersionTwoKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.RequireKeyVersion = 2 })
	ctx := context.Background()
	begin := func(token string) error {
		_, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token})
		return err
	}
	r.clock.now = time.Now() // the client package reads the real clock
	token, err := client.EncryptKeyV2(r.scenario.Secret, r.scenario.ID, "user", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := begin(r.token("user")); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("a version 1 key where version 2 is insisted on: %v", err)
	}
	if err := begin(token); err != nil {
		t.Errorf("a good version 2 key: %v", err)
	}
	if err := begin(token); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("a version 2 key works once (S21): %v", err)
	}
	other, _ := client.EncryptKeyV2(r.scenario.Secret, newID(t), "user", time.Minute)
	if err := begin(other); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("a key of another scenario: %v", err)
	}
	late, _ := client.EncryptKeyV2(r.scenario.Secret, r.scenario.ID, "user", time.Minute)
	r.clock.pass(2 * time.Minute)
	if err := begin(late); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("an expired key: %v", err)
	}
}

// S17: a session id is a name, not a credential.
func TestAttach(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	started := r.begin("a")
	id, secret, _ := strings.Cut(started.Credential, ".")
	for _, credential := range []string{"", id, id + ".", id + "." + secret[1:], secret, newID(t) + "." + secret} {
		if _, err := r.Attach(context.Background(), credential); kyc.KindOf(err) != kyc.Unauthorised {
			t.Errorf("%q: %v", credential, err)
		}
	}
}

// S9: somebody else's id answers as one that does not exist.
func TestForeignersSeeNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.begin("user_123").Session.ID
	r.send(id, 0)
	ctx := context.Background()
	stranger := &kyc.Principal{AccountID: newID(t), Role: kyc.RoleOwner}
	calls := map[string]func(p *kyc.Principal) error{
		"status by id": func(p *kyc.Principal) error {
			_, err := r.Status(ctx, p, verify.StatusRequest{SessionID: id})
			return err
		},
		"status by key": func(p *kyc.Principal) error {
			_, err := r.Status(ctx, p, verify.StatusRequest{ClientKey: "user_123"})
			return err
		},
		"timeline": func(p *kyc.Principal) error { _, err := r.Timeline(ctx, p, id); return err },
		"image": func(p *kyc.Principal) error {
			_, err := r.Image(ctx, p, verify.ImageRequest{OwnerID: r.owner.AccountID, SessionID: id, Step: "document_0", Image: "1_0.jpg"})
			return err
		},
		"thumb": func(p *kyc.Principal) error {
			_, err := r.Thumb(ctx, p, r.owner.AccountID, id, "document_0")
			return err
		},
		"attach pictures": func(p *kyc.Principal) error {
			_, err := r.Process(ctx, p, verify.ProcessRequest{SessionID: id, Uploads: []kyc.Upload{picture("x")}, Async: true})
			return err
		},
	}
	for name, call := range calls {
		if err := call(stranger); kyc.KindOf(err) != kyc.NotFound || kyc.SafeMessage(err) != kyc.MessageNotFound {
			t.Errorf("%s for a stranger: %v", name, err)
		}
		if err := call(r.owner); err != nil {
			t.Errorf("%s for the owner: %v", name, err)
		}
		if err := call(&kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate}); err == nil && name != "status by id" && name != "status by key" {
			t.Errorf("%s needs a permission", name)
		}
	}
	if page, err := r.Filter(ctx, stranger, kyc.SessionFilter{AccountID: r.owner.AccountID, Page: 1, PageSize: 10}); err != nil || len(page.Sessions) != 0 {
		t.Errorf("filter for a stranger: %d %v", len(page.Sessions), err)
	}
}

func TestStatusRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for name, req := range map[string]verify.StatusRequest{
		"neither": {}, "version 4": {SessionID: "b5e2a0f4-c7b1-41f0-8de9-0242ac120002"}, "too long": {ClientKey: strings.Repeat("x", 37)},
	} {
		_, err := r.Status(context.Background(), r.owner, req)
		var known *kyc.Error
		if !errors.As(err, &known) || known.Message != kyc.MessageInvalidSchema || len(known.Details) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = d.Steps[:2] })
	ctx := context.Background()
	req := verify.ProcessRequest{ScenarioID: r.scenario.ID, ClientKey: "raw:1", Uploads: []kyc.Upload{picture("doc"), picture("selfie")}, Async: true}
	view, err := r.Process(ctx, r.owner, req)
	if err != nil || view.Status != kyc.Processing {
		t.Fatalf("%+v %v", view, err)
	}
	r.work() // the document; the selfie follows by itself
	r.work()
	view, err = r.View(ctx, view.SessionID)
	if err != nil || view.Status != kyc.Success || len(view.Results) != 3 {
		t.Fatalf("%+v %v", view, err)
	}

	// Nobody is there to try again: one failed step is the end.
	r.engines.document = failing(kyc.NoDocuments)
	view, err = r.Process(ctx, r.owner, req)
	if err != nil {
		t.Fatal(err)
	}
	r.work()
	if view, _ = r.View(ctx, view.SessionID); view.Status != kyc.Failed {
		t.Fatalf("%+v", view)
	}
	r.engines.document = good("document_0")

	// A bad file anywhere is a failed result, whatever the other pictures are.
	for _, uploads := range [][]kyc.Upload{{{Fault: kyc.BadImage}, picture("s")}, {picture("d"), {Fault: kyc.TooSmallImage}}} {
		req.Uploads = uploads
		view, err = r.Process(ctx, r.owner, req)
		if err != nil {
			t.Fatal(err)
		}
		r.work()
		view, _ = r.View(ctx, view.SessionID)
		if view.Status != kyc.Failed || len(view.Errors) != 1 {
			b, _ := json.Marshal(view)
			t.Errorf("%s", b)
		}
	}
}

func TestProcessWaitsForLivenessByWidget(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx := context.Background()
	view, err := r.Process(ctx, r.owner, verify.ProcessRequest{ScenarioID: r.scenario.ID, ClientKey: "raw", Uploads: []kyc.Upload{picture("d"), picture("s"), picture("back")}, Async: true})
	if err != nil {
		t.Fatal(err)
	}
	r.work()
	r.work()
	view, err = r.View(ctx, view.SessionID)
	if err != nil || view.Status != kyc.Idle || len(view.Results) != 2 || len(view.Results[0].Images.Value) != 2 {
		t.Fatalf("%+v %v", view, err)
	}
	_, err = r.Process(ctx, r.owner, verify.ProcessRequest{SessionID: view.SessionID, Uploads: []kyc.Upload{picture("more")}})
	if kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("no step is left that takes pictures: %v", err)
	}
}

func TestImageSizes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.begin("a").Session.ID
	r.send(id, 0)
	ctx := context.Background()
	req := verify.ImageRequest{OwnerID: r.owner.AccountID, SessionID: id, Step: "document_0", Image: "1_0.jpg"}
	small, err := r.Image(ctx, r.owner, req)
	if err != nil || string(small) != "small page" {
		t.Errorf("%q %v", small, err)
	}
	req.Full = true
	if full, err := r.Image(ctx, r.owner, req); err != nil || string(full) != "page" {
		t.Errorf("%q %v", full, err)
	}
	if thumb, err := r.Thumb(ctx, r.owner, r.owner.AccountID, id, "document_0"); err != nil || string(thumb) != "small cut of document_0" {
		t.Errorf("%q %v", thumb, err)
	}
	for _, bad := range []verify.ImageRequest{{Step: "selfie_0", Image: "1_0"}, {Step: "document_9", Image: "1_0"}, {Step: "document_0", Image: "1_x"}, {Step: "x", Image: "y"}} {
		bad.OwnerID, bad.SessionID = r.owner.AccountID, id
		if _, err := r.Image(ctx, r.owner, bad); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

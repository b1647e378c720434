package verify_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	lists     *lists
	scenario  *kyc.Scenario
	owner     *kyc.Principal
}

func newRig(t *testing.T, change func(*kyc.Definition)) *rig {
	t.Helper()
	c := newClock()
	return rigOn(t, storetest.OpenFile(t, t.TempDir()+"/openkyc.db", c.Now), c, change)
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func rigOn(t *testing.T, s *store.Store, c *clock, change func(*kyc.Definition)) *rig {
	t.Helper()
	r := &rig{t: t, store: s, clock: c, engines: newEngines(), queue: &queue{}, announcer: &announcer{}, blobs: &blobs{files: map[string][]byte{}}, lists: &lists{store: s}}
	r.Room = r.room(s)
	account := &kyc.Account{ID: newID(t), Name: "Shop"}
	d := kyc.Definition{Name: "All", Steps: []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}, {Type: kyc.StepLiveness}}}
	d.Normalise()
	if change != nil {
		change(&d)
		d.Normalise()
	}
	r.scenario = &kyc.Scenario{ID: newID(t), AccountID: account.ID, Secret: "s3cret", WebhookSecret: "whsec_x", Definition: d}
	r.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(s.CreateAccount(ctx, tx, account), s.SaveScenario(ctx, tx, r.scenario))
	})
	r.owner = &kyc.Principal{AccountID: account.ID, UserID: "owner", Role: kyc.RoleOwner}
	return r
}

// room is a node's: nodes share everything but the connection and what is in memory.
func (r *rig) room(s *store.Store) *verify.Room {
	return verify.New(verify.Deps{SigningKey: []byte("a key of the tests, 32 bytes long"), Store: s, Blobs: r.blobs, Sealer: storetest.Keys{}, Queue: r.queue, Documents: r.engines, Faces: r.engines, Persons: r.lists,
		Announcer: r.announcer, Pictures: sizes{}, Draw: draw, Now: r.clock.Now, Random: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
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
	film                              func(ctx context.Context, in kyc.LivenessInput) (*kyc.Finding, error) // instead of liveness
	snap                              func(ctx context.Context, in kyc.SelfieInput) (*kyc.Finding, error)   // instead of selfie
	seen                              [][]byte
	proofs                            []kyc.AddressInput
	estimated                         bool // an estimate was asked for
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
func (e *engines) CheckAddress(_ context.Context, in kyc.AddressInput) (*kyc.Finding, error) {
	e.proofs = append(e.proofs, in)
	return &kyc.Finding{DocName: "Utility bill", OCR: kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "address", Value: "12 High Street"}}},
		Checks: []kyc.CheckGroup{{Caption: kyc.GroupAddress, Items: []kyc.CheckItem{kyc.Passed("isAddressFound", true)}}}}, nil
}
func (e *engines) Selfie(ctx context.Context, in kyc.SelfieInput) (*kyc.Finding, error) {
	e.estimated = in.Estimate
	if e.snap != nil {
		return e.snap(ctx, in)
	}
	return e.selfie()
}
func (e *engines) Liveness(ctx context.Context, in kyc.LivenessInput) (*kyc.Finding, error) {
	if e.film != nil {
		return e.film(ctx, in)
	}
	return e.liveness()
}
func (e *engines) Match(context.Context, []kyc.Template, kyc.FaceLimit) (*kyc.Finding, error) {
	return e.match()
}
func draw(_ io.Reader, now time.Time, rules kyc.LivenessRules) (kyc.Challenge, error) {
	c := kyc.Challenge{Nonce: "n", Moves: append([]kyc.Move{kyc.MoveCentre, kyc.MoveLeft}, rules.Moves...), IssuedAt: now, Deadline: now.Add(time.Minute)}
	if rules.Light != kyc.LightOff {
		c.Light = []kyc.Colour{kyc.Red}
	}
	return c, nil
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

// announcer remembers the bodies of final sessions, and what it was notified of before.
type announcer struct {
	mu     sync.Mutex
	bodies [][]byte
	told   []string
	during func() // called in the middle of a unit of work that ends a step
}

func (a *announcer) Notify(_ context.Context, _ kyc.Tx, event kyc.EventType, _ *kyc.Scenario, s *kyc.Session, _ kyc.EventDetail) error {
	if a.during != nil && event == kyc.EventStepFinished {
		a.during()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = append(a.told, fmt.Sprintf("%s %s", event, s.Status))
	return nil
}

func (a *announcer) Announce(_ context.Context, _ kyc.Tx, _ *kyc.Scenario, _ *kyc.Session, body func() ([]byte, error)) error {
	b, err := body()
	a.mu.Lock()
	defer a.mu.Unlock()
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

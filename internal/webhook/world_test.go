package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// world is a real store with a clock of its own, and a queue and a receiver in
// memory.
type world struct {
	*store.Store
	t        *testing.T
	path     string // of the database
	account  *kyc.Account
	scenario *kyc.Scenario
	session  *kyc.Session // what announce announces
	owner    *kyc.Principal

	mu   sync.Mutex
	now  time.Time
	fail error // what AddDeliveryAttempts returns, once
	jobs []kyc.Job

	sendMu sync.Mutex
	sent   []post
	answer func(ctx context.Context, n int) (kyc.Answer, error)  // n from 1
	route  func(ctx context.Context, p post) (kyc.Answer, error) // instead of answer when not nil
}

type post struct {
	address string
	header  http.Header
	body    string
	at      time.Time
}

func newWorld(t *testing.T) (*world, *Room) {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		answer: func(context.Context, int) (kyc.Answer, error) { return kyc.Answer{Code: 204}, nil }}
	w.path = filepath.Join(t.TempDir(), "openkyc.db")
	w.Store = storetest.OpenFile(t, w.path, w.clock)
	w.account, w.scenario = w.tenant("Shop")
	w.owner = &kyc.Principal{AccountID: w.account.ID, UserID: "user", Role: kyc.RoleOwner}
	w.session = w.begin("user_123")
	return w, w.room(Deps{})
}

// room builds a room over the world with some of its limits changed.
func (w *world) room(d Deps) *Room {
	d.Store, d.Queue, d.Sender, d.Now, d.Random = units{w.Store, w}, w, w, w.clock, rand.Reader
	return New(d)
}

// units lets the recording of an attempt fail.
type units struct {
	*store.Store
	w *world
}

func (u units) AddDeliveryAttempts(ctx context.Context, tx kyc.Tx, tries ...kyc.DeliveryAttempt) error {
	u.w.mu.Lock()
	err := u.w.fail
	u.w.fail = nil
	u.w.mu.Unlock()
	if err != nil {
		return err
	}
	return u.Store.AddDeliveryAttempts(ctx, tx, tries...)
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// tenant adds an account with a scenario whose callback is plain.
func (w *world) tenant(name string) (*kyc.Account, *kyc.Scenario) {
	w.t.Helper()
	a := &kyc.Account{ID: newID(w.t), Name: name}
	c := &kyc.Scenario{ID: newID(w.t), AccountID: a.ID, Secret: "s3cret", WebhookSecret: secret}
	c.Name, c.Steps, c.Callback = "Passport", []kyc.Step{{Type: kyc.StepDocument}}, kyc.Callback{URL: "https://shop.example/hook", Mode: kyc.CallbackPlain}
	c.Normalise()
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(w.CreateAccount(ctx, tx, a), w.SaveScenario(ctx, tx, c))
	})
	return a, c
}

// revise changes the world's scenario, secrets included.
func (w *world) revise(change func(c *kyc.Scenario)) {
	w.t.Helper()
	change(w.scenario)
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(w.SaveScenario(ctx, tx, w.scenario), w.UpdateSecrets(ctx, tx, w.scenario.ID, w.scenario.Secret, w.scenario.WebhookSecret))
	})
}

// begin stores a session of the world's scenario.
func (w *world) begin(clientKey string) *kyc.Session {
	w.t.Helper()
	v := &kyc.Session{ID: newID(w.t), AccountID: w.scenario.AccountID, ScenarioID: w.scenario.ID, Revision: w.scenario.Revision, ClientKey: clientKey,
		Origin: kyc.OriginWidget, Status: kyc.Idle, CreatedAt: w.clock(), ExpiresAt: w.clock().Add(time.Hour)}
	w.do(func(ctx context.Context, tx kyc.Tx) error { return w.CreateSession(ctx, tx, v) })
	return v
}

// add adds an endpoint to the world's scenario.
func (w *world) add(r *Room, e kyc.Endpoint) (*kyc.Endpoint, string) {
	w.t.Helper()
	e.ScenarioID = w.scenario.ID
	if e.Name == "" {
		e.Name = "Second"
	}
	if e.URL == "" {
		e.URL = "https://other.example/hook"
	}
	secret, err := r.CreateEndpoint(w.t.Context(), w.owner, &e)
	if err != nil {
		w.t.Fatal(err)
	}
	return &e, secret
}

func (w *world) do(work func(ctx context.Context, tx kyc.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := w.Do(ctx, func(tx kyc.Tx) error { return work(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(work func(ctx context.Context, tx kyc.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := w.View(ctx, func(tx kyc.Tx) error { return work(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
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

// Insert keeps a job once its unit has committed.
func (w *world) Insert(_ context.Context, tx kyc.Tx, j kyc.Job) error {
	w.AfterCommit(tx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.jobs = append(w.jobs, j)
	})
	return nil
}

func (w *world) Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error) {
	p := post{address, header.Clone(), string(body), w.clock()}
	w.sendMu.Lock()
	w.sent = append(w.sent, p)
	n := len(w.sent)
	w.sendMu.Unlock()
	if w.route != nil {
		return w.route(ctx, p)
	}
	return w.answer(ctx, n)
}

// posts are those to one address, or all.
func (w *world) posts(address string) (found []post) {
	w.sendMu.Lock()
	defer w.sendMu.Unlock()
	for _, p := range w.sent {
		if address == "" || p.address == address {
			found = append(found, p)
		}
	}
	return found
}

// final announces that a session is final.
func (w *world) final(r *Room, s *kyc.Session) {
	w.t.Helper()
	s.Status = kyc.Success
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		return r.Announce(ctx, tx, w.scenario, s, func() ([]byte, error) { return []byte(`{"status":"success","clientKey":"user_123"}`), nil })
	})
}

// notify announces another event of a session.
func (w *world) notify(r *Room, s *kyc.Session, event kyc.EventType) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		return r.Notify(ctx, tx, event, w.scenario, s, kyc.EventDetail{})
	})
}

// announce announces the world's session and returns its delivery's id.
func (w *world) announce(r *Room) string {
	w.t.Helper()
	w.final(r, w.session)
	all := w.all()
	if len(all) != 1 {
		w.t.Fatalf("announce: %d deliveries", len(all))
	}
	return all[0].ID
}

// work sends what is due now, as the senders would, until nothing is, and
// returns the first error.
func (w *world) work(r *Room) error { return w.workAs(w.t.Context(), r) }

func (w *world) workAs(ctx context.Context, r *Room) (err error) {
	w.t.Helper()
	for {
		jobs := w.takeJobs()
		for _, j := range jobs {
			handle := map[string]func(context.Context, []byte, int, bool) error{JobReplay: r.ReplayBatch, JobLetter: r.Letter}[j.Kind]
			if handle == nil {
				w.t.Fatalf("a job of kind %q", j.Kind)
			}
			err = errors.Join(err, handle(ctx, j.Payload, 1, false))
		}
		n, e := w.round(ctx, r)
		if err = errors.Join(err, e); err != nil || n == 0 && len(jobs) == 0 {
			return err
		}
	}
}

// round is one claim with its attempts and their records; it tells how many.
func (w *world) round(ctx context.Context, r *Room) (int, error) {
	parcels, _, err := r.claim(context.WithoutCancel(ctx), claimBatch, func(string) int { return claimBatch })
	if err != nil || len(parcels) == 0 {
		return 0, err
	}
	tries := make([]*attempt, len(parcels))
	var sends sync.WaitGroup
	for i, p := range parcels {
		sends.Go(func() { tries[i] = r.send(ctx, p) })
	}
	sends.Wait()
	return len(parcels), r.record(context.WithoutCancel(ctx), tries)
}

func (w *world) takeJobs() []kyc.Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	jobs := w.jobs
	w.jobs = nil
	return jobs
}

// all are the account's deliveries, oldest first.
func (w *world) all() (all []*kyc.Delivery) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx kyc.Tx) error {
		page, err := w.ListDeliveries(ctx, tx, kyc.DeliveryFilter{AccountID: w.account.ID, PageSize: 1000})
		all = page.Deliveries
		return err
	})
	slices.Reverse(all)
	return all
}

func (w *world) only() kyc.Delivery {
	w.t.Helper()
	all := w.all()
	if len(all) != 1 {
		w.t.Fatalf("there are %d deliveries", len(all))
	}
	return *all[0]
}

// of are the deliveries to one endpoint, by their status.
func (w *world) of(endpointID string) map[kyc.DeliveryStatus]int {
	counts := map[kyc.DeliveryStatus]int{}
	for _, d := range w.all() {
		if d.EndpointID == endpointID {
			counts[d.Status]++
		}
	}
	return counts
}

func (w *world) attempts(id string) (all []kyc.DeliveryAttempt) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		all, err = w.DeliveryAttempts(ctx, tx, id)
		return err
	})
	return all
}

func (w *world) events() (all []kyc.Event) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		all, err = w.Events(ctx, tx, w.session.ID)
		return err
	})
	return all
}

func (w *world) kinds() (kinds []string) {
	for _, e := range w.events() {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// endpoint reads an endpoint as the sender does.
func (w *world) endpoint(id string) (e *kyc.Endpoint) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		e, err = w.Endpoint(ctx, tx, id)
		return err
	})
	return e
}

// genuine verifies a post as a receiver would, at the time it came.
func (w *world) genuine(p post) {
	w.t.Helper()
	if err := client.VerifyWebhook(secret, p.header, []byte(p.body), p.at); err != nil {
		w.t.Error(err)
	}
}

func answering(code int) func(context.Context, int) (kyc.Answer, error) {
	return func(context.Context, int) (kyc.Answer, error) { return kyc.Answer{Code: code}, nil }
}

// nodes runs senders until the test ends.
func (w *world) nodes(n int, d Deps) {
	w.t.Helper()
	var group sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for range n {
		r := w.room(d)
		group.Go(func() {
			if err := r.Run(ctx); err != nil {
				w.t.Error(err)
			}
		})
	}
	w.t.Cleanup(func() { stop(); group.Wait() })
}

package privacy_test

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/privacy"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// rig is a room on a real store and folder of pictures.
type rig struct {
	*privacy.Room
	t       *testing.T
	db      *store.Store
	objects blob.Store
	persons *persons
	jobs    []kyc.Job
	stuck   bool // pictures cannot be removed
	owner   *kyc.Principal
	mine    *kyc.Scenario
}

// persons has one person of each session that it is asked about.
type persons struct{ asked []string }

func (p *persons) Forget(_ context.Context, _ kyc.Tx, s *kyc.Session, actor string) (int, []string, error) {
	p.asked = append(p.asked, s.ID+" by "+actor)
	return 1, []string{"persons/p/" + s.ID}, nil
}

func (r *rig) Insert(_ context.Context, _ kyc.Tx, job kyc.Job) error {
	r.jobs = append(r.jobs, job)
	return nil
}

// Delete stands for the store of pictures, which may be away.
func (r *rig) Delete(ctx context.Context, key string) error {
	if r.stuck {
		return errors.New("the bucket is away")
	}
	return r.objects.Delete(ctx, key)
}

func (r *rig) list(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for info, err := range r.objects.List(ctx, prefix) {
			if !yield(info.Key, err) {
				return
			}
		}
	}
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func newRig(t *testing.T) *rig {
	t.Helper()
	objects, err := blob.Open(t.Context(), t.TempDir(), blob.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = objects.Close() })
	r := &rig{t: t, db: storetest.OpenFile(t, t.TempDir()+"/openkyc.db", time.Now), objects: objects, persons: &persons{}}
	r.Room = privacy.New(privacy.Deps{Store: r.db, Persons: r.persons, Blobs: r, List: r.list, Queue: r, Logger: slog.New(slog.DiscardHandler)})
	r.owner, r.mine = r.tenant("Shop")
	return r
}

func (r *rig) tenant(name string) (*kyc.Principal, *kyc.Scenario) {
	r.t.Helper()
	account := &kyc.Account{ID: newID(r.t), Name: name}
	s := &kyc.Scenario{ID: newID(r.t), AccountID: account.ID, Secret: "s3cret", WebhookSecret: "whsec_x", Definition: kyc.Definition{Name: "All", Steps: []kyc.Step{{Type: kyc.StepSelfie}}}}
	s.Normalise()
	err := r.db.Do(r.t.Context(), func(tx kyc.Tx) error {
		return errors.Join(r.db.CreateAccount(r.t.Context(), tx, account), r.db.SaveScenario(r.t.Context(), tx, s))
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return &kyc.Principal{AccountID: account.ID, UserID: "user of " + name, Role: kyc.RoleOwner}, s
}

// session is one with a picture of which the row knows, and one of which it does not.
func (r *rig) session(s *kyc.Scenario, clientKey string, status kyc.Status) string {
	r.t.Helper()
	ctx := r.t.Context()
	v := &kyc.Session{ID: newID(r.t), AccountID: s.AccountID, ScenarioID: s.ID, Revision: 1, ClientKey: clientKey, Origin: kyc.OriginWidget, Status: status, ExpiresAt: time.Now().Add(time.Hour)}
	if status.Final() {
		v.FinishedAt = time.Now()
	}
	for _, key := range []string{"known", "unknown"} {
		if err := r.objects.Put(ctx, "sessions/"+v.ID+"/"+key, []byte("sealed")); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := r.objects.Put(ctx, "persons/p/"+v.ID, []byte("sealed")); err != nil {
		r.t.Fatal(err)
	}
	err := r.db.Do(ctx, func(tx kyc.Tx) error {
		return errors.Join(r.db.CreateSession(ctx, tx, v), r.db.AddEvidence(ctx, tx, &kyc.Evidence{ID: newID(r.t), SessionID: v.ID, Name: "0", BlobKey: "sessions/" + v.ID + "/known", Digest: []byte{1}}))
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ID
}

// left are the pictures that are there, of whichever session.
func (r *rig) left() (keys []string) {
	r.t.Helper()
	for key, err := range r.list(r.t.Context(), "") {
		if err != nil {
			r.t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func (r *rig) run(jobs []kyc.Job) error {
	var faults []error
	for _, job := range jobs {
		faults = append(faults, r.Sweep(r.t.Context(), job.Payload, 1, false))
	}
	return errors.Join(faults...)
}

func (r *rig) read(id string) (s *kyc.Session, events []kyc.Event) {
	r.t.Helper()
	err := r.db.View(r.t.Context(), func(tx kyc.Tx) (err error) {
		if s, err = r.db.Session(r.t.Context(), tx, id); err == nil {
			events, err = r.db.Events(r.t.Context(), tx, id)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return s, events
}

// TestEraseClient: all sessions of a client key go, open ones too, with every
// picture, also those without a row and those that could not be removed at first.
func TestEraseClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := []string{r.session(r.mine, "client-1", kyc.Success), r.session(r.mine, "client-1", kyc.Idle)}
	other := r.session(r.mine, "client-2", kyc.Success)
	r.stuck = true
	done, err := r.Erase(t.Context(), r.owner, privacy.Request{ClientKey: "client-1", Reason: "asked for it"})
	if err != nil || cmp.Diff(done, &privacy.Erased{Sessions: ids, Persons: 2}) != "" {
		t.Fatalf("%+v, %v", done, err)
	}
	for i, status := range []kyc.Status{kyc.Success, kyc.Expired} {
		s, events := r.read(ids[i])
		last := events[len(events)-1]
		if s.ErasedAt.IsZero() || s.ClientKey != "" || s.Status != status || last.Kind != "session.erased" || last.Actor != r.owner.UserID || last.Detail != "asked for it" {
			t.Errorf("session %d: %+v, %+v", i, s, last)
		}
	}
	if r.run(r.jobs) == nil {
		t.Error("a sweep that could remove nothing is not tried again")
	}
	r.stuck = false
	for _, job := range r.jobs {
		if wait := time.Until(job.RunAt); job.Kind != privacy.JobSweep || wait < time.Minute || wait > 5*time.Minute || strings.Contains(string(job.Payload), "client-1") {
			t.Errorf("job %s after %v: %s", job.Kind, wait, job.Payload)
		}
	}
	if err := r.run(r.jobs); err != nil {
		t.Fatal(err)
	}
	for _, key := range r.left() {
		if !strings.Contains(key, other) {
			t.Errorf("%s is still there", key)
		}
	}
	if len(r.left()) != 3 || len(r.persons.asked) != 2 {
		t.Errorf("left are %v; of persons was asked %v", r.left(), r.persons.asked)
	}
	if done, err := r.Erase(t.Context(), r.owner, privacy.Request{SessionID: ids[0]}); err != nil || len(done.Sessions) != 1 {
		t.Errorf("again: %+v, %v", done, err)
	}
	if _, err := r.Erase(t.Context(), r.owner, privacy.Request{ClientKey: "client-1"}); kyc.KindOf(err) != kyc.NotFound {
		t.Errorf("the client key is still known: %v", err)
	}
}

// TestEraseTemplates: templates alone leave pictures, client key and persons.
func TestEraseTemplates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, open := r.session(r.mine, "client-1", kyc.Success), r.session(r.mine, "client-2", kyc.Idle)
	if _, err := r.Erase(t.Context(), r.owner, privacy.Request{SessionID: id, TemplatesOnly: true}); err != nil {
		t.Fatal(err)
	}
	if err := r.run(r.jobs); err != nil {
		t.Fatal(err)
	}
	s, events := r.read(id)
	if s.ClientKey != "client-1" || !s.ErasedAt.IsZero() || len(r.left()) != 6 || len(r.persons.asked) != 0 || events[0].Kind != "session.templates.erased" {
		t.Errorf("%+v, %d pictures, %+v", s, len(r.left()), events)
	}
	if _, err := r.Erase(t.Context(), r.owner, privacy.Request{SessionID: open, TemplatesOnly: true}); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("an open session: %v", err)
	}
	if _, err := r.Erase(t.Context(), r.owner, privacy.Request{SessionID: id, KeepPersons: true}); err != nil || len(r.persons.asked) != 0 {
		t.Errorf("persons are kept: %v, %v", err, r.persons.asked)
	}
}

// TestRefusals: who may not, what is not there, and what makes no sense; nothing changes.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.session(r.mine, "client-1", kyc.Success)
	foreign, theirs := r.tenant("Other")
	_ = r.session(theirs, "client-9", kyc.Success)
	weak := &kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.ViewPersons, kyc.EditKYC}}
	for name, try := range map[string]struct {
		who  *kyc.Principal
		req  privacy.Request
		want kyc.Kind
	}{
		"without the permission":   {weak, privacy.Request{SessionID: id}, kyc.Forbidden},
		"another account's":        {foreign, privacy.Request{SessionID: id}, kyc.NotFound},
		"another account's client": {foreign, privacy.Request{ClientKey: "client-1"}, kyc.NotFound},
		"nobody's":                 {r.owner, privacy.Request{SessionID: newID(t)}, kyc.NotFound},
		"nothing":                  {r.owner, privacy.Request{}, kyc.Invalid},
		"both":                     {r.owner, privacy.Request{SessionID: id, ClientKey: "client-1"}, kyc.Invalid},
		"no id":                    {r.owner, privacy.Request{SessionID: "x"}, kyc.Invalid},
		"a reason of two lines":    {r.owner, privacy.Request{SessionID: id, Reason: "a\nb"}, kyc.Invalid},
		"a long reason":            {r.owner, privacy.Request{SessionID: id, Reason: strings.Repeat("x", 201)}, kyc.Invalid},
	} {
		if _, err := r.Erase(t.Context(), try.who, try.req); kyc.KindOf(err) != try.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, events := r.read(id); !s.ErasedAt.IsZero() || len(events) != 0 || len(r.jobs) != 0 || len(r.left()) != 6 {
		t.Errorf("something changed: %+v, %+v, %v", s, events, r.left())
	}
}

// TestAtOnce: two who erase the same do not disturb each other.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.session(r.mine, "client-1", kyc.Success)
	var erasing sync.WaitGroup
	for range 4 {
		erasing.Go(func() {
			if _, err := r.Erase(context.Background(), r.owner, privacy.Request{SessionID: id}); err != nil {
				t.Error(err)
			}
		})
	}
	erasing.Wait()
	if _, events := r.read(id); len(events) != 1 {
		t.Errorf("erased %d times", len(events))
	}
}

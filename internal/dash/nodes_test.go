package dash

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/verify"
)

// node is a process with real rooms on a real store, whose units of work are counted.
type node struct {
	*site
	store *countedStore
	auth  *auth.Room
	base  string
}

type countedStore struct {
	*store.Store
	units *atomic.Int64
}

func (c countedStore) Do(ctx context.Context, work func(tx kyc.Tx) error) error {
	c.units.Add(1)
	return c.Store.Do(ctx, work)
}

func (c countedStore) View(ctx context.Context, work func(tx kyc.Tx) error) error {
	c.units.Add(1)
	return c.Store.View(ctx, work)
}

func newNode(t *testing.T, s *store.Store) *node {
	t.Helper()
	c := &countedStore{s, new(atomic.Int64)}
	logger := slog.New(slog.DiscardHandler)
	people, err := auth.New(auth.Deps{Store: c, SigningKey: bytes.Repeat([]byte{7}, 32), Now: time.Now, Random: rand.Reader, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	door, err := New(Deps{Auth: people, Scenarios: flows{w}, Sessions: verify.New(verify.Deps{Store: c, Now: time.Now, Logger: logger}), Webhooks: hooks{w},
		Changes: s, Now: time.Now, Random: rand.Reader, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	door.rhythm = rhythm{beat: 20 * time.Millisecond, pace: time.Millisecond, life: time.Minute, write: 10 * time.Second}
	mux := http.NewServeMux()
	door.Register(mux)
	n := &node{site: &site{world: w, door: door, handler: edge.Doorstep(edge.Config{Logger: logger, Now: time.Now, Random: rand.Reader, MaxBody: 1 << 20}, mux)}, store: c, auth: people}
	server := httptest.NewServer(n.handler)
	t.Cleanup(server.Close)
	n.base = server.URL
	return n
}

// untilNews reads beats until there are news; false when the stream ends instead.
func (l *listening) untilNews() bool {
	l.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case line, ok := <-l.lines:
			if !ok || line == "event: changed" {
				return ok
			}
		case <-limit:
			l.t.Fatal("no news")
		}
	}
}

// settles reads until nothing but beats have come for a while.
func (l *listening) settles() {
	for quiet := 0; quiet < 10; quiet++ {
		select {
		case line := <-l.lines:
			if line != ": " && line != ":" {
				quiet = 0
			}
		case <-time.After(10 * time.Second):
			l.t.Fatal("no beats")
		}
	}
}

// TestNodesTellEachOther: a change that one node commits is seen on a page that
// another serves; a page that waits costs no unit of work; a sign-out on one
// node ends the streams of all.
func TestNodesTellEachOther(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (*store.Store, *store.Store){
		"PostgreSQL": func(t *testing.T) (*store.Store, *store.Store) {
			address := storetest.PostgresURL(t)
			return storetest.OpenAddress(t, address, time.Now), storetest.OpenAddress(t, address, time.Now)
		},
		"SQLite": func(t *testing.T) (*store.Store, *store.Store) { // one process, which serves and works
			s := storetest.OpenFile(t, filepath.Join(t.TempDir(), "openkyc.db"), time.Now)
			return s, s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := open(t)
			a, b := newNode(t, one), newNode(t, other)
			ctx := t.Context()
			owner, err := a.auth.CreateOwner(ctx, auth.NewOwner{AccountName: "Shop", Email: "owner@shop.example", Password: "correct horse battery"})
			if err != nil {
				t.Fatal(err)
			}
			session := begun(t, one, owner.AccountID)
			moved := func() {
				if err := one.Do(ctx, func(tx kyc.Tx) error { return one.UpdateSession(ctx, tx, session) }); err != nil {
					t.Fatal(err)
				}
			}
			open := func() (*listening, string) {
				_, cookie, err := a.auth.SignIn(ctx, "owner@shop.example", "correct horse battery", "")
				if err != nil {
					t.Fatal(err)
				}
				l := b.listen(t, b.base, liveAddress("session", session.ID), cookie)
				l.untilNews() // the page's age is not known
				l.settles()
				return l, cookie
			}
			l, cookie := open()
			before := b.store.units.Load()
			for range 20 {
				<-l.lines
			}
			if n := b.store.units.Load() - before; n != 0 {
				t.Errorf("an idle page cost %d units of work", n)
			}
			moved()
			if !l.untilNews() {
				t.Fatal("the stream ended")
			}
			if err := a.auth.SignOut(ctx, cookie); err != nil {
				t.Fatal(err)
			}
			l.ends()

			l, _ = open()
			if err := one.Do(ctx, func(tx kyc.Tx) error {
				user, err := one.User(ctx, tx, owner.UserID)
				if err != nil {
					return err
				}
				user.Disabled = true
				return one.UpdateUser(ctx, tx, user)
			}); err != nil {
				t.Fatal(err)
			}
			l.ends()
		})
	}
}

// begun is a session that waits for its person.
func begun(t *testing.T, s *store.Store, accountID string) *kyc.Session {
	t.Helper()
	id := func() string {
		id, err := kyc.NewID(time.Now(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	d := kyc.Definition{Name: "Document", Steps: []kyc.Step{{Type: kyc.StepDocument}}}
	d.Normalise()
	flow := &kyc.Scenario{ID: id(), AccountID: accountID, Secret: "s", WebhookSecret: "whsec_x", Definition: d}
	v := &kyc.Session{ID: id(), AccountID: accountID, ScenarioID: flow.ID, Revision: 1, Status: kyc.Idle, ClientKey: "user_1", ExpiresAt: time.Now().Add(time.Hour)}
	if err := s.Do(t.Context(), func(tx kyc.Tx) error {
		return errors.Join(s.SaveScenario(t.Context(), tx, flow), s.CreateSession(t.Context(), tx, v))
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

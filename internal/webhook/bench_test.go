package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// benchSession is as large as a session object with a passport's fields.
func benchSession() ([]byte, error) {
	return []byte(`{"status":"success","filler":"` + strings.Repeat("x", 4<<10) + `"}`), nil
}

// BenchmarkSealAndSign makes the body of one delivery, encrypted, and signs it
// for an attempt: what a notification costs beside database and network.
//
//	go test -run '^$' -bench SealAndSign ./internal/webhook
func BenchmarkSealAndSign(b *testing.B) {
	r := New(Deps{Random: rand.Reader, Now: time.Now})
	e := &kyc.Endpoint{ID: "e", Mode: kyc.CallbackEncrypted, Secrets: []kyc.EndpointSecret{{Value: secret}}}
	session, scenario := &kyc.Session{ID: "s", ClientKey: "user_123"}, &kyc.Scenario{ID: "c"}
	at := time.Unix(1_800_000_000, 0)
	b.ReportAllocs()
	for b.Loop() {
		wire, err := r.wire(nil, e, &notice{event: kyc.EventSessionFinal, scenario: scenario, session: session, body: benchSession})
		if err != nil {
			b.Fatal(err)
		}
		if header := headerOf(&kyc.Delivery{ID: "d", Event: "session.final", Sequence: 1}, at); header == nil || client.SignWebhook(secret, "d", at, wire) == "" {
			b.Fatal("not signed")
		}
	}
}

// BenchmarkDeliver sends notifications that were announced before, from one node
// to receivers on loopback, until all are delivered and written down: real rows,
// keys, client and connections. The goal is 1,000 deliveries/s on two cores, the
// receivers' own work included.
//
//	go test -run '^$' -bench Deliver -benchtime 5000x ./internal/webhook
func BenchmarkDeliver(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchDeliver(b, filepath.Join(b.TempDir(), "openkyc.db")) })
	b.Run("postgres", func(b *testing.B) { benchDeliver(b, storetest.PostgresURL(b)) })
}

const (
	benchTenants = 4
	benchEvents  = 5 // of each session: they follow one another
)

func benchDeliver(b *testing.B, address string) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	keys, err := seal.Create(filepath.Join(b.TempDir(), "master.key"))
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(ctx, store.Config{Address: address, Keys: keys, Migrate: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer sink.Close()
	c := &countdown{end: make(chan struct{})}
	c.left.Store(int64(b.N))
	r := New(Deps{Store: s, Sender: egress.New(egress.Config{AllowPrivate: true}), Now: time.Now, Random: rand.Reader, Meter: c})
	for n := range benchTenants {
		announceMany(b, s, r, sink.URL, b.N*(n+1)/benchTenants-b.N*n/benchTenants)
	}
	b.ResetTimer()
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	select {
	case <-c.end:
	case <-time.After(2 * time.Minute):
		b.Errorf("%d of %d did not come in two minutes", c.left.Load(), b.N)
	}
	b.StopTimer()
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// countdown is told of every attempt once it is written down.
type countdown struct {
	left atomic.Int64
	end  chan struct{}
}

func (c *countdown) Attempted(_, outcome string, _ time.Duration) {
	if outcome == "delivered" && c.left.Add(-1) == 0 {
		close(c.end)
	}
}

// announceMany makes a tenant with one endpoint and announces events to it.
func announceMany(b *testing.B, s *store.Store, r *Room, address string, events int) {
	b.Helper()
	ctx := context.Background()
	newID := func(tx kyc.Tx) string {
		id, err := kyc.NewID(tx.Now(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		return id
	}
	account, scenario := &kyc.Account{Name: "Shop"}, &kyc.Scenario{Secret: "s3cret", WebhookSecret: secret}
	scenario.Name, scenario.Steps = "Passport", []kyc.Step{{Type: kyc.StepDocument}}
	scenario.Callback = kyc.Callback{URL: address, Mode: kyc.CallbackEncrypted}
	scenario.Normalise()
	err := s.Do(ctx, func(tx kyc.Tx) error {
		account.ID, scenario.ID, scenario.AccountID = newID(tx), newID(tx), account.ID
		scenario.AccountID = account.ID
		return errors.Join(s.CreateAccount(ctx, tx, account), s.SaveScenario(ctx, tx, scenario))
	})
	if err != nil {
		b.Fatal(err)
	}
	owner := &kyc.Principal{AccountID: account.ID, Role: kyc.RoleOwner}
	if err := r.UpdateEndpoint(ctx, owner, &kyc.Endpoint{ID: scenario.ID, Events: kyc.EventTypes(), Rate: kyc.MaxEndpointRate}); err != nil {
		b.Fatal(err)
	}
	for events > 0 {
		n := min(benchEvents, events)
		events -= n
		err := s.Do(ctx, func(tx kyc.Tx) error {
			v := &kyc.Session{ID: newID(tx), AccountID: account.ID, ScenarioID: scenario.ID, Revision: 1, ClientKey: fmt.Sprint("client:", events),
				Origin: kyc.OriginWidget, Status: kyc.Idle, ExpiresAt: tx.Now().Add(time.Hour)}
			if err := s.CreateSession(ctx, tx, v); err != nil {
				return err
			}
			for range n - 1 {
				if err := r.Notify(ctx, tx, kyc.EventStepFinished, scenario, v, kyc.EventDetail{}); err != nil {
					return err
				}
			}
			v.Status = kyc.Success
			return r.Announce(ctx, tx, scenario, v, benchSession)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

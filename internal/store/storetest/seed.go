package storetest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
)

// bench is a store with one account and one scenario, and short words for
// units of work that must succeed.
type bench struct {
	*store.Store
	t        testing.TB
	account  *kyc.Account
	scenario *kyc.Scenario
}

func newBench(t testing.TB, s *store.Store) *bench {
	t.Helper()
	b := &bench{Store: s, t: t}
	b.account, b.scenario = b.tenant("Shop")
	return b
}

// tenant adds an account with a scenario.
func (b *bench) tenant(name string) (*kyc.Account, *kyc.Scenario) {
	b.t.Helper()
	a := &kyc.Account{ID: id(b.t), Name: name}
	c := &kyc.Scenario{ID: id(b.t), AccountID: a.ID, Secret: "secret of " + name, WebhookSecret: "whsec_of_" + name, Definition: definition("Passport and selfie")}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		if err := b.CreateAccount(ctx, tx, a); err != nil {
			return err
		}
		return b.SaveScenario(ctx, tx, c)
	})
	return a, c
}

func definition(name string) kyc.Definition {
	d := kyc.Definition{Name: name, Steps: []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}}}
	d.Normalise()
	return d
}

// do runs a unit of work that must commit.
func (b *bench) do(work func(ctx context.Context, tx kyc.Tx) error) {
	b.t.Helper()
	ctx := context.Background()
	if err := b.Do(ctx, func(tx kyc.Tx) error { return work(ctx, tx) }); err != nil {
		b.t.Fatal(err)
	}
}

// view runs a reading unit that must succeed.
func (b *bench) view(work func(ctx context.Context, tx kyc.Tx) error) {
	b.t.Helper()
	b.read(b.View, work)
}

func (b *bench) glance(work func(ctx context.Context, tx kyc.Tx) error) {
	b.t.Helper()
	b.read(b.Glance, work)
}

func (b *bench) read(unit func(context.Context, func(kyc.Tx) error) error, work func(ctx context.Context, tx kyc.Tx) error) {
	b.t.Helper()
	ctx := context.Background()
	if err := unit(ctx, func(tx kyc.Tx) error { return work(ctx, tx) }); err != nil {
		b.t.Fatal(err)
	}
}

// refused runs a unit of work that must fail with this kind and leave no trace.
func (b *bench) refused(kind kyc.Kind, work func(ctx context.Context, tx kyc.Tx) error) {
	b.t.Helper()
	ctx := context.Background()
	if err := b.Do(ctx, func(tx kyc.Tx) error { return work(ctx, tx) }); err == nil || kyc.KindOf(err) != kind {
		b.t.Fatalf("got error %v of kind %q, want kind %q", err, kyc.KindOf(err), kind)
	}
}

// session makes a session of the bench's account, not yet stored.
func (b *bench) session(clientKey string, at time.Time) *kyc.Session {
	return &kyc.Session{
		ID: id(b.t), AccountID: b.account.ID, ScenarioID: b.scenario.ID, Revision: b.scenario.Revision,
		ClientKey: clientKey, Origin: kyc.OriginWidget, Status: kyc.Idle, CreatedAt: at, ExpiresAt: at.Add(time.Hour),
	}
}

// stored makes and stores a session.
func (b *bench) stored(clientKey string, at time.Time) *kyc.Session {
	b.t.Helper()
	v := b.session(clientKey, at)
	b.create(v)
	return v
}

func (b *bench) create(sessions ...*kyc.Session) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		for _, v := range sessions {
			if err := b.CreateSession(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
}

func id(t testing.TB) string {
	t.Helper()
	made, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// day is a time in the past, in whole microseconds as the store keeps them.
func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 1000, time.UTC) }

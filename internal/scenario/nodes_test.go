package scenario_test

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// slow takes its time between what a unit of work reads and what it writes.
type slow struct{ *store.Store }

func (s slow) Scenario(ctx context.Context, tx kyc.Tx, id string) (*kyc.Scenario, error) {
	defer time.Sleep(200 * time.Millisecond)
	return s.Store.Scenario(ctx, tx, id)
}

func (s slow) Scenarios(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.Scenario, error) {
	defer time.Sleep(200 * time.Millisecond)
	return s.Store.Scenarios(ctx, tx, accountID)
}

// TestChangesOnSeveralNodes: two secrets that are rotated at the same time are
// both the ones that were shown, an edit meanwhile is not lost, and code that is
// applied from two places makes one scenario.
func TestChangesOnSeveralNodes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, owner := roomOn(t, slow{storetest.OpenPostgres(t)})
	s, err := r.Create(ctx, owner, definition())
	if err != nil {
		t.Fatal(err)
	}
	edited := definition()
	edited.SecondsToLive = 600
	var secret, webhook *kyc.Scenario
	together(t,
		func() (err error) { secret, err = r.Rotate(ctx, owner, s.ID, scenario.ClientKeySecret); return err },
		func() (err error) { webhook, err = r.Rotate(ctx, owner, s.ID, scenario.WebhookSecret); return err },
		func() error { _, err := r.Update(ctx, owner, s.ID, edited); return err })
	now, err := r.Get(ctx, owner, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if now.Secret != secret.Secret || now.WebhookSecret != webhook.WebhookSecret || now.SecondsToLive != 600 {
		t.Error("a change got lost")
	}
	applied := definition()
	applied.Name = "As code"
	apply := func() error { _, _, err := r.Apply(ctx, owner, scenario.Code{Definition: applied}); return err }
	together(t, apply, apply)
	if list, err := r.List(ctx, owner); err != nil || len(list) != 2 {
		t.Errorf("%d scenarios, want 2 (%v)", len(list), err)
	}
}

func together(t *testing.T, calls ...func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, call := range calls {
		wg.Go(func() {
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// roomOn is newRoom on a store of the test's choice.
func roomOn(t *testing.T, s slow) (*scenario.Room, *kyc.Principal) {
	t.Helper()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := s.Do(ctx, func(tx kyc.Tx) error { return s.CreateAccount(ctx, tx, &kyc.Account{ID: id, Name: "Shop"}) }); err != nil {
		t.Fatal(err)
	}
	return scenario.New(s, rand.Reader), &kyc.Principal{AccountID: id, Role: kyc.RoleOwner}
}

package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// told waits for news and ends the test when there are none.
func told(t *testing.T, heard <-chan kyc.Change) kyc.Change {
	t.Helper()
	select {
	case c := <-heard:
		return c
	case <-time.After(10 * time.Second):
		t.Fatal("nobody told of the change")
		return kyc.Change{}
	}
}

// changes: whoever listens hears of what has committed, by ids alone, and of
// nothing that was rolled back.
func changes(t *testing.T, b *bench) {
	heard := make(chan kyc.Change, 100)
	cancel := b.OnChange(func(c kyc.Change) {
		if c.Kind != "" { // the first word of PostgreSQL's listener is that news may have been lost
			heard <- c
		}
	})
	v := b.stored("user_1", day(1))
	want := kyc.Change{AccountID: b.account.ID, Kind: kyc.ChangedSession, ID: v.ID}
	same(t, "a new session", told(t, heard), want)
	rolledBack := errors.New("roll back")
	err := b.Do(t.Context(), func(tx kyc.Tx) error { return errors.Join(b.UpdateSession(t.Context(), tx, v), rolledBack) })
	if !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	v.Lock = 1
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		err := b.UpdateSession(ctx, tx, v)
		select {
		case c := <-heard:
			t.Errorf("told of %v before it was committed", c)
		default:
		}
		return err
	})
	same(t, "a session moved on", told(t, heard), want)

	d := b.delivery(v, 1)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateDelivery(ctx, tx, d) })
	want = kyc.Change{AccountID: b.account.ID, Kind: kyc.ChangedDelivery, ID: v.ID}
	same(t, "a new delivery", told(t, heard), want)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateDelivery(ctx, tx, d, d.Attempts) })
	same(t, "a delivery", told(t, heard), want)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.SettleDeliveries(ctx, tx, []kyc.Settlement{{Delivery: d, FromAttempts: d.Attempts + 1}, {Delivery: &kyc.Delivery{ID: "another's"}}})
		return err
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.SettleDeliveries(ctx, tx, []kyc.Settlement{{Delivery: d, FromAttempts: d.Attempts}})
		return err
	})
	same(t, "an attempt that was taken over is none, and one that stands", told(t, heard), want)
	alone := b.delivery(v, 2)
	alone.SessionID = ""
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateDelivery(ctx, tx, alone) })
	same(t, "a delivery without a session", told(t, heard), kyc.Change{AccountID: b.account.ID, Kind: kyc.ChangedDelivery, ID: alone.ID})

	changesOfPeople(t, b, heard)
	changesOfEndpoints(t, b, heard)
	cancel()
	b.stored("user_2", day(2))
	if len(heard) > 0 {
		t.Errorf("told after cancel: %v", <-heard)
	}
}

func changesOfEndpoints(t *testing.T, b *bench, heard <-chan kyc.Change) {
	e := &kyc.Endpoint{ID: id(t), AccountID: b.account.ID, ScenarioID: b.scenario.ID, Name: "Second", URL: "https://shop.example/2"}
	e.Normalise()
	want := kyc.Change{AccountID: b.account.ID, Kind: kyc.ChangedEndpoint, ID: e.ID}
	for _, change := range []struct {
		name string
		work func(ctx context.Context, tx kyc.Tx) error
	}{
		{"a new endpoint", func(ctx context.Context, tx kyc.Tx) error { return b.CreateEndpoint(ctx, tx, e) }},
		{"settings", func(ctx context.Context, tx kyc.Tx) error { return b.UpdateEndpoint(ctx, tx, e) }},
		{"secrets", func(ctx context.Context, tx kyc.Tx) error { return b.PutEndpointSecrets(ctx, tx, e.ID, nil) }},
		{"health", func(ctx context.Context, tx kyc.Tx) error { return b.UpdateEndpointHealth(ctx, tx, e) }},
		{"the end", func(ctx context.Context, tx kyc.Tx) error { return b.DeleteEndpoint(ctx, tx, e.ID, "deleted") }},
	} {
		b.do(change.work)
		same(t, change.name, told(t, heard), want)
	}
}

func changesOfPeople(t *testing.T, b *bench, heard <-chan kyc.Change) {
	u := &kyc.User{ID: id(t), AccountID: b.account.ID, Email: "a@shop.example", Role: kyc.RoleOwner}
	hash := []byte("hash of a cookie")
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.CreateUser(ctx, tx, u), b.CreateLogin(ctx, tx, &kyc.Login{Hash: hash, UserID: u.ID}))
	})
	want := kyc.Change{Kind: kyc.ChangedLogin, ID: u.ID}
	for _, change := range []struct {
		name string
		work func(ctx context.Context, tx kyc.Tx) error
	}{
		{"a sign-out", func(ctx context.Context, tx kyc.Tx) error { return b.DeleteLogin(ctx, tx, hash) }},
		{"all signed out", func(ctx context.Context, tx kyc.Tx) error { return b.DeleteLoginsOf(ctx, tx, u.ID) }},
		{"a user changed", func(ctx context.Context, tx kyc.Tx) error { return b.UpdateUser(ctx, tx, u) }},
	} {
		b.do(change.work)
		same(t, change.name, told(t, heard), want)
	}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.DeleteLogin(ctx, tx, hash) }) // twice: nothing changes
}

package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
)

// fataler is a test of testing or of rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same fails unless got and want are deeply equal.
func same(t fataler, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func units(t *testing.T, b *bench) {
	ctx := context.Background()
	broken := errors.New("broken")
	err := b.Do(ctx, func(tx kyc.Tx) error {
		if now := tx.Now(); now.Location() != time.UTC || now != now.Truncate(time.Microsecond) {
			t.Errorf("a unit's time is %v, want UTC and whole microseconds", now)
		}
		if err := b.PutSetting(ctx, tx, "a", []byte("1")); err != nil {
			return err
		}
		b.AfterCommit(tx, func() { t.Error("called after a rollback") })
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v, want the work's own error", err)
	}
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.Setting(ctx, tx, "a")
		return err
	})
	called := false
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		b.AfterCommit(tx, func() { called = true })
		if called {
			t.Error("called before the commit")
		}
		return nil
	})
	if !called {
		t.Error("not called after the commit")
	}
	if err := b.View(ctx, func(tx kyc.Tx) error { return b.PutSetting(ctx, tx, "a", []byte("1")) }); err == nil {
		t.Error("a reading unit wrote")
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := b.Do(canceled, func(kyc.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of a cancelled context", err)
	}
}

func panics(t *testing.T, b *bench) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = b.Do(context.Background(), func(tx kyc.Tx) error {
			if err := b.PutSetting(context.Background(), tx, "a", []byte("1")); err != nil {
				return err
			}
			panic("work broke")
		})
	}()
	// The writer is free again and nothing was kept.
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.Setting(ctx, tx, "a")
		return err
	})
}

// snapshots proves that a reading unit sees one state, whatever is committed meanwhile.
func snapshots(t *testing.T, b *bench) {
	put := func(value string) {
		b.do(func(ctx context.Context, tx kyc.Tx) error { return b.PutSetting(ctx, tx, "a", []byte(value)) })
	}
	put("before")
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		for range 2 {
			got, err := b.Setting(ctx, tx, "a")
			if err != nil {
				return err
			}
			same(t, "value within the snapshot", string(got), "before")
			put("after")
		}
		return nil
	})
}

func accounts(t *testing.T, b *bench) {
	other, _ := b.tenant("Bank")
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Account(ctx, tx, other.ID)
		if err != nil {
			return err
		}
		same(t, "account", got, other)
		all, err := b.Accounts(ctx, tx)
		same(t, "accounts", all, []*kyc.Account{b.account, other})
		return err
	})
	if len(other.Key) == 0 || cmp.Equal(other.Key, b.account.Key) {
		t.Error("an account has no key of its own")
	}
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.CreateAccount(ctx, tx, other) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.Account(ctx, tx, "nobody")
		return err
	})
}

func users(t *testing.T, b *bench) {
	ann := &kyc.User{ID: id(t), AccountID: b.account.ID, Email: "Ann@Shop.example", Role: kyc.RoleSubordinate,
		PasswordHash: "$argon2id$…", Permissions: []kyc.Permission{kyc.LogsKYC, kyc.ViewOCR}, CreatedAt: day(1)}
	bob := &kyc.User{ID: id(t), AccountID: b.account.ID, Email: "bob@shop.example", Role: kyc.RoleOwner, CreatedAt: day(2)}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.CreateUser(ctx, tx, ann), b.CreateUser(ctx, tx, bob))
	})
	same(t, "address", ann.Email, "ann@shop.example")
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error {
		return b.CreateUser(ctx, tx, &kyc.User{ID: id(t), AccountID: b.account.ID, Email: "ANN@shop.example"})
	})
	ann.Disabled, ann.Permissions, ann.PasswordHash, ann.Role = true, nil, "new", kyc.RoleOwner
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateUser(ctx, tx, ann) })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.UserByEmail(ctx, tx, "aNN@shop.example")
		if err != nil {
			return err
		}
		same(t, "user by address", got, ann)
		if got, err = b.User(ctx, tx, bob.ID); err != nil {
			return err
		}
		same(t, "user", got, bob)
		all, err := b.Users(ctx, tx, b.account.ID)
		same(t, "users", all, []*kyc.User{ann, bob})
		return err
	})
	bob.Email = "ann@shop.example"
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateUser(ctx, tx, bob) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateUser(ctx, tx, &kyc.User{ID: "nobody"}) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.UserByEmail(ctx, tx, "nobody@shop.example")
		return err
	})
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { // an account that is not there
		return b.CreateUser(ctx, tx, &kyc.User{ID: id(t), AccountID: "nobody", Email: "c@shop.example"})
	})
}

func logins(t *testing.T, b *bench) {
	ann := &kyc.User{ID: id(t), AccountID: b.account.ID, Email: "ann@shop.example"}
	login := func(hash string) *kyc.Login {
		return &kyc.Login{Hash: []byte(hash), UserID: ann.ID, Address: "192.0.2.1", CreatedAt: day(1), SeenAt: day(1), ExpiresAt: day(2)}
	}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.CreateUser(ctx, tx, ann), b.CreateLogin(ctx, tx, login("1")), b.CreateLogin(ctx, tx, login("2")), b.CreateLogin(ctx, tx, login("3")))
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.TouchLogin(ctx, tx, []byte("1"), day(3)), b.DeleteLogin(ctx, tx, []byte("2")))
	})
	want := login("1")
	want.SeenAt = day(3)
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.LoginByHash(ctx, tx, []byte("1"))
		same(t, "login", got, want)
		return err
	})
	gone := func(hash string) {
		t.Helper()
		b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
			_, err := b.LoginByHash(ctx, tx, []byte(hash))
			return err
		})
	}
	gone("2")
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.DeleteLoginsOf(ctx, tx, ann.ID) })
	gone("1")
	gone("3")
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { return b.TouchLogin(ctx, tx, []byte("1"), day(3)) })
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateLogin(ctx, tx, login("4")) })
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		n, err := b.Prune(ctx, tx, day(1), 10)
		same(t, "pruned before the end", n, 0)
		return err
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		n, err := b.Prune(ctx, tx, day(3), 10)
		same(t, "pruned after the end", n, 1)
		return err
	})
	gone("4")
}

func tokens(t *testing.T, b *bench) {
	other, _ := b.tenant("Bank")
	token := &kyc.APIToken{ID: id(t), AccountID: b.account.ID, Name: "till", Hash: []byte("hash"), Permissions: []kyc.Permission{kyc.LogsKYC}, CreatedAt: day(1)}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateToken(ctx, tx, token) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateToken(ctx, tx, other.ID, token.ID, day(9)) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { return b.DeleteToken(ctx, tx, other.ID, token.ID) })
	token.ExpiresAt, token.LastUsedAt = day(9), day(3)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.UpdateToken(ctx, tx, b.account.ID, token.ID, day(9)), b.TouchToken(ctx, tx, token.ID, day(3)))
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.TokenByHash(ctx, []byte("hash"))
		if err != nil {
			return err
		}
		same(t, "token", got, token)
		all, err := b.Tokens(ctx, tx, b.account.ID)
		same(t, "tokens", all, []*kyc.APIToken{token})
		return err
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.DeleteToken(ctx, tx, b.account.ID, token.ID) })
	b.refused(kyc.NotFound, func(ctx context.Context, _ kyc.Tx) error {
		_, err := b.TokenByHash(ctx, []byte("hash"))
		return err
	})
}

func settings(t *testing.T, b *bench) {
	for _, value := range []string{"first", "second"} {
		b.do(func(ctx context.Context, tx kyc.Tx) error { return b.PutSetting(ctx, tx, "jwt", []byte(value)) })
		b.view(func(ctx context.Context, tx kyc.Tx) error {
			got, err := b.Setting(ctx, tx, "jwt")
			same(t, "setting", string(got), value)
			return err
		})
	}
}

func scenarios(t *testing.T, b *bench) {
	first := *b.scenario
	same(t, "first revision", first.Revision, 1)
	next := first
	next.Definition = definition("Second")
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.SaveScenario(ctx, tx, &next) })
	same(t, "next revision", next.Revision, 2)
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Scenario(ctx, tx, first.ID)
		if err != nil {
			return err
		}
		same(t, "newest", got, &next)
		if got, err = b.ScenarioRevision(ctx, tx, first.ID, 1); err != nil {
			return err
		}
		same(t, "first", got, &first)
		all, err := b.Scenarios(ctx, tx, b.account.ID)
		same(t, "list", all, []*kyc.Scenario{&next})
		return err
	})
	stale := first
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.SaveScenario(ctx, tx, &stale) })
	blindly := first
	blindly.Revision = 0
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.SaveScenario(ctx, tx, &blindly) })
	same(t, "revision without asking", blindly.Revision, 3)
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.ScenarioRevision(ctx, tx, first.ID, 9)
		return err
	})
	// Nobody writes into another account's scenario.
	other, _ := b.tenant("Bank")
	stolen := first
	stolen.AccountID, stolen.Revision = other.ID, 0
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.SaveScenario(ctx, tx, &stolen) })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		all, err := b.Scenarios(ctx, tx, "")
		same(t, "scenarios of all accounts", len(all), 2)
		return err
	})
}

func scenarioSecrets(t *testing.T, b *bench) {
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return b.UpdateSecrets(ctx, tx, b.scenario.ID, "fresh", "whsec_fresh1234")
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Scenario(ctx, tx, b.scenario.ID)
		if err != nil {
			return err
		}
		same(t, "secrets", []string{got.Secret, got.WebhookSecret, got.WebhookKeyHint}, []string{"fresh", "whsec_fresh1234", "1234"})
		same(t, "revision", got.Revision, 1)
		return nil
	})
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateSecrets(ctx, tx, "nothing", "a", "b") })
}

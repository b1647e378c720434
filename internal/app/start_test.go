package app_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// TestStartAtOnce lets processes meet on an installation that is not there yet,
// each making it if need be: they end with one master key, one set of keys, one
// owner, one scenario and one token, which all of them tell. A temporary token
// of one is good at another, and so is the link for the first owner.
func TestStartAtOnce(t *testing.T) {
	t.Parallel()
	for name, location := range map[string]app.Location{
		"sqlite":   {Data: filepath.Join(t.TempDir(), "data")},
		"postgres": {Data: filepath.Join(t.TempDir(), "data"), Database: storetest.PostgresURL(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			startAtOnce(t, location)
		})
	}
}

func startAtOnce(t *testing.T, location app.Location) {
	const crew = 4
	ctx, logger := context.Background(), slog.New(slog.DiscardHandler)
	var nodes [crew]*app.Installation
	var links [crew]string
	var quick [crew]*app.Quickstart
	atOnce := func(what string, do func(i int) error) {
		t.Helper()
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range crew {
			wg.Go(func() {
				<-start
				if err := do(i); err != nil {
					t.Errorf("%s: process %d: %v", what, i, err)
				}
			})
		}
		close(start)
		wg.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Cleanup(func() {
		for _, node := range nodes {
			if node != nil {
				_ = node.Close()
			}
		}
	})
	atOnce("open", func(i int) (err error) { nodes[i], err = app.OpenInstallation(ctx, location, logger); return err })
	atOnce("queue", func(i int) error {
		_, err := jobs.Open(ctx, jobs.Config{Store: nodes[i].Store, Logger: logger})
		return err
	})
	atOnce("invite", func(i int) (err error) { links[i], err = nodes[i].Auth.InviteFirstOwner(ctx); return err })
	atOnce("quickstart", func(i int) (err error) {
		quick[i], err = nodes[i].Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost", CallbackURL: "http://localhost/hook"})
		return err
	})
	for i := range crew {
		if *quick[i] != *quick[0] || links[i] != links[0] || links[i] == "" {
			t.Fatalf("process %d says something else: %+v and %+v", i, quick[i], quick[0])
		}
		if _, err := nodes[i].Operator(ctx); err != nil {
			t.Errorf("not one account: %v", err)
		}
		token, err := nodes[i].Auth.Login(ctx, quick[0].Dashboard.Email, quick[0].Dashboard.Password, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, credential := range []string{token, quick[0].APIToken} {
			if _, err := nodes[(i+1)%crew].Auth.Authenticate(ctx, credential); err != nil {
				t.Errorf("a token is not known to another process: %v", err)
			}
		}
	}
	replaced(t, nodes[0], quick[0])
	owner, err := nodes[0].Operator(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := nodes[0].Scenarios.List(ctx, owner); err != nil || len(list) != 1 || list[0].Revision != 1 {
		t.Errorf("%d scenarios were made (%v)", len(list), err)
	}
	if list, err := nodes[0].Auth.ListTokens(ctx, owner); err != nil || len(list) != 1 {
		t.Errorf("%d API tokens were made (%v)", len(list), err)
	}
}

// replaced: quickstart says no password and no token that open nothing any more.
func replaced(t *testing.T, in *app.Installation, quick *app.Quickstart) {
	t.Helper()
	ctx := context.Background()
	owner, err := in.Auth.Authenticate(ctx, quick.APIToken)
	if err != nil {
		t.Fatal(err)
	}
	_, spare, err := in.Auth.CreateToken(ctx, owner, auth.NewToken{Name: "spare"})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Auth.DeleteToken(ctx, owner, owner.TokenID); err != nil {
		t.Fatal(err)
	}
	person, _, err := in.Auth.SignIn(ctx, quick.Dashboard.Email, quick.Dashboard.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Auth.ChangePassword(ctx, person, quick.Dashboard.Password, "quite another password"); err != nil {
		t.Fatal(err)
	}
	again, err := in.Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	want := *quick
	want.APIToken, want.Dashboard.Password = "", ""
	if *again != want {
		t.Errorf("after both were replaced: %+v, want %+v", again, want)
	}
	if _, err := in.Auth.Authenticate(ctx, spare); err != nil {
		t.Errorf("another token: %v", err)
	}
}

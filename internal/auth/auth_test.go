package auth_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

const (
	email    = "owner@shop.example"
	password = "correct horse battery"
)

type rig struct {
	*auth.Room
	t     *testing.T
	now   time.Time
	store *store.Store
	path  string
	owner *kyc.Principal
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), path: filepath.Join(t.TempDir(), "openkyc.db")}
	clock := func() time.Time { return r.now }
	r.store = storetest.OpenFile(t, r.path, clock)
	room, err := auth.New(auth.Deps{Store: r.store, SigningKey: bytes.Repeat([]byte{7}, 32), Now: clock, Random: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r.Room = room
	r.owner, err = room.CreateOwner(context.Background(), auth.NewOwner{AccountName: "Shop", Email: email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// user changes the owner's row.
func (r *rig) user(change func(*kyc.User)) {
	r.t.Helper()
	ctx := context.Background()
	err := r.store.Do(ctx, func(tx kyc.Tx) error {
		u, err := r.store.User(ctx, tx, r.owner.UserID)
		if err != nil {
			return err
		}
		change(u)
		return r.store.UpdateUser(ctx, tx, u)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func wants(t *testing.T, err error, kind kyc.Kind, message string) {
	t.Helper()
	if kyc.KindOf(err) != kind || kyc.SafeMessage(err) != message || err == nil {
		t.Errorf("got %v (%s), want %s: %s", err, kyc.KindOf(err), kind, message)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	p, cookie, err := r.SignIn(ctx, " Owner@Shop.example ", password, "192.0.2.1")
	if err != nil || p.AccountID != r.owner.AccountID || len(cookie) < 43 {
		t.Fatalf("%+v %q %v", p, cookie, err)
	}
	if again, err := r.SignedIn(ctx, cookie); err != nil || again.UserID != r.owner.UserID {
		t.Fatalf("%+v %v", again, err)
	}
	for name, try := range map[string][2]string{"wrong password": {email, password + "!"}, "unknown person": {"nobody@shop.example", password}, "empty": {"", ""},
		"huge": {email, strings.Repeat("x", 1<<20)}} {
		_, _, err := r.SignIn(ctx, try[0], try[1], "")
		if kyc.SafeMessage(err) != kyc.MessageBadLogin || kyc.KindOf(err) != kyc.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.SignOut(ctx, cookie); err != nil {
		t.Fatal(err)
	}
	_, err = r.SignedIn(ctx, cookie)
	wants(t, err, kyc.Unauthorised, kyc.MessageAccessDenied)
}

func TestSignInEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	sign := func() string {
		_, cookie, err := r.SignIn(ctx, email, password, "")
		if err != nil {
			t.Fatal(err)
		}
		return cookie
	}
	idle := sign()
	r.now = r.now.Add(61 * time.Minute)
	_, err := r.SignedIn(ctx, idle)
	wants(t, err, kyc.Unauthorised, kyc.MessageAccessDenied)

	left := sign() // an open page that nobody uses asks by itself
	for range 4 {
		r.now = r.now.Add(14 * time.Minute)
		if _, err := r.StillSignedIn(ctx, left); err != nil {
			t.Fatal(err)
		}
	}
	r.now = r.now.Add(5 * time.Minute)
	_, err = r.StillSignedIn(ctx, left)
	wants(t, err, kyc.Unauthorised, kyc.MessageAccessDenied)

	busy := sign()
	for range 13 {
		r.now = r.now.Add(50 * time.Minute)
		_, err = r.SignedIn(ctx, busy)
	}
	if r.now = r.now.Add(2 * time.Hour); err != nil {
		t.Errorf("somebody who works must stay signed in: %v", err)
	}
	_, err = r.SignedIn(ctx, busy)
	wants(t, err, kyc.Unauthorised, kyc.MessageAccessDenied)

	disabled := sign() // S11: at the very next request
	r.user(func(u *kyc.User) { u.Disabled = true })
	_, err = r.SignedIn(ctx, disabled)
	wants(t, err, kyc.Unauthorised, kyc.MessageAccessDenied)
	_, _, err = r.SignIn(ctx, email, password, "")
	wants(t, err, kyc.Forbidden, kyc.MessageBadLogin)
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	_, cookie, _ := r.SignIn(ctx, email, password, "")
	jwt, _ := r.Login(ctx, email, password, 1)
	if err := r.ChangePassword(ctx, r.owner, "wrong", "another good one"); kyc.SafeMessage(err) != kyc.MessageBadLogin {
		t.Errorf("without the old password: %v", err)
	}
	for _, weak := range []string{"short", strings.Repeat("x", 129), email, "aaaaaaaaaaaa", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if err := r.ChangePassword(ctx, r.owner, password, weak); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%q: %v", weak, err)
		}
	}
	if err := r.ChangePassword(ctx, r.owner, password, "another good one"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignedIn(ctx, cookie); err == nil {
		t.Error("other sign-ins must end")
	}
	if _, err := r.Authenticate(ctx, jwt); err == nil {
		t.Error("temporary tokens of the old password must end")
	}
	if _, _, err := r.SignIn(ctx, email, "another good one", ""); err != nil {
		t.Error(err)
	}
}

func TestTemporaryToken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	token, err := r.Login(ctx, email, password, 2)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Authenticate(ctx, token)
	if err != nil || p.Role != kyc.RoleOwner || p.AccountID != r.owner.AccountID {
		t.Fatalf("%+v %v", p, err)
	}
	parts := strings.Split(token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	var claims map[string]any
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	claims["exp"] = 9999999999
	text, _ = json.Marshal(claims)
	longer := parts[0] + "." + base64.RawURLEncoding.EncodeToString(text) + "." + parts[2]
	for name, forged := range map[string]string{"no algorithm": none, "changed claims": longer, "cut": token[:len(token)-4], "nonsense": "a.b.c", "empty": "", "huge": strings.Repeat("a", 5000)} {
		_, err := r.Authenticate(ctx, forged)
		if kyc.KindOf(err) != kyc.Unauthorised || kyc.SafeMessage(err) != kyc.MessageAccessDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, days := range []int{-1, 31} {
		if _, err := r.Login(ctx, email, password, days); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%d days: %v", days, err)
		}
	}
	r.now = r.now.Add(49 * time.Hour)
	_, err = r.Authenticate(ctx, token)
	wants(t, err, kyc.Unauthorised, kyc.MessageAccessDenied)
}

func TestAPIToken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	token, value, err := r.CreateToken(ctx, r.owner, auth.NewToken{Name: "server", Expires: r.now.Add(time.Hour), Permissions: []kyc.Permission{kyc.LogsKYC}})
	if err != nil || !strings.HasPrefix(value, "okyc_") || len(value) < 48 {
		t.Fatalf("%+v %q %v", token, value, err)
	}
	p, err := r.Authenticate(ctx, value)
	if err != nil || !p.Can(kyc.LogsKYC) || p.Can(kyc.CreateKYC) || p.TokenID != token.ID {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := r.Authenticate(ctx, value[:len(value)-1]+"x"); kyc.KindOf(err) != kyc.Unauthorised {
		t.Errorf("a changed token: %v", err)
	}
	_, all, _ := r.CreateToken(ctx, r.owner, auth.NewToken{Name: "all"})
	if p, err := r.Authenticate(ctx, all); err != nil || !p.Can(kyc.EditKYC) || !p.Can(kyc.ManageTokens) {
		t.Errorf("a token without a list has all permissions: %+v %v", p, err)
	}
	weak, _ := r.Authenticate(ctx, value)
	if _, _, err := r.CreateToken(ctx, weak, auth.NewToken{}); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("a token that may not manage tokens makes one: %v", err)
	}
	manager := &kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.ManageTokens}}
	for name, n := range map[string]auth.NewToken{"more than one has": {Permissions: []kyc.Permission{kyc.EraseKYC}}, "unknown": {Permissions: []kyc.Permission{"x"}}, "past": {Expires: r.now}} {
		if _, _, err := r.CreateToken(ctx, manager, n); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if own, _, err := r.CreateToken(ctx, manager, auth.NewToken{}); err != nil || len(own.Permissions) != 1 {
		t.Errorf("what a subordinate passes on by default is what it has: %+v %v", own, err)
	}
	stranger := &kyc.Principal{AccountID: "b5e2a0f4-c7b1-11f0-8de9-0242ac120002", Role: kyc.RoleOwner}
	if err := r.DeleteToken(ctx, stranger, token.ID); kyc.KindOf(err) != kyc.NotFound {
		t.Errorf("a stranger deletes a token: %v", err)
	}
	if list, err := r.ListTokens(ctx, stranger); err != nil || len(list) != 0 {
		t.Errorf("a stranger lists tokens: %v %v", list, err)
	}
	if err := r.UpdateToken(ctx, r.owner, token.ID, r.now.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(2 * time.Hour)
	if _, err := r.Authenticate(ctx, value); err != nil {
		t.Errorf("a prolonged token: %v", err)
	}
	r.now = r.now.Add(72 * time.Hour)
	if _, err := r.Authenticate(ctx, value); kyc.KindOf(err) != kyc.Unauthorised {
		t.Errorf("an expired token: %v", err)
	}
	if err := r.DeleteToken(ctx, r.owner, token.ID); err != nil {
		t.Fatal(err)
	}
}

// S12: the first owner comes by a secret that works once.
func TestFirstOwner(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	secret, err := r.InviteFirstOwner(ctx)
	if err != nil || secret == "" {
		t.Fatalf("%q %v", secret, err)
	}
	if again, err := r.InviteFirstOwner(ctx); err != nil || again != secret {
		t.Fatalf("another node, or the next start, says another secret: %v", err)
	}
	r.now = r.now.Add(auth.InviteLife + time.Hour)
	if again, err := r.InviteFirstOwner(ctx); err != nil || again == secret {
		t.Fatalf("a secret is replaced in the last half of its life: %v", err)
	} else {
		secret = again
	}
	n := auth.NewOwner{AccountName: "Bank", Email: "first@bank.example", Password: password}
	if _, err := r.AcceptInvite(ctx, "guess", n); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("a guessed secret: %v", err)
	}
	if _, err := r.AcceptInvite(ctx, secret, auth.NewOwner{Email: "no", Password: "x"}); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("bad details: %v", err)
	}
	p, err := r.AcceptInvite(ctx, secret, n)
	if err != nil || p.Role != kyc.RoleOwner {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := r.AcceptInvite(ctx, secret, auth.NewOwner{Email: "second@bank.example", Password: password}); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("the secret works twice: %v", err)
	}
	if _, err := r.AcceptInvite(ctx, "", auth.NewOwner{Email: "second@bank.example", Password: password}); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("an empty secret fits the closed invitation: %v", err)
	}
	if more, err := r.InviteFirstOwner(ctx); err != nil || more != "" {
		t.Errorf("an owner exists: %q %v", more, err)
	}
	if _, err := r.CreateOwner(ctx, n); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("the same address twice: %v", err)
	}
}

// A stolen database opens nothing: no password, cookie or token stands in it.
func TestNothingUsableIsStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	_, cookie, _ := r.SignIn(ctx, email, password, "")
	_, value, _ := r.CreateToken(ctx, r.owner, auth.NewToken{Name: "server"})
	secret, _ := r.InviteFirstOwner(ctx)
	files, err := filepath.Glob(r.path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal("no database files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		for name, marker := range map[string]string{"password": password, "cookie": cookie, "token": value, "token without prefix": value[5:], "invitation": secret} {
			if bytes.Contains(text, []byte(marker)) {
				t.Errorf("%s: the %s is stored in clear", filepath.Base(file), name)
			}
		}
	}
}

// slow takes its time between what a unit of work reads and what it writes.
type slow struct{ *store.Store }

func (s slow) UserByEmail(ctx context.Context, tx kyc.Tx, email string) (*kyc.User, error) {
	time.Sleep(300 * time.Millisecond)
	return s.Store.UserByEmail(ctx, tx, email)
}

// Of all who hold the link, on whatever nodes, one becomes the owner.
func TestFirstOwnerIsOne(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	room, err := auth.New(auth.Deps{Store: slow{storetest.OpenPostgres(t)}, SigningKey: bytes.Repeat([]byte{7}, 32), Now: time.Now, Random: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := room.InviteFirstOwner(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var owners atomic.Int32
	for i := range 6 {
		wg.Go(func() {
			_, err := room.AcceptInvite(ctx, secret, auth.NewOwner{AccountName: "Bank", Email: fmt.Sprintf("owner%d@bank.example", i), Password: password})
			if err == nil {
				owners.Add(1)
			} else if kyc.KindOf(err) != kyc.Forbidden {
				t.Errorf("the others are told %v", err)
			}
		})
	}
	wg.Wait()
	if owners.Load() != 1 {
		t.Errorf("%d people became the first owner", owners.Load())
	}
}

// A sign-in that was under way with the old password, on whatever node, does
// not outlive its change.
func TestSignInDuringChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := context.Background()
	var wg sync.WaitGroup
	cookies := make(chan string, 99)
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, cookie, err := r.SignIn(ctx, email, password, ""); err == nil {
					cookies <- cookie
				}
			}
		})
	}
	<-cookies
	if err := r.ChangePassword(ctx, r.owner, password, "another long password"); err != nil {
		t.Fatal(err)
	}
	close(stop)
	wg.Wait()
	close(cookies)
	for cookie := range cookies {
		if _, err := r.SignedIn(ctx, cookie); kyc.KindOf(err) != kyc.Unauthorised {
			t.Errorf("signed in with the old password after its change: %v", err)
		}
	}
}

func TestSigningKeyMustBeLong(t *testing.T) {
	t.Parallel()
	if _, err := auth.New(auth.Deps{SigningKey: make([]byte, 16), Random: rand.Reader}); err == nil {
		t.Error("a short signing key was accepted")
	}
}

package scenario_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

func newRoom(t *testing.T) (*scenario.Room, *kyc.Principal) {
	t.Helper()
	s := storetest.Open(t)
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

func definition() kyc.Definition {
	return kyc.Definition{Name: "Passport", Steps: []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}}}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	r, owner := newRoom(t)
	ctx := context.Background()
	s, err := r.Create(ctx, owner, definition())
	if err != nil || s.Revision != 1 || !kyc.ValidID(s.ID) || len(s.Secret) != 43 || !strings.HasPrefix(s.WebhookSecret, "whsec_") {
		t.Fatalf("%+v %v", s, err)
	}
	same, err := r.Update(ctx, owner, s.ID, definition())
	if err != nil || same.Revision != 1 {
		t.Fatalf("an unchanged definition makes no revision: %+v %v", same, err)
	}
	d := definition()
	d.SecondsToLive = 600
	next, err := r.Update(ctx, owner, s.ID, d)
	if err != nil || next.Revision != 2 || next.Secret != s.Secret {
		t.Fatalf("%+v %v", next, err)
	}
	d.Steps = nil
	if _, err := r.Update(ctx, owner, s.ID, d); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("a faulty definition: %v", err)
	}
}

func TestSecretsAreForEditors(t *testing.T) {
	t.Parallel()
	r, owner := newRoom(t)
	ctx := context.Background()
	s, err := r.Create(ctx, owner, definition())
	if err != nil {
		t.Fatal(err)
	}
	reader := &kyc.Principal{AccountID: owner.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC}}
	if seen, err := r.Get(ctx, reader, s.ID); err != nil || seen.Secret != "" || seen.WebhookSecret != "" || seen.Name != "Passport" {
		t.Errorf("%+v %v", seen, err)
	}
	if list, err := r.List(ctx, owner); err != nil || len(list) != 1 || list[0].Secret != "" {
		t.Errorf("a list shows secrets: %+v %v", list, err)
	}
	for name, call := range map[string]func() error{
		"create": func() error { _, err := r.Create(ctx, reader, definition()); return err },
		"update": func() error { _, err := r.Update(ctx, reader, s.ID, definition()); return err },
		"rotate": func() error { _, err := r.Rotate(ctx, reader, s.ID, scenario.ClientKeySecret); return err },
		"check":  func() error { _, err := r.Check(ctx, reader, s.ID, "user"); return err },
		"apply":  func() error { _, _, err := r.Apply(ctx, reader, scenario.Code{Definition: definition()}); return err },
	} {
		if err := call(); kyc.KindOf(err) != kyc.Forbidden {
			t.Errorf("%s without editKYC: %v", name, err)
		}
	}
	stranger := &kyc.Principal{AccountID: "b5e2a0f4-c7b1-11f0-8de9-0242ac120002", Role: kyc.RoleOwner}
	for _, id := range []string{s.ID, "nonsense", stranger.AccountID} {
		if _, err := r.Get(ctx, stranger, id); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("%s for a stranger: %v", id, err)
		}
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	r, owner := newRoom(t)
	ctx := context.Background()
	s, _ := r.Create(ctx, owner, definition())
	rotated, err := r.Rotate(ctx, owner, s.ID, scenario.ClientKeySecret)
	if err != nil || rotated.Secret == s.Secret || rotated.WebhookSecret != s.WebhookSecret {
		t.Fatalf("%v", err)
	}
	stored, _ := r.Get(ctx, owner, s.ID)
	if stored.Secret != rotated.Secret {
		t.Error("the new secret was not stored")
	}
	if _, err := r.Rotate(ctx, owner, s.ID, "other"); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("an unknown secret: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	r, owner := newRoom(t)
	ctx := context.Background()
	s, _ := r.Create(ctx, owner, definition())
	trial, err := r.Check(ctx, owner, s.ID, "клиент:1")
	if err != nil || !trial.OK || trial.Decrypted != "клиент:1" {
		t.Fatalf("%+v %v", trial, err)
	}
	if raw, err := client.DecryptKey(s.Secret, trial.Encrypted); err != nil || raw != "клиент:1" {
		t.Errorf("%q %v", raw, err)
	}
	d := definition()
	d.RequireKeyVersion = 2
	if _, err := r.Update(ctx, owner, s.ID, d); err != nil {
		t.Fatal(err)
	}
	if second, err := r.Check(ctx, owner, s.ID, "user"); err != nil || !second.OK || !strings.HasPrefix(second.Encrypted, "v2.") {
		t.Errorf("a scenario that insists on version 2: %+v %v", second, err)
	}
	if _, err := r.Check(ctx, owner, s.ID, strings.Repeat("x", 37)); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("too long: %v", err)
	}
}

func TestScenarioAsCode(t *testing.T) {
	t.Parallel()
	r, owner := newRoom(t)
	ctx := context.Background()
	code, err := scenario.ParseCode([]byte(`{"name":"As code","steps":[{"type":"document","attempts":5}],"callback":{"url":"https://shop.example/hook"}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, created, err := r.Apply(ctx, owner, code)
	if err != nil || !created || s.Revision != 1 || s.Steps[0].Attempts != 5 {
		t.Fatalf("%+v %v %v", s, created, err)
	}
	again, created, err := r.Apply(ctx, owner, code)
	if err != nil || created || again.ID != s.ID || again.Revision != 1 {
		t.Fatalf("applying twice must change nothing: %+v %v %v", again, created, err)
	}
	exported, err := r.Export(ctx, owner, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(exported)
	if strings.Contains(string(text), s.Secret) {
		t.Error("code must not hold secrets")
	}
	back, err := scenario.ParseCode(text)
	if err != nil {
		t.Fatal(err)
	}
	back.SecondsToLive = 120
	if revised, created, err := r.Apply(ctx, owner, back); err != nil || created || revised.Revision != 2 || revised.ID != s.ID {
		t.Errorf("%+v %v %v", revised, created, err)
	}
	for name, text := range map[string]string{"typing error": `{"name":"x","stepz":[]}`, "not JSON": `{`, "two": `{"name":"a"} {"name":"b"}`, "wrong type": `{"name":1}`} {
		if _, err := scenario.ParseCode([]byte(text)); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

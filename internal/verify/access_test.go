package verify_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// Section 2: version 1 has no authentication, so a known block under another
// predecessor is refused, and leaves nothing behind.
func TestMalleatedKeyIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token := r.token("550e8400-e29b-41d4-a716-446655440000")
	ctx := context.Background()
	if _, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token}); err != nil {
		t.Fatalf("a page that is loaded again sends the same key: %v", err)
	}
	bytes, _ := base64.StdEncoding.DecodeString(token)
	flipped := append([]byte{}, bytes...)
	flipped[0] ^= 1 // "4" instead of "5": another customer
	for name, forged := range map[string][]byte{"bit of the IV": flipped, "without its IV": bytes[16:]} {
		_, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: base64.StdEncoding.EncodeToString(forged)})
		if kyc.SafeMessage(err) != kyc.MessageDecryption {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, _ := r.Filter(ctx, r.owner, kyc.SessionFilter{Page: 1, PageSize: 10})
	if len(page.Sessions) != 1 {
		t.Errorf("%d sessions", len(page.Sessions))
	}
}

// Beginnings of words would let somebody spell out what they may not read.
func TestBeginningsNeedTheRightToRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := &kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC}}
	search := func(text string) kyc.Kind {
		_, err := r.Filter(context.Background(), p, kyc.SessionFilter{OCR: map[string]string{"Surname": text}})
		if err == nil {
			return ""
		}
		return kyc.KindOf(err)
	}
	if got := search("Eri*"); got != kyc.Forbidden {
		t.Errorf("a beginning: %q", got)
	}
	if got := search("Eriksson"); got != "" {
		t.Errorf("a whole value: %q", got)
	}
	p.Permissions = append(p.Permissions, kyc.ViewOCR)
	if got := search("Eri*"); got != "" {
		t.Errorf("a beginning for who may read: %q", got)
	}
}

func TestVersionTwoKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.RequireKeyVersion = 2 })
	ctx := context.Background()
	begin := func(token string) error {
		_, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: token})
		return err
	}
	r.clock.now = time.Now() // the client package reads the real clock
	token, err := client.EncryptKeyV2(r.scenario.Secret, r.scenario.ID, "user", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := begin(r.token("user")); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("a version 1 key where version 2 is insisted on: %v", err)
	}
	if err := begin(token); err != nil {
		t.Errorf("a good version 2 key: %v", err)
	}
	if err := begin(token); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("a version 2 key works once (S21): %v", err)
	}
	other, _ := client.EncryptKeyV2(r.scenario.Secret, newID(t), "user", time.Minute)
	if err := begin(other); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("a key of another scenario: %v", err)
	}
	late, _ := client.EncryptKeyV2(r.scenario.Secret, r.scenario.ID, "user", time.Minute)
	r.clock.pass(2 * time.Minute)
	if err := begin(late); kyc.SafeMessage(err) != kyc.MessageDecryption {
		t.Errorf("an expired key: %v", err)
	}
}

// S17: a session id is a name, not a credential.
func TestAttach(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	started := r.begin("a")
	id, secret, _ := strings.Cut(started.Credential, ".")
	for _, credential := range []string{"", id, id + ".", id + "." + secret[1:], secret, newID(t) + "." + secret} {
		if _, err := r.Attach(context.Background(), credential); kyc.KindOf(err) != kyc.Unauthorised {
			t.Errorf("%q: %v", credential, err)
		}
	}
}

// S9: somebody else's id answers as one that does not exist.
func TestForeignersSeeNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.begin("user_123").Session.ID
	r.send(id, 0)
	ctx := context.Background()
	stranger := &kyc.Principal{AccountID: newID(t), Role: kyc.RoleOwner}
	calls := map[string]func(p *kyc.Principal) error{
		"status by id": func(p *kyc.Principal) error {
			_, err := r.Status(ctx, p, verify.StatusRequest{SessionID: id})
			return err
		},
		"status by key": func(p *kyc.Principal) error {
			_, err := r.Status(ctx, p, verify.StatusRequest{ClientKey: "user_123"})
			return err
		},
		"timeline": func(p *kyc.Principal) error { _, err := r.Timeline(ctx, p, id); return err },
		"insights": func(p *kyc.Principal) error { _, err := r.Insights(ctx, p, id); return err },
		"image": func(p *kyc.Principal) error {
			_, err := r.Image(ctx, p, verify.ImageRequest{OwnerID: r.owner.AccountID, SessionID: id, Step: "document_0", Image: "1_0.jpg"})
			return err
		},
		"thumb": func(p *kyc.Principal) error {
			_, err := r.Thumb(ctx, p, r.owner.AccountID, id, "document_0")
			return err
		},
		"attach pictures": func(p *kyc.Principal) error {
			_, err := r.Process(ctx, p, verify.ProcessRequest{SessionID: id, Uploads: []kyc.Upload{picture("x")}, Async: true})
			return err
		},
	}
	for name, call := range calls {
		if err := call(stranger); kyc.KindOf(err) != kyc.NotFound || kyc.SafeMessage(err) != kyc.MessageNotFound {
			t.Errorf("%s for a stranger: %v", name, err)
		}
		if err := call(r.owner); err != nil {
			t.Errorf("%s for the owner: %v", name, err)
		}
		if err := call(&kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate}); err == nil && name != "status by id" && name != "status by key" {
			t.Errorf("%s needs a permission", name)
		}
	}
	if page, err := r.Filter(ctx, stranger, kyc.SessionFilter{AccountID: r.owner.AccountID, Page: 1, PageSize: 10}); err != nil || len(page.Sessions) != 0 {
		t.Errorf("filter for a stranger: %d %v", len(page.Sessions), err)
	}
}

func TestStatusRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for name, req := range map[string]verify.StatusRequest{
		"neither": {}, "version 4": {SessionID: "b5e2a0f4-c7b1-41f0-8de9-0242ac120002"}, "too long": {ClientKey: strings.Repeat("x", 37)},
	} {
		_, err := r.Status(context.Background(), r.owner, req)
		var known *kyc.Error
		if !errors.As(err, &known) || known.Message != kyc.MessageInvalidSchema || len(known.Details) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package verify_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// TestHandOff: a link opens once and takes the session along; the device that
// stays sees it end, and can do nothing else.
func TestHandOff(t *testing.T) {
	t.Parallel()
	r, ctx := newRig(t, nil), context.Background()
	desk, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: r.token("user")})
	if err != nil {
		t.Fatal(err)
	}
	h, err := r.HandOff(ctx, desk.Session)
	if err != nil || !h.Expires.Equal(r.clock.now.Add(10*time.Minute).Truncate(time.Second)) {
		t.Fatalf("%+v, %v", h, err)
	}
	if s, taken, err := r.Watch(ctx, h.Watch); err != nil || taken || s.ID != desk.Session.ID {
		t.Errorf("before: %v, taken %v, %v", s, taken, err)
	}
	if _, err := r.Attach(ctx, desk.Credential); err != nil {
		t.Errorf("the desk lost the session to a link that nobody opened: %v", err)
	}
	phone, err := r.TakeOver(ctx, h.Link)
	if err != nil || phone.Session.ID != desk.Session.ID || phone.Scenario.ID != r.scenario.ID {
		t.Fatalf("%+v, %v", phone, err)
	}
	if s, err := r.Attach(ctx, phone.Credential); err != nil || s.ID != desk.Session.ID {
		t.Errorf("the phone does not hold the session: %v", err)
	}
	if _, taken, err := r.Watch(ctx, h.Watch); err != nil || !taken {
		t.Errorf("after: taken %v, %v", taken, err)
	}
	for what, try := range map[string]func() error{
		"the desk's credential": func() error { _, err := r.Attach(ctx, desk.Credential); return err },
		"what watches":          func() error { _, err := r.Attach(ctx, h.Watch); return err },
		"the link":              func() error { _, err := r.Attach(ctx, h.Link); return err },
		"the link, watching":    func() error { _, _, err := r.Watch(ctx, "w."+h.Link[2:]); return err },
		"the phone, watching":   func() error { _, _, err := r.Watch(ctx, phone.Credential); return err },
	} {
		if err := try(); kyc.KindOf(err) != kyc.Unauthorised {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := r.TakeOver(ctx, h.Link); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("a link opened twice: %v", err)
	}
}

// TestLinksThatDoNotOpen all get the same answer: another's, an old one, one
// that was changed, one from before the session went elsewhere.
func TestLinksThatDoNotOpen(t *testing.T) {
	t.Parallel()
	r, ctx := newRig(t, nil), context.Background()
	begin := func() (*kyc.Session, verify.Handoff) {
		s, err := r.Begin(ctx, verify.BeginRequest{ScenarioID: r.scenario.ID, Token: r.token("user")})
		if err != nil {
			t.Fatal(err)
		}
		h, err := r.HandOff(ctx, s.Session)
		if err != nil {
			t.Fatal(err)
		}
		return s.Session, h
	}
	_, before := begin()
	session, h := begin() // the page was loaded again: another credential holds the session
	refused := map[string]string{"before it went elsewhere": before.Link, "empty": "", "what watches": h.Watch, "the same, as a link": "l." + h.Watch[2:], "cut": h.Link[:len(h.Link)-1]}
	raw, _ := base64.RawURLEncoding.DecodeString(h.Link[2:])
	for i := range raw {
		flipped := append([]byte{}, raw...)
		flipped[i] ^= 1
		refused["byte "+string(rune('a'+i))] = "l." + base64.RawURLEncoding.EncodeToString(flipped)
	}
	var said string
	for what, link := range refused {
		_, err := r.TakeOver(ctx, link)
		if kyc.KindOf(err) != kyc.Gone || said != "" && err.Error() != said {
			t.Errorf("%s: %v", what, err)
			continue
		}
		said = err.Error()
	}
	r.clock.now = r.clock.now.Add(10 * time.Minute)
	if _, err := r.TakeOver(ctx, h.Link); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("an old link: %v", err)
	}
	r.clock.now = session.ExpiresAt
	if _, err := r.HandOff(ctx, session); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("a link to a session that is over: %v", err)
	}
	if !strings.HasPrefix(h.Link, "l.") || strings.Contains(h.Link, session.ID) {
		t.Errorf("the link says whose it is: %s", h.Link)
	}
}

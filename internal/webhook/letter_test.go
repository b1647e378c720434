package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

var errNoMail = errors.New("the mail server is away")

// mailbox takes letters, after it failed some times.
type mailbox struct {
	fail int
	sent []letter
}

type letter struct {
	to            []string
	subject, text string
}

func (m *mailbox) Send(_ context.Context, to []string, subject, text string) error {
	if m.fail > 0 {
		m.fail--
		return errNoMail
	}
	m.sent = append(m.sent, letter{to, subject, text})
	return nil
}

// staff gives the account an owner, one who may not sign in any more, and others.
func (w *world) staff() {
	w.t.Helper()
	w.do(func(ctx context.Context, tx kyc.Tx) error {
		var all error
		for i, u := range []kyc.User{{Email: "owner@shop.example", Role: kyc.RoleOwner}, {Email: "gone@shop.example", Role: kyc.RoleOwner, Disabled: true}, {Email: "clerk@shop.example", Role: kyc.RoleSubordinate}} {
			u.ID, u.AccountID, u.CreatedAt = newID(w.t), w.account.ID, w.now.Add(time.Duration(i))
			all = errors.Join(all, w.CreateUser(ctx, tx, &u))
		}
		return all
	})
}

// TestLetterW17: only who was disabled, and still is, is written about.
func TestLetterW17(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	w.staff()
	box := &mailbox{fail: 1}
	r := w.room(Deps{Mailer: box})
	e := w.endpoint(w.scenario.ID)
	job := func(at time.Time) []byte {
		payload, err := json.Marshal(letterJob{e.ID, at})
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	for name, payload := range map[string][]byte{"enabled": job(w.now), "gone": []byte(`{"endpoint":"nothing"}`)} {
		if err := r.Letter(t.Context(), payload, 1, false); err != nil || len(box.sent) != 0 {
			t.Errorf("%s: %v, %d letters", name, err, len(box.sent))
		}
	}
	disable(e, "the receiver\nanswered 410 Gone", w.now)
	w.do(func(ctx context.Context, tx kyc.Tx) error { return w.UpdateEndpointHealth(ctx, tx, e) })
	if err := r.Letter(t.Context(), job(e.StateAt), 1, false); !errors.Is(err, errNoMail) {
		t.Errorf("a letter that was not taken: %v", err)
	}
	if err := errors.Join(r.Letter(t.Context(), job(w.now.Add(-time.Hour)), 1, false), r.Letter(t.Context(), job(e.StateAt), 1, false)); err != nil || len(box.sent) != 1 {
		t.Errorf("%v, %d letters", err, len(box.sent))
	}
	if err := w.room(Deps{}).Letter(t.Context(), job(e.StateAt), 1, true); err == nil {
		t.Error("a node without a mail server throws the letter away")
	}
}

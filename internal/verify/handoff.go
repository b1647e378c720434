package verify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Handoff lets a person go on with a session on another device.
type Handoff struct {
	Link    string    // secret of the link: whoever opens it first holds the session
	Watch   string    // credential of the device that stays: it sees how far the session is, and how it ends
	Expires time.Time // of the link
}

// linkLife is how long a link can be opened: time to take a phone out.
const linkLife = 10 * time.Minute

// HandOff makes a link for the session that a widget holds. Nothing is stored:
// the secret is signed over the credential that holds the session now, and
// opening the link replaces that one, so that a link opens once, and never after
// the session was taken up elsewhere.
func (r *Room) HandOff(ctx context.Context, session *kyc.Session) (Handoff, error) {
	now := r.Now()
	if session.Status.Final() || !now.Before(session.ExpiresAt) {
		return Handoff{}, kyc.Errorf(kyc.Gone, "this session has ended")
	}
	expires := now.Add(linkLife)
	if expires.After(session.ExpiresAt) {
		expires = session.ExpiresAt
	}
	expires = expires.UTC().Truncate(time.Second)
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		return r.event(ctx, tx, session.ID, "session.link", "person", "")
	})
	return Handoff{Link: r.ticket(ticketLink, session, expires), Watch: r.ticket(ticketWatch, session, session.ExpiresAt.Add(linkLife)), Expires: expires}, err
}

// TakeOver opens a link. Every fault of it gives the same answer.
func (r *Room) TakeOver(ctx context.Context, link string) (Started, error) {
	raw, id, ok := readTicket(ticketLink, link)
	if !ok {
		return Started{}, errLink()
	}
	secret, digest, err := r.newCredential()
	if err != nil {
		return Started{}, err
	}
	var session *kyc.Session
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := r.inTurn(ctx, tx, id); err != nil {
			return err
		}
		if session, err = r.Store.Session(ctx, tx, id); err != nil {
			return err
		}
		if !r.admits(ticketLink, raw, session) || session.Status.Final() || !tx.Now().Before(session.ExpiresAt) {
			return errLink()
		}
		session.Capture = digest
		if err := r.Store.UpdateSession(ctx, tx, session); err != nil {
			return err
		}
		return r.event(ctx, tx, id, "session.taken-over", "person", "")
	})
	switch {
	case kyc.KindOf(err) == kyc.NotFound:
		return Started{}, errLink()
	case err != nil:
		return Started{}, err
	}
	scenario, err := r.scenarioOf(ctx, session)
	return Started{Session: session, Scenario: scenario, Credential: session.ID + "." + secret}, err
}

func errLink() error {
	return kyc.Errorf(kyc.Gone, "this link has been used, or its time is over; ask for a new one on the other device")
}

// Watch recognises the device that a session was handed off from. Taken tells
// that another one holds the session by now.
func (r *Room) Watch(ctx context.Context, credential string) (session *kyc.Session, taken bool, err error) {
	raw, id, ok := readTicket(ticketWatch, credential)
	if !ok {
		return nil, false, kyc.ErrAccessDenied()
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		session, err = r.Store.Session(ctx, tx, id)
		return err
	})
	switch {
	case kyc.KindOf(err) == kyc.NotFound:
		return nil, false, kyc.ErrAccessDenied()
	case err != nil:
		return nil, false, err
	case !r.admits(ticketWatch, raw, session):
		return nil, false, kyc.ErrAccessDenied()
	}
	return session, string(raw[ticketHolder:ticketMAC]) != holder(session), nil
}

// A ticket is its purpose and, in base64, a session's id, the end of its life in
// Unix seconds, who held the session when it was made, and 16 bytes of a MAC.
const (
	ticketLink  = "l."
	ticketWatch = "w."

	ticketExpiry = 16
	ticketHolder = ticketExpiry + 8
	ticketMAC    = ticketHolder + 4
	ticketSize   = ticketMAC + 16
)

func (r *Room) ticket(purpose string, session *kyc.Session, expires time.Time) string {
	raw := make([]byte, ticketHolder, ticketSize)
	_, _ = hex.Decode(raw, []byte(strings.ReplaceAll(session.ID, "-", "")))
	binary.BigEndian.PutUint64(raw[ticketExpiry:], uint64(expires.Unix())) //nolint:gosec // after 1970
	raw = append(raw, holder(session)...)
	return purpose + base64.RawURLEncoding.EncodeToString(append(raw, r.ticketMAC(purpose, raw, session)...))
}

// holder stands for the credential that holds a session, telling nothing of it.
func holder(s *kyc.Session) string {
	sum := sha256.Sum256(append([]byte("holder of "+s.ID+" "), s.Capture...))
	return string(sum[:ticketMAC-ticketHolder])
}

// ticketMAC covers, of a link, the whole credential that holds the session.
func (r *Room) ticketMAC(purpose string, raw []byte, session *kyc.Session) []byte {
	mac := hmac.New(sha256.New, r.SigningKey)
	mac.Write([]byte("ticket " + purpose))
	mac.Write(raw)
	if purpose == ticketLink {
		mac.Write(session.Capture)
	}
	return mac.Sum(nil)[:ticketSize-ticketMAC]
}

// readTicket takes a ticket apart and says whose session it claims to be for.
func readTicket(purpose, ticket string) (raw []byte, id string, ok bool) {
	text, found := strings.CutPrefix(ticket, purpose)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !found || err != nil || len(raw) != ticketSize {
		return nil, "", false
	}
	h := hex.EncodeToString(raw[:ticketExpiry])
	id = h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	return raw, id, kyc.ValidID(id)
}

// admits tells whether a ticket is ours, for the session as it is held now, and
// not too old.
func (r *Room) admits(purpose string, raw []byte, session *kyc.Session) bool {
	if len(r.SigningKey) == 0 || purpose == ticketLink && len(session.Capture) == 0 {
		return false
	}
	genuine := subtle.ConstantTimeCompare(raw[ticketMAC:], r.ticketMAC(purpose, raw[:ticketMAC], session)) == 1
	return genuine && uint64(r.Now().Unix()) < binary.BigEndian.Uint64(raw[ticketExpiry:]) //nolint:gosec // after 1970
}

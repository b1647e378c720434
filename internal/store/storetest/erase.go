package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
)

// eraseSessions: nothing of an erased session is in any table but its row and
// its timeline; its neighbours keep what they have.
func eraseSessions(t *testing.T, b *bench) {
	victim, neighbour := b.full("client-1"), b.full("client-1")
	before := b.rowsOf(neighbour.ID)
	if n := len(before); n < 9 || cmp.Diff(before, b.rowsOf(victim.ID)) != "" {
		t.Fatalf("a session has rows in %d tables only: %v", n, before)
	}
	var blobs []string
	b.do(func(ctx context.Context, tx kyc.Tx) (err error) {
		blobs, err = b.EraseSession(ctx, tx, victim)
		return err
	})
	same(t, "pictures to remove", blobs, []string{"blob of " + victim.ID})
	same(t, "rows that are left", b.rowsOf(victim.ID), map[string]int{"events": 1, "sessions": 1, "client_key_blocks": 1})
	same(t, "rows of the neighbour", b.rowsOf(neighbour.ID), before)
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		v, err := b.Session(ctx, tx, victim.ID)
		if err != nil {
			return err
		}
		same(t, "what is left", []any{v.ClientKey, v.ClientUser, v.ClientID, v.Faces, v.Errors, v.Capture, v.ErasedAt.IsZero(), v.Status, len(v.Key.SubjectKey)},
			[]any{"", "", "", (*kyc.Finding)(nil), []string(nil), []byte(nil), false, kyc.Expired, 0})
		shown, fresh, err := b.ShownSession(ctx, tx, victim.ID)
		if err != nil {
			return err
		}
		same(t, "what is shown", []any{shown.ClientKey, shown.ErasedAt.Equal(v.ErasedAt), fresh}, []any{"", true, true})
		found, err := b.SessionsOfClient(ctx, tx, b.account.ID, "client-1")
		same(t, "sessions of the client key", found, []string{neighbour.ID})
		page, fault := b.FilterSessions(ctx, tx, kyc.SessionFilter{AccountID: b.account.ID, ClientKey: "client-1", Page: 1, PageSize: 10})
		same(t, "found by its client key", len(page.Sessions), 1)
		all, other := b.FilterSessions(ctx, tx, kyc.SessionFilter{AccountID: b.account.ID, Page: 1, PageSize: 10})
		same(t, "in the list of all", len(all.Sessions), 2)
		return errors.Join(err, fault, other)
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		v, err := b.Session(ctx, tx, victim.ID)
		if err != nil {
			return err
		}
		v.ClientKey = "client-1"
		same(t, "writing to it", kyc.KindOf(b.UpdateSession(ctx, tx, v)), kyc.Gone)
		return nil
	})
	// Twice is no fault.
	b.do(func(ctx context.Context, tx kyc.Tx) (err error) { _, err = b.EraseSession(ctx, tx, victim); return err })
	if err := b.Scrub(context.Background()); err != nil {
		t.Error(err)
	}
}

// eraseSessionTemplates: the templates are gone, all else is readable.
func eraseSessionTemplates(t *testing.T, b *bench) {
	v := b.full("client-1")
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.EraseSessionTemplates(ctx, tx, v) })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		s, err := b.Session(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		attempts, err := b.Attempts(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		same(t, "what is left", []any{s.ClientKey, s.Faces.Errors, len(s.Faces.Templates), attempts[0].Finding.DocName, len(attempts[0].Finding.Templates)},
			[]any{"client-1", []kyc.Code{kyc.FacesDuplicate}, 0, "Passport", 0})
		return nil
	})
	same(t, "what recordings are recognised by", b.rowsOf(v.ID)["frame_prints"], 0)
}

// forgottenFaces: of a person's faces those of one session go, and leave word.
func forgottenFaces(t *testing.T, b *bench) {
	p := b.person(b.list("Clients"), "Adams")
	session := id(t)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		f := b.face("m1", 0.75)
		f.SessionID = session
		return errors.Join(b.AddPersonFace(ctx, tx, p, f),
			b.AddPersonPicture(ctx, tx, &kyc.PersonPicture{ID: id(t), PersonID: p.ID, SessionID: session, BlobKey: "blob of the session", Digest: []byte{1}}))
	})
	var people, blobs []string
	b.do(func(ctx context.Context, tx kyc.Tx) (err error) {
		if people, err = b.PersonsOfSession(ctx, tx, b.account.ID, session); err != nil {
			return err
		}
		blobs, err = b.ForgetSessionFaces(ctx, tx, p, session)
		return err
	})
	same(t, "whose and which", []any{people, blobs}, []any{[]string{p.ID}, []string{"blob of the session"}})
	all := b.faces(0)
	same(t, "the face that stays", []any{len(all), all[0].Vector}, []any{1, []float32{0.5, -0.5}})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		gone, err := b.FacesGone(ctx, tx, 0, 10)
		same(t, "word of the other", len(gone), 1)
		return err
	})
}

// full is a session with rows in every table that refers to one.
func (b *bench) full(clientKey string) *kyc.Session {
	b.t.Helper()
	v := b.session(clientKey, time.Now())
	v.ClientUser, v.ClientID, v.Errors, v.Capture = "user", id(b.t), []string{string(kyc.LowLight)}, []byte(v.ID)
	v.Faces = &kyc.Finding{Errors: []kyc.Code{kyc.FacesDuplicate}, Templates: []kyc.Template{{Label: "selfie", Vector: []float32{1}, Model: "m"}}}
	d := b.delivery(v, 1)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		ok, claimed := true, error(nil)
		err := errors.Join(b.CreateSession(ctx, tx, v), b.IndexOCR(ctx, tx, v.ID, v.AccountID, []kyc.Field{{Title: "Surname", Value: "Adams"}}),
			b.PutAttempt(ctx, tx, &kyc.Attempt{SessionID: v.ID, Try: 1, Type: kyc.StepDocument, Status: kyc.Success, Finding: &kyc.Finding{DocName: "Passport", Templates: v.Faces.Templates}}),
			b.AddEvidence(ctx, tx, &kyc.Evidence{ID: id(b.t), SessionID: v.ID, Name: "0", BlobKey: "blob of " + v.ID, Digest: []byte{1}}),
			b.AddEvent(ctx, tx, kyc.Event{SessionID: v.ID, At: tx.Now(), Kind: "session.created", Actor: "person"}),
			b.AddFramePrints(ctx, tx, kyc.Recording{AccountID: v.AccountID, SessionID: v.ID, Try: 1, SentAt: tx.Now()}, film(1, 2)),
			b.CreateDelivery(ctx, tx, d), b.AddDeliveryAttempts(ctx, tx, kyc.DeliveryAttempt{DeliveryID: d.ID, Number: 1, At: tx.Now()}))
		if err == nil {
			ok, claimed = b.ClaimKeyBlocks(ctx, tx, v.ScenarioID, [][2][]byte{{[]byte("block of " + v.ID), []byte("iv")}}, v.ID)
		}
		same(b.t, "the key's blocks", ok, true)
		return errors.Join(err, claimed)
	})
	return v
}

// rowsOf counts a session's rows in every table that names one, deliveries' tries
// included; a table that is added later is among them by itself.
func (b *bench) rowsOf(sessionID string) map[string]int {
	b.t.Helper()
	counts := map[string]int{}
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		tables, err := b.CarriedTables(ctx, tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			columns, err := b.CarriedColumns(ctx, tx, table)
			if err != nil {
				return err
			}
			where := "session_id = $1"
			switch {
			case table == "sessions":
				where = "id = $1"
			case table == "delivery_attempts":
				where = "delivery_id IN (SELECT id FROM deliveries WHERE session_id = $1)"
			case !slices.ContainsFunc(columns, func(c string) bool { return strings.HasPrefix(c, "session_id ") }):
				continue
			}
			var n int
			if err := b.SQL(tx).QueryRowContext(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE %s`, table, where), sessionID).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				counts[table] = n
			}
		}
		return nil
	})
	return counts
}

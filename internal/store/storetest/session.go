package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// finding is one with every part filled.
func finding(codes ...kyc.Code) *kyc.Finding {
	confidence, ok := 0.75, true
	return &kyc.Finding{
		Errors:      codes,
		Checks:      []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{{Status: kyc.Success, Caption: "isMRZValid", Confidence: &confidence, Value: "yes", Images: []string{"0"}}}}},
		CountryCode: "UTO", DocName: "Passport", IsBackSide: true,
		OCR:       kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "Surname", Value: "ERIKSSON", Conf: kyc.High, LCID: 1033, IsMRZOk: &ok}}},
		Templates: []kyc.Template{{Label: "document_0", Vector: []float32{0.25, -1.5}, Model: "m1", Quality: 0.5, Box: kyc.Box{X: 1, Y: 2, Width: 3, Height: 4}}},
		Measures:  map[string]string{"threshold": "70"},
	}
}

// glanced is an attempt as lists get it: of face templates the labels only.
func glanced(a *kyc.Attempt) *kyc.Attempt {
	c := *a
	if a.Finding != nil {
		f := *a.Finding
		f.Templates = nil
		for _, t := range a.Finding.Templates {
			f.Templates = append(f.Templates, kyc.Template{Label: t.Label})
		}
		c.Finding = &f
	}
	return &c
}

func sessions(t *testing.T, b *bench) {
	v := b.session("client-1", day(1))
	v.ClientUser, v.ClientID, v.Capture, v.Errors = "user-1", "id-1", []byte("hash of a credential"), []string{string(kyc.FacesNothing)}
	v.Faces, v.Step = finding(), 1
	b.create(v)
	same(t, "lock", v.Lock, int64(1))
	if v.Key.AccountID != b.account.ID || v.Key.SubjectID != v.ID || len(v.Key.SubjectKey) == 0 || len(v.Key.AccountKey) == 0 {
		t.Fatalf("the data key is not named: %+v", v.Key)
	}
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Session(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		same(t, "session", got, v)
		got, err = b.SessionByCapture(ctx, tx, v.Capture)
		same(t, "session by credential", got, v)
		return err
	})
	for _, hash := range [][]byte{nil, {}, []byte("another")} {
		b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
			_, err := b.SessionByCapture(ctx, tx, hash)
			return err
		})
	}
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.Session(ctx, tx, "nothing")
		return err
	})
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.CreateSession(ctx, tx, v) })
	b.refused(kyc.Invalid, func(ctx context.Context, tx kyc.Tx) error { return b.CreateSession(ctx, tx, b.session("", day(1))) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		nowhere := b.session("client-1", day(1))
		nowhere.Revision = 9
		return b.CreateSession(ctx, tx, nowhere)
	})
	// Many sessions hold no credential; that must not count as a shared one.
	b.stored("client-2", day(1))
	b.stored("client-3", day(1))
}

func sessionUpdates(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	stale := *v
	v.Status, v.Step, v.FinishedAt, v.Capture = kyc.Failed, 2, day(2), []byte("credential")
	v.Faces, v.Errors, v.ClientUser, v.ExpiresAt = finding(kyc.FacesNothing), []string{"[general] bad image"}, "user-2", day(5)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateSession(ctx, tx, v) })
	same(t, "lock", v.Lock, int64(2))
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Session(ctx, tx, v.ID)
		same(t, "session", got, v)
		return err
	})
	err := b.Do(context.Background(), func(tx kyc.Tx) error { return b.UpdateSession(context.Background(), tx, &stale) })
	if !errors.Is(err, kyc.ErrConflict) {
		t.Fatalf("got %v for a stale lock, want kyc.ErrConflict", err)
	}
	same(t, "lock of the loser", stale.Lock, int64(1))
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateSession(ctx, tx, b.session("x", day(1))) })
	// A credential belongs to one session only.
	other := b.stored("client-2", day(1))
	other.Capture = v.Capture
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateSession(ctx, tx, other) })
}

func latestSessions(t *testing.T, b *bench) {
	_, second := b.account, &kyc.Scenario{ID: id(t), AccountID: b.account.ID, Definition: definition("Second")}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.SaveScenario(ctx, tx, second) })
	b.stored("client-1", day(1))
	newest := b.stored("client-1", day(3))
	b.stored("client-2", day(4))
	elsewhere := b.session("client-1", day(2))
	elsewhere.ScenarioID = second.ID
	b.create(elsewhere)
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, fresh, err := b.ShownLatest(ctx, tx, b.account.ID, "client-1")
		if err != nil {
			return err
		}
		same(t, "latest", got.ID, newest.ID)
		same(t, "its client key is new", fresh, false)
		got, err = b.LatestOfScenario(ctx, tx, b.account.ID, second.ID, "client-1")
		same(t, "latest of the scenario", got.ID, elsewhere.ID)
		return err
	})
	other, _ := b.tenant("Bank")
	for _, asked := range [][2]string{{other.ID, "client-1"}, {b.account.ID, "client-3"}, {b.account.ID, ""}, {"nobody", "client-1"}} {
		b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
			_, _, err := b.ShownLatest(ctx, tx, asked[0], asked[1])
			return err
		})
	}
}

func dueSessions(t *testing.T, b *bench) {
	second, first, open := b.stored("b", day(2)), b.stored("a", day(1)), b.stored("c", day(9))
	done := b.stored("d", day(1))
	done.Status, done.FinishedAt = kyc.Success, day(1)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateSession(ctx, tx, done) })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.DueSessions(ctx, tx, second.ExpiresAt, 10)
		if err != nil {
			return err
		}
		same(t, "due", got, []string{first.ID, second.ID})
		got, err = b.DueSessions(ctx, tx, open.ExpiresAt, 1)
		same(t, "due, one only", got, []string{first.ID})
		return err
	})
}

func busySessions(t *testing.T, b *bench) {
	second, first, late := b.stored("b", day(2)), b.stored("a", day(1)), b.stored("c", day(9))
	b.stored("idle", day(1))
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		for _, v := range []*kyc.Session{second, first, late} {
			v.Status = kyc.Processing
			if err := b.UpdateSession(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.BusySessions(ctx, tx, day(3), 10)
		if err != nil {
			return err
		}
		same(t, "busy", got, []string{first.ID, second.ID})
		got, err = b.BusySessions(ctx, tx, day(10), 1)
		same(t, "busy, one only", got, []string{first.ID})
		return err
	})
}

func newClients(t *testing.T, b *bench) {
	first, again, other := b.stored("client-1", day(1)), b.stored("client-1", day(2)), b.stored("client-2", day(3))
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.NewClients(ctx, tx, []string{first.ID, again.ID, other.ID})
		same(t, "new clients", got, map[string]bool{first.ID: true, other.ID: true})
		return err
	})
	for s, want := range map[*kyc.Session]bool{first: true, again: false, other: true} {
		b.glance(func(ctx context.Context, tx kyc.Tx) error {
			_, fresh, err := b.ShownSession(ctx, tx, s.ID)
			same(t, "a new client", fresh, want)
			return err
		})
	}
}

// shownSessions lack what nobody is shown, and show each change at once.
func shownSessions(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	for _, code := range []kyc.Code{kyc.FacesNothing, kyc.LowLight} {
		v.Status, v.FinishedAt, v.Capture, v.Faces = kyc.Failed, day(2), []byte("credential"), finding(code)
		b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateSession(ctx, tx, v) })
		for range 2 { // the second time it may be remembered
			b.glance(func(ctx context.Context, tx kyc.Tx) error {
				got, _, err := b.ShownSession(ctx, tx, v.ID)
				if err != nil {
					return err
				}
				if got.Capture != nil || slices.ContainsFunc(got.Faces.Templates, func(t kyc.Template) bool { return t.Vector != nil }) {
					t.Error("a credential or a face template is shown")
				}
				want := *v
				faces := *v.Faces
				want.Capture, want.Faces, faces.Templates, got.Faces.Templates = nil, &faces, nil, nil
				same(t, "session", got, &want)
				return nil
			})
		}
	}
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, _, err := b.ShownSession(ctx, tx, "nothing")
		return err
	})
}

func attempts(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	first := &kyc.Attempt{SessionID: v.ID, Step: 0, Try: 1, Type: kyc.StepDocument, Status: kyc.Idle, StartedAt: day(1),
		Challenge: &kyc.Challenge{Nonce: "n", Moves: []kyc.Move{kyc.MoveLeft}, IssuedAt: day(1), Deadline: day(2)}}
	later := &kyc.Attempt{SessionID: v.ID, Step: 1, Try: 1, Type: kyc.StepSelfie, Status: kyc.Idle, StartedAt: day(2)}
	second := &kyc.Attempt{SessionID: v.ID, Step: 0, Try: 2, Type: kyc.StepDocument, Status: kyc.Idle, StartedAt: day(2), Finding: finding(kyc.NoMRZ)}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.PutAttempt(ctx, tx, later), b.PutAttempt(ctx, tx, second), b.PutAttempt(ctx, tx, first))
	})
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.PutAttempt(ctx, tx, first) })
	first.Status, first.SentAt, first.Frames = kyc.Processing, day(3), []kyc.FrameMark{{AtMS: 12, Move: 1}}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateAttempt(ctx, tx, first, kyc.Idle) })
	again := *first
	again.Status = kyc.Failed
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateAttempt(ctx, tx, &again, kyc.Idle) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		nothing := *first
		nothing.Try = 9
		return b.UpdateAttempt(ctx, tx, &nothing, kyc.Idle)
	})
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		return b.PutAttempt(ctx, tx, &kyc.Attempt{SessionID: "nothing", Try: 1})
	})
	first.Status, first.Finding, first.FinishedAt = kyc.Success, finding(), day(4)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateAttempt(ctx, tx, first, kyc.Processing) })
	other := b.stored("client-2", day(1))
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Attempt(ctx, tx, v.ID, 0, 1)
		if err != nil {
			return err
		}
		same(t, "attempt", got, first)
		all, err := b.Attempts(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		same(t, "attempts", all, []*kyc.Attempt{first, second, later})
		many, err := b.AttemptsOf(ctx, tx, []string{v.ID, other.ID})
		same(t, "attempts of many", many, map[string][]*kyc.Attempt{v.ID: {glanced(first), glanced(second), glanced(later)}})
		return err
	})
}

func evidence(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	var want []*kyc.Evidence
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		for i := range 12 { // more than ten: the order is that of arrival, not of the names
			e := &kyc.Evidence{ID: id(t), SessionID: v.ID, Step: 0, Try: 1, Name: fmt.Sprint(i), Derived: i == 11, BlobKey: "k", Digest: []byte{byte(i)},
				Size: 100, Width: 640, Height: 480, CreatedAt: day(1)}
			want = append(want, e)
			if err := b.AddEvidence(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Evidence(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		same(t, "evidence", got, want)
		one, err := b.EvidenceByID(ctx, tx, want[3].ID)
		if err != nil {
			return err
		}
		same(t, "one picture", one, want[3])
		n, size, err := b.EvidenceUsage(ctx, tx, v.ID)
		same(t, "usage", []int64{int64(n), size}, []int64{12, 1200})
		return err
	})
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.AddEvidence(ctx, tx, want[0]) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.EvidenceByID(ctx, tx, "nothing")
		return err
	})
}

func events(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	want := []kyc.Event{{SessionID: v.ID, At: day(2), Kind: "session.created", Actor: "person"}, {SessionID: v.ID, At: day(1), Kind: "step.sent", Actor: "api", Detail: "0/1"}}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.AddEvent(ctx, tx, want[0]), b.AddEvent(ctx, tx, want[1]))
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Events(ctx, tx, v.ID)
		same(t, "events in the order of writing", got, want)
		return err
	})
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		return b.AddEvent(ctx, tx, kyc.Event{SessionID: "nothing"})
	})
}

func keyBlocks(t *testing.T, b *bench) {
	claim := func(scenario, session string, chain ...string) bool {
		t.Helper()
		var pairs [][2][]byte
		for i := 1; i < len(chain); i++ {
			pairs = append(pairs, [2][]byte{[]byte(chain[i]), []byte(chain[i-1])})
		}
		var ok bool
		b.do(func(ctx context.Context, tx kyc.Tx) (err error) {
			ok, err = b.ClaimKeyBlocks(ctx, tx, scenario, pairs, session)
			return err
		})
		return ok
	}
	_, other := b.tenant("Bank")
	for i, c := range []struct {
		scenario string
		chain    []string
		want     bool
	}{
		{b.scenario.ID, []string{"iv1", "a1", "a2", "a3"}, true},
		{b.scenario.ID, []string{"iv1", "a1", "a2", "a3"}, true}, // the same key again is no attack
		{b.scenario.ID, []string{"iv2", "b1", "b2"}, true},
		{b.scenario.ID, []string{"iv2", "b1", "a2", "a3"}, false}, // spliced
		{b.scenario.ID, []string{"iv3", "a1"}, false},             // another IV flips the first block
		{b.scenario.ID, []string{"iv4", "c1", "c1"}, false},       // one block behind two others
		{other.ID, []string{"iv3", "a1"}, true},
	} {
		if got := claim(c.scenario, id(t), c.chain...); got != c.want {
			t.Errorf("claim %d %v: got %v, want %v", i, c.chain, got, c.want)
		}
	}
}

func keyIDs(t *testing.T, b *bench) {
	_, other := b.tenant("Bank")
	claim := func(scenario, jti string) (ok bool) {
		b.do(func(ctx context.Context, tx kyc.Tx) (err error) {
			ok, err = b.ClaimKeyID(ctx, tx, scenario, jti, day(2))
			return err
		})
		return ok
	}
	got := []bool{claim(b.scenario.ID, "j1"), claim(b.scenario.ID, "j1"), claim(b.scenario.ID, "j2"), claim(other.ID, "j1")}
	same(t, "claims", got, []bool{true, false, true, true})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		n, err := b.Prune(ctx, tx, day(2).Add(time.Second), 2)
		same(t, "pruned", n, 2)
		return err
	})
}

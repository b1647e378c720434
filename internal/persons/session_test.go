package persons_test

import (
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

func probe(p *kyc.Principal, l *kyc.FaceList, face, clientKey string) kyc.FaceProbe {
	return kyc.FaceProbe{AccountID: p.AccountID, ClientKey: clientKey, Templates: []kyc.Template{{Label: "selfie", Model: "m1", Vector: vector(face)}},
		Rules: kyc.FaceRules{AddTo: l.ID, Duplicates: kyc.DuplicatesWarn, Threshold: 90}}
}

// ended scans, then recognises and enrols in one unit of work, as verify does;
// between is called in between.
func (n *node) ended(p *kyc.Principal, l *kyc.FaceList, face, clientKey string, between ...func()) (person string) {
	n.t.Helper()
	ctx := n.t.Context()
	in := probe(p, l, face, clientKey)
	scan, err := n.Scan(ctx, in)
	if err != nil {
		n.t.Error(err)
	}
	for _, f := range between {
		f()
	}
	err = n.db.Do(ctx, func(tx kyc.Tx) error {
		seen, err := n.Recognise(ctx, tx, in, scan)
		if err != nil {
			return err
		}
		person, err = n.Enrol(ctx, tx, kyc.Enrolment{AccountID: p.AccountID, ListID: l.ID, Person: seen.Person, SessionID: "session", ClientKey: clientKey,
			Fields: []kyc.PersonField{{Name: "Surname", Value: "Client"}}, Template: in.Templates[0], Picture: &kyc.Picture{JPEG: []byte(face)}})
		return err
	})
	if err != nil {
		n.t.Error(err)
	}
	return person
}

func (n *node) recognise(in kyc.FaceProbe) (seen *kyc.FacesSeen, err error) {
	scan, err := n.Scan(n.t.Context(), in)
	if err != nil {
		return nil, err
	}
	err = n.db.Do(n.t.Context(), func(tx kyc.Tx) error { seen, err = n.Recognise(n.t.Context(), tx, in, scan); return err })
	return seen, err
}

// TestReturning: a face that comes back is the same person; under another client
// key it is a duplicate.
func TestReturning(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	if err := n.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, blocked := n.list(p, "Clients"), n.list(p, "Blacklist")
	first := n.ended(p, l, "face:1", "client-1")
	same(t, "who comes back", n.ended(p, l, "face:1~", "client-1"), first)
	if n.ended(p, l, "face:2", "client-2") == first {
		t.Error("another face is the same person")
	}
	seen, err := n.recognise(probe(p, l, "face:1~", "client-1"))
	same(t, "the same client key", []any{seen.Person, seen.Errors, seen.Checks[0].Items[0].Status, err}, []any{first, []kyc.Code(nil), kyc.Success, nil})
	seen, err = n.recognise(probe(p, l, "face:1~", "client-9"))
	same(t, "another client key", []any{seen.Person, seen.Errors, seen.Checks[0].Items[0].Status, seen.Checks[0].Items[0].Value, err}, []any{first, []kyc.Code{kyc.FacesDuplicate}, kyc.Failed, "99%", nil})
	seen, err = n.recognise(probe(p, l, "face:3", "client-3"))
	same(t, "a new face", []any{seen.Person, seen.Errors, seen.Checks[0].Items[0].Status, err}, []any{"", []kyc.Code(nil), kyc.Success, nil})
	same(t, "they are found by hand, too", n.find(p, "face:1", l.ID), []string{"Client"})

	n.person(p, blocked, "Villain", "face:6")
	in := probe(p, l, "face:4", "client-4")
	in.Rules = kyc.FaceRules{Blacklists: []string{blocked.ID}, Threshold: 90}
	seen, err = n.recognise(in)
	same(t, "not in the blacklist", []any{seen.Errors, seen.Checks[0].Items[0].Status, err}, []any{[]kyc.Code(nil), kyc.Success, nil})
	in.Templates = append(in.Templates, kyc.Template{Label: "document_0", Model: "m1", Vector: vector("face:6~")})
	seen, err = n.recognise(in)
	same(t, "in the blacklist by the document alone", []any{seen.Errors, seen.Checks[0].Items[0].Caption, seen.Checks[0].Items[0].Status, err},
		[]any{[]kyc.Code{kyc.FacesBlacklisted}, "isBlacklisted", kyc.Failed, nil})
}

// TestNoAnswer: what cannot be looked for is an error, never a face that nobody knows.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	if err := n.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, other := n.list(p, "Clients"), tenant(t, db, "Other")
	foreign := n.list(other, "Theirs")
	for name, change := range map[string]func(*kyc.FaceProbe){
		"no face":               func(in *kyc.FaceProbe) { in.Templates = nil },
		"another model's face":  func(in *kyc.FaceProbe) { in.Templates[0].Model = "m0" },
		"another tenant's list": func(in *kyc.FaceProbe) { in.Rules.Blacklists = []string{foreign.ID} },
		"a list that is gone":   func(in *kyc.FaceProbe) { in.Rules.AddTo = "b5e2a0f4-c7b1-11f0-8de9-0242ac120002" },
		"a vector that is none": func(in *kyc.FaceProbe) { in.Templates[0].Vector = []float32{1} },
	} {
		in := probe(p, l, "face:1", "client-1")
		change(&in)
		if seen, err := n.recognise(in); err == nil || kyc.KindOf(err) != kyc.Internal {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
	}
}

// TestForget: what a session left in lists goes with it, a person whose only
// face it was altogether; nobody finds them by it any more.
func TestForget(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	l := n.list(p, "Clients")
	first := n.ended(p, l, "face:1", "client-1") // all by session "session"
	mixed := n.person(p, l, "Adams", "face:2")
	noted := []kyc.PersonField{{Name: "Surname", Value: "Adams"}, {Name: "clientKey", Value: "client-2"}}
	if _, err := n.Update(t.Context(), p, l.ID, mixed.ID, persons.PersonChange{Fields: noted}); err != nil {
		t.Fatal(err)
	}
	if n.ended(p, l, "face:2~", "client-2") != mixed.ID {
		t.Fatal("a known face was not recognised")
	}
	forget := func(account, session string) (count int) {
		t.Helper()
		err := db.Do(t.Context(), func(tx kyc.Tx) (err error) {
			count, _, err = n.Forget(t.Context(), tx, &kyc.Session{ID: session, AccountID: account, ClientKey: "client-2"}, "user")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	same(t, "by another account, and another session", []int{forget("nobody", "session"), forget(p.AccountID, "another")}, []int{0, 0})
	same(t, "persons touched", forget(p.AccountID, "session"), 2)
	_, err := n.Person(t.Context(), p, l.ID, first, false)
	same(t, "a person of that session alone", kyc.KindOf(err), kyc.NotFound)
	left, err := n.Person(t.Context(), p, l.ID, mixed.ID, false)
	same(t, "a person with another face", []any{len(left.Faces), len(left.Pictures), left.Fields, err}, []any{1, 1, noted[:1], nil})
	same(t, "who is found", [][]string{n.find(p, "face:1"), n.find(p, "face:2")}, [][]string{{}, {"Adams"}})
}

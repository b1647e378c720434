package persons_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// TestLife: a person is found by any picture of theirs from the moment they are
// added, in the list that they are in, until they or their templates are gone.
func TestLife(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	clients, blocked := n.list(p, "Clients"), n.list(p, "Blacklist")
	adams := n.person(p, clients, "Adams", "face:1", "face:2")
	n.person(p, clients, "Baker", "face:3")
	same(t, "another picture", n.find(p, "face:1~"), []string{"Adams"})
	same(t, "another face of theirs", n.find(p, "face:2~"), []string{"Adams"})
	same(t, "a stranger", n.find(p, "face:9"), []string{})
	same(t, "another list", n.find(p, "face:1", blocked.ID), []string{})

	jpeg, err := n.Picture(t.Context(), p, adams.ID, adams.Pictures[0].ID)
	same(t, "their picture", []any{string(jpeg), err}, []any{"chip of face:1", nil})
	if sealed, err := n.blobs.Get(t.Context(), adams.Pictures[0].BlobKey); err != nil || strings.Contains(string(sealed), "chip") {
		t.Errorf("the picture lies open: %q, %v", sealed, err)
	}

	if _, err := n.Update(t.Context(), p, clients.ID, adams.ID, persons.PersonChange{NewList: blocked.ID}); err != nil {
		t.Fatal(err)
	}
	same(t, "after the move", [][]string{n.find(p, "face:1", clients.ID), n.find(p, "face:1", blocked.ID)}, [][]string{{}, {"Adams"}})

	if _, err := n.EraseTemplates(t.Context(), p, blocked.ID, adams.ID); err != nil {
		t.Fatal(err)
	}
	same(t, "after their templates were erased", n.find(p, "face:1"), []string{})
	jpeg, err = n.Picture(t.Context(), p, adams.ID, adams.Pictures[0].ID)
	same(t, "their picture stays", []any{string(jpeg), err}, []any{"chip of face:1", nil})

	if count, err := n.Delete(t.Context(), p, blocked.ID, []string{adams.ID}); err != nil || count != 1 {
		t.Fatal(count, err)
	}
	if _, err := n.blobs.Get(t.Context(), adams.Pictures[0].BlobKey); kyc.KindOf(err) != kyc.NotFound {
		t.Errorf("a deleted person's picture is still there: %v", err)
	}
	if err := n.DeleteList(t.Context(), p, clients.ID); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("a list with a person in it: %v", err)
	}
	naming := &kyc.Scenario{ID: "naming", AccountID: p.AccountID, Definition: kyc.Definition{Name: "Passport", FaceLists: kyc.FaceRules{Blacklists: []string{blocked.ID}}}}
	save := func() {
		if err := db.Do(t.Context(), func(tx kyc.Tx) error { return db.SaveScenario(t.Context(), tx, naming) }); err != nil {
			t.Fatal(err)
		}
	}
	save()
	if err := n.DeleteList(t.Context(), p, blocked.ID); kyc.KindOf(err) != kyc.Conflict || !strings.Contains(kyc.SafeMessage(err), `"Passport"`) {
		t.Errorf("a list that a scenario names: %v", err)
	}
	naming.FaceLists = kyc.FaceRules{} // earlier revisions do not count
	save()
	if err := n.DeleteList(t.Context(), p, blocked.ID); err != nil {
		t.Error(err)
	}
	page, _, err := n.Searches(t.Context(), p, "", 20)
	same(t, "the newest search in the history", []any{len(page), page[0].Actor, page[0].Hits, page[0].Probes, page[0].Threshold, err}, []any{7, p.UserID, 0, 1, 90.0, nil})
}

// TestFusion: of several the first one stays, with all faces and what only the others had.
func TestFusion(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	l := n.list(p, "Clients")
	a, b := n.person(p, l, "Adams", "face:1"), n.person(p, l, "Adamson", "face:2")
	if _, err := n.Update(t.Context(), p, l.ID, b.ID, persons.PersonChange{Fields: []kyc.PersonField{{Name: "Surname", Value: "Adamson"}, {Name: "Phone", Value: "1"}}}); err != nil {
		t.Fatal(err)
	}
	double := n.person(p, l, "Adams again", "face:1~")
	n.person(p, n.list(p, "Others"), "Elsewhere", "face:1~")
	found, err := n.Doubles(t.Context(), p, a.ID)
	same(t, "doubles", []any{len(found), found[0].Person.ID, found[0].Percent > 99, err}, []any{1, double.ID, true, nil})
	if found, err := n.Doubles(t.Context(), p, b.ID); err != nil || len(found) != 0 {
		t.Errorf("doubles of somebody without any: %v, %v", found, err)
	}
	one, err := n.Fuse(t.Context(), p, l.ID, []string{a.ID, b.ID})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "who it is", []any{one.ID, one.Fields, len(one.Faces), len(one.Pictures)}, []any{a.ID, []kyc.PersonField{{Name: "Surname", Value: "Adams"}, {Name: "Phone", Value: "1"}}, 2, 2})
	same(t, "found by the other's face", n.find(p, "face:2~"), []string{"Adams"})
	jpeg, err := n.Picture(t.Context(), p, a.ID, one.Faces[1].PictureID)
	same(t, "the other's picture", []any{string(jpeg), err}, []any{"chip of face:2", nil})
	_, err = n.Person(t.Context(), p, l.ID, b.ID, false)
	same(t, "the other one", kyc.KindOf(err), kyc.NotFound)
	if _, err := n.blobs.Get(t.Context(), b.Pictures[0].BlobKey); kyc.KindOf(err) != kyc.NotFound {
		t.Errorf("the other's own picture is still there: %v", err)
	}
	for name, ids := range map[string][]string{"one": {a.ID}, "the same twice": {a.ID, a.ID}} {
		if _, err := n.Fuse(t.Context(), p, l.ID, ids); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTenants: with another tenant's ids every call gives the same answer as
// with ids that do not exist, and nothing changes.
func TestTenants(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n := start(t, db, t.TempDir(), "m1")
	mine, theirs := tenant(t, db, "Mine"), tenant(t, db, "Theirs")
	l := n.list(theirs, "Clients")
	own := n.list(mine, "Clients")
	person := n.person(theirs, l, "Adams", "face:1")
	me := n.person(mine, own, "Me", "face:5")
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"create under a taken id": func() error { _, err := n.CreateList(ctx, mine, l.ID, "x"); return err },
		"rename":                  func() error { _, err := n.RenameList(ctx, mine, l.ID, "x"); return err },
		"delete a list":           func() error { return n.DeleteList(ctx, mine, l.ID) },
		"read a list":             func() error { _, _, err := n.List(ctx, mine, l.ID); return err },
		"list":                    func() error { _, _, _, err := n.Persons(ctx, mine, l.ID, "", 20, true); return err },
		"read":                    func() error { _, err := n.Person(ctx, mine, l.ID, person.ID, true); return err },
		"read by the id alone":    func() error { _, err := n.Person(ctx, mine, "", person.ID, true); return err },
		"read in one's own list":  func() error { _, err := n.Person(ctx, mine, own.ID, person.ID, true); return err },
		"picture":                 func() error { _, err := n.Picture(ctx, mine, person.ID, person.Pictures[0].ID); return err },
		"doubles":                 func() error { _, err := n.Doubles(ctx, mine, person.ID); return err },
		"events":                  func() error { _, err := n.Events(ctx, mine, person.ID); return err },
		"create": func() error {
			_, err := n.Create(ctx, mine, persons.NewPerson{ListID: l.ID, Uploads: uploads("face:2")})
			return err
		},
		"update": func() error { _, err := n.Update(ctx, mine, l.ID, person.ID, persons.PersonChange{}); return err },
		"move to theirs": func() error {
			_, err := n.Update(ctx, mine, own.ID, me.ID, persons.PersonChange{NewList: l.ID})
			return err
		},
		"erase":                       func() error { _, err := n.EraseTemplates(ctx, mine, l.ID, person.ID); return err },
		"delete":                      func() error { _, err := n.Delete(ctx, mine, l.ID, []string{person.ID}); return err },
		"delete one's own and theirs": func() error { _, err := n.Delete(ctx, mine, own.ID, []string{me.ID, person.ID}); return err },
		"fuse":                        func() error { _, err := n.Fuse(ctx, mine, own.ID, []string{me.ID, person.ID}); return err },
		"search": func() error {
			_, err := n.Search(ctx, mine, persons.Question{Uploads: uploads("face:1"), Lists: []string{own.ID, l.ID}})
			return err
		},
	} {
		var known *kyc.Error
		if err := call(); !errors.As(err, &known) || known.Kind != kyc.NotFound || known.Message != kyc.MessageNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "what the others find", n.find(theirs, "face:1"), []string{"Adams"})
	same(t, "what is found in all lists of mine", n.find(mine, "face:1"), []string{})
	same(t, "who I am", n.find(mine, "face:5"), []string{"Me"})
	weak := &kyc.Principal{AccountID: theirs.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.ViewPersons}}
	if _, err := n.Delete(ctx, weak, l.ID, []string{person.ID}); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("who may only look deletes: %v", err)
	}
	if _, err := n.Search(ctx, &kyc.Principal{AccountID: theirs.AccountID, Role: kyc.RoleSubordinate}, persons.Question{Uploads: uploads("face:1")}); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("who may not look searches: %v", err)
	}
}

// TestRefusals: pictures without one usable face, and vectors that are none, add nobody.
func TestRefusals(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	l := n.list(p, "Clients")
	bad := append(uploads("wall", "crowd", "face:1"), kyc.Upload{Fault: kyc.BadImage})
	_, err := n.Create(t.Context(), p, persons.NewPerson{ListID: l.ID, Uploads: bad})
	var known *kyc.Error
	if !errors.As(err, &known) || known.Kind != kyc.Invalid {
		t.Fatal(err)
	}
	same(t, "sentences", known.Details, []string{"images[0]: [selfie] no face", "images[1]: [selfie] more than one face", "images[3]: [general] bad image"})
	for name, made := range map[string]persons.NewPerson{
		"nothing": {}, "a short vector": {Vectors: [][]float32{{1}}}, "a vector of nothing": {Vectors: [][]float32{make([]float32, 128)}},
		"a field without a name": {Uploads: uploads("face:1"), Fields: []kyc.PersonField{{Value: "x"}}},
		"too many faces":         {Vectors: make([][]float32, 11)},
	} {
		made.ListID = l.ID
		if _, err := n.Create(t.Context(), p, made); kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := n.Create(t.Context(), p, persons.NewPerson{ListID: l.ID, Uploads: uploads("broken")}); kyc.KindOf(err) != kyc.Internal {
		t.Errorf("a broken model: %v", err)
	}
	made, err := n.Create(t.Context(), p, persons.NewPerson{ListID: l.ID, Fields: []kyc.PersonField{{Name: "Surname", Value: "Vector"}}, Vectors: [][]float32{vector("face:4")}})
	if err != nil || len(made.Pictures) != 0 {
		t.Fatal(err)
	}
	same(t, "a person known by a vector", n.find(p, "face:4~"), []string{"Vector"})
	same(t, "nobody else was added", func() int { l, _, _ := n.List(t.Context(), p, l.ID); return l.Persons }(), 1)
}

// TestNotLoaded: before the index is loaded nobody is told that nobody was found.
func TestNotLoaded(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	n, p := build(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	l := n.list(p, "Clients")
	n.person(p, l, "Adams", "face:1")
	if err := n.Loaded(t.Context()); err == nil {
		t.Error("a node that has loaded nothing is ready")
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := n.Scan(soon, probe(p, l, "face:1", "client-1")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a search is answered before the index is loaded: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go n.Run(ctx)
	same(t, "a search waits", n.find(p, "face:1"), []string{"Adams"})
}

// TestAnotherModel: faces that another model measured are counted and not searched.
func TestAnotherModel(t *testing.T) {
	t.Parallel()
	db, pictures := storetest.Open(t), t.TempDir()
	old, p := start(t, db, pictures, "m1"), tenant(t, db, "Shop")
	l := old.list(p, "Clients")
	old.person(p, l, "Adams", "face:1")
	n := start(t, db, pictures, "m2")
	n.person(p, l, "Baker", "face:2")
	same(t, "an older face", n.find(p, "face:1"), []string{})
	same(t, "a newer one", n.find(p, "face:2"), []string{"Baker"})
	_, stale, err := n.List(t.Context(), p, l.ID)
	same(t, "faces that are not searched", []any{stale, err}, []any{1, nil})
}

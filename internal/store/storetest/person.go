package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// list adds a list of the bench's account.
func (b *bench) list(name string) *kyc.FaceList {
	b.t.Helper()
	l := &kyc.FaceList{ID: id(b.t), AccountID: b.account.ID, Name: name}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateFaceList(ctx, tx, l) })
	return l
}

// person adds a person with one face.
func (b *bench) person(l *kyc.FaceList, name string) *kyc.Person {
	b.t.Helper()
	p := &kyc.Person{ID: id(b.t), AccountID: l.AccountID, ListID: l.ID, Fields: []kyc.PersonField{{Name: "Surname", Value: name}}}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		if err := b.NewPersonKeys(ctx, tx, p); err != nil {
			return err
		}
		return errors.Join(b.CreatePerson(ctx, tx, p), b.AddPersonFace(ctx, tx, p, b.face("m1", 0.5)),
			b.AddPersonPicture(ctx, tx, &kyc.PersonPicture{ID: id(b.t), PersonID: p.ID, BlobKey: "blob of " + name, Digest: []byte{1}}))
	})
	return p
}

func (b *bench) face(model string, value float32) *kyc.PersonFace {
	return &kyc.PersonFace{ID: id(b.t), Model: model, Vector: []float32{value, -value}, ClientKey: "client-1"}
}

// faces reads the faces behind a number.
func (b *bench) faces(after int64) (all []*kyc.PersonFace) {
	b.t.Helper()
	b.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		all, err = b.FacesAfter(ctx, tx, "m1", nil, after, 1000)
		return err
	})
	return all
}

// persons: they are listed page by page, keep what they have when they move,
// and leave nothing behind when they go but word of their faces.
func persons(t *testing.T, b *bench) {
	clients, blocked := b.list("Clients"), b.list("Blacklist")
	people := []*kyc.Person{b.person(clients, "Adams"), b.person(clients, "Baker"), b.person(clients, "Clark")}
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		lists, err := b.FaceLists(ctx, tx, b.account.ID)
		if err == nil {
			err = b.CountPersons(ctx, tx, lists...)
		}
		same(t, "lists", []any{len(lists), lists[0].Name, lists[0].Persons, lists[1].Persons}, []any{2, "Clients", 3, 0})
		if err != nil {
			return err
		}
		page, next, err := b.Persons(ctx, tx, clients.ID, "", 2)
		if err != nil {
			return err
		}
		same(t, "the first page", []string{page[0].Field("Surname"), page[1].Field("Surname")}, []string{"Clark", "Baker"})
		_, _, err = b.Persons(ctx, tx, blocked.ID, next, 2)
		same(t, "another list's cursor", kyc.KindOf(err), kyc.Invalid)
		page, next, err = b.Persons(ctx, tx, clients.ID, next, 2)
		same(t, "the last page", []any{len(page), page[0].Field("Surname"), next, len(page[0].Faces), len(page[0].Pictures)}, []any{1, "Adams", "", 1, 1})
		return err
	})
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.DeleteFaceList(ctx, tx, clients.ID) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		nowhere := &kyc.Person{ID: id(t), AccountID: b.account.ID, ListID: id(t)}
		if err := b.NewPersonKeys(ctx, tx, nowhere); err != nil {
			return err
		}
		return b.CreatePerson(ctx, tx, nowhere)
	})

	last := b.faces(0)[2].Number
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		p := people[0]
		p.ListID = blocked.ID
		return errors.Join(b.UpdatePerson(ctx, tx, p), b.MovePersonFaces(ctx, tx, p))
	})
	moved := b.faces(last)
	same(t, "a moved face", []any{len(moved), moved[0].ListID, moved[0].Vector}, []any{1, blocked.ID, []float32{0.5, -0.5}})

	var blobs []string
	b.do(func(ctx context.Context, tx kyc.Tx) (err error) {
		blobs, err = b.DeletePersons(ctx, tx, []string{people[1].ID, people[2].ID})
		return err
	})
	slices.Sort(blobs)
	same(t, "pictures to remove", blobs, []string{"blob of Baker", "blob of Clark"})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		gone, err := b.FacesGone(ctx, tx, 0, 10)
		same(t, "faces gone", len(gone), 3) // the moved one's old number, and two
		_, missing := b.Person(ctx, tx, people[1].ID)
		same(t, "a deleted person", kyc.KindOf(missing), kyc.NotFound)
		return err
	})

	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.EraseTemplates(ctx, tx, people[0]) })
	same(t, "faces after their templates were erased", len(b.faces(0)), 0)
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		p, err := b.Person(ctx, tx, people[0].ID)
		same(t, "what is left", []any{p.Field("Surname"), len(p.Pictures), len(p.Templates.SubjectKey)}, []any{"Adams", 1, 0})
		return err
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		p, err := b.Person(ctx, tx, people[0].ID)
		if err != nil {
			return err
		}
		return b.AddPersonFace(ctx, tx, p, b.face("m1", 0.25))
	})
	same(t, "a face after that", b.faces(0)[0].Vector, []float32{0.25, -0.25})
}

// faceNumbers: numbers grow, name their person, and tell of client keys and
// models.
func faceNumbers(t *testing.T, b *bench) {
	l := b.list("Clients")
	p := b.person(l, "Adams")
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.AddPersonFace(ctx, tx, p, b.face("m0", 0.125)) })
	all := b.faces(0)
	same(t, "an older model's face has no vector here", []any{len(all), len(all[0].Vector), len(all[1].Vector)}, []any{2, 2, 0})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		listed, err := b.FacesAfter(ctx, tx, "m1", []string{id(t)}, 0, 10)
		same(t, "a face of no list that was asked for has no vector here", []any{len(listed), len(listed[0].Vector)}, []any{2, 0})
		return err
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		owners, err := b.OwnersOfFaces(ctx, tx, []int64{all[0].Number, all[1].Number, 1 << 40})
		same(t, "owners", owners, map[int64]string{all[0].Number: p.ID, all[1].Number: p.ID})
		stale, fault := b.StaleFaces(ctx, tx, l.ID, "m1")
		same(t, "faces of older models", stale, 1)
		for key, known := range map[string]bool{"client-1": true, "client-2": false} {
			some, this, fault := b.ClientKeysKnown(ctx, tx, p, key)
			same(t, "client key "+key, []bool{some, this}, []bool{true, known})
			err = errors.Join(err, fault)
		}
		people := []*kyc.Person{p}
		err = errors.Join(err, fault, b.Vectors(ctx, tx, people))
		same(t, "vectors", [][]float32{people[0].Faces[0].Vector, people[0].Faces[1].Vector}, [][]float32{{0.5, -0.5}, {0.125, -0.125}})
		return err
	})
}

// concurrentFaces: who follows the numbers while many write misses nobody.
func concurrentFaces(t *testing.T, b *bench) {
	const writers, each = 6, 8
	l := b.list("Clients")
	var people []*kyc.Person
	for i := range writers {
		people = append(people, b.person(l, fmt.Sprint(i)))
	}
	var writing sync.WaitGroup
	for _, p := range people {
		writing.Go(func() {
			for range each {
				err := b.Do(context.Background(), func(tx kyc.Tx) error { return b.AddPersonFace(context.Background(), tx, p, b.face("m1", 0.5)) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	seen, last := map[int64]bool{}, int64(0)
	follow := func() {
		for _, f := range b.faces(last) {
			seen[f.Number], last = true, f.Number
		}
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		follow()
	}
	same(t, "faces seen by following", len(seen), writers*(each+1))
}

// searches: the history is listed newest first, an account's own alone.
func searches(t *testing.T, b *bench) {
	for i := range 3 {
		b.do(func(ctx context.Context, tx kyc.Tx) error {
			return b.AddFaceSearch(ctx, tx, &kyc.FaceSearch{ID: id(t), AccountID: b.account.ID, At: day(i + 1), Actor: "user", Lists: []string{"a", "b"}, Probes: 1, Threshold: 90.5, Hits: i})
		})
	}
	other, _ := b.tenant("Other")
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		page, next, err := b.FaceSearches(ctx, tx, b.account.ID, "", 2)
		if err != nil {
			return err
		}
		same(t, "the first page", []any{len(page), page[0].Hits, page[0].Lists}, []any{2, 2, []string{"a", "b"}})
		_, _, err = b.FaceSearches(ctx, tx, other.ID, next, 2)
		same(t, "another account's cursor", kyc.KindOf(err), kyc.Invalid)
		page, next, err = b.FaceSearches(ctx, tx, b.account.ID, next, 2)
		same(t, "the last page", []any{len(page), page[0].Hits, next}, []any{1, 0, ""})
		return err
	})
}

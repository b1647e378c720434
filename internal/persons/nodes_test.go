package persons_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// TestTwoNodes: what one node writes the other finds at once, and what one
// deletes the other finds no more; a node that starts later knows all of it.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	address, pictures := storetest.PostgresURL(t), t.TempDir()
	first := start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1")
	second := start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1")
	p := tenant(t, first.db, "Shop")
	l := first.list(p, "Clients")
	var all []*kyc.Person
	for i := range 5 {
		all = append(all, first.person(p, l, fmt.Sprint(i), fmt.Sprintf("face:%d", i)))
		same(t, "on the other node", second.find(p, fmt.Sprintf("face:%d~", i)), []string{fmt.Sprint(i)})
	}
	if _, err := second.Delete(t.Context(), p, l.ID, []string{all[0].ID, all[1].ID}); err != nil {
		t.Fatal(err)
	}
	same(t, "deleted on the other node", [][]string{first.find(p, "face:0"), second.find(p, "face:1"), first.find(p, "face:2")}, [][]string{{}, {}, {"2"}})
	third := start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1")
	same(t, "on a node that starts now", [][]string{third.find(p, "face:0"), third.find(p, "face:4")}, [][]string{{}, {"4"}})
}

// TestManyWriters: while several nodes write and search at once, each finds in
// every moment whom it has just added.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	address, pictures := storetest.PostgresURL(t), t.TempDir()
	nodes := []*node{start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1"), start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1")}
	p := tenant(t, nodes[0].db, "Shop")
	l := nodes[0].list(p, "Clients")
	var working sync.WaitGroup
	for w := range 6 {
		working.Go(func() {
			for i := range 6 {
				face := fmt.Sprintf("face:%d", 1+w*6+i)
				_, err := nodes[w%2].Create(t.Context(), p, persons.NewPerson{ListID: l.ID, Uploads: uploads(face)})
				if err != nil {
					t.Error(err)
					return
				}
				found, err := nodes[(w+1)%2].Search(t.Context(), p, persons.Question{Uploads: uploads(face + "~")})
				if err != nil || len(found[0].Hits) != 1 {
					t.Errorf("%s: %v, %v", face, found, err)
				}
			}
		})
	}
	working.Wait()
}

// TestOneFaceOnePerson: however many sessions of one new face end at once, on
// whichever nodes, they become one person. All of them have looked, and found
// nobody, before the first one writes.
func TestOneFaceOnePerson(t *testing.T) {
	t.Parallel()
	pictures := t.TempDir()
	address, file := storetest.PostgresURL(t), storetest.OpenFile(t, t.TempDir()+"/openkyc.db", time.Now)
	alone := start(t, file, pictures, "m1")
	for name, nodes := range map[string][]*node{
		"sqlite":   {alone, alone},
		"postgres": {start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1"), start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1")},
	} {
		p := tenant(t, nodes[0].db, "Shop")
		l := nodes[0].list(p, "Clients")
		nodes[0].person(p, l, "Adams", "face:1")
		var scanning, ending sync.WaitGroup
		ids := make([]string, 8)
		scanning.Add(len(ids))
		for i := range ids {
			ending.Go(func() {
				ids[i] = nodes[i%2].ended(p, l, "face:7", "client-1", func() { scanning.Done(); scanning.Wait() })
			})
		}
		ending.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("%s: one face became %v", name, ids)
			}
		}
	}
}

// TestSinceTheScan: what happens between the scan and the unit of work counts as
// it stands in the unit; and a scan answers the probe that it was made for alone.
func TestSinceTheScan(t *testing.T) {
	t.Parallel()
	db := storetest.OpenFile(t, t.TempDir()+"/openkyc.db", time.Now)
	n, p := start(t, db, t.TempDir(), "m1"), tenant(t, db, "Shop")
	clients, blocked := n.list(p, "Clients"), n.list(p, "Blacklist")
	in := probe(p, clients, "face:1", "client-1")
	in.Rules.Blacklists = []string{blocked.ID}
	after := func(what string, change func()) *kyc.FacesSeen {
		t.Helper()
		scan, err := n.Scan(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		change()
		var seen *kyc.FacesSeen
		err = db.Do(t.Context(), func(tx kyc.Tx) error { seen, err = n.Recognise(t.Context(), tx, in, scan); return err })
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return seen
	}
	var adams *kyc.Person
	seen := after("added", func() { adams = n.person(p, clients, "Adams", "face:1~") })
	same(t, "added to the clients", []any{seen.Person, seen.Errors}, []any{adams.ID, []kyc.Code(nil)})
	seen = after("moved", func() {
		if _, err := n.Update(t.Context(), p, clients.ID, adams.ID, persons.PersonChange{NewList: blocked.ID}); err != nil {
			t.Fatal(err)
		}
	})
	same(t, "moved to the blacklist", []any{seen.Person, seen.Errors}, []any{"", []kyc.Code{kyc.FacesBlacklisted}})
	seen = after("erased", func() {
		if _, err := n.EraseTemplates(t.Context(), p, blocked.ID, adams.ID); err != nil {
			t.Fatal(err)
		}
	})
	same(t, "with erased templates", []any{seen.Person, seen.Errors}, []any{"", []kyc.Code(nil)})

	scan, err := n.Scan(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	other := probe(p, clients, "face:2", "client-1")
	for name, try := range map[string]struct {
		in   kyc.FaceProbe
		scan *kyc.FaceScan
	}{"no scan": {in, nil}, "another face's scan": {other, scan}} {
		err := db.Do(t.Context(), func(tx kyc.Tx) error { _, err := n.Recognise(t.Context(), tx, try.in, try.scan); return err })
		if !errors.Is(err, kyc.ErrUnscanned) || kyc.KindOf(err) != kyc.Conflict { // nobody's fault
			t.Errorf("%s: %v", name, err)
		}
	}
}

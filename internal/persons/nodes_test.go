package persons_test

import (
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
// whichever nodes, they become one person.
func TestOneFaceOnePerson(t *testing.T) {
	t.Parallel()
	address, pictures := storetest.PostgresURL(t), t.TempDir()
	nodes := []*node{start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1"), start(t, storetest.OpenAddress(t, address, time.Now), pictures, "m1")}
	p := tenant(t, nodes[0].db, "Shop")
	l := nodes[0].list(p, "Clients")
	var ending sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		ending.Go(func() {
			n := nodes[i%2]
			if err := n.Ready(t.Context()); err != nil {
				t.Error(err)
				return
			}
			ids[i] = n.ended(p, l, "face:7", "client-1")
		})
	}
	ending.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("one face became %v", ids)
		}
	}
}

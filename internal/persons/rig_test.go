package persons_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/gallery"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// measurer sees in "face:3" the face number 3, and in "face:3~" another picture
// of it; "crowd" has more faces than one, "wall" none.
type measurer struct{ model string }

func (m measurer) Model() string { return m.model }

func (m measurer) Describe(_ context.Context, jpeg []byte) (*kyc.FaceFound, error) {
	text := string(jpeg)
	switch {
	case text == "wall":
		return nil, nil
	case text == "broken":
		return nil, errors.New("the model broke")
	}
	found := &kyc.FaceFound{Template: kyc.Template{Model: m.model, Vector: vector(text)}, Chip: kyc.Cut{JPEG: []byte("chip of " + text), Width: 150, Height: 150}}
	if text == "crowd" {
		found.Others = 2
	}
	return found, nil
}

// vector gives different faces a distance of 1.8, two pictures of one face of 0.1.
func vector(face string) []float32 {
	v := make([]float32, 128)
	var n int
	_, _ = fmt.Sscanf(face, "face:%d", &n)
	v[n] = 1.3
	if strings.HasSuffix(face, "~") {
		v[127] = 0.1
	}
	return v
}

// slice is the gallery in the room's words.
type slice struct{ *gallery.Gallery }

func (i slice) Search(ctx context.Context, q kyc.FaceQuery) ([]kyc.FaceHit, error) {
	found, err := i.Gallery.Search(ctx, gallery.Query(q))
	hits := make([]kyc.FaceHit, len(found))
	for n, h := range found {
		hits[n] = kyc.FaceHit(h)
	}
	return hits, err
}

// node is a room that runs.
type node struct {
	*persons.Room
	t     *testing.T
	db    *store.Store
	blobs blob.Store
}

// start runs a node on a database and a place for pictures.
func start(t *testing.T, db *store.Store, pictures, model string) *node {
	t.Helper()
	n := build(t, db, pictures, model)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { n.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return n
}

func build(t *testing.T, db *store.Store, pictures, model string) *node {
	t.Helper()
	objects, err := blob.Open(t.Context(), pictures, blob.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = objects.Close() })
	return &node{t: t, db: db, blobs: objects, Room: persons.New(persons.Deps{Store: db, Blobs: objects, Sealer: storetest.Keys{}, Measurer: measurer{model},
		NewIndex: func() persons.Index { return slice{gallery.New()} }, Now: time.Now, Random: rand.Reader, Logger: slog.New(slog.DiscardHandler)})}
}

// tenant makes an account and who may do all in it with persons.
func tenant(t *testing.T, db *store.Store, name string) *kyc.Principal {
	t.Helper()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err == nil {
		err = db.Do(t.Context(), func(tx kyc.Tx) error { return db.CreateAccount(t.Context(), tx, &kyc.Account{ID: id, Name: name}) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return &kyc.Principal{AccountID: id, UserID: "user of " + name, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.ViewPersons, kyc.EditPersons}}
}

func (n *node) list(p *kyc.Principal, name string) *kyc.FaceList {
	n.t.Helper()
	l, err := n.CreateList(n.t.Context(), p, "", name)
	if err != nil {
		n.t.Fatal(err)
	}
	return l
}

func uploads(faces ...string) (all []kyc.Upload) {
	for _, f := range faces {
		all = append(all, kyc.Upload{Picture: kyc.Picture{JPEG: []byte(f), Width: 640, Height: 480}})
	}
	return all
}

func (n *node) person(p *kyc.Principal, l *kyc.FaceList, name string, faces ...string) *kyc.Person {
	n.t.Helper()
	made, err := n.Create(n.t.Context(), p, persons.NewPerson{ListID: l.ID, Fields: []kyc.PersonField{{Name: "Surname", Value: name}}, Uploads: uploads(faces...)})
	if err != nil {
		n.t.Fatal(err)
	}
	return made
}

// find searches by one picture and tells who was found, by surname.
func (n *node) find(p *kyc.Principal, face string, lists ...string) (names []string) {
	n.t.Helper()
	found, err := n.Search(n.t.Context(), p, persons.Question{Uploads: uploads(face), Lists: lists})
	if err != nil {
		n.t.Fatal(err)
	}
	names = []string{}
	for _, h := range found[0].Hits {
		names = append(names, h.Person.Field("Surname"))
	}
	return names
}

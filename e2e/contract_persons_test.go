package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// wirePerson is a person as the API shows one.
type wirePerson struct {
	PersonID string `json:"person_id"`
	ListID   string `json:"list_id"`
	Fields   []struct{ Name, Value string }
	Faces    []struct {
		SessionID, Picture string
		Embedding          []float32
	}
}

func (r reply) person() wirePerson {
	r.t.Helper()
	var out struct{ Person wirePerson }
	r.is(200).into(&out)
	return out.Person
}

// lists makes two lists and the scenario that names them, before the program
// starts: afterwards only the dashboard could, as there are several accounts.
func (c *contract) lists(ctx context.Context, in *app.Installation, own *kyc.Principal) error {
	c.clients, c.blocked = uuid.Must(uuid.NewUUID()).String(), uuid.Must(uuid.NewUUID()).String()
	err := in.Store.Do(ctx, func(tx kyc.Tx) error {
		return errors.Join(in.Store.CreateFaceList(ctx, tx, &kyc.FaceList{ID: c.clients, AccountID: own.AccountID, Name: "Clients"}),
			in.Store.CreateFaceList(ctx, tx, &kyc.FaceList{ID: c.blocked, AccountID: own.AccountID, Name: "Blacklist"}))
	})
	if err != nil {
		return err
	}
	s, err := in.Scenarios.Create(ctx, own, kyc.Definition{Name: "returning", Steps: []kyc.Step{{Type: kyc.StepSelfie, Attempts: 1}},
		FaceLists: kyc.FaceRules{AddTo: c.clients, Blacklists: []string{c.blocked}, Duplicates: kyc.DuplicatesWarn}})
	if err == nil {
		c.returning = applied{SchemaID: s.ID, ScenarioSecret: s.Secret}
	}
	return err
}

// persons: sessions whose faces are in lists, by the real models, on the wire:
// who comes back, who is somebody else's double, and who is refused.
func (c *contract) persons(t *testing.T) {
	w := c.api(t)
	clients, blocked := c.clients, c.blocked
	// Another picture of the holder of the passport, and somebody else.
	again := jpegOf(t, specimen.Face{Seed: c.passport.Seed, Sex: c.passport.Sex, Yaw: 6, Pitch: 3, Smile: .4, Size: .55}.Render(640, 480))
	other := jpegOf(t, specimen.Face{Seed: 31, Sex: "F"}.Render(640, 480))
	ends := func(clientKey string, selfie []byte) (s wireSession, checks map[string]map[string]any) {
		t.Helper()
		s = w.process(fields{"schemaId": c.returning.SchemaID, "clientKey": clientKey}, selfie).is(200).session()
		if len(s.Results) != 2 {
			t.Fatalf("%s: %s %v, %d results", clientKey, s.Status, s.Errors, len(s.Results))
		}
		return s, checkItems(t, s.result(t, 1), "Face lists")
	}

	both := make([]wireSession, 2) // at once: one is new, and both are one person
	var ending sync.WaitGroup
	for i := range both {
		ending.Go(func() { both[i], _ = ends("regular", c.selfie) })
	}
	ending.Wait()
	id := both[0].ClientID
	if id == "" || both[1].ClientID != id || both[0].IsClientNew == both[1].IsClientNew || both[0].Status != "success" || both[1].Status != "success" {
		t.Fatalf("two sessions of one new face: %s %q new %v, %s %q new %v", both[0].Status, id, both[0].IsClientNew, both[1].Status, both[1].ClientID, both[1].IsClientNew)
	}
	s, checks := ends("regular", again)
	if s.Status != "success" || s.IsClientNew || s.ClientID != id || checks["isBlacklisted"]["status"] != "success" || checks["isDuplicate"]["status"] != "success" {
		t.Errorf("who comes back: %s %v, %q new %v, %v", s.Status, s.Errors, s.ClientID, s.IsClientNew, checks)
	}
	s, checks = ends("double", again)
	if s.Status != "suspicious" || s.IsClientNew || s.ClientID != id || checks["isDuplicate"]["status"] != "failed" || strings.Join(s.Errors, "") != "[faces] face is known under another client key" {
		t.Errorf("the same face by another client key: %s %v, %q new %v, %v", s.Status, s.Errors, s.ClientID, s.IsClientNew, checks)
	}
	s, _ = ends("other", other)
	if s.Status != "success" || !s.IsClientNew || s.ClientID == id || s.ClientID == "" {
		t.Errorf("another face: %s %v, %q new %v", s.Status, s.Errors, s.ClientID, s.IsClientNew)
	}

	p := w.post("/person", map[string]any{"list_id": clients, "person_id": id, "embeddings": true}).person()
	if len(p.Faces) < 2 || len(p.Faces[0].Embedding) != 128 || len(p.Fields) == 0 || p.Fields[0].Value != "regular" {
		t.Fatalf("the person: %+v", p)
	}
	w.get(p.Faces[0].Picture).is(200)
	found := w.post("/vector/search", map[string]any{"embeddings": [][]float32{p.Faces[0].Embedding}, "list_ids": []string{clients}, "results": "top"}).is(200)
	if top := c.hits(t, found); len(top) != 1 || top[0] != id {
		t.Errorf("the search found %s", found.body)
	}
	c.blacklisted(t, clients, blocked, s.ClientID, func() (wireSession, map[string]map[string]any) { return ends("other", other) })
	c.erased(t, clients, id, func() wireSession { s, _ := ends("regular", c.selfie); return s })
}

// hits are the persons that a search by one face found.
func (c *contract) hits(t *testing.T, r reply) (ids []string) {
	t.Helper()
	var out struct {
		Results []struct {
			Hits []struct {
				PersonID string `json:"person_id"`
			}
		}
	}
	r.into(&out)
	if len(out.Results) != 1 {
		t.Fatalf("one face was looked for: %s", r.body)
	}
	for _, h := range out.Results[0].Hits {
		ids = append(ids, h.PersonID)
	}
	return ids
}

// blacklisted: from the moment a person moves to the blacklist their sessions
// fail, and add nobody.
func (c *contract) blacklisted(t *testing.T, clients, blocked, id string, ends func() (wireSession, map[string]map[string]any)) {
	w := c.api(t)
	if p := w.post("/person/update", fields{"list_id": clients, "person_id": id, "new_list_id": blocked}).person(); p.ListID != blocked {
		t.Errorf("the moved person: %+v", p)
	}
	s, checks := ends()
	if s.Status != "failed" || !s.IsClientNew || s.ClientID != "" || checks["isBlacklisted"]["status"] != "failed" || strings.Join(s.Errors, "") != "[faces] face is in a blacklist" {
		t.Errorf("a face of the blacklist: %s %v, %q new %v, %v", s.Status, s.Errors, s.ClientID, s.IsClientNew, checks)
	}
	if r := w.post("/person/delete", map[string]any{"list_id": blocked, "person_id": []string{id}}).is(200); r.text("message") != "1 person(s) deleted" {
		t.Errorf("deleted: %s", r.body)
	}
	if s, _ := ends(); s.Status != "success" || !s.IsClientNew || s.ClientID == id || s.ClientID == "" {
		t.Errorf("after the person was deleted: %s %v, %q new %v", s.Status, s.Errors, s.ClientID, s.IsClientNew)
	}
}

// erased: without templates a person stays, and is recognised no more (S26); two
// that are one are made one.
func (c *contract) erased(t *testing.T, clients, id string, ends func() wireSession) {
	w := c.api(t)
	if p := w.post("/person/templates/delete", fields{"list_id": clients, "person_id": id}).person(); len(p.Faces) != 0 || len(p.Fields) == 0 {
		t.Errorf("a person without templates: %+v", p)
	}
	s := ends()
	if s.Status != "success" || s.ClientID == id || s.ClientID == "" {
		t.Fatalf("after the templates were erased: %s, %q", s.Status, s.ClientID)
	}
	body, err := json.Marshal(map[string]any{"list_id": clients, "person_id": []string{id, s.ClientID}})
	if err != nil {
		t.Fatal(err)
	}
	if p := w.post("/person/fusion", string(body)).person(); p.PersonID != id || len(p.Faces) != 1 {
		t.Errorf("the two as one: %+v", p)
	}
	if s := ends(); s.ClientID != id || s.IsClientNew {
		t.Errorf("after the fusion: %s, %q new %v", s.Status, s.ClientID, s.IsClientNew)
	}
	c.erasedAltogether(t, id, ends)
}

// erasedAltogether: of a client key that is erased nobody finds anything again:
// by the key, by the face, by an address that was known, or in the folder (S28).
func (c *contract) erasedAltogether(t *testing.T, id string, ends func() wireSession) {
	w := c.api(t)
	last := ends()
	var images []string
	if err := json.Unmarshal(last.result(t, 0).Images, &images); err != nil || len(images) != 1 {
		t.Fatalf("images %s", last.result(t, 0).Images)
	}
	w.get(images[0]).is(200)
	pictures := func() (n int) {
		if err := filepath.WalkDir(filepath.Join(c.data, "blobs"), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.Contains(path, last.SessionID) {
				n++
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := pictures(); n < 2 { // the upload and the face
		t.Fatalf("%d pictures of a session lie in the folder", n)
	}
	var done struct {
		Sessions []string
		Persons  int
	}
	w.post("/kyc/session/erase", fields{"clientKey": "regular", "reason": "the person asked"}).is(200).into(&done)
	if len(done.Sessions) < 6 || done.Persons == 0 || !slices.Contains(done.Sessions, last.SessionID) {
		t.Errorf("erased: %+v", done)
	}
	w.post("/kyc/session/status", fields{"clientKey": "regular"}).fault(404, "item with this id not found")
	w.get(images[0]).is(404)
	if n := pictures(); n > 0 {
		t.Errorf("%d pictures are still in the folder", n)
	}
	r := w.post("/kyc/session/status", fields{"sessionId": last.SessionID}).is(200)
	if s := r.session(); s.Status != "success" || s.ClientKey != "" || s.ClientID != "" || len(s.Results) != 0 || r.text("erasedAt") == "" {
		t.Errorf("what is left: %s", r.body)
	}
	w.post("/person", fields{"list_id": c.clients, "person_id": id}).fault(404, "item with this id not found")
	if s := ends(); s.Status != "success" || !s.IsClientNew || s.ClientID == id {
		t.Errorf("after the erasure: %s, %q new %v", s.Status, s.ClientID, s.IsClientNew)
	}
}

package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

// cast is the room of persons: it remembers what it was asked.
type cast struct {
	created  persons.NewPerson
	change   persons.PersonChange
	question persons.Question
	ids      []string
	vectors  bool
}

func (*cast) known(listID string) (*kyc.Person, error) {
	if listID != "list" {
		return nil, kyc.ErrNotFound()
	}
	return &kyc.Person{ID: "person", ListID: "list", Fields: []kyc.PersonField{{Name: "Surname", Value: "Adams"}}, CreatedAt: today, UpdatedAt: today,
		Faces: []*kyc.PersonFace{{ID: "face", PictureID: "picture", Model: "m1", CreatedAt: today, Vector: []float32{0.5}}}}, nil
}
func (*cast) CreateList(_ context.Context, _ *kyc.Principal, id, name string) (*kyc.FaceList, error) {
	return &kyc.FaceList{ID: id, Name: name, CreatedAt: today}, nil
}
func (*cast) RenameList(_ context.Context, _ *kyc.Principal, id, name string) (*kyc.FaceList, error) {
	return &kyc.FaceList{ID: id, Name: name, Persons: 3, CreatedAt: today}, nil
}
func (*cast) DeleteList(context.Context, *kyc.Principal, string) error { return nil }
func (*cast) Lists(context.Context, *kyc.Principal) ([]*kyc.FaceList, error) {
	return []*kyc.FaceList{{ID: "list", Name: "Clients", Persons: 1, CreatedAt: today}}, nil
}
func (r *cast) Persons(_ context.Context, _ *kyc.Principal, listID, cursor string, limit int, vectors bool) (*kyc.FaceList, []*kyc.Person, string, error) {
	r.vectors = vectors
	p, err := r.known(listID)
	return &kyc.FaceList{Persons: limit}, []*kyc.Person{p}, cursor + "+", err
}
func (r *cast) Person(_ context.Context, _ *kyc.Principal, listID, _ string, vectors bool) (*kyc.Person, error) {
	r.vectors = vectors
	return r.known(listID)
}
func (*cast) Picture(_ context.Context, _ *kyc.Principal, person, picture string) ([]byte, error) {
	return []byte(person + " " + picture), nil
}
func (r *cast) Search(_ context.Context, _ *kyc.Principal, q persons.Question) ([]persons.Found, error) {
	r.question = q
	p, err := r.known("list")
	return []persons.Found{{Hits: []persons.Hit{{Person: p, Percent: 99.999, Distance: 0.25}}}, {}}, err
}
func (r *cast) Create(_ context.Context, _ *kyc.Principal, n persons.NewPerson) (*kyc.Person, error) {
	r.created = n
	return r.known(n.ListID)
}
func (r *cast) Update(_ context.Context, _ *kyc.Principal, listID, _ string, c persons.PersonChange) (*kyc.Person, error) {
	r.change = c
	return r.known(listID)
}
func (r *cast) Delete(_ context.Context, _ *kyc.Principal, _ string, ids []string) (int, error) {
	r.ids = ids
	return len(ids), nil
}
func (r *cast) Fuse(_ context.Context, _ *kyc.Principal, listID string, ids []string) (*kyc.Person, error) {
	r.ids = ids
	return r.known(listID)
}
func (r *cast) EraseTemplates(_ context.Context, _ *kyc.Principal, listID, _ string) (*kyc.Person, error) {
	return r.known(listID)
}

func castDoor(t *testing.T) (*cast, http.Handler) {
	t.Helper()
	room, mux := &cast{}, http.NewServeMux()
	api.New(api.Deps{Credentials: &rooms{}, Persons: room, FaceModel: "m1", Now: func() time.Time { return today }, Logger: slog.New(slog.DiscardHandler),
		Decode: func(_ context.Context, file []byte) kyc.Upload { return kyc.Upload{Picture: kyc.Picture{JPEG: file}} }}).Register(mux)
	return room, mux
}

const (
	aList   = `{"list_id":"list","name":"Clients","persons":1,"createdAt":"2026-11-22T12:00:00.000Z"}`
	aPerson = `{"person_id":"person","list_id":"list","fields":[{"name":"Surname","value":"Adams"}],"faces":[{"face_id":"face","searched":true,
		"createdAt":"2026-11-22T12:00:00.000Z","picture":"/images/person/person/picture","embedding":[0.5]}],"createdAt":"2026-11-22T12:00:00.000Z","updatedAt":"2026-11-22T12:00:00.000Z"}`
)

// TestPersonCalls holds the shapes that integrators read, and what the room is asked.
func TestPersonCalls(t *testing.T) {
	t.Parallel()
	room, h := castDoor(t)
	for _, c := range []struct{ path, body, want string }{
		{"/person/lists", `{}`, `{"status":"ok","lists":[` + aList + `]}`},
		{"/v1/person/list/create", `{"name":"Staff","list_id":"x"}`, `{"status":"ok","list_id":"x","list":{"list_id":"x","name":"Staff","persons":0,"createdAt":"2026-11-22T12:00:00.000Z"}}`},
		{"/person/list/update", `{"list_id":"x","name":"Staff"}`, `{"status":"ok","list_id":"x","list":{"list_id":"x","name":"Staff","persons":3,"createdAt":"2026-11-22T12:00:00.000Z"}}`},
		{"/persons", `{"list_id":"list","cursor":"c","embeddings":true}`, `{"status":"ok","persons":[` + aPerson + `],"total":20,"cursor":"c+"}`},
		{"/person", `{"list_id":"list","person_id":"person"}`, `{"status":"ok","person_id":"person","person":` + aPerson + `}`},
		{"/person/update", `{"list_id":"list","person_id":"person","new_list_id":"other","fields":[]}`, `{"status":"ok","person_id":"person","person":` + aPerson + `}`},
		{"/person/delete", `{"list_id":"list","person_id":["a","b"]}`, `{"status":"ok","message":"2 person(s) deleted"}`},
		{"/person/delete", `{"list_id":"list","person_id":"a"}`, `{"status":"ok","message":"1 person(s) deleted"}`},
		{"/person/fusion", `{"list_id":"list","person_id":["a","b"]}`, `{"status":"ok","person_id":"person","person":` + aPerson + `}`},
		{"/person/templates/delete", `{"list_id":"list","person_id":"a"}`, `{"status":"ok","person_id":"person","person":` + aPerson + `}`},
		{"/vector/search", `{"embeddings":[[0.5],[1]],"list_ids":["list"],"threshold":80,"results":"top","person_data":true}`,
			`{"status":"ok","results":[{"index":0,"hits":[{"person_id":"person","list_id":"list","similarity":99.99,"distance":0.25,"person":` + aPerson + `}]},{"index":1,"hits":[]}]}`},
	} {
		code, got := call(t, h, c.path, c.body)
		var want map[string]any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); code != http.StatusOK || diff != "" {
			t.Errorf("%s: %d %s", c.path, code, diff)
		}
	}
	if room.change.NewList != "other" || room.change.Fields == nil {
		t.Errorf("the change is %+v", room.change)
	}
	if diff := cmp.Diff(persons.Question{Vectors: [][]float32{{0.5}, {1}}, Lists: []string{"list"}, Threshold: 80, Top: true}, room.question); diff != "" {
		t.Error(diff)
	}
	for path, body := range map[string]string{"/person": `{"list_id":"other","person_id":"person"}`, "/persons": `{"list_id":"other"}`, "/person/update": `{"list_id":"","person_id":"person"}`} {
		if code, got := call(t, h, path, body); code != http.StatusNotFound || got["message"] != kyc.MessageNotFound {
			t.Errorf("%s: %d %v", path, code, got)
		}
	}
	for path, body := range map[string]string{"/vector/search": `{"embeddings":[]}`, "/persons": `{"list_id":"list","limit":101}`, "/person/list/create": `{}`} {
		if code, _ := call(t, h, path, body); code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// post sends a form; a name that begins with images sends a file.
func post(t *testing.T, h http.Handler, path, token string, fields ...[2]string) (int, map[string]any) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range fields {
		var err error
		if f[0] == "images" {
			var file interface{ Write([]byte) (int, error) }
			if file, err = form.CreateFormFile(f[0], "a.jpg"); err == nil {
				_, err = file.Write([]byte(f[1]))
			}
		} else {
			err = form.WriteField(f[0], f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = form.Close()
	req := httptest.NewRequest(http.MethodPost, path, &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	if token != "" {
		req.Header.Set("token", token)
	}
	return serve(t, h, req)
}

// TestPersonForms: fields may come in each of three forms, embeddings beside
// pictures, and the token in the form.
func TestPersonForms(t *testing.T) {
	t.Parallel()
	room, h := castDoor(t)
	code, _ := post(t, h, "/person/create", "", [2]string{"token", goodToken}, [2]string{"list_id", "list"}, [2]string{"images", "good 1"}, [2]string{"images", "good 2"},
		[2]string{"fields[]", `{"name":"A","value":"1"}`}, [2]string{"fields", `[{"name":"B","value":"2"}]`}, [2]string{"fields[Surname]", "Adams"}, [2]string{"embedding", `[0.5,1]`})
	want := persons.NewPerson{ListID: "list", Fields: []kyc.PersonField{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}, {Name: "Surname", Value: "Adams"}},
		Vectors: [][]float32{{0.5, 1}}, Uploads: []kyc.Upload{{Picture: kyc.Picture{JPEG: []byte("good 1")}}, {Picture: kyc.Picture{JPEG: []byte("good 2")}}}}
	if diff := cmp.Diff(want, room.created); code != http.StatusOK || diff != "" {
		t.Errorf("%d %s", code, diff)
	}
	code, got := post(t, h, "/person/search", goodToken, [2]string{"list_ids", `["a","b"]`}, [2]string{"list_ids[]", "c"}, [2]string{"threshold", "85.5"}, [2]string{"results", "top"}, [2]string{"images", "good"})
	question := persons.Question{Lists: []string{"a", "b", "c"}, Threshold: 85.5, Top: true, Uploads: []kyc.Upload{{Picture: kyc.Picture{JPEG: []byte("good")}}}}
	if diff := cmp.Diff(question, room.question); code != http.StatusOK || diff != "" || got["status"] != "ok" {
		t.Errorf("%d %s", code, diff)
	}
	for name, fields := range map[string][][2]string{
		"a field that is none":      {{"fields", "Surname"}},
		"an embedding that is none": {{"embedding", "none"}},
	} {
		if code, _ := post(t, h, "/person/create", goodToken, fields...); code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, code)
		}
	}
	for _, path := range []string{"/person/create", "/person/search"} {
		for token, want := range map[string]int{weakToken: http.StatusForbidden, "bad": http.StatusUnauthorized, "": http.StatusUnauthorized} {
			if code, _ := post(t, h, path, token, [2]string{"list_id", "list"}, [2]string{"images", "good"}); code != want {
				t.Errorf("%s with the token %q: %d", path, token, code)
			}
		}
	}
}

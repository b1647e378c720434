package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

// FaceLists manages lists of faces.
type FaceLists interface {
	CreateList(ctx context.Context, p *kyc.Principal, id, name string) (*kyc.FaceList, error)
	RenameList(ctx context.Context, p *kyc.Principal, id, name string) (*kyc.FaceList, error)
	DeleteList(ctx context.Context, p *kyc.Principal, id string) error
	Lists(ctx context.Context, p *kyc.Principal) ([]*kyc.FaceList, error)
}

// PersonReader shows persons.
type PersonReader interface {
	Persons(ctx context.Context, p *kyc.Principal, listID, cursor string, limit int, vectors bool) (l *kyc.FaceList, page []*kyc.Person, next string, err error)
	Person(ctx context.Context, p *kyc.Principal, listID, id string, vectors bool) (*kyc.Person, error)
	Picture(ctx context.Context, p *kyc.Principal, personID, pictureID string) ([]byte, error)
	Search(ctx context.Context, p *kyc.Principal, q persons.Question) ([]persons.Found, error)
}

// PersonWriter changes persons.
type PersonWriter interface {
	Create(ctx context.Context, p *kyc.Principal, n persons.NewPerson) (*kyc.Person, error)
	Update(ctx context.Context, p *kyc.Principal, listID, id string, c persons.PersonChange) (*kyc.Person, error)
	Delete(ctx context.Context, p *kyc.Principal, listID string, ids []string) (int, error)
	Fuse(ctx context.Context, p *kyc.Principal, listID string, ids []string) (*kyc.Person, error)
	EraseTemplates(ctx context.Context, p *kyc.Principal, listID, id string) (*kyc.Person, error)
}

// Persons is the room of persons.
type Persons interface {
	FaceLists
	PersonReader
	PersonWriter
}

// describePersons lists the operations on lists of faces.
func (d *Door) describePersons(post func(path, name string, permission kyc.Permission, summary, note string) operation) []operation {
	conflicting := func(op operation, when string) operation {
		op.conflict = when
		return op
	}
	return []operation{
		conflicting(typed(d, post("/person/list/create", "createFaceList", kyc.EditPersons, "Create a list of faces", "Under an id of your own, or one that is made."), d.createList), "a list with this id exists already"),
		typed(d, post("/person/list/update", "updateFaceList", kyc.EditPersons, "Rename a list", ""), d.updateList),
		conflicting(typed(d, post("/person/list/delete", "deleteFaceList", kyc.EditPersons, "Delete an empty list", ""), d.deleteList), "the list is not empty, or a scenario names it"),
		typed(d, post("/person/lists", "listFaceLists", kyc.ViewPersons, "List the lists", "The oldest first."), d.lists),
		typed(d, post("/persons", "listPersons", kyc.ViewPersons, "List the persons of a list", "The newest first, by cursor at constant cost."), d.listPersons),
		typed(d, post("/person", "readPerson", kyc.ViewPersons, "Read a person", ""), d.readPerson),
		d.createPersonOperation(),
		typed(d, post("/person/update", "updatePerson", kyc.EditPersons, "Change a person",
			"fields replace all that were there; what is left out stays. new_list_id moves the person."), d.updatePerson),
		typed(d, post("/person/delete", "deletePersons", kyc.EditPersons, "Delete persons",
			"With their fields, pictures, templates and keys. One that is not there fails the whole call."), d.deletePersons),
		typed(d, post("/person/fusion", "fusePersons", kyc.EditPersons, "Make one person of several",
			"The first one stays, and gets the faces of the others, up to 10, and the fields that it has not; the others are deleted."), d.fusePersons),
		typed(d, post("/person/templates/delete", "eraseTemplates", kyc.EditPersons, "Destroy a person's face templates",
			"With the key that opens them. Nobody finds the person by face from then on; pictures and fields stay."), d.eraseTemplates),
		typed(d, post("/vector/search", "searchVectors", kyc.ViewPersons, "Find whose face it is",
			"Exact: every face of the lists is compared. One result for each embedding, in their order. Every search is noted in the history: who, when, in which lists, how many hits."), d.searchVectors),
		d.searchPicturesOperation(),
	}
}

type faceListView struct {
	ListID    string    `json:"list_id"`
	Name      string    `json:"name"`
	Persons   int       `json:"persons"`
	CreatedAt kyc.Stamp `json:"createdAt"`
}

func viewFaceList(l *kyc.FaceList) faceListView {
	return faceListView{ListID: l.ID, Name: l.Name, Persons: l.Persons, CreatedAt: kyc.Stamp(l.CreatedAt)}
}

type faceListAnswer struct {
	Status string       `json:"status"`
	ListID string       `json:"list_id"`
	List   faceListView `json:"list"`
}

func answerList(l *kyc.FaceList, err error) (faceListAnswer, error) {
	if err != nil {
		return faceListAnswer{}, err
	}
	return faceListAnswer{Status: "ok", ListID: l.ID, List: viewFaceList(l)}, nil
}

type createListRequest struct {
	Name   string `json:"name" maxLength:"100"`
	ListID string `json:"list_id,omitempty" doc:"UUID of version 1; made when left out"`
	Token  string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) createList(ctx context.Context, p *kyc.Principal, in *createListRequest) (faceListAnswer, error) {
	return answerList(d.Persons.CreateList(ctx, p, in.ListID, in.Name))
}

type updateListRequest struct {
	ListID string `json:"list_id"`
	Name   string `json:"name" maxLength:"100"`
	Token  string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) updateList(ctx context.Context, p *kyc.Principal, in *updateListRequest) (faceListAnswer, error) {
	return answerList(d.Persons.RenameList(ctx, p, in.ListID, in.Name))
}

type deleteListRequest struct {
	ListID string `json:"list_id"`
	Token  string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) deleteList(ctx context.Context, p *kyc.Principal, in *deleteListRequest) (messageAnswer, error) {
	return messageAnswer{Status: "ok", Message: "list deleted"}, d.Persons.DeleteList(ctx, p, in.ListID)
}

type listsRequest struct {
	Token string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type listsAnswer struct {
	Status string         `json:"status"`
	Lists  []faceListView `json:"lists"`
}

func (d *Door) lists(ctx context.Context, p *kyc.Principal, _ *listsRequest) (listsAnswer, error) {
	all, err := d.Persons.Lists(ctx, p)
	out := listsAnswer{Status: "ok", Lists: make([]faceListView, 0, len(all))}
	for _, l := range all {
		out.Lists = append(out.Lists, viewFaceList(l))
	}
	return out, err
}

// personField is a note on a person.
type personField struct {
	Name  string `json:"name" maxLength:"100"`
	Value string `json:"value" maxLength:"1000"`
}

type personFaceView struct {
	FaceID    string    `json:"face_id"`
	Searched  bool      `json:"searched" doc:"false where an older model measured it"`
	SessionID string    `json:"sessionId,omitempty" doc:"that it came from"`
	CreatedAt kyc.Stamp `json:"createdAt"`
	Picture   string    `json:"picture,omitempty" doc:"address of the face's picture, for a token with viewPersons"`
	Thumb     []byte    `json:"thumb,omitempty" doc:"the picture, JPEG in base64; with thumbs"`
	Embedding []float32 `json:"embedding,omitempty" doc:"128 numbers; with embeddings"`
}

type personView struct {
	PersonID  string           `json:"person_id" doc:"the clientId of sessions in which the person was recognised"`
	ListID    string           `json:"list_id"`
	Fields    []personField    `json:"fields"`
	Faces     []personFaceView `json:"faces"`
	CreatedAt kyc.Stamp        `json:"createdAt"`
	UpdatedAt kyc.Stamp        `json:"updatedAt"`
}

// viewPerson shows a person, with pictures when these are asked for.
func (d *Door) viewPerson(ctx context.Context, p *kyc.Principal, person *kyc.Person, thumbs bool) (personView, error) {
	v := personView{PersonID: person.ID, ListID: person.ListID, Fields: make([]personField, 0, len(person.Fields)), Faces: make([]personFaceView, 0, len(person.Faces)),
		CreatedAt: kyc.Stamp(person.CreatedAt), UpdatedAt: kyc.Stamp(person.UpdatedAt)}
	for _, f := range person.Fields {
		v.Fields = append(v.Fields, personField(f))
	}
	for _, f := range person.Faces {
		face := personFaceView{FaceID: f.ID, Searched: f.Model == d.FaceModel, SessionID: f.SessionID, CreatedAt: kyc.Stamp(f.CreatedAt), Embedding: f.Vector}
		if f.PictureID != "" {
			face.Picture = personPicture(person.ID, f.PictureID)
		}
		if thumbs && f.PictureID != "" {
			var err error
			if face.Thumb, err = d.Persons.Picture(ctx, p, person.ID, f.PictureID); err != nil {
				return v, err
			}
		}
		v.Faces = append(v.Faces, face)
	}
	return v, nil
}

// personPicture is the address of a person's picture.
func personPicture(personID, pictureID string) string {
	return "/images/person/" + personID + "/" + pictureID
}

type listPersonsRequest struct {
	ListID     string `json:"list_id"`
	Limit      int    `json:"limit,omitempty" minimum:"1" maximum:"100" doc:"20 unless given"`
	Cursor     string `json:"cursor,omitempty" doc:"of the page before"`
	Thumbs     bool   `json:"thumbs,omitempty" doc:"with pictures in base64"`
	Embeddings bool   `json:"embeddings,omitempty" doc:"with face templates"`
	Token      string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type listPersonsAnswer struct {
	Status  string       `json:"status"`
	Persons []personView `json:"persons"`
	Total   int          `json:"total" doc:"of the list"`
	Cursor  string       `json:"cursor" doc:"of the next page, empty when this was the last"`
}

func (d *Door) listPersons(ctx context.Context, p *kyc.Principal, in *listPersonsRequest) (listPersonsAnswer, error) {
	l, page, next, err := d.Persons.Persons(ctx, p, in.ListID, in.Cursor, cmp.Or(in.Limit, defaultPageSize), in.Embeddings)
	if err != nil {
		return listPersonsAnswer{}, err
	}
	out := listPersonsAnswer{Status: "ok", Total: l.Persons, Cursor: next, Persons: make([]personView, len(page))}
	for i, person := range page {
		if out.Persons[i], err = d.viewPerson(ctx, p, person, in.Thumbs); err != nil {
			return listPersonsAnswer{}, err
		}
	}
	return out, nil
}

type personRequest struct {
	ListID     string `json:"list_id"`
	PersonID   string `json:"person_id"`
	Thumbs     bool   `json:"thumbs,omitempty" doc:"with pictures in base64"`
	Embeddings bool   `json:"embeddings,omitempty" doc:"with face templates"`
	Token      string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type personAnswer struct {
	Status   string     `json:"status"`
	PersonID string     `json:"person_id"`
	Person   personView `json:"person"`
}

func (d *Door) answerPerson(ctx context.Context, p *kyc.Principal, person *kyc.Person, thumbs bool, err error) (personAnswer, error) {
	if err != nil {
		return personAnswer{}, err
	}
	view, err := d.viewPerson(ctx, p, person, thumbs)
	return personAnswer{Status: "ok", PersonID: person.ID, Person: view}, err
}

func (d *Door) readPerson(ctx context.Context, p *kyc.Principal, in *personRequest) (personAnswer, error) {
	if in.ListID == "" {
		return personAnswer{}, kyc.ErrNotFound()
	}
	person, err := d.Persons.Person(ctx, p, in.ListID, in.PersonID, in.Embeddings)
	return d.answerPerson(ctx, p, person, in.Thumbs, err)
}

type updatePersonRequest struct {
	ListID    string        `json:"list_id"`
	PersonID  string        `json:"person_id"`
	Fields    []personField `json:"fields,omitempty" maxItems:"30"`
	NewListID string        `json:"new_list_id,omitempty"`
	Token     string        `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) updatePerson(ctx context.Context, p *kyc.Principal, in *updatePersonRequest) (personAnswer, error) {
	if in.ListID == "" {
		return personAnswer{}, kyc.ErrNotFound()
	}
	change := persons.PersonChange{NewList: in.NewListID}
	if in.Fields != nil {
		change.Fields = []kyc.PersonField{}
	}
	for _, f := range in.Fields {
		change.Fields = append(change.Fields, kyc.PersonField(f))
	}
	person, err := d.Persons.Update(ctx, p, in.ListID, in.PersonID, change)
	return d.answerPerson(ctx, p, person, false, err)
}

type personsRequest struct {
	ListID   string    `json:"list_id"`
	PersonID oneOrMany `json:"person_id" doc:"one or a list"`
	Token    string    `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) deletePersons(ctx context.Context, p *kyc.Principal, in *personsRequest) (messageAnswer, error) {
	n, err := d.Persons.Delete(ctx, p, in.ListID, in.PersonID)
	return messageAnswer{Status: "ok", Message: fmt.Sprintf("%d person(s) deleted", n)}, err
}

func (d *Door) fusePersons(ctx context.Context, p *kyc.Principal, in *personsRequest) (personAnswer, error) {
	person, err := d.Persons.Fuse(ctx, p, in.ListID, in.PersonID)
	return d.answerPerson(ctx, p, person, false, err)
}

type templatesRequest struct {
	ListID   string `json:"list_id"`
	PersonID string `json:"person_id"`
	Token    string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) eraseTemplates(ctx context.Context, p *kyc.Principal, in *templatesRequest) (personAnswer, error) {
	if in.ListID == "" {
		return personAnswer{}, kyc.ErrNotFound()
	}
	person, err := d.Persons.EraseTemplates(ctx, p, in.ListID, in.PersonID)
	return d.answerPerson(ctx, p, person, false, err)
}

type searchRequest struct {
	Embeddings [][]float32 `json:"embeddings" minItems:"1" maxItems:"16" doc:"face templates of this installation, 128 numbers each"`
	ListIDs    []string    `json:"list_ids,omitempty" doc:"all lists unless given"`
	Threshold  float64     `json:"threshold,omitempty" minimum:"0" maximum:"100" doc:"least calibrated percentage of a hit, more than 0; 90 unless given"`
	Results    string      `json:"results,omitempty" enum:"all,top" doc:"top: the best hit alone; all: up to 100; all unless given"`
	PersonData bool        `json:"person_data,omitempty" doc:"with the persons that were found"`
	Token      string      `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type hitView struct {
	PersonID   string      `json:"person_id"`
	ListID     string      `json:"list_id"`
	Similarity float64     `json:"similarity" doc:"calibrated percentage, rounded down to two decimals"`
	Distance   float64     `json:"distance" doc:"Euclidean, of the nearest face"`
	Person     *personView `json:"person,omitempty" doc:"with person_data"`
}

type foundView struct {
	Index int       `json:"index" doc:"of the embedding or picture that was looked for, from 0"`
	Hits  []hitView `json:"hits" doc:"the most alike first"`
}

type searchAnswer struct {
	Status  string      `json:"status"`
	Results []foundView `json:"results"`
}

func (d *Door) searchVectors(ctx context.Context, p *kyc.Principal, in *searchRequest) (searchAnswer, error) {
	return d.search(ctx, p, persons.Question{Vectors: in.Embeddings, Lists: in.ListIDs, Threshold: in.Threshold, Top: in.Results == "top"}, in.PersonData)
}

func (d *Door) search(ctx context.Context, p *kyc.Principal, q persons.Question, data bool) (searchAnswer, error) {
	found, err := d.Persons.Search(ctx, p, q)
	if err != nil {
		return searchAnswer{}, err
	}
	out := searchAnswer{Status: "ok", Results: make([]foundView, len(found))}
	for i, f := range found {
		out.Results[i] = foundView{Index: i, Hits: make([]hitView, 0, len(f.Hits))}
		for _, h := range f.Hits {
			hit := hitView{PersonID: h.Person.ID, ListID: h.Person.ListID, Similarity: math.Floor(100*h.Percent) / 100, Distance: h.Distance}
			if data {
				view, err := d.viewPerson(ctx, p, h.Person, false)
				if err != nil {
					return searchAnswer{}, err
				}
				hit.Person = &view
			}
			out.Results[i].Hits = append(out.Results[i].Hits, hit)
		}
	}
	return out, nil
}

// personImage serves a person's picture to whoever may see persons.
func (d *Door) personImage(w http.ResponseWriter, r *http.Request) {
	p, err := d.viewer(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	jpeg, err := d.Persons.Picture(r.Context(), p, r.PathValue("person"), r.PathValue("picture"))
	d.send(w, r, jpeg, err)
}

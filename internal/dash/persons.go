package dash

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

// FaceLists manages lists of faces.
type FaceLists interface {
	CreateList(ctx context.Context, p *kyc.Principal, id, name string) (*kyc.FaceList, error)
	RenameList(ctx context.Context, p *kyc.Principal, id, name string) (*kyc.FaceList, error)
	DeleteList(ctx context.Context, p *kyc.Principal, id string) error
	Lists(ctx context.Context, p *kyc.Principal) ([]*kyc.FaceList, error)
	List(ctx context.Context, p *kyc.Principal, id string) (l *kyc.FaceList, stale int, err error)
}

// PersonReader shows persons and looks for them.
type PersonReader interface {
	Persons(ctx context.Context, p *kyc.Principal, listID, cursor string, limit int, vectors bool) (l *kyc.FaceList, page []*kyc.Person, next string, err error)
	Person(ctx context.Context, p *kyc.Principal, listID, id string, vectors bool) (*kyc.Person, error)
	Events(ctx context.Context, p *kyc.Principal, id string) ([]kyc.PersonEvent, error)
	Search(ctx context.Context, p *kyc.Principal, q persons.Question) ([]persons.Found, error)
	Doubles(ctx context.Context, p *kyc.Principal, id string) ([]persons.Hit, error)
	Searches(ctx context.Context, p *kyc.Principal, cursor string, limit int) (page []kyc.FaceSearch, next string, err error)
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

const (
	listsAddress  = "/dashboard/lists"
	searchAddress = listsAddress + "/search"
	pastAddress   = listsAddress + "/history"
)

func listAddress(id string) string   { return listsAddress + "/" + url.PathEscape(id) }
func personAddress(id string) string { return "/dashboard/persons/" + url.PathEscape(id) }

// Limits of an upload.
const (
	maxPhotos     = 6
	maxPhotoBytes = 15 << 20
	maxPhotoForm  = 40 << 20
)

// photos reads the pictures of a form that is sent as multipart, one over the
// limit of size as a bad one.
func (d *Door) photos(v *visit) ([]kyc.Upload, error) {
	if err := v.r.ParseMultipartForm(maxPhotoForm); errors.Is(err, http.ErrNotMultipart) {
		return nil, nil // no pictures then, which the room says
	} else if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = v.r.MultipartForm.RemoveAll() }()
	var all []kyc.Upload
	for _, header := range v.r.MultipartForm.File["images"] {
		if header.Size == 0 {
			continue // nothing was chosen
		}
		if len(all) == maxPhotos {
			return nil, kyc.ErrInvalid("images: at most 6 pictures at once")
		}
		upload := kyc.Upload{Fault: kyc.BadImage}
		if header.Size <= maxPhotoBytes {
			file, err := header.Open()
			if err != nil {
				return nil, unreadable(err)
			}
			content, err := io.ReadAll(file)
			_ = file.Close()
			if err != nil {
				return nil, unreadable(err)
			}
			upload = d.Decode(v.r.Context(), content)
		}
		all = append(all, upload)
	}
	return all, nil
}

func (d *Door) listLists(v *visit) error { return d.showLists(v, http.StatusOK, "", nil) }

func (d *Door) showLists(v *visit, status int, name string, faults []fault) error {
	lists, err := d.Persons.Lists(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	d.show(v, status, listsPage(v, lists, name, faults))
	return nil
}

func (d *Door) createList(v *visit) error {
	l, err := d.Persons.CreateList(v.r.Context(), v.who, "", v.form("name"))
	if err != nil && correctable(err) {
		return d.showLists(v, http.StatusBadRequest, v.form("name"), v.sentences(err))
	}
	if err != nil {
		return err
	}
	return d.done(v, listAddress(l.ID), "notice.list.created")
}

// listSheet is what the page of one list shows.
type listSheet struct {
	list         *kyc.FaceList
	stale        int
	people       []*kyc.Person
	cursor, next string
	faults       []fault
	noted        string // what was typed of a person who could not be added
}

func (d *Door) showList(v *visit) error { return d.showListWith(v, http.StatusOK, nil) }

func (d *Door) showListWith(v *visit, status int, faults []fault) error {
	x := listSheet{cursor: v.r.URL.Query().Get("cursor"), faults: faults, noted: v.form("fields")}
	id := v.r.PathValue("id")
	var err error
	if x.list, x.stale, err = d.Persons.List(v.r.Context(), v.who, id); err != nil {
		return err
	}
	if _, x.people, x.next, err = d.Persons.Persons(v.r.Context(), v.who, id, x.cursor, pageSize, false); err != nil {
		return err
	}
	d.show(v, status, listPage(v, x))
	return nil
}

func (d *Door) renameList(v *visit) error {
	l, err := d.Persons.RenameList(v.r.Context(), v.who, v.r.PathValue("id"), v.form("name"))
	if err != nil && correctable(err) {
		return d.showListWith(v, http.StatusBadRequest, v.sentences(err))
	}
	if err != nil {
		return err
	}
	return d.done(v, listAddress(l.ID), "notice.list.saved")
}

func (d *Door) deleteList(v *visit) error {
	id := v.r.PathValue("id")
	if !asked(v) {
		return d.ask(v, "lists", listAddress(id), v.t("facelist.delete.question"), v.t("facelist.delete"))
	}
	err := d.Persons.DeleteList(v.r.Context(), v.who, id)
	if err != nil && correctable(err) {
		return d.showListWith(v, http.StatusConflict, v.sentences(err))
	}
	if err != nil {
		return err
	}
	return d.done(v, listsAddress, "notice.list.deleted")
}

func (d *Door) addPerson(v *visit) error {
	uploads, err := d.photos(v)
	if err != nil && !correctable(err) {
		return err
	}
	n := persons.NewPerson{ListID: v.r.PathValue("id"), Uploads: uploads}
	if err == nil {
		n.Fields = personFields(v.form("fields"))
		var made *kyc.Person
		if made, err = d.Persons.Create(v.r.Context(), v.who, n); err == nil {
			return d.done(v, personAddress(made.ID), "notice.person.created")
		}
	}
	if correctable(err) {
		return d.showListWith(v, http.StatusBadRequest, v.sentences(err))
	}
	return err
}

// personFields reads "Name: value", one a line.
func personFields(text string) []kyc.PersonField {
	fields := []kyc.PersonField{}
	for _, line := range lines(text) {
		name, value, _ := strings.Cut(line, ":")
		fields = append(fields, kyc.PersonField{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	return fields
}

func fieldLines(fields []kyc.PersonField) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f.Name + ": " + strings.ReplaceAll(f.Value, "\n", " ") + "\n")
	}
	return b.String()
}

func (d *Door) showPerson(v *visit) error { return d.showPersonWith(v, http.StatusOK, nil) }

func (d *Door) showPersonWith(v *visit, status int, faults []fault) error {
	person, err := d.Persons.Person(v.r.Context(), v.who, "", v.r.PathValue("id"), false)
	if err != nil {
		return err
	}
	events, err := d.Persons.Events(v.r.Context(), v.who, person.ID)
	if err != nil {
		return err
	}
	lists, err := d.Persons.Lists(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	d.show(v, status, personPage(v, person, lists, events, faults))
	return nil
}

func (d *Door) savePerson(v *visit) error {
	person, err := d.Persons.Update(v.r.Context(), v.who, "", v.r.PathValue("id"), persons.PersonChange{Fields: personFields(v.form("fields")), NewList: v.form("list")})
	if err != nil && correctable(err) {
		return d.showPersonWith(v, http.StatusBadRequest, v.sentences(err))
	}
	if err != nil {
		return err
	}
	return d.done(v, personAddress(person.ID), "notice.person.saved")
}

func (d *Door) deletePerson(v *visit) error {
	id := v.r.PathValue("id")
	person, err := d.Persons.Person(v.r.Context(), v.who, "", id, false)
	if err != nil {
		return err
	}
	if !asked(v) {
		return d.ask(v, "lists", personAddress(id), v.t("person.delete.question"), v.t("person.delete"))
	}
	if _, err := d.Persons.Delete(v.r.Context(), v.who, person.ListID, []string{id}); err != nil {
		return err
	}
	return d.done(v, listAddress(person.ListID), "notice.person.deleted")
}

func (d *Door) eraseTemplates(v *visit) error {
	id := v.r.PathValue("id")
	if !asked(v) {
		return d.ask(v, "lists", personAddress(id), v.t("person.erase.question"), v.t("person.erase"))
	}
	if _, err := d.Persons.EraseTemplates(v.r.Context(), v.who, "", id); err != nil {
		return err
	}
	return d.done(v, personAddress(id), "notice.person.erased")
}

// searchSheet is a search by photo with what it found.
type searchSheet struct {
	lists     []*kyc.FaceList
	chosen    []string
	threshold string
	found     []persons.Found
	done      bool
	faults    []fault
}

func (d *Door) showSearch(v *visit) error {
	return d.showSearchWith(v, http.StatusOK, searchSheet{threshold: "90"})
}

func (d *Door) showSearchWith(v *visit, status int, x searchSheet) (err error) {
	if x.lists, err = d.Persons.Lists(v.r.Context(), v.who); err != nil {
		return err
	}
	d.policy(v.w.Header(), "data:") // the faces that were looked for have no address
	d.show(v, status, searchPage(v, x))
	return nil
}

// searchFaces shows the hits in the answer to the form itself: neither the
// picture nor who was found is kept.
func (d *Door) searchFaces(v *visit) error {
	uploads, err := d.photos(v)
	x := searchSheet{threshold: v.form("threshold"), chosen: v.posted("list")}
	if err == nil {
		x.found, err = d.Persons.Search(v.r.Context(), v.who, persons.Question{Uploads: uploads, Lists: x.chosen, Threshold: decimal(x.threshold)})
	}
	if err != nil && !correctable(err) {
		return err
	}
	status := http.StatusOK
	if err != nil {
		status, x.faults = http.StatusBadRequest, v.sentences(err)
	}
	x.done = err == nil
	return d.showSearchWith(v, status, x)
}

func (d *Door) showPast(v *visit) error {
	cursor := v.r.URL.Query().Get("cursor")
	past, next, err := d.Persons.Searches(v.r.Context(), v.who, cursor, pageSize)
	if err != nil {
		return err
	}
	lists, err := d.Persons.Lists(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, pastPage(v, past, lists, cursor, next))
	return nil
}

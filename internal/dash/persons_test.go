package dash

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

const (
	listID   = "5e0f7a40-c5d1-11f0-9a01-010203040506"
	personID = "5e0f7a41-c5d1-11f0-9a01-010203040506"
)

// folk is the room of persons: one list of the first account with one person.
type folk struct{ *world }

func (f folk) mine(p *kyc.Principal, need kyc.Permission, ids ...string) error {
	if !p.Can(need) {
		return kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	for _, id := range ids {
		if p.AccountID != f.account || id != listID && id != personID {
			return kyc.ErrNotFound()
		}
	}
	return nil
}

func (f folk) list() *kyc.FaceList {
	return &kyc.FaceList{ID: listID, AccountID: f.account, Name: f.listName, Persons: 1, CreatedAt: f.now}
}

func (f folk) person() *kyc.Person {
	return &kyc.Person{ID: personID, AccountID: f.account, ListID: listID, Fields: []kyc.PersonField{{Name: "Surname", Value: f.listName}, {Name: f.listName, Value: f.listName}}, CreatedAt: f.now,
		Faces:    []*kyc.PersonFace{{ID: "f", PictureID: "p", SessionID: sessionN(2)}},
		Pictures: []*kyc.PersonPicture{{ID: "5e0f7a42-c5d1-11f0-9a01-010203040506"}}}
}

func (f folk) CreateList(_ context.Context, p *kyc.Principal, _, name string) (*kyc.FaceList, error) {
	if err := f.mine(p, kyc.EditPersons); err != nil {
		return nil, err
	}
	if fault := kyc.ListNameFault(name); fault != "" {
		return nil, kyc.ErrInvalid(fault)
	}
	if p.AccountID == f.account { // a stranger makes lists of their own
		f.did("list " + name)
	}
	return f.list(), nil
}
func (f folk) RenameList(_ context.Context, p *kyc.Principal, id, name string) (*kyc.FaceList, error) {
	if err := f.mine(p, kyc.EditPersons, id); err != nil {
		return nil, err
	}
	f.did("renamed to " + name)
	return f.list(), nil
}
func (f folk) DeleteList(_ context.Context, p *kyc.Principal, id string) error {
	err := f.mine(p, kyc.EditPersons, id)
	if err == nil {
		f.did("deleted " + id)
	}
	return err
}
func (f folk) Lists(_ context.Context, p *kyc.Principal) ([]*kyc.FaceList, error) {
	if p.AccountID != f.account {
		return nil, f.mine(p, kyc.ViewPersons)
	}
	return []*kyc.FaceList{f.list()}, f.mine(p, kyc.ViewPersons)
}
func (f folk) List(_ context.Context, p *kyc.Principal, id string) (*kyc.FaceList, int, error) {
	return f.list(), 1, f.mine(p, kyc.ViewPersons, id)
}
func (f folk) Persons(_ context.Context, p *kyc.Principal, id, cursor string, _ int, _ bool) (*kyc.FaceList, []*kyc.Person, string, error) {
	next := "next+place"
	if cursor != "" {
		next = ""
	}
	return f.list(), []*kyc.Person{f.person()}, next, f.mine(p, kyc.ViewPersons, id)
}
func (f folk) Person(_ context.Context, p *kyc.Principal, _, id string, _ bool) (*kyc.Person, error) {
	return f.person(), f.mine(p, kyc.ViewPersons, id)
}
func (f folk) Events(_ context.Context, p *kyc.Principal, id string) ([]kyc.PersonEvent, error) {
	return []kyc.PersonEvent{{At: f.now, Kind: "person.created", Actor: f.listName, Detail: f.listName},
		{At: f.now, Kind: "person.moved", Actor: "session " + sessionN(5), Detail: "from " + listID}}, f.mine(p, kyc.ViewPersons, id)
}
func (f folk) Search(_ context.Context, p *kyc.Principal, q persons.Question) ([]persons.Found, error) {
	if err := f.mine(p, kyc.ViewPersons, q.Lists...); err != nil {
		return nil, err
	}
	if q.Threshold <= 0 {
		return nil, kyc.ErrInvalid("threshold: must be more than 0 and at most 100")
	}
	return []persons.Found{{Hits: []persons.Hit{{Person: f.person(), Percent: 97.9}}, Face: []byte("face")}, {}}, nil
}
func (f folk) Doubles(_ context.Context, p *kyc.Principal, id string) ([]persons.Hit, error) {
	other := f.person()
	other.ID = listID
	return []persons.Hit{{Person: other, Percent: 93.4}}, f.mine(p, kyc.ViewPersons, id)
}
func (f folk) Searches(_ context.Context, p *kyc.Principal, _ string, _ int) ([]kyc.FaceSearch, string, error) {
	return []kyc.FaceSearch{{At: f.now, Actor: f.listName, Lists: []string{listID}, Threshold: 90, Hits: 1}, {At: f.now, Actor: "token x", Lists: []string{"gone"}}}, "", f.mine(p, kyc.ViewPersons)
}
func (f folk) Create(_ context.Context, p *kyc.Principal, n persons.NewPerson) (*kyc.Person, error) {
	err := f.mine(p, kyc.EditPersons, n.ListID)
	if err == nil && n.Fields[0].Name == "Twins" {
		return nil, kyc.ErrInvalid("images[1]: [selfie] more than one face")
	}
	if err == nil {
		f.did("added " + fieldLines(n.Fields))
	}
	return f.person(), err
}
func (f folk) Update(_ context.Context, p *kyc.Principal, _, id string, c persons.PersonChange) (*kyc.Person, error) {
	err := f.mine(p, kyc.EditPersons, id)
	if err == nil {
		f.did("saved " + fieldLines(c.Fields) + " in " + c.NewList)
	}
	return f.person(), err
}
func (f folk) Delete(_ context.Context, p *kyc.Principal, list string, ids []string) (int, error) {
	err := f.mine(p, kyc.EditPersons, append(ids, list)...)
	if err == nil {
		f.did("deleted a person")
	}
	return 1, err
}
func (f folk) Fuse(_ context.Context, p *kyc.Principal, list string, ids []string) (*kyc.Person, error) {
	err := f.mine(p, kyc.EditPersons, append(ids[:1:1], list)...)
	if err == nil {
		f.did("merged " + strings.Join(ids, " and "))
	}
	return f.person(), err
}
func (f folk) EraseTemplates(_ context.Context, p *kyc.Principal, _, id string) (*kyc.Person, error) {
	err := f.mine(p, kyc.EditPersons, id)
	if err == nil {
		f.did("erased templates")
	}
	return f.person(), err
}

// personRoutes are those of lists and persons.
func personRoutes() []route {
	yes := url.Values{"confirmed": {"yes"}}
	return []route{
		{method: "GET", address: "/dashboard/lists", need: kyc.ViewPersons},
		{method: "POST", address: "/dashboard/lists", need: kyc.EditPersons, form: url.Values{"name": {"Staff"}}},
		{method: "GET", address: "/dashboard/lists/search", need: kyc.ViewPersons},
		{method: "POST", address: "/dashboard/lists/search", need: kyc.ViewPersons, foreign: true, form: url.Values{"threshold": {"90"}, "list": {listID}}},
		{method: "GET", address: "/dashboard/lists/history", need: kyc.ViewPersons},
		{method: "GET", address: "/dashboard/lists/" + listID, need: kyc.ViewPersons, foreign: true},
		{method: "POST", address: "/dashboard/lists/" + listID, need: kyc.EditPersons, foreign: true, form: url.Values{"name": {"Staff"}}},
		{method: "POST", address: "/dashboard/lists/" + listID + "/add", need: kyc.EditPersons, foreign: true, form: url.Values{"fields": {"Surname: Muster"}}},
		{method: "POST", address: "/dashboard/lists/" + listID + "/delete", need: kyc.EditPersons, foreign: true, form: yes},
		{method: "GET", address: "/dashboard/persons/" + personID, need: kyc.ViewPersons, foreign: true},
		{method: "POST", address: "/dashboard/persons/" + personID, need: kyc.EditPersons, foreign: true, form: url.Values{"fields": {"Surname: Muster"}, "list": {listID}}},
		{method: "POST", address: "/dashboard/persons/" + personID + "/templates", need: kyc.EditPersons, foreign: true, form: yes},
		{method: "POST", address: "/dashboard/persons/" + personID + "/delete", need: kyc.EditPersons, foreign: true, form: yes},
		{method: "POST", address: "/dashboard/persons/" + personID + "/doubles", need: kyc.ViewPersons, foreign: true, form: url.Values{}},
		{method: "POST", address: "/dashboard/persons/" + personID + "/merge", need: kyc.EditPersons, foreign: true, form: url.Values{"confirmed": {"yes"}, "other": {listID}}},
	}
}

// TestPersonPages: what the pages say and change.
func TestPersonPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	for address, wants := range map[string][]string{
		"/dashboard/lists":               {"Clients", "Create the list"},
		"/dashboard/lists/" + listID:     {"/images/person/" + personID + "/", "cursor=next%2Bplace", "earlier model"},
		"/dashboard/persons/" + personID: {"Surname: Clients", "/dashboard/sessions/" + sessionN(2), "Added", "/dashboard/sessions/" + sessionN(5), "from the list “Clients”"},
		"/dashboard/lists/history":       {"an API token", "90%"},
		"/dashboard/scenarios/" + flowID: {"Add verified clients to", "Clients"},
	} {
		a := s.ask("GET", address, "owner", nil)
		for _, want := range wants {
			if !strings.Contains(a.Body.String(), want) {
				t.Errorf("%s lacks %q", address, want)
			}
		}
	}
	sought := s.ask("POST", "/dashboard/lists/search", "owner", url.Values{"threshold": {"90"}})
	for _, want := range []string{"97%", "Nobody found", "data:image/jpeg;base64,ZmFjZQ=="} {
		if !strings.Contains(sought.Body.String(), want) {
			t.Errorf("the answer to a search lacks %q", want)
		}
	}
	if head := sought.Header(); head.Get("Cache-Control") != "no-store" || !strings.Contains(head.Get("Content-Security-Policy"), "img-src 'self' data:") {
		t.Errorf("the face that was looked for is kept, or not shown: %v", head)
	}
	if a := s.ask("POST", "/dashboard/lists/search", "owner", url.Values{"threshold": {"x"}}); a.Code != http.StatusBadRequest {
		t.Errorf("a threshold that is none: %d", a.Code)
	}
	a := s.ask("POST", "/dashboard/lists/"+listID+"/add", "owner", url.Values{"fields": {"Twins: Max and Moritz"}})
	for _, want := range []string{"Photo 2: More than one face of comparable size was found.", "Twins: Max and Moritz"} {
		if !strings.Contains(a.Body.String(), want) {
			t.Errorf("a person who cannot be added: %q is missing", want)
		}
	}
	if a := s.ask("POST", "/dashboard/persons/"+personID+"/delete", "owner", url.Values{}); !strings.Contains(a.Body.String(), "destroyed for good") || len(s.calls) > 0 {
		t.Error("a person is deleted without a question")
	}
	if page := s.ask("POST", "/dashboard/persons/"+personID+"/doubles", "owner", url.Values{}).Body.String(); !strings.Contains(page, "93%") || !strings.Contains(page, `value="`+listID+`"`) {
		t.Error("doubles and the way to merge them are not shown")
	}
	other := url.Values{"other": {listID}}
	if a := s.ask("POST", "/dashboard/persons/"+personID+"/merge", "owner", other); !strings.Contains(a.Body.String(), "one person of the two") || !strings.Contains(a.Body.String(), listID) || len(s.calls) > 0 {
		t.Error("persons are merged without a question")
	}
	other.Set("confirmed", "yes")
	s.ask("POST", "/dashboard/persons/"+personID+"/merge", "owner", other)
	if got := strings.Join(s.calls, ""); got != "merged "+personID+" and "+listID {
		t.Errorf("%q", got)
	}
	s.calls = nil
	s.ask("POST", "/dashboard/persons/"+personID, "owner", url.Values{"fields": {"Surname: Muster\r\n\r\nNote: a: b"}, "list": {listID}})
	form := goodForm()
	form["faceLists.addTo"], form["faceLists.duplicates"], form["faceLists.threshold"] = []string{listID}, []string{"warn"}, []string{"92,5"}
	form["faceLists.blacklists"] = []string{personID}
	if a := s.ask("POST", "/dashboard/scenarios/"+flowID, "owner", form); a.Code != http.StatusSeeOther {
		t.Fatalf("the scenario is not saved: %d", a.Code)
	}
	if got := s.calls[0]; got != "saved Surname: Muster\nNote: a: b\n in "+listID {
		t.Errorf("%q", got)
	}
	want := kyc.FaceRules{AddTo: listID, Blacklists: []string{personID}, Duplicates: kyc.DuplicatesWarn, Threshold: 92.5}
	if got := s.scenarios[flowID].FaceLists; got.AddTo != want.AddTo || got.Blacklists[0] != personID || got.Duplicates != want.Duplicates || got.Threshold != want.Threshold {
		t.Errorf("%+v", got)
	}
}

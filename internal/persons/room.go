package persons

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Units opens units of work and tells of what they changed.
type Units interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Lock(ctx context.Context, tx kyc.Tx, name string) error
	OnChange(f func(kyc.Change)) (cancel func())
}

// Lists keeps lists.
type Lists interface {
	CreateFaceList(ctx context.Context, tx kyc.Tx, l *kyc.FaceList) error
	RenameFaceList(ctx context.Context, tx kyc.Tx, id, name string) error
	DeleteFaceList(ctx context.Context, tx kyc.Tx, id string) error
	FaceList(ctx context.Context, tx kyc.Tx, id string) (*kyc.FaceList, error)
	FaceLists(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.FaceList, error)
	CountPersons(ctx context.Context, tx kyc.Tx, lists ...*kyc.FaceList) error
	Scenarios(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.Scenario, error) // which may name a list
}

// People reads persons.
type People interface {
	Person(ctx context.Context, tx kyc.Tx, id string) (*kyc.Person, error)
	PersonsByID(ctx context.Context, tx kyc.Tx, ids []string) ([]*kyc.Person, error)
	Persons(ctx context.Context, tx kyc.Tx, listID, cursor string, limit int) (page []*kyc.Person, next string, err error)
	Vectors(ctx context.Context, tx kyc.Tx, people []*kyc.Person) error
	ClientKeysKnown(ctx context.Context, tx kyc.Tx, p *kyc.Person, clientKey string) (some, this bool, err error)
}

// Writing changes persons.
type Writing interface {
	NewPersonKeys(ctx context.Context, tx kyc.Tx, p *kyc.Person) error
	CreatePerson(ctx context.Context, tx kyc.Tx, p *kyc.Person) error
	UpdatePerson(ctx context.Context, tx kyc.Tx, p *kyc.Person) error
	DeletePersons(ctx context.Context, tx kyc.Tx, ids []string) (blobs []string, err error)
	AddPersonPicture(ctx context.Context, tx kyc.Tx, x *kyc.PersonPicture) error
}

// Faces keeps templates.
type Faces interface {
	AddPersonFace(ctx context.Context, tx kyc.Tx, p *kyc.Person, f *kyc.PersonFace) error
	AdoptFace(ctx context.Context, tx kyc.Tx, from, to *kyc.Person, id, newID, pictureID string) error
	MovePersonFaces(ctx context.Context, tx kyc.Tx, p *kyc.Person) error
	EraseTemplates(ctx context.Context, tx kyc.Tx, p *kyc.Person) error
	PersonsOfSession(ctx context.Context, tx kyc.Tx, accountID, sessionID string) ([]string, error)
	ForgetSessionFaces(ctx context.Context, tx kyc.Tx, p *kyc.Person, sessionID string) (blobs []string, err error)
	StaleFaces(ctx context.Context, tx kyc.Tx, listID, model string) (int, error)
}

// Numbers follows what changes; see store.
type Numbers interface {
	FacesAfter(ctx context.Context, tx kyc.Tx, model string, lists []string, after int64, limit int) ([]*kyc.PersonFace, error)
	FacesGone(ctx context.Context, tx kyc.Tx, after int64, limit int) ([]kyc.FaceGone, error)
	LastFaceGone(ctx context.Context, tx kyc.Tx) (place int64, err error)
	OwnersOfFaces(ctx context.Context, tx kyc.Tx, numbers []int64) (map[int64]string, error)
}

// Records keeps what happened, and what distances mean.
type Records interface {
	AddPersonEvent(ctx context.Context, tx kyc.Tx, e kyc.PersonEvent) error
	PersonEvents(ctx context.Context, tx kyc.Tx, personID string) ([]kyc.PersonEvent, error)
	AddFaceSearch(ctx context.Context, tx kyc.Tx, f *kyc.FaceSearch) error
	FaceSearches(ctx context.Context, tx kyc.Tx, accountID, cursor string, limit int) (page []kyc.FaceSearch, next string, err error)
	FaceCalibration(ctx context.Context, tx kyc.Tx) (*kyc.FaceCalibration, error)
}

// Store is everything that the room keeps.
type Store interface {
	Units
	Lists
	People
	Writing
	Faces
	Numbers
	Records
}

// Blobs keeps sealed pictures.
type Blobs interface {
	Put(ctx context.Context, key string, data []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Sealer seals pictures under a person's own key.
type Sealer interface {
	Seal(ref kyc.KeyRef, plaintext, context []byte) ([]byte, error)
	Open(ref kyc.KeyRef, sealed, context []byte) ([]byte, error)
}

// Measurer measures the face that a picture is about; nil for none.
type Measurer interface {
	Describe(ctx context.Context, jpeg []byte) (*kyc.FaceFound, error)
	Model() string
}

// Index finds what is near a vector among many, exactly.
type Index interface {
	Put(list string, number int64, vector []float32) error
	Remove(list string, number int64)
	Search(ctx context.Context, q kyc.FaceQuery) ([]kyc.FaceHit, error)
}

// Deps is what the room is built from; all fields are required.
type Deps struct {
	Store    Store
	Blobs    Blobs
	Sealer   Sealer
	Measurer Measurer
	NewIndex func() Index // an empty one
	Now      func() time.Time
	Random   io.Reader
	Logger   *slog.Logger
}

// Room is safe for concurrent use.
type Room struct {
	Deps
	index *index
}

// New builds the room; nothing is loaded before Run.
func New(deps Deps) *Room { return &Room{Deps: deps, index: newIndex(deps)} }

// id makes an id that the outside sees.
func (r *Room) id() (string, error) {
	id, err := kyc.NewID(r.Now(), r.Random)
	if err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	return id, nil
}

// inner makes an id of faces and pictures.
func inner() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	return id.String(), nil
}

// may refuses who has not a permission.
func may(p *kyc.Principal, need kyc.Permission) error {
	if !p.Can(need) {
		return kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	return nil
}

// sees tells whether what belongs to an account belongs to the principal's.
func sees(p *kyc.Principal, accountID string) bool {
	return p != nil && (p.Role == kyc.RoleAdmin || p.AccountID == accountID)
}

func actor(p *kyc.Principal) string {
	if p.UserID != "" {
		return p.UserID
	}
	return "token " + p.TokenID
}

// list reads a list that the principal sees.
func (r *Room) list(ctx context.Context, tx kyc.Tx, p *kyc.Principal, id string) (*kyc.FaceList, error) {
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	l, err := r.Store.FaceList(ctx, tx, id)
	if err == nil && !sees(p, l.AccountID) {
		err = kyc.ErrNotFound()
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// person reads a person that the principal sees, of one list, or of any when
// that is "".
func (r *Room) person(ctx context.Context, tx kyc.Tx, p *kyc.Principal, listID, id string) (*kyc.Person, error) {
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	found, err := r.Store.Person(ctx, tx, id)
	if err == nil && (!sees(p, found.AccountID) || listID != "" && found.ListID != listID) {
		err = kyc.ErrNotFound()
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// note writes a line of what happened to a person.
func (r *Room) note(ctx context.Context, tx kyc.Tx, person *kyc.Person, kind, actor, detail string) error {
	return r.Store.AddPersonEvent(ctx, tx, kyc.PersonEvent{AccountID: person.AccountID, ListID: person.ListID, PersonID: person.ID, Kind: kind, Actor: actor, Detail: detail})
}

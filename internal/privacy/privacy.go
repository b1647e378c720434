// Package privacy erases: what is known of a session's person, by the session's
// id or for all sessions of a client key, or face templates alone (S26, S28).
//
// In comes a request of a principal who may erase; out goes which sessions and
// how many persons of lists it was. One unit of work a session destroys its keys,
// from which moment on nothing of it can be read, also not from pictures that
// are still there, and removes every row that holds or finds something personal.
// Then the pictures go; a job, committed with the unit, does so again two minutes
// later, for a process that ended in between and for checks that were under way.
// What stays is the session's row with scenario, verdict and times, and its
// timeline with who erased it, when and why.
//
// What can fail: requests that do not fit, sessions that are not there or are
// somebody else's (kyc.NotFound, the same answer), and our own troubles; a call
// can be repeated, and does nothing to what is erased already. Called by api and
// dash.
package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Store is what the room asks of the database.
type Store interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Lock(ctx context.Context, tx kyc.Tx, name string) error
	Session(ctx context.Context, tx kyc.Tx, id string) (*kyc.Session, error)
	AddEvent(ctx context.Context, tx kyc.Tx, e kyc.Event) error
	Erasing
}

// Erasing is what destroys.
type Erasing interface {
	SessionsOfClient(ctx context.Context, tx kyc.Tx, accountID, clientKey string) ([]string, error)
	EraseSession(ctx context.Context, tx kyc.Tx, v *kyc.Session) (blobs []string, err error)
	EraseSessionTemplates(ctx context.Context, tx kyc.Tx, v *kyc.Session) error
	Scrub(ctx context.Context) error
}

// Persons forgets what lists of faces have from a session.
type Persons interface {
	Forget(ctx context.Context, tx kyc.Tx, s *kyc.Session, actor string) (persons int, blobs []string, err error)
}

// Blobs removes pictures.
type Blobs interface {
	Delete(ctx context.Context, key string) error
}

// Queue takes jobs in the caller's unit of work.
type Queue interface {
	Insert(ctx context.Context, tx kyc.Tx, job kyc.Job) error
}

// Deps is what the room is built from; all fields are required.
type Deps struct {
	Store   Store
	Persons Persons
	Blobs   Blobs
	List    func(ctx context.Context, prefix string) iter.Seq2[string, error] // keys of pictures
	Queue   Queue
	Logger  *slog.Logger
}

// Room is safe for concurrent use.
type Room struct{ Deps }

// New builds the room.
func New(deps Deps) *Room { return &Room{deps} }

// Request says what is to go.
type Request struct {
	SessionID string
	ClientKey string // raw: all sessions of this key; with a session id, too, it is refused

	TemplatesOnly bool   // the sessions' face templates and what their recordings are recognised by; all else stays
	KeepPersons   bool   // faces that went from the sessions into lists stay there
	Reason        string // for the timeline: why; not who
}

// Erased tells what went.
type Erased struct {
	Sessions []string // those that were erased already among them
	Persons  int      // of lists, who lost a face or went altogether
}

const maxReason = 200 // characters

func (req Request) faults() (faults []string) {
	if (req.SessionID == "") == (req.ClientKey == "") {
		faults = append(faults, "sessionId, clientKey: send one of them")
	}
	if req.SessionID != "" && !kyc.ValidID(req.SessionID) {
		faults = append(faults, "sessionId: must be a UUID of version 1")
	}
	if req.ClientKey != "" && !kyc.ValidClientKey(req.ClientKey) {
		faults = append(faults, "clientKey: 1 to 36 characters without control characters; send the raw key")
	}
	if n := utf8.RuneCountInString(req.Reason); n > maxReason || !utf8.ValidString(req.Reason) || strings.ContainsFunc(req.Reason, unicode.IsControl) {
		faults = append(faults, "reason: at most 200 characters on one line")
	}
	return faults
}

// Erase destroys what a request names.
func (r *Room) Erase(ctx context.Context, p *kyc.Principal, req Request) (*Erased, error) {
	if !p.Can(kyc.EraseKYC) {
		return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	if faults := req.faults(); len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	ids := []string{req.SessionID}
	if req.ClientKey != "" {
		err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
			ids, err = r.Store.SessionsOfClient(ctx, tx, p.AccountID, req.ClientKey)
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, kyc.ErrNotFound()
		}
	}
	done := &Erased{}
	for _, id := range ids {
		persons, err := r.erase(ctx, p, req, id)
		if err != nil {
			return nil, err
		}
		done.Sessions, done.Persons = append(done.Sessions, id), done.Persons+persons
	}
	if err := r.Store.Scrub(ctx); err != nil {
		r.Logger.WarnContext(ctx, "the database's journal still holds what was erased; it goes with time", "error", err)
	}
	return done, nil
}

// erase does one session.
func (r *Room) erase(ctx context.Context, p *kyc.Principal, req Request, id string) (persons int, err error) {
	var blobs []string
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		persons, blobs = 0, nil
		if err := r.Store.Lock(ctx, tx, "session/"+id); err != nil { // as everybody who moves it
			return err
		}
		s, err := r.Store.Session(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Role != kyc.RoleAdmin && s.AccountID != p.AccountID {
			return kyc.ErrNotFound()
		}
		if !req.KeepPersons && !req.TemplatesOnly {
			if persons, blobs, err = r.Persons.Forget(ctx, tx, s, actor(p)); err != nil {
				return err
			}
		}
		kind := "session.erased"
		switch {
		case !s.ErasedAt.IsZero():
			return r.later(ctx, tx, id, blobs)
		case req.TemplatesOnly && !s.Status.Final():
			return kyc.Errorf(kyc.Conflict, "this session has not ended: its faces are still to be compared")
		case req.TemplatesOnly:
			kind, err = "session.templates.erased", r.Store.EraseSessionTemplates(ctx, tx, s)
		default:
			var more []string
			more, err = r.Store.EraseSession(ctx, tx, s)
			blobs = append(blobs, more...)
		}
		if err != nil {
			return err
		}
		event := kyc.Event{SessionID: id, At: tx.Now(), Kind: kind, Actor: actor(p), Detail: strings.TrimSpace(req.Reason)}
		return errors.Join(r.Store.AddEvent(ctx, tx, event), r.later(ctx, tx, id, blobs))
	})
	if err != nil {
		return 0, err
	}
	for _, key := range blobs {
		if err := r.Blobs.Delete(ctx, key); err != nil { // the job tries again
			r.Logger.WarnContext(ctx, "a picture of an erased session is not removed yet", "session", id, "error", err)
		}
	}
	return persons, nil
}

func actor(p *kyc.Principal) string {
	if p.UserID != "" {
		return p.UserID
	}
	return "token " + p.TokenID
}

// JobSweep removes the pictures of an erased session that are still there.
const JobSweep = "privacy.sweep"

// sweepAfter is when every check that was under way has ended.
const sweepAfter = 2 * time.Minute

// sweep is the payload of JobSweep: ids and generated names.
type sweep struct {
	SessionID string   `json:"session"`
	Keys      []string `json:"keys,omitempty"`
}

func (r *Room) later(ctx context.Context, tx kyc.Tx, id string, keys []string) error {
	payload, err := json.Marshal(sweep{id, keys})
	if err != nil {
		return err
	}
	return r.Queue.Insert(ctx, tx, kyc.Job{Kind: JobSweep, Key: fmt.Sprintf("%s/%d", id, tx.Now().UnixMicro()), Payload: payload, RunAt: tx.Now().Add(sweepAfter)})
}

// Sweep is the handler of JobSweep. It looks again whether the session is erased:
// where templates alone went, its pictures stay.
func (r *Room) Sweep(ctx context.Context, payload []byte, _ int, _ bool) error {
	var job sweep
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	keys := slices.Clone(job.Keys)
	var erased bool
	err := r.Store.View(ctx, func(tx kyc.Tx) error {
		s, err := r.Store.Session(ctx, tx, job.SessionID)
		erased = err == nil && !s.ErasedAt.IsZero()
		return err
	})
	if err != nil {
		return err
	}
	if erased {
		for key, err := range r.List(ctx, "sessions/"+job.SessionID+"/") {
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if err := r.Blobs.Delete(ctx, key); err != nil {
			return fmt.Errorf("remove a picture of an erased session: %w", err)
		}
	}
	return nil
}

package verify

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Units opens units of work and tells of what they changed. Units that lock one
// name follow one another, on all nodes.
type Units interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Glance(ctx context.Context, work func(tx kyc.Tx) error) error // View of a few rows by their keys
	FaceCalibration(ctx context.Context, tx kyc.Tx) (*kyc.FaceCalibration, error)
	Lock(ctx context.Context, tx kyc.Tx, name string) error
	OnChange(f func(kyc.Change)) (cancel func())
}

// Scenarios reads scenarios; a session keeps the revision it began with.
type Scenarios interface {
	Scenario(ctx context.Context, tx kyc.Tx, id string) (*kyc.Scenario, error)
	ScenarioRevision(ctx context.Context, tx kyc.Tx, id string, revision int) (*kyc.Scenario, error)
	ShownScenario(ctx context.Context, tx kyc.Tx, id string, revision int) (*kyc.Scenario, error) // without secrets
}

// Sessions keeps sessions. UpdateSession is a compare-and-set on Lock.
type Sessions interface {
	CreateSession(ctx context.Context, tx kyc.Tx, s *kyc.Session) error
	Session(ctx context.Context, tx kyc.Tx, id string) (*kyc.Session, error)
	UpdateSession(ctx context.Context, tx kyc.Tx, s *kyc.Session) error
	LatestOfScenario(ctx context.Context, tx kyc.Tx, accountID, scenarioID, clientKey string) (*kyc.Session, error)
}

// Shown reads sessions to show them, without credentials and face templates;
// fresh tells that a client key had not been seen before.
type Shown interface {
	ShownSession(ctx context.Context, tx kyc.Tx, id string) (s *kyc.Session, fresh bool, err error)
	ShownLatest(ctx context.Context, tx kyc.Tx, accountID, clientKey string) (s *kyc.Session, fresh bool, err error)
	NewClients(ctx context.Context, tx kyc.Tx, sessionIDs []string) (fresh map[string]bool, err error)
}

// Search finds sessions and keeps what they are found by.
type Search interface {
	FilterSessions(ctx context.Context, tx kyc.Tx, f kyc.SessionFilter) (kyc.SessionPage, error)
	DueSessions(ctx context.Context, tx kyc.Tx, now time.Time, limit int) ([]string, error)
	BusySessions(ctx context.Context, tx kyc.Tx, before time.Time, limit int) ([]string, error)
	IndexOCR(ctx context.Context, tx kyc.Tx, sessionID, accountID string, fields []kyc.Field) error
}

// Attempts keeps tries. UpdateAttempt succeeds only while the stored status is from.
type Attempts interface {
	PutAttempt(ctx context.Context, tx kyc.Tx, a *kyc.Attempt) error
	UpdateAttempt(ctx context.Context, tx kyc.Tx, a *kyc.Attempt, from kyc.Status) error
	Attempts(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Attempt, error)
	AttemptsOf(ctx context.Context, tx kyc.Tx, sessionIDs []string) (map[string][]*kyc.Attempt, error) // face templates by label only
}

// Records keeps evidence rows and the timeline.
type Records interface {
	AddEvidence(ctx context.Context, tx kyc.Tx, e *kyc.Evidence) error
	Evidence(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Evidence, error)
	EvidenceOf(ctx context.Context, tx kyc.Tx, sessionIDs []string) (map[string][]*kyc.Evidence, error)
	AddEvent(ctx context.Context, tx kyc.Tx, e kyc.Event) error
	Events(ctx context.Context, tx kyc.Tx, sessionID string) ([]kyc.Event, error)
}

// Prints keeps what frames of recordings and selfies are recognised by.
type Prints interface {
	AddFramePrints(ctx context.Context, tx kyc.Tx, r kyc.Recording, prints []kyc.FramePrint) error
	FramesSeen(ctx context.Context, tx kyc.Tx, r kyc.Recording, frames []kyc.Glimpse) (kyc.Sightings, error)
}

// KeyClaims remembers used client keys; false means refused.
type KeyClaims interface {
	ClaimKeyBlocks(ctx context.Context, tx kyc.Tx, scenarioID string, pairs [][2][]byte, sessionID string) (bool, error)
	ClaimKeyID(ctx context.Context, tx kyc.Tx, scenarioID, id string, expires time.Time) (bool, error)
}

// Store is everything verify keeps.
type Store interface {
	Units
	Scenarios
	Sessions
	Shown
	Search
	Attempts
	Records
	Prints
	KeyClaims
}

// Blobs keeps sealed pictures. Put of a key that exists is an error of kind kyc.Conflict.
type Blobs interface {
	Put(ctx context.Context, key string, data []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Sealer seals pictures under a session's own key.
type Sealer interface {
	Seal(ref kyc.KeyRef, plaintext, context []byte) ([]byte, error)
	Open(ref kyc.KeyRef, sealed, context []byte) ([]byte, error)
}

// Queue takes jobs in the caller's unit of work.
type Queue interface {
	Insert(ctx context.Context, tx kyc.Tx, job kyc.Job) error
}

// Documents checks documents and proofs of address.
type Documents interface {
	Check(ctx context.Context, in kyc.DocumentInput) (*kyc.Finding, error)
	CheckAddress(ctx context.Context, in kyc.AddressInput) (*kyc.Finding, error)
}

// Faces checks selfies and liveness and compares faces.
type Faces interface {
	Selfie(ctx context.Context, in kyc.SelfieInput) (*kyc.Finding, error)
	Liveness(ctx context.Context, in kyc.LivenessInput) (*kyc.Finding, error)
	Match(ctx context.Context, templates []kyc.Template, limit kyc.FaceLimit) (*kyc.Finding, error)
}

// Announcer writes webhook deliveries in the same unit of work as what they tell
// of: Announce those of a verdict, whose body makes the session object's JSON,
// and Notify those of other events before it.
type Announcer interface {
	Announce(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, session *kyc.Session, body func() ([]byte, error)) error
	Notify(ctx context.Context, tx kyc.Tx, event kyc.EventType, scenario *kyc.Scenario, session *kyc.Session, detail kyc.EventDetail) error
}

// Pictures scales a stored JPEG down so that its larger side is at most max.
type Pictures interface {
	Shrink(jpeg []byte, max int) ([]byte, error)
}

// Deps is what the room is built from; all fields are required.
type Deps struct {
	Store      Store
	Blobs      Blobs
	Sealer     Sealer
	Queue      Queue
	Documents  Documents
	Faces      Faces
	Persons    Persons
	Announcer  Announcer
	Pictures   Pictures
	Draw       func(random io.Reader, now time.Time, rules kyc.LivenessRules) (kyc.Challenge, error) // a fresh liveness challenge
	Now        func() time.Time
	Random     io.Reader
	Logger     *slog.Logger
	SigningKey []byte          // signs the links by which a person goes on elsewhere
	Stopping   <-chan struct{} // closed when the process is about to end: callers who wait are told how things stand; nil: never
}

// Room is the state machine. It is safe for concurrent use.
type Room struct {
	Deps
	changes *changes
}

// New builds the room.
func New(deps Deps) *Room {
	r := &Room{Deps: deps, changes: newChanges()}
	deps.Store.OnChange(r.changes.hear) // for as long as the store lives
	return r
}

// Job kinds that the app registers with the queue.
const (
	JobCheck  = "verify.check"
	JobExpire = "verify.expire"
	JobRescue = "verify.rescue"
)

package kyc

import (
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxClientKey is the longest client key in Unicode characters.
const MaxClientKey = 36

// ValidClientKey checks a raw client key: 1 to 36 characters of valid UTF-8
// without control characters (S22).
func ValidClientKey(raw string) bool {
	if raw == "" || !utf8.ValidString(raw) || utf8.RuneCountInString(raw) > MaxClientKey {
		return false
	}
	for _, r := range raw {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// Origin tells by which door a session came in.
type Origin string

// The doors a session can come from.
const (
	OriginWidget  Origin = "widget"
	OriginProcess Origin = "process"
)

// Session is one verification of one person by one scenario, as stored.
// ClientKey, ClientUser and ClientID are clear in memory and sealed at rest.
type Session struct {
	ID         string // UUID version 1
	AccountID  string
	ScenarioID string
	Revision   int // of the scenario, kept for the session's whole life
	ClientKey  string
	ClientUser string
	ClientID   string // the person that the face was recognised as, "" when it was not
	ClientNew  *bool  // the face was not known before; nil when nobody looked
	Origin     Origin
	Status     Status
	Step       int      // index of the step that is open; len(steps) when all are through
	Errors     []string // of the session as a whole
	Faces      *Finding // the synthetic faces result, once computed
	Lock       int64    // compare-and-set counter, raised by every update
	CreatedAt  time.Time
	ExpiresAt  time.Time
	FinishedAt time.Time // zero while open
	ErasedAt   time.Time // when all that was personal was destroyed; zero: it was not
	Capture    []byte    // SHA-256 of the capture credential that the widget holds; nil when none
	Key        KeyRef    // data keys of this session; filled by the store
}

// Attempt is one try at one step.
type Attempt struct {
	SessionID  string
	Step       int
	Try        int // from 1
	Type       StepType
	Status     Status // idle: collecting; processing: with the engines; success, failed, suspicious, exception
	StartedAt  time.Time
	SentAt     time.Time // when the evidence was complete
	FinishedAt time.Time
	Challenge  *Challenge
	Frames     []FrameMark // of each picture in order: of liveness what the client said, of documents what the file did
	Finding    *Finding
}

// Evidence is one stored picture: an upload or something cut out of one.
type Evidence struct {
	ID        string // UUIDv7
	SessionID string
	Step      int
	Try       int
	Name      string // "0", "1", … for uploads in order; "face", "document" for what was cut out
	Derived   bool
	BlobKey   string
	Digest    []byte // SHA-256 of the stored (re-encoded, clear) bytes
	Size      int64
	Width     int
	Height    int
	CreatedAt time.Time
}

// Event is one line of a session's timeline. Detail never holds personal data.
type Event struct {
	SessionID string
	At        time.Time
	Kind      string // "session.created", "step.started", "step.sent", "step.checked", "session.final", "webhook.delivered", …
	Actor     string // "person", "system", "api", or a user's id
	Detail    string
}

// KeyRef names the data keys of one session: opaque, wrapped, and useless
// without the installation's master key. An empty SubjectKey means the
// account's own key.
type KeyRef struct {
	AccountID  string
	AccountKey []byte
	SubjectID  string
	SubjectKey []byte
}

// Challenge is what a liveness attempt asks for, drawn by the server. The
// nonce binds frames to the attempt, the deadline ends it (S47).
type Challenge struct {
	Nonce    string    `json:"nonce"`
	Moves    []Move    `json:"moves"`
	Light    []Colour  `json:"light,omitempty"` // what the screen shows one after the other during the move light
	IssuedAt time.Time `json:"issuedAt"`
	Deadline time.Time `json:"deadline"`
}

// Lit tells whether the screen lights the face during it; no challenge is dark.
func (c *Challenge) Lit() bool { return c != nil && len(c.Light) > 0 }

// FrameMark is what the client says of one liveness frame.
type FrameMark struct {
	AtMS int64 `json:"atMs"` // milliseconds since the challenge was shown
	Move int   `json:"move"` // index of the move that was on screen

	Colour int `json:"colour,omitempty"` // which of the challenge's colours the screen showed, from 1; 0: none

	Device *Device `json:"device,omitempty"` // on the first mark of a recording; nil when the client said nothing
	Writer string  `json:"writer,omitempty"` // of a document's picture: see Upload
}

// Device is what the widget noticed of the device that films. All of it is the
// client's word; the camera's own name is never sent, since people name their
// devices after themselves.
type Device struct {
	Camera    string `json:"camera,omitempty"`    // the known program that the camera is, such as obs; "" for none
	Automated bool   `json:"automated,omitempty"` // the browser says that a program drives it
	Software  bool   `json:"software,omitempty"`  // it draws without graphics hardware, as browsers without a screen do
}

// Tx is one unit of work, opened by the store and passed by rooms to their
// repositories and to the queue: all of it commits or none. Its time is fixed
// so that every row of one unit agrees.
type Tx interface {
	Now() time.Time
}

// Job wakes a room up later: Kind picks the handler, Key makes it unique while
// it waits, Payload is for the handler and holds ids only, never personal data.
type Job struct {
	Kind    string
	Key     string
	Payload []byte
	RunAt   time.Time // zero: now
}

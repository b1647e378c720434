package kyc

import (
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of persons and lists.
const (
	MaxListName     = 100 // characters
	MaxPersonFields = 30
	MaxFieldName    = 100  // characters
	MaxFieldValue   = 1000 // characters
	MaxPersonFaces  = 10
	MaxFaceLists    = 1000 // of one account
)

// FaceList is a list of persons of one account: customers, staff, a blacklist.
type FaceList struct {
	ID        string // UUID version 1
	AccountID string
	Name      string
	CreatedAt time.Time
	Persons   int // filled by CountPersons
}

// PersonField is what an account notes of a person: any name, any text.
type PersonField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Person is somebody in a list, known by one or more faces. Fields are clear in
// memory and sealed at rest. The person's id is the clientId of sessions in
// which they were recognised.
type Person struct {
	ID        string // UUID version 1
	AccountID string
	ListID    string
	Fields    []PersonField
	CreatedAt time.Time
	UpdatedAt time.Time
	Faces     []*PersonFace    // filled by reads, without vectors unless asked for
	Pictures  []*PersonPicture // filled by reads
	Key       KeyRef           // of fields and pictures; filled by the store
	Templates KeyRef           // of face templates alone, so that those can be destroyed apart (S26); filled by the store
}

// Field is the value under a name, "" when there is none.
func (p *Person) Field(name string) string {
	for _, f := range p.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// PersonFace is one face template of a person. Its number never repeats and
// grows in the order of commits, so that whoever has seen a number has seen all
// before it.
type PersonFace struct {
	Number    int64  // given by the store
	ID        string // UUID version 7
	PersonID  string
	AccountID string
	ListID    string
	PictureID string // "" when a vector alone was given
	Model     string
	Vector    []float32
	SessionID string // that it came from, "" for none
	ClientKey string // whose session that was; known to the store by its blind index only
	CreatedAt time.Time
}

// PersonPicture is the row of one picture of a person's face: a cut, sealed
// under the person's key.
type PersonPicture struct {
	ID        string // UUID version 7
	PersonID  string
	SessionID string // that it came from, "" for none
	BlobKey   string
	Digest    []byte // SHA-256 of the clear bytes
	Size      int64
	Width     int
	Height    int
	CreatedAt time.Time
}

// FaceGone tells that a template is no more; its seq grows as numbers do.
type FaceGone struct {
	Seq    int64
	Number int64
	ListID string
}

// PersonEvent is one line of what happened to lists and persons. It outlives
// them and holds nothing personal.
type PersonEvent struct {
	AccountID string
	ListID    string
	PersonID  string // "" for what happened to a list
	At        time.Time
	Kind      string // "list.created", "person.created", "person.moved", …
	Actor     string // "system", a user's id, or "token …"
	Detail    string
}

// FaceSearch is one line of the history of searches: who looked for somebody,
// when, where, and how many were found. Neither what was looked for nor who was
// found is kept.
type FaceSearch struct {
	ID        string // UUID version 1
	AccountID string
	At        time.Time
	Actor     string // "session …", a user's id, or "token …"
	Lists     []string
	Probes    int     // faces that were looked for
	Threshold float64 // percent
	Hits      int
}

// FaceQuery asks for the faces nearest to one.
type FaceQuery struct {
	Vector []float32
	Lists  []string
	Within float64 // greatest Euclidean distance
	Most   int
}

// FaceHit is a face that was found.
type FaceHit struct {
	List     string
	Number   int64
	Distance float64
}

// DuplicateRule says what becomes of a session whose face is known by another client key.
type DuplicateRule string

// The rules on duplicates.
const (
	DuplicatesIgnored DuplicateRule = ""
	DuplicatesWarn    DuplicateRule = "warn"   // the session is suspicious
	DuplicatesRefuse  DuplicateRule = "refuse" // the session fails
)

// FaceRules are what a scenario does with face lists.
type FaceRules struct {
	AddTo      string        `json:"addTo,omitempty"`      // list that verified clients are added to, and recognised in
	Blacklists []string      `json:"blacklists,omitempty"` // lists whose faces are refused
	Duplicates DuplicateRule `json:"duplicates,omitempty"` // in AddTo, under another client key
	Threshold  float64       `json:"threshold,omitempty"`  // least calibrated percentage of a hit; 0: DefaultFaceHit
}

// DefaultFaceHit is the least percentage of a hit unless a scenario or a search
// says otherwise. It is higher than that of a pair: who is compared with many
// is more often like one of them.
const DefaultFaceHit = 90

// maxBlacklists bounds what one session is searched for in.
const maxBlacklists = 20

// Any tells whether there is a rule at all.
func (r FaceRules) Any() bool { return r.AddTo != "" || len(r.Blacklists) > 0 }

// Lists are all lists that the rules name.
func (r FaceRules) Lists() []string {
	if r.AddTo == "" {
		return r.Blacklists
	}
	return append([]string{r.AddTo}, r.Blacklists...)
}

func (r FaceRules) normal() FaceRules {
	if !r.Any() {
		return FaceRules{}
	}
	if r.Threshold == 0 {
		r.Threshold = DefaultFaceHit
	}
	return r
}

// faults expects a normal rule; face tells whether a step of the scenario shows one.
func (r FaceRules) faults(face bool) (faults []string) {
	if !r.Any() {
		return nil
	}
	if !face {
		faults = append(faults, "faceLists: lists of faces need a step that shows one: document, selfie or liveness")
	}
	if r.AddTo != "" && !ValidID(r.AddTo) {
		faults = append(faults, "faceLists.addTo: must be the id of a list")
	}
	if len(r.Blacklists) > maxBlacklists {
		faults = append(faults, "faceLists.blacklists: at most 20 lists")
	}
	for _, id := range r.Blacklists {
		if !ValidID(id) {
			faults = append(faults, "faceLists.blacklists: each must be the id of a list")
		}
		if id == r.AddTo {
			faults = append(faults, "faceLists.blacklists: the list that clients are added to cannot be a blacklist, too")
		}
	}
	switch r.Duplicates {
	case DuplicatesIgnored:
	case DuplicatesWarn, DuplicatesRefuse:
		if r.AddTo == "" {
			faults = append(faults, "faceLists.duplicates: duplicates are looked for in the list that clients are added to; choose one")
		}
	default:
		faults = append(faults, "faceLists.duplicates: must be warn or refuse, or be left out")
	}
	if !(r.Threshold > 0 && r.Threshold <= 100) {
		faults = append(faults, "faceLists.threshold: must be more than 0 and at most 100")
	}
	return faults
}

// The captions of checks on face lists.
const (
	GroupFaceLists   = "Face lists"
	CheckBlacklisted = "isBlacklisted"
	CheckDuplicate   = "isDuplicate"
)

// SoftFor are the soft checks of a definition with what its rules on face lists add.
func (d *Definition) SoftFor() SoftChecks {
	if d.FaceLists.Duplicates != DuplicatesWarn {
		return d.Soft
	}
	return append(d.Soft[:len(d.Soft):len(d.Soft)], CheckDuplicate)
}

// ListNameFault says what is wrong with the name of a list, "" for nothing.
func ListNameFault(name string) string {
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxListName || !plain(name) {
		return "name: give the list a name of 1 to 100 characters on one line"
	}
	return ""
}

// FieldFaults says what is wrong with a person's fields.
func FieldFaults(fields []PersonField) (faults []string) {
	if len(fields) > MaxPersonFields {
		faults = append(faults, "fields: a person has at most 30 fields")
	}
	seen := map[string]bool{}
	for _, f := range fields {
		switch n := utf8.RuneCountInString(f.Name); {
		case n == 0 || n > MaxFieldName || !plain(f.Name):
			faults = append(faults, "fields: each needs a name of 1 to 100 characters on one line")
		case seen[f.Name]:
			faults = append(faults, "fields: each name can stand once")
		case utf8.RuneCountInString(f.Value) > MaxFieldValue || !utf8.ValidString(f.Value):
			faults = append(faults, "fields: a value has at most 1000 characters")
		}
		seen[f.Name] = true
	}
	return faults
}

// plain is text on one line, as it would be printed.
func plain(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, unicode.IsControl)
}

// FaceFound is the face that a picture is about, as the room of faces measured it.
type FaceFound struct {
	Template Template
	Chip     Cut // the face, aligned
	Others   int // further faces of comparable size
}

// FaceProbe asks which lists a session's faces are in.
type FaceProbe struct {
	AccountID string
	ClientKey string
	Templates []Template
	Rules     FaceRules
}

// ErrUnscanned is returned to whoever asks about a probe and brings no scan for it.
var ErrUnscanned = &Error{Kind: Conflict, Message: "these faces have not been looked for"}

// FaceScan is what was found for a probe among the templates that were there
// when it began: the part of recognising that takes long, done before a unit of
// work and not in it.
type FaceScan struct {
	Probe  FaceProbe
	Within float64     // the distance that the threshold stood for
	Last   int64       // number of the newest template that was looked at
	Hits   [][]FaceHit // for each query of the probe, nearest first
}

// Answers tells whether this is the scan for a probe.
func (s *FaceScan) Answers(in FaceProbe, within float64) bool {
	return s != nil && s.Within == within && reflect.DeepEqual(s.Probe, in)
}

// Queries are what a probe is looked for by: each template in the blacklists,
// then the best one in the list of clients.
func (p FaceProbe) Queries(within float64, most int) (all []FaceQuery) {
	if len(p.Rules.Blacklists) > 0 {
		for _, t := range p.Templates {
			all = append(all, FaceQuery{Vector: t.Vector, Lists: p.Rules.Blacklists, Within: within, Most: most})
		}
	}
	if p.Rules.AddTo != "" && len(p.Templates) > 0 {
		all = append(all, FaceQuery{Vector: BestTemplate(p.Templates).Vector, Lists: []string{p.Rules.AddTo}, Within: within, Most: most})
	}
	return all
}

// FacesSeen is the answer: what goes into the session's faces result, and who
// the person is.
type FacesSeen struct {
	Errors   []Code
	Checks   []CheckGroup
	Measures map[string]string
	Person   string // of the list that clients are added to, "" for nobody known
}

// Enrolment adds a verified client to a list, or what is new to a person who
// was recognised there.
type Enrolment struct {
	AccountID string
	ListID    string
	Person    string // "" for a new one
	SessionID string
	ClientKey string
	Fields    []PersonField
	Template  Template
	Picture   *Picture // of the face, nil when there is none
}

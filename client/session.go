package client

import (
	"encoding/json"
	"time"
)

// Status of a session, and of a result (success or failed there).
type Status string

// The statuses. The last five are final.
const (
	Idle       Status = "idle"       // waiting for the person
	Processing Status = "processing" // waiting for the checks
	Success    Status = "success"    // every check passed
	Failed     Status = "failed"     // at least one check failed
	Suspicious Status = "suspicious" // only soft checks failed: a human decides
	Exception  Status = "exception"  // the service's fault
	Expired    Status = "expired"    // the person did not finish in time
)

// Final tells that the outcome is there; only a reviewer may still change it.
func (s Status) Final() bool {
	switch s {
	case Success, Failed, Suspicious, Exception, Expired:
		return true
	case Idle, Processing:
		return false
	}
	return false
}

// denied stands where the token's permissions do not let one look.
const denied = "Access denied"

// Guarded is a value that needs a permission to see; without it Denied is true
// and Value is empty.
type Guarded[T any] struct {
	Value  T
	Denied bool
}

// UnmarshalJSON reads a value or the words that stand in its place.
func (g *Guarded[T]) UnmarshalJSON(b []byte) error {
	if string(b) == `"`+denied+`"` {
		*g = Guarded[T]{Denied: true}
		return nil
	}
	g.Denied = false
	return json.Unmarshal(b, &g.Value)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (g Guarded[T]) MarshalJSON() ([]byte, error) {
	if g.Denied {
		return json.Marshal(denied)
	}
	return json.Marshal(g.Value)
}

// Session is the session object of the wire contract, section 5: one
// verification of one person by one scenario. Every interface sends the same.
type Session struct {
	Status        Status    `json:"status"`
	SessionID     string    `json:"sessionId"` // UUID version 1
	Errors        []string  `json:"errors"`
	Version       int       `json:"version"` // revision of the scenario
	SchemaID      string    `json:"schemaId"`
	ClientID      string    `json:"clientId"` // "" while the person is not recognised
	Spent         float64   `json:"spent"`    // seconds from creation to the end
	CreatedAt     time.Time `json:"createdAt"`
	IsClientNew   bool      `json:"isClientNew"`
	ClientKey     string    `json:"clientKey"` // raw
	ClientUser    string    `json:"clientUser"`
	SecondsToLive int       `json:"secondsToLive"` // 0 when final
	ResponseTime  time.Time `json:"responseTime"`  // when this answer was made
	Results       []Result  `json:"results"`       // one a step in order, then one of type faces
}

// Result is one step's outcome.
type Result struct {
	Status       Status                 `json:"status"` // success or failed
	Type         string                 `json:"type"`   // document, selfie, selfie_document, liveness, address_proof, database, faces
	Spent        float64                `json:"spent"`
	Errors       []string               `json:"errors"` // of the form "[category] text"
	History      []Past                 `json:"history"`
	StartedAt    time.Time              `json:"startedAt"`
	Tries        int                    `json:"tries"`
	Checks       Guarded[[]CheckGroup]  `json:"checks"`
	DocName      string                 `json:"docName"`
	OCR          Guarded[OCR]           `json:"ocr"`
	IsBackSide   bool                   `json:"isBackSide,omitempty"`
	CountryCode  string                 `json:"countryCode,omitempty"` // ISO 3166 alpha-3
	Images       Guarded[[]string]      `json:"images,omitzero"`       // addresses, see Client.Image
	ImagesFull   Guarded[[]string]      `json:"imagesFull,omitzero"`
	ImageObjects Guarded[[]ImageObject] `json:"imageObjects,omitzero"`
	Image        Guarded[string]        `json:"image,omitzero"` // of Process only
	ImageFull    Guarded[string]        `json:"imageFull,omitzero"`
	WithDoc      Guarded[[]string]      `json:"withDoc,omitzero"`
	FaceSelfie   Guarded[string]        `json:"faceSelfie,omitzero"`
	FaceDoc      Guarded[string]        `json:"faceDoc,omitzero"`
	Faces        Guarded[[]string]      `json:"faces,omitzero"`
}

// Past is an earlier attempt at a step, reduced.
type Past struct {
	Status    Status    `json:"status"`
	Errors    []string  `json:"errors"`
	StartedAt time.Time `json:"startedAt"`
	Spent     float64   `json:"spent"`
}

// CheckGroup is a group of checks: "fraud", "Face matching".
type CheckGroup struct {
	Caption string  `json:"caption"`
	Items   []Check `json:"items"`
}

// Check is one check that was really computed. Success means passed, also for
// names that sound bad; a check that is not listed was not made.
type Check struct {
	Status     Status   `json:"status"`
	Caption    string   `json:"caption"` // "isMRZValid", "document_0 & selfie", …
	Confidence *float64 `json:"confidence,omitempty"`
	Value      string   `json:"value,omitempty"` // "82%"
	Images     []string `json:"images,omitempty"`
}

// OCR is what was read off a document.
type OCR struct {
	Status Status  `json:"status"`
	Fields []Field `json:"fields"`
}

// Field returns the first field with this title.
func (o OCR) Field(title string) (Field, bool) {
	for _, f := range o.Fields {
		if f.Title == title {
			return f, true
		}
	}
	return Field{}, false
}

// Field is one field that was read.
type Field struct {
	Title        string `json:"title"` // "Surname", "Date of birth", …
	Value        string `json:"value"` // dates as DD.MM.YYYY
	Conf         string `json:"conf"`  // high, medium, low
	LCID         int    `json:"lcid"`  // Windows language id of the alphabet
	IsUnreadable bool   `json:"isUnreadable"`
	IsModified   bool   `json:"isModified"`
	IsEdited     bool   `json:"isEdited"`
	IsMismatch   bool   `json:"isMismatch"`
	ImageIndex   int    `json:"imageIndex"`
	IsMRZOk      *bool  `json:"isMRZOk,omitempty"`
	ReadValue    string `json:"readValue,omitempty"` // what was read, where the person corrected it
	ValueUTC     string `json:"valueUTC,omitempty"`  // YYYY-MM-DDT00:00:00Z
}

// ImageObject is something cut out of a picture.
type ImageObject struct {
	Type       string `json:"type"` // face, document
	Image      string `json:"image"`
	ImageIndex int    `json:"imageIndex"`
}

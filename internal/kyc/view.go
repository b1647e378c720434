package kyc

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Denied is what stands where a principal may not look (wire contract, section 3).
const Denied = "Access denied"

// Guarded is a value that may be hidden from a principal; hidden it marshals
// to the string "Access denied".
type Guarded[T any] struct {
	Value  T
	Hidden bool
}

// MarshalJSON writes the value, or the contract's words when hidden.
func (g Guarded[T]) MarshalJSON() ([]byte, error) {
	if g.Hidden {
		return json.Marshal(Denied)
	}
	return JSON(g.Value)
}

// JSON marshals for the wire: as json.Marshal does, but "<" stays "<", since
// the fillers of a machine-readable zone are to be read by people too.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (g *Guarded[T]) UnmarshalJSON(b []byte) error {
	if string(b) == `"`+Denied+`"` {
		g.Hidden = true
		return nil
	}
	return json.Unmarshal(b, &g.Value)
}

// Seconds marshals a duration as seconds with three decimals.
type Seconds time.Duration

// MarshalJSON writes seconds with three decimals.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', 3, 64), nil
}

// UnmarshalJSON reads a number of seconds.
func (s *Seconds) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	*s = Seconds(time.Duration(f * float64(time.Second)))
	return nil
}

// Stamp marshals a time as ISO 8601 in UTC with milliseconds, such as 2026-01-02T03:04:05.000Z.
type Stamp time.Time

// MarshalJSON writes the time with three decimals and Z; the zero time is null.
func (t Stamp) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z") + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Stamp) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	v, err := time.Parse(`"2006-01-02T15:04:05.000Z"`, string(b))
	*t = Stamp(v)
	return err
}

// SessionView is the session object of the wire contract, section 5, in its key
// order. Status, filter, process, the widget and webhooks all send this.
type SessionView struct {
	Status        Status   `json:"status" doc:"idle, processing, success, failed, suspicious, exception, expired; the last five are final"`
	SessionID     string   `json:"sessionId" doc:"UUID of version 1"`
	Errors        []string `json:"errors" doc:"codes of the whole session, such as [general] low light"`
	Version       int      `json:"version" doc:"the scenario's revision"`
	SchemaID      string   `json:"schemaId" doc:"the scenario"`
	ClientID      string   `json:"clientId" doc:"empty while the person is not recognised"`
	Spent         Seconds  `json:"spent" doc:"seconds from creation to the end"`
	CreatedAt     Stamp    `json:"createdAt" doc:"ISO 8601 in UTC"`
	IsClientNew   bool     `json:"isClientNew" doc:"this client key was never seen before in the account"`
	ClientKey     string   `json:"clientKey" doc:"your own identifier, raw"`
	ClientUser    string   `json:"clientUser" doc:"your second identifier"`
	SecondsToLive int      `json:"secondsToLive" doc:"what is left of an open session, 0 when final"`
	ResponseTime  Stamp    `json:"responseTime" doc:"when this answer was made"`
	Results       []Result `json:"results" doc:"one a step that has ended, in order, then one of type faces"`
	ErasedAt      *Stamp   `json:"erasedAt,omitempty" doc:"when all that was personal was erased; clientKey and results are empty then"`
}

// Result is one step's outcome, or the synthetic one of type faces.
type Result struct {
	Status       Status                  `json:"status" doc:"success or failed"`
	Type         StepType                `json:"type" doc:"document, address_proof, selfie, liveness or faces"`
	Spent        Seconds                 `json:"spent" doc:"seconds"`
	Errors       []Code                  `json:"errors" doc:"codes of this step"`
	History      []Past                  `json:"history" doc:"earlier tries, reduced"`
	StartedAt    Stamp                   `json:"startedAt" doc:"when the last try began"`
	Tries        int                     `json:"tries" doc:"number of the last try"`
	Checks       Guarded[[]CheckGroup]   `json:"checks" doc:"only what was computed; Access denied without viewKYCDocumentsChecks"`
	DocName      string                  `json:"docName" doc:"such as Passport"`
	OCR          Guarded[OCR]            `json:"ocr" doc:"what was read; Access denied without viewKYCDocumentsOCR"`
	IsBackSide   *bool                   `json:"isBackSide,omitempty" doc:"document"`
	CountryCode  *string                 `json:"countryCode,omitempty" doc:"document; ISO 3166 alpha-3"`
	Images       *Guarded[[]string]      `json:"images,omitempty" doc:"addresses; Access denied without viewKYCDocumentsImages"`
	ImagesFull   *Guarded[[]string]      `json:"imagesFull,omitempty" doc:"addresses at full size"`
	ImageObjects *Guarded[[]ImageObject] `json:"imageObjects,omitempty" doc:"document; what was cut out"`
	Image        *Guarded[string]        `json:"image,omitempty" doc:"process only: the first of images"`
	ImageFull    *Guarded[string]        `json:"imageFull,omitempty" doc:"process only: the first of imagesFull"`
	WithDoc      *Guarded[[]string]      `json:"withDoc,omitempty" doc:"selfie"`
	FaceSelfie   *Guarded[string]        `json:"faceSelfie,omitempty" doc:"selfie; address of the face"`
	FaceDoc      *Guarded[string]        `json:"faceDoc,omitempty" doc:"selfie"`
	Faces        *Guarded[[]string]      `json:"faces,omitempty" doc:"liveness; addresses of frames"`
}

// Past is an earlier attempt, reduced.
type Past struct {
	Status    Status  `json:"status" doc:"failed"`
	Errors    []Code  `json:"errors" doc:"codes of that try"`
	StartedAt Stamp   `json:"startedAt" doc:"ISO 8601 in UTC"`
	Spent     Seconds `json:"spent" doc:"seconds"`
}

// ImageObject is something that was cut out of a picture.
type ImageObject struct {
	Type       string `json:"type" doc:"face or document"`
	Image      string `json:"image" doc:"address"`
	ImageIndex int    `json:"imageIndex" doc:"the picture it was cut from, from 0"`
}

// For hides what the principal may not see, by the contract's rule: each whole
// value is replaced by the words "Access denied". Never for admins and owners.
func (v SessionView) For(p *Principal) SessionView {
	ocr, checks, images := p.Can(ViewOCR), p.Can(ViewChecks), p.Can(ViewImages)
	if ocr && checks && images {
		return v
	}
	results := make([]Result, len(v.Results))
	for i, r := range v.Results {
		r.OCR = hide(r.OCR, ocr)
		r.Checks = hide(r.Checks, checks)
		r.Images, r.ImagesFull = hidePtr(r.Images, images), hidePtr(r.ImagesFull, images)
		r.ImageObjects = hidePtr(r.ImageObjects, images)
		r.Image, r.ImageFull = hidePtr(r.Image, images), hidePtr(r.ImageFull, images)
		r.WithDoc, r.Faces = hidePtr(r.WithDoc, images), hidePtr(r.Faces, images)
		r.FaceSelfie, r.FaceDoc = hidePtr(r.FaceSelfie, images), hidePtr(r.FaceDoc, images)
		results[i] = r
	}
	v.Results = results
	return v
}

// hide drops the value itself, so that no later marshalling can leak it.
func hide[T any](g Guarded[T], allowed bool) Guarded[T] {
	if allowed {
		return g
	}
	return Guarded[T]{Hidden: true}
}

func hidePtr[T any](g *Guarded[T], allowed bool) *Guarded[T] {
	if g == nil || allowed {
		return g
	}
	return &Guarded[T]{Hidden: true}
}

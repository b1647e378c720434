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
	Status        Status   `json:"status"`
	SessionID     string   `json:"sessionId"`
	Errors        []string `json:"errors"`
	Version       int      `json:"version"`
	SchemaID      string   `json:"schemaId"`
	ClientID      string   `json:"clientId"`
	Spent         Seconds  `json:"spent"`
	CreatedAt     Stamp    `json:"createdAt"`
	IsClientNew   bool     `json:"isClientNew"`
	ClientKey     string   `json:"clientKey"`
	ClientUser    string   `json:"clientUser"`
	SecondsToLive int      `json:"secondsToLive"`
	ResponseTime  Stamp    `json:"responseTime"`
	Results       []Result `json:"results"`
}

// Result is one step's outcome, or the synthetic one of type faces.
type Result struct {
	Status       Status                  `json:"status"`
	Type         StepType                `json:"type"`
	Spent        Seconds                 `json:"spent"`
	Errors       []Code                  `json:"errors"`
	History      []Past                  `json:"history"`
	StartedAt    Stamp                   `json:"startedAt"`
	Tries        int                     `json:"tries"`
	Checks       Guarded[[]CheckGroup]   `json:"checks"`
	DocName      string                  `json:"docName"`
	OCR          Guarded[OCR]            `json:"ocr"`
	IsBackSide   *bool                   `json:"isBackSide,omitempty"`
	CountryCode  *string                 `json:"countryCode,omitempty"`
	Images       *Guarded[[]string]      `json:"images,omitempty"`
	ImagesFull   *Guarded[[]string]      `json:"imagesFull,omitempty"`
	ImageObjects *Guarded[[]ImageObject] `json:"imageObjects,omitempty"`
	Image        *Guarded[string]        `json:"image,omitempty"`     // process only
	ImageFull    *Guarded[string]        `json:"imageFull,omitempty"` // process only
	WithDoc      *Guarded[[]string]      `json:"withDoc,omitempty"`
	FaceSelfie   *Guarded[string]        `json:"faceSelfie,omitempty"`
	FaceDoc      *Guarded[string]        `json:"faceDoc,omitempty"`
	Faces        *Guarded[[]string]      `json:"faces,omitempty"`
}

// Past is an earlier attempt, reduced.
type Past struct {
	Status    Status  `json:"status"`
	Errors    []Code  `json:"errors"`
	StartedAt Stamp   `json:"startedAt"`
	Spent     Seconds `json:"spent"`
}

// ImageObject is something that was cut out of a picture.
type ImageObject struct {
	Type       string `json:"type"` // "face", "document"
	Image      string `json:"image"`
	ImageIndex int    `json:"imageIndex"`
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

package kyc

import (
	"context"
	"slices"
	"time"
)

// Finding is everything a room found out about one attempt: errors, checks,
// fields, faces and what was cut out. It is stored sealed as JSON.
type Finding struct {
	Errors      []Code            `json:"errors,omitempty"`
	Checks      []CheckGroup      `json:"checks,omitempty"`
	CountryCode string            `json:"countryCode,omitempty"` // ISO 3166 alpha-3
	DocName     string            `json:"docName,omitempty"`     // "Passport", "Passport (2006)"
	IsBackSide  bool              `json:"isBackSide,omitempty"`
	OCR         OCR               `json:"ocr"`
	Templates   []Template        `json:"templates,omitempty"`
	Appearance  *Appearance       `json:"appearance,omitempty"` // of the face that was measured, where the scenario asks for it
	Cuts        []Cut             `json:"-"`                    // pictures to be stored beside the uploads
	Prints      []FramePrint      `json:"-"`                    // of a recording's frames or a selfie, to be kept beside it
	Seen        *Sighting         `json:"seen,omitempty"`       // pictures that an earlier session had, for operators
	Elsewhere   *Sighted          `json:"elsewhere,omitempty"`  // pictures that a session of another account had, likewise
	Places      []Place           `json:"places,omitempty"`     // where fields were read, for operators
	Proofs      []Proof           `json:"proofs,omitempty"`     // of checks against fraud, for operators
	Measures    map[string]string `json:"measures,omitempty"`   // what the decision was made from: model versions, thresholds, scores (S52)
}

// Clone copies what Judge adds to, and shares the rest; nil stays nil.
func (f *Finding) Clone() *Finding {
	if f == nil {
		return nil
	}
	c := *f
	c.Errors, c.Proofs, c.Checks = slices.Clone(f.Errors), slices.Clone(f.Proofs), slices.Clone(f.Checks)
	for i := range c.Checks {
		c.Checks[i].Items = slices.Clone(c.Checks[i].Items)
	}
	return &c
}

// CheckGroup is one group of checks, captioned as in the contract ("fraud", "Face matching").
type CheckGroup struct {
	Caption string      `json:"caption" doc:"fraud, or Face matching"`
	Items   []CheckItem `json:"items"`
}

// CheckItem is one check that was really computed. Status is success (passed)
// or failed, also for names that sound bad such as isCropped.
type CheckItem struct {
	Status     Status   `json:"status" doc:"success means passed, also for names that sound bad"`
	Caption    string   `json:"caption" doc:"such as isMRZValid"`
	Confidence *float64 `json:"confidence,omitempty" doc:"0 to 1"`
	Value      string   `json:"value,omitempty" doc:"such as 82%"`
	Images     []string `json:"images,omitempty" doc:"addresses of the faces compared"`
}

// GroupFraud is the caption of the group that documents' and selfies' checks stand in.
const GroupFraud = "fraud"

// GroupAddress is the caption of the group that a proof of address has its checks in.
const GroupAddress = "address"

// GroupFaceMatching is the caption of the synthetic faces step's group.
const GroupFaceMatching = "Face matching"

// Passed makes a check item of a computed outcome.
func Passed(caption string, ok bool) CheckItem {
	if ok {
		return CheckItem{Status: Success, Caption: caption}
	}
	return CheckItem{Status: Failed, Caption: caption}
}

// OCR is what was read. Status is "success" when fields were read, else "failed".
type OCR struct {
	Status Status  `json:"status"`
	Fields []Field `json:"fields"`
}

// Confidence of a field in words.
type Confidence string

// The confidences of the contract.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Field is one field that was read off a document.
type Field struct {
	Title        string     `json:"title" doc:"such as Surname"`
	Value        string     `json:"value" doc:"dates as DD.MM.YYYY"`
	Conf         Confidence `json:"conf" doc:"high, medium or low"`
	LCID         int        `json:"lcid" doc:"alphabet: 1033 Latin, 1049 Cyrillic, 0 none"`
	IsUnreadable bool       `json:"isUnreadable"`
	IsModified   bool       `json:"isModified"`
	IsEdited     bool       `json:"isEdited"`
	IsMismatch   bool       `json:"isMismatch" doc:"contradicts another place of the document"`
	ImageIndex   int        `json:"imageIndex" doc:"the picture it was read from, from 0"`
	IsMRZOk      *bool      `json:"isMRZOk,omitempty" doc:"its check digit is right; left out where there is none"`
	ReadValue    string     `json:"readValue,omitempty" doc:"what was read, where the person corrected it"`
	ValueUTC     string     `json:"valueUTC,omitempty" doc:"dates as YYYY-MM-DDT00:00:00Z"`
}

// Template is one face as a vector, with the name that face pairs are captioned by.
type Template struct {
	Label   string    `json:"label"` // "document_0", "selfie", "selfie_document", "liveness_0"
	Vector  []float32 `json:"vector"`
	Model   string    `json:"model"`   // version of the embedder; vectors of different models are never compared
	Quality float64   `json:"quality"` // 0 to 1
	Box     Box       `json:"box"`
}

// BestTemplate is the face that tells most of who a person is: one that was
// taken now before one that was printed years ago. There must be one at least.
func BestTemplate(all []Template) Template {
	for _, label := range []string{"liveness_0", "selfie", "selfie_document"} {
		for _, t := range all {
			if t.Label == label {
				return t
			}
		}
	}
	return all[0]
}

// Box is a rectangle in pixels of the stored picture.
type Box struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Cut is a picture that a room cut out of the evidence.
type Cut struct {
	Name   string // "face", "document"
	JPEG   []byte
	Width  int
	Height int
}

// Picture is one piece of evidence as the rooms see it: upright JPEG,
// re-encoded by us, free of metadata.
type Picture struct {
	JPEG   []byte
	Width  int
	Height int
	Writer *string // of a document's upload: the editor that its file named, "" for none; nil: not known
}

// Upload is one file as it came in through a door: either a picture that
// decoded under the limits, or the code that says why not. A bad file is a
// result, not a refused request (wire contract, section 4).
type Upload struct {
	Picture Picture
	Fault   Code   // "" when the picture is good
	Writer  string // an editor that the file names as its writer, by our own word for it; "" for none, WriterUnknown where it was not looked for
}

// WriterUnknown stands for the writer of a file whose own words were not read.
const WriterUnknown = "?"

// DocumentInput is one document attempt: its pictures in the order they came.
type DocumentInput struct {
	Pictures []Picture
	Fraud    FraudLevels // how strictly checks against fraud judge
	Now      time.Time   // what "expired" is measured against
}

// SelfieInput is one selfie attempt.
type SelfieInput struct {
	Picture  Picture
	Estimate bool // age and gender, too
	Now      time.Time

	RiskLimit float64 // capture risk from which on the selfie fails; 0: it only informs

	// Seen tells where this picture was before. Nil: nobody is asked, and that
	// measure is absent.
	Seen func(ctx context.Context, frames []Glimpse) (Sightings, error)
}

// LivenessInput is one liveness attempt: frames and their marks, in order and
// of equal number.
type LivenessInput struct {
	Challenge Challenge
	Frames    []Picture
	Marks     []FrameMark
	Estimate  bool      // age and gender, too
	SentAt    time.Time // when the last frame was in
	Now       time.Time
	RiskLimit float64 // capture risk from which on the recording fails; 0: it only informs

	// Seen tells where these frames were before. Nil: nobody is asked, and that
	// signal is absent.
	Seen func(ctx context.Context, frames []Glimpse) (Sightings, error)
}

// FaceLook is a quick look at one preview frame, for live hints only; no
// verdict ever rests on it.
type FaceLook struct {
	Faces     int        `json:"faces"`
	Box       [4]float64 `json:"box"`   // x, y, width, height relative to the frame, 0 to 1
	Yaw       float64    `json:"yaw"`   // degrees; positive when the person turns to their own left
	Pitch     float64    `json:"pitch"` // degrees; positive up
	Roll      float64    `json:"roll"`  // degrees; positive clockwise in the picture
	Luma      float64    `json:"luma"`  // mean brightness 0 to 255
	Sharpness float64    `json:"sharpness"`
	Eyes      [2]float64 `json:"eyes"` // contrast of each, the person's right first; a closed eye has little
}

// DocumentLook is a quick look at one preview frame of a document.
type DocumentLook struct {
	Found     bool          `json:"found"`
	Quad      [4][2]float64 `json:"quad"` // corners relative to the frame, clockwise from top left
	Zone      bool          `json:"zone"` // lines that may be a machine-readable zone are on it
	Luma      float64       `json:"luma"`
	Sharpness float64       `json:"sharpness"`
	Glare     float64       `json:"glare"` // share of burnt-out pixels of the document, else of the frame, 0 to 1
}

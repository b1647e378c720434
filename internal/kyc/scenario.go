package kyc

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// StepType names what a step asks of the person.
type StepType string

// The step types of the contract. Faces is synthetic: it is computed after the
// last step and never asked of anybody.
const (
	StepDocument       StepType = "document"
	StepSelfie         StepType = "selfie"
	StepSelfieDocument StepType = "selfie_document"
	StepLiveness       StepType = "liveness"
	StepAddressProof   StepType = "address_proof"
	StepDatabase       StepType = "database"
	StepFaces          StepType = "faces"
)

// Step is one thing a scenario asks for.
type Step struct {
	Type     StepType `json:"type"`
	Attempts int      `json:"attempts"` // tries allowed, 1 to 10
}

// CallbackMode is the form of a webhook's body.
type CallbackMode string

// The two body forms of the contract, section 7.
const (
	CallbackEncrypted CallbackMode = "encrypted"
	CallbackPlain     CallbackMode = "plain"
)

// Valid tells whether the mode is one of ours.
func (m CallbackMode) Valid() bool {
	return m == CallbackEncrypted || m == CallbackPlain || m == CallbackThin
}

// Callback says where and how final sessions are announced. An empty URL means nowhere.
type Callback struct {
	URL             string       `json:"url"`
	Mode            CallbackMode `json:"mode"`
	AppendClientKey bool         `json:"appendClientKey"` // adds ?clientKey=<raw>
}

// Thresholds of the computed checks.
type Thresholds struct {
	FaceMatch float64     `json:"faceMatch"`         // least calibrated percentage of a matching face pair, 0 to 100
	FaceFAR   float64     `json:"faceFAR,omitempty"` // greatest rate of false accepts, instead; needs a calibration of the installation's own
	Fraud     FraudLevels `json:"fraud,omitempty"`   // how strictly checks against fraud judge; what is left out has its default

	CaptureRisk float64 `json:"captureRisk,omitempty"` // risk of how a liveness recording or a selfie was captured from which on it fails, 0 to 1; 0: it only informs

	// AgeTolerance is how many years a face may look from the age in the document, GenderCertainty how certain
	// the network must be of a gender to hold it against the document, in percent. 0: not compared.
	AgeTolerance    float64 `json:"ageTolerance,omitempty"`
	GenderCertainty float64 `json:"genderCertainty,omitempty"`
}

// CheckCapture is the check that a recording's or selfie's capture risk stays under the
// scenario's limit. Without a limit it is not computed.
const CheckCapture = "isCaptureTrusted"

// CheckTaken is the check that an excuse fails: there is no picture to judge.
const CheckTaken = "isTaken"

// SoftChecks are captions of checks whose failure alone makes a session
// suspicious instead of failed.
type SoftChecks []string

// Has tells whether the check with this caption is soft.
func (s SoftChecks) Has(caption string) bool { return slices.Contains(s, caption) }

// Scenario is what a session must go through. Definition is the part that an
// operator writes, versioned by Revision; the secrets live beside it.
type Scenario struct {
	ID             string
	AccountID      string
	Revision       int
	CreatedAt      time.Time // of the scenario
	RevisedAt      time.Time // of this revision
	Secret         string    // encrypts client keys
	WebhookSecret  string    // "whsec_" + base64; encrypts and signs notifications
	WebhookKeyHint string    // last four characters, for lists
	Definition
}

// Definition is a scenario as code: what `openkyc scenario apply` reads and
// `export` writes.
type Definition struct {
	Name              string        `json:"name"`
	Steps             []Step        `json:"steps"`
	SecondsToLive     int           `json:"secondsToLive"`
	Callback          Callback      `json:"callback"`
	SuccessRedirect   string        `json:"successRedirect"`
	Thresholds        Thresholds    `json:"thresholds"`
	Soft              SoftChecks    `json:"soft"`
	AddressProof      AddressProof  `json:"addressProof,omitzero"`     // what address_proof steps accept
	FaceLists         FaceRules     `json:"faceLists,omitzero"`        // what is done with lists of faces
	Liveness          LivenessRules `json:"liveness,omitzero"`         // what liveness steps may ask for beside turns
	AllowCorrection   bool          `json:"allowCorrection,omitempty"` // the person looks over what was read off a document and may change it
	AllowExcuse       bool          `json:"allowExcuse,omitempty"`     // a person who cannot take a selfie, or turn their head, may say so; somebody looks at the session then
	AllowedOrigins    []string      `json:"allowedOrigins"`            // pages that may embed the widget; empty: any
	RequireKeyVersion int           `json:"requireKeyVersion"`         // 1 accepts version 1 and 2, 2 insists on version 2
}

// Default limits of a definition.
const (
	DefaultAttempts      = 3
	DefaultSecondsToLive = 3600
	DefaultFaceMatch     = 70
	loosestFAR           = 0.1
	leastCaptureRisk     = 0.1
	mostCaptureRisk      = 0.9
	maxSteps             = 10
	maxAttempts          = 10
	maxSecondsToLive     = 30 * 24 * 3600
)

// TimeToLive of an open session.
func (d *Definition) TimeToLive() time.Duration { return time.Duration(d.SecondsToLive) * time.Second }

// tries are those of the steps of a kind, the fewest where there are several; 0
// when there is none.
func (d *Definition) tries(t StepType) (fewest int) {
	for _, s := range d.Steps {
		if s.Type == t && (fewest == 0 || s.Attempts < fewest) {
			fewest = s.Attempts
		}
	}
	return fewest
}

// asksFor tells whether a step of this type is among the steps.
func (d *Definition) asksFor(t StepType) bool {
	return slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Type == t })
}

// Normalise fills what was left out with the defaults. Steps are a copy then:
// whoever made this definition from another may still use that one.
func (d *Definition) Normalise() {
	d.Name = strings.TrimSpace(d.Name)
	d.Steps = slices.Clone(d.Steps)
	for i := range d.Steps {
		if d.Steps[i].Attempts == 0 {
			d.Steps[i].Attempts = DefaultAttempts
		}
	}
	if d.SecondsToLive == 0 {
		d.SecondsToLive = DefaultSecondsToLive
	}
	if d.Callback.Mode == "" {
		d.Callback.Mode = CallbackEncrypted
	}
	if d.Thresholds.FaceMatch == 0 {
		d.Thresholds.FaceMatch = DefaultFaceMatch
	}
	if d.RequireKeyVersion == 0 {
		d.RequireKeyVersion = 1
	}
	d.FaceLists = d.FaceLists.normal()
	d.Liveness = d.Liveness.normal()
	d.AddressProof = d.AddressProof.normal(d.asksFor(StepAddressProof))
	if d.Soft == nil {
		d.Soft = SoftChecks{}
	}
	if d.AllowExcuse && !d.Soft.Has(CheckTaken) { // who may be excused is not refused for it
		d.Soft = append(slices.Clone(d.Soft), CheckTaken)
	}
	if d.AllowedOrigins == nil {
		d.AllowedOrigins = []string{}
	}
}

// Validate returns one sentence a fault, nil when the definition can be used.
// It expects a normalised definition.
func (d *Definition) Validate() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if n := utf8.RuneCountInString(d.Name); n == 0 || n > 100 {
		fault("name: give the scenario a name of 1 to 100 characters")
	}
	if len(d.Steps) == 0 || len(d.Steps) > maxSteps {
		fault("steps: a scenario has 1 to %d steps", maxSteps)
	}
	for i, s := range d.Steps {
		switch s.Type {
		case StepDocument, StepSelfie, StepLiveness, StepAddressProof:
		default:
			fault("steps[%d].type: %q is not a step this installation offers; use document, selfie, liveness or address_proof", i, s.Type)
		}
		if s.Attempts < 1 || s.Attempts > maxAttempts {
			fault("steps[%d].attempts: must be 1 to %d", i, maxAttempts)
		}
	}
	if d.SecondsToLive < 60 || d.SecondsToLive > maxSecondsToLive {
		fault("secondsToLive: must be 60 to %d", maxSecondsToLive)
	}
	if !d.Callback.Mode.Valid() {
		fault("callback.mode: must be encrypted, plain or thin")
	}
	if d.Callback.URL != "" && !webAddress(d.Callback.URL) {
		fault("callback.url: must be an http or https address without user name and fragment")
	}
	if d.SuccessRedirect != "" && !webAddress(d.SuccessRedirect) {
		fault("successRedirect: must be an http or https address without user name and fragment")
	}
	if d.Thresholds.FaceMatch <= 0 || d.Thresholds.FaceMatch > 100 {
		fault("thresholds.faceMatch: must be more than 0 and at most 100")
	}
	if far := d.Thresholds.FaceFAR; far != 0 && !(far > 0 && far <= loosestFAR) {
		fault("thresholds.faceFAR: must be more than 0 and at most %g; 0.001 accepts one stranger in a thousand", loosestFAR)
	}
	faults = append(faults, d.Thresholds.Fraud.faults()...)
	if risk := d.Thresholds.CaptureRisk; risk != 0 {
		if !(risk >= leastCaptureRisk && risk <= mostCaptureRisk) {
			fault("thresholds.captureRisk: must be %g to %g, or left out; recordings and selfies from that risk on fail", leastCaptureRisk, mostCaptureRisk)
		}
		if !d.asksFor(StepLiveness) && !d.asksFor(StepSelfie) {
			fault("thresholds.captureRisk: there is no liveness or selfie step to hold it against; add one, or leave the limit out")
		}
	}
	faults = append(faults, d.Thresholds.appearanceFaults(d.asksFor(StepDocument) && (d.asksFor(StepSelfie) || d.asksFor(StepLiveness)))...)
	if d.asksFor(StepAddressProof) {
		faults = append(faults, d.AddressProof.faults()...)
	}
	faults = append(faults, d.FaceLists.faults(d.asksFor(StepDocument) || d.asksFor(StepSelfie) || d.asksFor(StepLiveness))...)
	faults = append(faults, d.Liveness.faults(d.tries(StepLiveness), d.AllowExcuse)...)
	if d.RequireKeyVersion != 1 && d.RequireKeyVersion != 2 {
		fault("requireKeyVersion: must be 1 or 2")
	}
	for i, o := range d.AllowedOrigins {
		if u, err := url.Parse(o); err != nil || !webAddress(o) || u.Path != "" || u.RawQuery != "" {
			fault("allowedOrigins[%d]: must look like https://shop.example", i)
		}
	}
	for i, c := range d.Soft {
		if strings.TrimSpace(c) == "" {
			fault("soft[%d]: name a check, for example isCropped", i)
		}
	}
	return faults
}

// webAddress accepts absolute http(s) addresses without credentials and
// fragment; whether the host may be dialled is decided at dial time.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.Fragment == "" && len(s) <= 2000
}

package kyc

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// EventType names what a notification tells of.
type EventType string

// The events that endpoints can ask for. Only the final one is on the wire of
// the contract; the others are ours.
const (
	EventSessionStarted   EventType = "session.started"
	EventStepFinished     EventType = "session.step"
	EventSessionFinal     EventType = "session.final"
	EventEndpointDisabled EventType = "endpoint.disabled" // goes to the scenario's other endpoints
)

// EventTypes lists all of them.
func EventTypes() []EventType {
	return []EventType{EventSessionStarted, EventStepFinished, EventSessionFinal, EventEndpointDisabled}
}

// CallbackThin is a body with ids and statuses only: the receiver asks for the rest.
const CallbackThin CallbackMode = "thin"

// Endpoint is one receiver of a scenario's notifications. The callback of the
// scenario's definition is the primary one: its id is the scenario's, and its
// address and mode are edited there.
type Endpoint struct {
	ID              string // UUIDv7; the scenario's id for the primary one
	AccountID       string
	ScenarioID      string
	Name            string
	URL             string // clear in memory, sealed at rest
	Mode            CallbackMode
	AppendClientKey bool
	Events          []EventType   // empty: the final one only
	Relaxed         bool          // W9: events of one session may overtake each other
	Rate            float64       // W19: attempts a second; 0 is the default
	Concurrency     int           // W19: attempts at one time; 0 is the default
	Timeout         time.Duration // W15: 1 to 30 s; 0 is the default
	Secrets         []EndpointSecret
	State           EndpointState
	StateReason     string // safe sentence: why it was disabled
	StateAt         time.Time
	FailingSince    time.Time // W17: of the unbroken row of failures; zero: none
	Failures        int       // in that row
	Opens           int       // W18: how often in that row the circuit breaker opened
	OpenUntil       time.Time // W18: the circuit breaker lets nothing through until then; zero: it is closed
	Throttle        int       // W14: the rate is halved so many times, because the receiver asked for it
	ThrottledAt     time.Time // W14: when that changed last
	PacedAt         time.Time // W19: up to when the rate is used up
	CreatedAt       time.Time
	Lock            int64 // compare-and-set counter
}

// Primary tells whether the endpoint is the callback of the scenario's definition.
func (e *Endpoint) Primary() bool { return e.ID == e.ScenarioID }

// Limits of an endpoint (W15, W19).
const (
	DefaultEndpointRate        = 1000.0
	MaxEndpointRate            = 10_000.0
	DefaultEndpointConcurrency = 32
	MaxEndpointConcurrency     = 256
	DefaultEndpointTimeout     = 15 * time.Second
	MaxEndpointTimeout         = 30 * time.Second
)

// Normalise fills what may be left out of an endpoint's settings.
func (e *Endpoint) Normalise() {
	e.Name = strings.TrimSpace(e.Name)
	if e.Mode == "" {
		e.Mode = CallbackEncrypted
	}
	if e.State == "" {
		e.State = EndpointEnabled
	}
}

// Validate returns one sentence a fault, nil when the settings can be used. The
// address and mode of the primary endpoint are the definition's affair.
func (e *Endpoint) Validate() []string {
	var faults []string
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	n := utf8.RuneCountInString(e.Name)
	fault(n > 100 || n == 0 && !e.Primary(), "name: give the endpoint a name of 1 to 100 characters")
	fault(!e.Primary() && !webAddress(e.URL), "url: must be an http or https address without user name and fragment")
	fault(!e.Mode.Valid(), "mode: must be encrypted, plain or thin")
	fault(len(e.Events) > len(EventTypes()), "events: name each event once")
	for i, event := range e.Events {
		fault(!slices.Contains(EventTypes(), event), "events[%d]: %q is not an event", i, event)
		fault(slices.Contains(e.Events[:i], event), "events[%d]: name each event once", i)
	}
	fault(!(e.Rate >= 0 && e.Rate <= MaxEndpointRate), "rate: must be at most %g attempts a second; 0 is the default", MaxEndpointRate)
	fault(e.Rate > 0 && e.Rate < 0.01, "rate: must be at least 0.01 attempts a second")
	fault(e.Concurrency < 0 || e.Concurrency > MaxEndpointConcurrency, "concurrency: must be 1 to %d; 0 is the default", MaxEndpointConcurrency)
	fault(e.Timeout != 0 && (e.Timeout < time.Second || e.Timeout > MaxEndpointTimeout), "timeout: must be 1 to %g seconds; 0 is the default", MaxEndpointTimeout.Seconds())
	return faults
}

// Wants tells whether the endpoint asked for an event.
func (e *Endpoint) Wants(event EventType) bool {
	if len(e.Events) == 0 {
		return event == EventSessionFinal
	}
	return slices.Contains(e.Events, event)
}

// EndpointSecret signs and encrypts; during a rotation two are valid (W4).
type EndpointSecret struct {
	Value     string // "whsec_" + base64; sealed at rest; empty in lists
	Tail      string // the last four characters, for lists
	CreatedAt time.Time
	ExpiresAt time.Time // zero: until it is rotated
}

// Hint is what a list may show of a secret: its last four characters.
func (s EndpointSecret) Hint() string {
	if s.Value == "" {
		return s.Tail
	}
	return s.Value[max(0, len(s.Value)-4):]
}

// Valid tells whether the secret still signs.
func (s EndpointSecret) Valid(now time.Time) bool {
	return s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt)
}

// Retire is what stays of a secret that is replaced: it goes on signing until
// the overlap is over (W4). Two are valid at most, so whatever was retired
// before it ends now.
func Retire(replaced EndpointSecret, now time.Time, overlap time.Duration) []EndpointSecret {
	if overlap <= 0 || replaced.Value == "" {
		return nil
	}
	replaced.ExpiresAt = now.Add(overlap)
	return []EndpointSecret{replaced}
}

// The window in which a rotated secret still signs.
const (
	DefaultOverlap = 24 * time.Hour
	MaxOverlap     = 30 * 24 * time.Hour
)

// EventDetail is what a notification tells beside the session.
type EventDetail struct {
	Step     *StepNews     `json:"step,omitempty"`
	Endpoint *EndpointNews `json:"endpoint,omitempty"`
}

// StepNews tells of one try at one step that has ended.
type StepNews struct {
	Index  int      `json:"index"`
	Type   StepType `json:"type"`
	Try    int      `json:"try"` // from 1
	Status Status   `json:"status"`
}

// EndpointNews tells of an endpoint that was disabled.
type EndpointNews struct {
	ID     string    `json:"endpointId"`
	Name   string    `json:"name"`
	Reason string    `json:"reason"`
	At     time.Time `json:"disabledAt"`
}

// EndpointState tells whether an endpoint gets anything.
type EndpointState string

// The states of an endpoint.
const (
	EndpointEnabled  EndpointState = "enabled"
	EndpointDisabled EndpointState = "disabled" // by hand, by 410, or after days of nothing but failures; events wait
)

// Delivery is one notification to one address; this row, not a job, is the truth.
type Delivery struct {
	ID         string // the webhook-id: the same for every retry and replay
	AccountID  string
	SessionID  string // "" when it is not about a session: a test, an endpoint's own news
	ScenarioID string
	EndpointID string
	Sequence   int64  // W8: of the session's events, from 1; 0 without a session
	Version    int64  // W8: the session's state that it reports
	Test       bool   // W27
	Replayed   bool   // W26: sent again by hand
	Digest     []byte // W25: SHA-256 of Body
	URL        string // clear in memory, sealed at rest (it may carry the client key)
	Event      string // "session.final"
	Body       []byte // exactly what goes over the wire; sealed at rest
	Status     DeliveryStatus
	Attempts   int
	Spent      int       // attempts of earlier climbs: a replay starts the ladder anew
	ClaimedTo  time.Time // an attempt is being made and counts as lost then; zero: none
	NextAt     time.Time
	CreatedAt  time.Time
	DoneAt     time.Time
	LastCode   int    // HTTP status of the last answer, 0 when there was none
	LastError  string // safe sentence
	Key        KeyRef
}

// DeliveryStatus of a delivery.
type DeliveryStatus string

// The statuses of a delivery.
const (
	DeliveryPending   DeliveryStatus = "pending"
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryExhausted DeliveryStatus = "exhausted" // the ladder is at its end; can be replayed
)

// DeliveryAttempt is one try at sending.
type DeliveryAttempt struct {
	DeliveryID string
	Number     int
	At         time.Time
	Code       int
	Latency    time.Duration
	Error      string
	Header     map[string]string // W25: of the request, without signatures
	Answer     string            // start of the receiver's answer, sealed at rest
}

// Answer is what a receiver replied to one call. An answer of any status is one.
type Answer struct {
	Code       int           // HTTP status
	Body       []byte        // its beginning; whatever could not be read in time is missing
	RetryAfter time.Duration // what the receiver asked to wait; 0 when it did not
	Latency    time.Duration
}

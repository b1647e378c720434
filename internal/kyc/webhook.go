package kyc

import (
	"slices"
	"time"
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
	OpenUntil       time.Time // W18: the circuit breaker lets nothing through until then
	CreatedAt       time.Time
	Lock            int64 // compare-and-set counter
}

// Primary tells whether the endpoint is the callback of the scenario's definition.
func (e *Endpoint) Primary() bool { return e.ID == e.ScenarioID }

// Wants tells whether the endpoint asked for an event.
func (e *Endpoint) Wants(event EventType) bool {
	if len(e.Events) == 0 {
		return event == EventSessionFinal
	}
	return slices.Contains(e.Events, event)
}

// EndpointSecret signs and encrypts; during a rotation two are valid (W4).
type EndpointSecret struct {
	Value     string // "whsec_" + base64; sealed at rest
	CreatedAt time.Time
	ExpiresAt time.Time // zero: until it is rotated
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
	SessionID  string
	ScenarioID string
	EndpointID string
	Sequence   int64  // W8: of the session's events, from 1
	Test       bool   // W27
	Replayed   bool   // W26: sent again by hand
	URL        string // clear in memory, sealed at rest (it may carry the client key)
	Event      string // "session.final"
	Body       []byte // exactly what goes over the wire; sealed at rest
	Status     DeliveryStatus
	Attempts   int
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
	Answer     string // start of the receiver's answer, sealed at rest
}

// Answer is what a receiver replied to one call. An answer of any status is one.
type Answer struct {
	Code       int           // HTTP status
	Body       []byte        // its beginning; whatever could not be read in time is missing
	RetryAfter time.Duration // what the receiver asked to wait; 0 when it did not
	Latency    time.Duration
}

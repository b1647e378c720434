package webhook

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Kinds of the room's jobs.
const (
	JobReplay = "webhook.replay" // one batch of a replay
	JobWatch  = "webhook.watch"  // every few minutes: what waits too long
	JobLetter = "webhook.letter" // to the owners of a disabled endpoint
)

// Topic is what the room publishes when there is something to send.
const Topic = "webhook"

// Kinds of the room's events on a session's timeline.
const (
	EventDelivered = "webhook.delivered"
	EventFailed    = "webhook.failed"    // one attempt; another will follow
	EventExhausted = "webhook.exhausted" // the last attempt
	EventReplayed  = "webhook.replayed"  // by hand
)

// Limits.
const (
	claimFor      = 2 * time.Minute  // Deps.Claim when zero
	recordFor     = 15 * time.Second // to write an outcome down although the process is stopping
	maxRetryAfter = time.Hour        // the longest wait that a receiver can ask for (W14)
	maxKept       = 2 << 10          // bytes of an answer that the log keeps
	defaultSlots  = 256
	maxEndpoints  = 20       // of one scenario, the primary one included
	maxEnvelope   = 20 << 10 // bytes of an envelope (W29)
)

// Ladder is the default waits before each attempt, the first at once: about 76
// hours in all (W13).
func Ladder() []time.Duration {
	return []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
		5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
}

// Units opens units of work and carries hints to the senders of all nodes.
type Units interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Publish(ctx context.Context, tx kyc.Tx, topic, payload string) error
	Subscribe(topic string, f func(payload string)) (cancel func())
}

// Endpoints keeps receivers. LockEndpoints keeps their rows until the unit ends.
type Endpoints interface {
	CreateEndpoint(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error
	Endpoint(ctx context.Context, tx kyc.Tx, id string) (*kyc.Endpoint, error)
	EndpointsOf(ctx context.Context, tx kyc.Tx, scenarioID string) ([]*kyc.Endpoint, error)
	DisabledEndpoints(ctx context.Context, tx kyc.Tx, accountID string, limit int) ([]*kyc.Endpoint, error)
	UpdateEndpoint(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error
	PutEndpointSecrets(ctx context.Context, tx kyc.Tx, id string, secrets []kyc.EndpointSecret) error
	DeleteEndpoint(ctx context.Context, tx kyc.Tx, id, sentence string) error
	LockEndpoints(ctx context.Context, tx kyc.Tx, ids []string, skip bool) ([]*kyc.Endpoint, error)
	UpdateEndpointHealth(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error
}

// Deliveries keeps deliveries and their attempts. UpdateDelivery writes only
// over a row with fromAttempts attempts, else kyc.ErrConflict; SettleDeliveries
// tells of each whether it did.
type Deliveries interface {
	NextSequence(ctx context.Context, tx kyc.Tx, sessionID string) (int64, error)
	CreateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery) error
	Delivery(ctx context.Context, tx kyc.Tx, id string) (*kyc.Delivery, error)
	UpdateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery, fromAttempts int) error
	SettleDeliveries(ctx context.Context, tx kyc.Tx, all []kyc.Settlement) (stood []bool, err error)
	AddDeliveryAttempts(ctx context.Context, tx kyc.Tx, tries ...kyc.DeliveryAttempt) error
}

// Claims hands out what is due.
type Claims interface {
	ReadyEndpoints(ctx context.Context, tx kyc.Tx, now time.Time, limit int) ([]kyc.ReadyEndpoint, error)
	InFlight(ctx context.Context, tx kyc.Tx, endpointID string, now time.Time) (int, error)
	ClaimDeliveries(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint, until time.Time, limit int) (claimed []*kyc.Delivery, more bool, err error)
}

// Records is what the log is read from.
type Records interface {
	DeliveriesOf(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Delivery, error)
	DeliveryAttempts(ctx context.Context, tx kyc.Tx, deliveryID string) ([]kyc.DeliveryAttempt, error)
	ListDeliveries(ctx context.Context, tx kyc.Tx, f kyc.DeliveryFilter) (kyc.DeliveryPage, error)
	CountReplays(ctx context.Context, tx kyc.Tx, b kyc.ReplayBatch) (int, error)
	Replays(ctx context.Context, tx kyc.Tx, b kyc.ReplayBatch) ([]*kyc.Delivery, error)
	EndpointStanding(ctx context.Context, tx kyc.Tx, endpointID string) (kyc.EndpointStanding, error)
	PendingDeliveries(ctx context.Context, tx kyc.Tx, limit int) ([]kyc.PendingDelivery, error)
}

// Scenarios reads scenarios and keeps their secrets.
type Scenarios interface {
	Scenario(ctx context.Context, tx kyc.Tx, id string) (*kyc.Scenario, error)
	UpdateSecrets(ctx context.Context, tx kyc.Tx, id, secret, webhookSecret string) error
}

// Store is all that the room keeps and reads.
type Store interface {
	Units
	Endpoints
	Deliveries
	Claims
	Records
	Scenarios
	AddEvents(ctx context.Context, tx kyc.Tx, events ...kyc.Event) error
	UsersOf(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.User, error)
}

// Queue takes jobs in the caller's unit of work.
type Queue interface {
	Insert(ctx context.Context, tx kyc.Tx, job kyc.Job) error
}

// Sender posts to addresses that others chose, guarded, within the deadline of
// the context. Its errors have a sentence that may be shown; an error of kind
// Internal is our own fault (a forward proxy's, W24) and not the receiver's.
type Sender interface {
	Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error)
}

// Mailer writes to people. Its errors name no address.
type Mailer interface {
	Send(ctx context.Context, to []string, subject, text string) error
}

// Meter hears of every attempt (W30). Outcome is delivered, failed, exhausted
// or released (not the receiver's fault, not counted).
type Meter interface {
	Attempted(endpointID, outcome string, latency time.Duration)
}

// Deps is what the room is built from. Store, Queue, Sender, Now and Random are
// required; the rest has defaults.
type Deps struct {
	Store     Store
	Queue     Queue
	Sender    Sender
	Now       func() time.Time
	Random    io.Reader       // ids and jitter; safe for concurrent use
	Ladder    []time.Duration // waits before each attempt; Ladder() when empty
	Breaker   Breaker         // W18
	Disable   Disable         // W17
	Slots     int             // attempts that this node makes at one time; 256 when zero
	Poll      time.Duration   // how often to look for what no hint tells of; 1 s when zero
	Claim     time.Duration   // after which an attempt without an outcome counts as lost; 2 minutes when zero, and longer than any endpoint's time limit
	LateAfter time.Duration   // a delivery that waits longer is warned of (W30); 1 h when zero
	Meter     Meter           // none when nil
	Mailer    Mailer          // nil: owners are told by the banner and the log alone
	Dashboard string          // address of the dashboard for letters; "" when it is not known
	Logger    *slog.Logger    // silent when nil
}

// Room delivers webhooks. It is safe for concurrent use.
type Room struct {
	Deps
	tally tally
}

// New builds the room.
func New(d Deps) *Room {
	if len(d.Ladder) == 0 {
		d.Ladder = Ladder()
	}
	d.Ladder = slices.Clone(d.Ladder)
	d.Breaker, d.Disable = d.Breaker.filled(), d.Disable.filled()
	d.Slots = cmp.Or(d.Slots, defaultSlots)
	d.Poll = cmp.Or(d.Poll, time.Second)
	d.Claim = cmp.Or(d.Claim, claimFor)
	d.LateAfter = cmp.Or(d.LateAfter, time.Hour)
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	return &Room{Deps: d, tally: newTally()}
}

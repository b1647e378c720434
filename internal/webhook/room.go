package webhook

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Kinds of the room's jobs. The payload of JobDeliver is a delivery's id.
const (
	JobDeliver = "webhook.deliver"
	JobSweep   = "webhook.sweep"
)

// Kinds of the room's events on a session's timeline.
const (
	EventDelivered = "webhook.delivered"
	EventFailed    = "webhook.failed"    // one attempt; another will follow
	EventExhausted = "webhook.exhausted" // the last attempt
	EventReplayed  = "webhook.replayed"  // by hand
)

// Limits.
const (
	claimFor      = 2 * time.Minute  // how long an attempt may take before it counts as lost
	early         = time.Second      // clocks of the queue and the row may differ by rounding
	recordFor     = 15 * time.Second // to write an outcome down although the process is stopping
	maxRetryAfter = time.Hour        // the longest wait that a receiver can ask for (W14)
	sweepGrace    = 10 * time.Second // a job that is just being started is not lost
	sweepBatch    = 500
	maxKept       = 2 << 10 // bytes of an answer that the log keeps
)

// Ladder is the default waits before each attempt, the first at once: about 76
// hours in all (W13).
func Ladder() []time.Duration {
	return []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
		5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
}

// Units opens units of work.
type Units interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
}

// Deliveries keeps deliveries and their attempts. UpdateDelivery writes only
// over a row with fromAttempts attempts, else kyc.ErrConflict.
type Deliveries interface {
	CreateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery) error
	Delivery(ctx context.Context, tx kyc.Tx, id string) (*kyc.Delivery, error)
	UpdateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery, fromAttempts int) error
	DueDeliveries(ctx context.Context, tx kyc.Tx, now time.Time, limit int) ([]string, error)
	AddDeliveryAttempt(ctx context.Context, tx kyc.Tx, a kyc.DeliveryAttempt) error
}

// Records is what the log is read from.
type Records interface {
	DeliveriesOf(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Delivery, error)
	DeliveryAttempts(ctx context.Context, tx kyc.Tx, deliveryID string) ([]kyc.DeliveryAttempt, error)
	ListDeliveries(ctx context.Context, tx kyc.Tx, f kyc.DeliveryFilter) (kyc.DeliveryPage, error)
}

// Store is all that the room keeps and reads.
type Store interface {
	Units
	Deliveries
	Records
	Scenario(ctx context.Context, tx kyc.Tx, id string) (*kyc.Scenario, error)
	AddEvent(ctx context.Context, tx kyc.Tx, e kyc.Event) error
}

// Queue takes jobs in the caller's unit of work.
type Queue interface {
	Insert(ctx context.Context, tx kyc.Tx, job kyc.Job) error
}

// Sender posts to addresses that others chose, guarded. Its errors have a
// sentence that may be shown.
type Sender interface {
	Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error)
}

// Deps is what the room is built from. All but Ladder and Logger are required.
type Deps struct {
	Store  Store
	Queue  Queue
	Sender Sender
	Now    func() time.Time
	Random io.Reader       // ids and jitter; safe for concurrent use
	Ladder []time.Duration // waits before each attempt; Ladder() when empty
	Logger *slog.Logger    // silent when nil
}

// Room delivers webhooks. It is safe for concurrent use.
type Room struct{ Deps }

// New builds the room.
func New(d Deps) *Room {
	if len(d.Ladder) == 0 {
		d.Ladder = Ladder()
	}
	d.Ladder = slices.Clone(d.Ladder)
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	return &Room{d}
}

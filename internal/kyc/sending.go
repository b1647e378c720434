package kyc

import "time"

// ReadyEndpoint is a receiver that something is due for.
type ReadyEndpoint struct{ ID, AccountID string }

// ReplayBatch selects deliveries to send again: of one endpoint, created in
// [From, To), after a place, either the exhausted ones or all that are done.
type ReplayBatch struct {
	EndpointID   string
	Failed       bool
	From, To     time.Time
	AfterCreated time.Time
	AfterID      string // "": from the beginning
	Limit        int
}

// Settlement is what came of one attempt at a delivery.
type Settlement struct {
	Delivery     *Delivery // as it stands now
	FromAttempts int       // it is written only over a row that had made so many
	Followers    time.Time // when what waits behind it is due; zero leaves that alone
}

// StandingLimit is how far deliveries of a standing are counted, and how many of
// the newest are looked at.
const StandingLimit = 1000

// EndpointStanding is how the newest deliveries of an endpoint went.
type EndpointStanding struct {
	Waiting     int       // StandingLimit: or more
	GivenUp     int       // StandingLimit: or more
	DeliveredAt time.Time // of the newest success
	FailedAt    time.Time // last attempt at the newest that failed and was not delivered since
	LastCode    int       // its answer, 0 when there was none
	LastError   string    // its safe sentence
}

// PendingDelivery is one that waits, for figures.
type PendingDelivery struct {
	EndpointID string
	AccountID  string
	CreatedAt  time.Time
}

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

// PendingDelivery is one that waits, for figures.
type PendingDelivery struct {
	EndpointID string
	AccountID  string
	CreatedAt  time.Time
}

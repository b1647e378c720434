package kyc

import "time"

// SessionFilter selects sessions of one account, newest first unless Ascending.
type SessionFilter struct {
	AccountID  string    // "" only for an ADMIN: all accounts
	From, To   time.Time // half open [From, To); zero: no bound
	Ascending  bool
	Statuses   []Status
	ClientKey  string // exact, raw
	ClientUser string
	ClientID   string
	SessionID  string
	ScenarioID string
	Error      []string          // sessions with one of these error codes
	OCR        map[string]string // title → value; title "" matches any title; compared normalised; "Ivan*" is a prefix of a word
	Page       int               // from 1; ignored with a cursor
	PageSize   int
	Cursor     string // keyset: continue after this place
}

// SessionPage is one page of a filter's answer.
type SessionPage struct {
	Sessions  []*Session
	Total     int
	Estimated bool   // Total is an estimate: there are more than were worth counting
	Next      string // cursor of the next page, "" at the end
}

// DeliveryFilter selects webhook deliveries of one account, newest first.
type DeliveryFilter struct {
	AccountID  string // "" only for an ADMIN: all accounts
	SessionID  string
	ScenarioID string
	EndpointID string
	ClientKey  string // exact, raw
	Event      EventType
	Statuses   []DeliveryStatus
	From, To   time.Time // half open [From, To) of creation; zero: no bound
	Page       int       // from 1; ignored with a cursor
	PageSize   int
	Cursor     string // keyset: continue after this place
}

// DeliveryPage is one page of a filter's answer.
type DeliveryPage struct {
	Deliveries []*Delivery
	Total      int
	Estimated  bool   // Total is an estimate: there are more than were worth counting
	Next       string // cursor of the next page, "" at the end
}

package dash

import (
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of the streams of one node.
const (
	streamsPerUser = 20 // a browser keeps one a visible tab
	rememberedNews = 8192
)

// hub hands the changes that the rooms' store tells of to the open pages of this
// node. Waiting costs a goroutine and nothing else: nobody asks the database
// before something has changed.
type hub struct {
	now func() time.Time

	mu       sync.Mutex
	accounts map[string]map[*listener]bool // "" are those who see all accounts
	users    map[string]int                // open streams
	recent   []heard                       // a ring, so that a page is told of what changed before it listened
	next     int
	since    time.Time // what changed before this is not in the ring
}

type heard struct {
	at time.Time
	kyc.Change
}

// listener is one open page. Both channels hold one token, so that many changes
// are one piece of news.
type listener struct {
	user, account string
	wants         func(kyc.Change) bool
	changed       chan struct{}
	doubted       chan struct{} // the sign-in may have ended
}

func newHub(now func() time.Time) *hub {
	return &hub{now: now, accounts: map[string]map[*listener]bool{}, users: map[string]int{}, since: now()}
}

// enter begins to listen; ok is false when the user has too many pages open.
func (h *hub) enter(p *kyc.Principal, wants func(kyc.Change) bool) (l *listener, ok bool) {
	l = &listener{user: p.UserID, account: p.AccountID, wants: wants, changed: make(chan struct{}, 1), doubted: make(chan struct{}, 1)}
	if p.Role == kyc.RoleAdmin {
		l.account = ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.users[l.user] >= streamsPerUser {
		return nil, false
	}
	h.users[l.user]++
	if h.accounts[l.account] == nil {
		h.accounts[l.account] = map[*listener]bool{}
	}
	h.accounts[l.account][l] = true
	return l, true
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.users[l.user]--; h.users[l.user] == 0 {
		delete(h.users, l.user)
	}
	if delete(h.accounts[l.account], l); len(h.accounts[l.account]) == 0 {
		delete(h.accounts, l.account)
	}
}

// hear is told of every change; see store.OnChange.
func (h *hub) hear(c kyc.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch c.Kind {
	case "": // some were lost: everybody looks again
		h.recent, h.next, h.since = nil, 0, h.now()
		h.each(func(l *listener) { ring(l.changed); ring(l.doubted) })
		return
	case kyc.ChangedLogin:
		h.each(func(l *listener) {
			if l.user == c.ID {
				ring(l.doubted)
			}
		})
		return
	default:
	}
	h.remember(heard{h.now(), c})
	for _, account := range []string{c.AccountID, ""} {
		for l := range h.accounts[account] {
			if l.wants(c) {
				ring(l.changed)
			}
		}
	}
}

func (h *hub) each(f func(*listener)) {
	for _, all := range h.accounts {
		for l := range all {
			f(l)
		}
	}
}

func (h *hub) remember(news heard) {
	if len(h.recent) < rememberedNews {
		h.recent = append(h.recent, news)
		return
	}
	h.since = h.recent[h.next].at
	h.recent[h.next] = news
	h.next = (h.next + 1) % rememberedNews
}

// missed tells whether something may have changed that the listener has not
// been told of, because it happened before it listened.
func (h *hub) missed(l *listener, from time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !from.After(h.since) {
		return true
	}
	for i := range h.recent { // newest first
		news := h.recent[(h.next+len(h.recent)-1-i)%len(h.recent)]
		if news.at.Before(from) {
			return false
		}
		if (l.account == "" || l.account == news.AccountID) && l.wants(news.Change) {
			return true
		}
	}
	return false
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default: // it rings already
	}
}

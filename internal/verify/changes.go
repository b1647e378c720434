package verify

import (
	"sync"

	"github.com/openkyc/openkyc/internal/kyc"
)

// changes wakes up whoever waits for a session, wherever it was moved on. It is
// a hint only: nothing is lost when nobody listens.
type changes struct {
	mu   sync.Mutex
	subs map[string]map[chan struct{}]struct{}
}

func newChanges() *changes {
	return &changes{subs: map[string]map[chan struct{}]struct{}{}}
}

// hear takes a hint of the store; when some were lost everybody looks.
func (c *changes) hear(news kyc.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch news.Kind {
	case kyc.ChangedSession:
		wakeUp(c.subs[news.ID])
	case "":
		for _, waiting := range c.subs {
			wakeUp(waiting)
		}
	default:
	}
}

func wakeUp(waiting map[chan struct{}]struct{}) {
	for ch := range waiting {
		select {
		case ch <- struct{}{}:
		default: // it has an unread wake-up already
		}
	}
}

// Changed returns a channel that gets a value whenever the session changes, in
// this process or another; cancel must be called.
func (r *Room) Changed(sessionID string) (wake <-chan struct{}, cancel func()) {
	c := r.changes
	ch := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subs[sessionID] == nil {
		c.subs[sessionID] = map[chan struct{}]struct{}{}
	}
	c.subs[sessionID][ch] = struct{}{}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.subs[sessionID], ch)
		if len(c.subs[sessionID]) == 0 {
			delete(c.subs, sessionID)
		}
	}
}

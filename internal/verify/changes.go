package verify

import "sync"

// changes wakes up whoever waits for a session in this process. It is a hint
// only: nothing is lost when nobody listens, and listeners also look slowly by
// themselves, since another process may have done the work.
type changes struct {
	mu   sync.Mutex
	subs map[string]map[chan struct{}]struct{}
}

func newChanges() *changes {
	return &changes{subs: map[string]map[chan struct{}]struct{}{}}
}

func (c *changes) notify(sessionID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.subs[sessionID] {
		select {
		case ch <- struct{}{}:
		default: // it has an unread wake-up already
		}
	}
}

// Changed returns a channel that gets a value whenever the session changes in
// this process; cancel must be called.
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

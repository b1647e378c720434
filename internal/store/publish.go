package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/openkyc/openkyc/internal/kyc"
)

// maxNews is the longest payload: PostgreSQL carries 8000 bytes with all that
// is around it.
const maxNews = 4000

// Publish tells the subscribers of a topic, in this process and, on PostgreSQL,
// in all others, once the unit has committed. It is a hint: it may be lost
// when a connection breaks or a process dies, and whoever must not miss
// anything looks by itself now and then. payload holds ids only, never
// personal data, and at most 4000 bytes.
func (s *Store) Publish(_ context.Context, tx kyc.Tx, topic, payload string) error {
	if topic == "" || len(topic)+len(payload) > maxNews {
		return fmt.Errorf("publish %q: a topic and at most %d bytes are needed", topic, maxNews)
	}
	s.AfterCommit(tx, func() {
		s.news.tell(topic, payload)
		s.news.send(message{Topic: topic, Payload: payload})
	})
	return nil
}

// Subscribe calls f with every payload published on a topic, until cancel. f
// must be quick and must not block; it may be called from several goroutines,
// and, for what was under way, shortly after cancel. f("") means that hints
// may have been lost: look again.
func (s *Store) Subscribe(topic string, f func(payload string)) (cancel func()) {
	return s.news.subscribe(topic, f)
}

// news are the hints that travel between units of work.
type news struct {
	mu          sync.Mutex
	subscribers map[string]map[*subscriber]bool
	wire        *wire // to and from the other processes; nil on SQLite
}

type subscriber struct{ f func(payload string) }

func newNews(s *Store) *news {
	n := &news{subscribers: map[string]map[*subscriber]bool{}}
	if s.dialect == Postgres {
		n.wire = newWire(s.pool, s.logger, n.tell, n.lost)
	}
	return n
}

func (n *news) subscribe(topic string, f func(payload string)) (cancel func()) {
	me := &subscriber{f}
	n.mu.Lock()
	if n.subscribers[topic] == nil {
		n.subscribers[topic] = map[*subscriber]bool{}
	}
	n.subscribers[topic][me] = true
	n.mu.Unlock()
	if n.wire != nil {
		n.wire.listen()
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subscribers[topic], me)
		if len(n.subscribers[topic]) == 0 {
			delete(n.subscribers, topic)
		}
	}
}

// tell calls the subscribers of a topic in this process.
func (n *news) tell(topic, payload string) {
	n.mu.Lock()
	all := make([]*subscriber, 0, len(n.subscribers[topic]))
	for s := range n.subscribers[topic] {
		all = append(all, s)
	}
	n.mu.Unlock()
	for _, s := range all {
		s.f(payload)
	}
}

// lost calls all subscribers with the empty payload.
func (n *news) lost() {
	n.mu.Lock()
	topics := make([]string, 0, len(n.subscribers))
	for topic := range n.subscribers {
		topics = append(topics, topic)
	}
	n.mu.Unlock()
	for _, topic := range topics {
		n.tell(topic, "")
	}
}

func (n *news) send(m message) {
	if n.wire != nil {
		n.wire.send(m)
	}
}

func (n *news) close() {
	if n.wire != nil {
		n.wire.close()
	}
}

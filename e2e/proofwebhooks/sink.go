package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/openkyc/openkyc/client"
)

// sink is a receiver that fails a third of the time and remembers what it took.
type sink struct {
	secrets []string // any of which may have signed

	mu         sync.Mutex
	ids        map[string]bool
	last       map[string]int64 // by session: the sequence of the newest event taken
	requests   int
	refused    int
	duplicates int
	disorder   int
	broken     int // bodies or signatures that cannot be read: none is expected
	longest    time.Duration
}

func newSink(secrets []string) *sink {
	return &sink{secrets: secrets, ids: map[string]bool{}, last: map[string]int64{}}
}

// note is what the sink reads of a body in mode thin.
type note struct {
	Timestamp string `json:"timestamp"`
	Data      struct {
		Session struct {
			SessionID string `json:"sessionId"`
			Sequence  int64  `json:"sequence"`
		} `json:"session"`
	} `json:"data"`
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the sender was killed half way
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	switch rand.IntN(6) { //nolint:gosec // chance is all it takes
	case 0:
		s.refused++
		w.WriteHeader(http.StatusInternalServerError)
		return
	case 1:
		s.refused++
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close() // no answer at all
		}
		return
	}
	s.take(r.Header, body)
	w.WriteHeader(http.StatusNoContent)
}

// take notes an event that is answered with success.
func (s *sink) take(header http.Header, body []byte) {
	var n note
	at, err := time.Time{}, json.Unmarshal(body, &n)
	if err == nil {
		at, err = time.Parse(time.RFC3339, n.Timestamp)
	}
	if err != nil || !s.signed(header, body) {
		s.broken++
		return
	}
	id, session := header.Get(client.HeaderWebhookID), n.Data.Session
	if s.ids[id] {
		s.duplicates++
		return
	}
	s.ids[id] = true
	if session.Sequence != s.last[session.SessionID]+1 || header.Get("openkyc-sequence") != strconv.FormatInt(session.Sequence, 10) {
		s.disorder++
	}
	s.last[session.SessionID] = max(s.last[session.SessionID], session.Sequence)
	s.longest = max(s.longest, time.Since(at))
}

func (s *sink) signed(header http.Header, body []byte) bool {
	for _, secret := range s.secrets {
		if client.VerifyWebhook(secret, header, body, time.Now()) == nil {
			return true
		}
	}
	return false
}

// taken tells how many different events arrived.
func (s *sink) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func (s *sink) progress() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d delivered, %d requests, %d duplicates, %d out of order", len(s.ids), s.requests, s.duplicates, s.disorder)
}

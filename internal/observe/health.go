package observe

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Part is one thing that a node needs, and what is wrong with it.
type Part struct {
	Name  string
	Fault error // for the log; answers say "failed" only
}

// Probe asks one part whether it works.
type Probe struct {
	Name string
	Ask  func(ctx context.Context) error
}

const (
	probePatience = 3 * time.Second
	// /ready is open to everybody and must not become work for the database; but a start that is just done is told soon.
	probeKept  = time.Second
	failedKept = 100 * time.Millisecond
)

// health answers for the process and its parts.
type health struct {
	version string
	probes  []Probe
	now     func() time.Time
	fault   func(part string, err error)

	mu       sync.Mutex
	draining bool
	askedAt  time.Time
	parts    []Part
}

// Drain makes /ready say that no more work should be sent here.
func (h *health) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// ask looks at all parts, at most once in probeKept.
func (h *health) ask(ctx context.Context) []Part {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := probeKept
	if slices.ContainsFunc(h.parts, func(p Part) bool { return p.Fault != nil }) {
		kept = failedKept
	}
	if now := h.now(); !h.askedAt.IsZero() && now.Sub(h.askedAt) < kept {
		return h.parts
	}
	// Asked for everybody who comes within the second, so not on one caller's time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probePatience)
	defer cancel()
	parts := make([]Part, len(h.probes))
	var all sync.WaitGroup
	for i, p := range h.probes {
		all.Go(func() { parts[i] = Part{p.Name, p.Ask(ctx)} })
	}
	all.Wait()
	for i, p := range parts {
		if p.Fault != nil && (i >= len(h.parts) || h.parts[i].Fault == nil) {
			h.fault(p.Name, p.Fault) // told once, when it begins
		}
	}
	h.parts, h.askedAt = parts, h.now()
	return parts
}

// live answers GET /health: the process lives, whatever else is wrong.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, state{Status: "ok", Version: h.version})
}

// ready answers GET /ready: 200 when work may be sent here.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	out, code := state{Status: "ready", Version: h.version, Parts: map[string]string{}}, http.StatusOK
	for _, p := range h.ask(r.Context()) {
		out.Parts[p.Name] = "ok"
		if p.Fault != nil {
			out.Parts[p.Name] = "failed"
			out.Status, code = "failed", http.StatusServiceUnavailable
		}
	}
	h.mu.Lock()
	draining := h.draining
	h.mu.Unlock()
	if draining {
		out.Status, code = "draining", http.StatusServiceUnavailable
	}
	answer(w, code, out)
}

type state struct {
	Status  string            `json:"status"`
	Version string            `json:"version"`
	Parts   map[string]string `json:"parts,omitempty"`
}

func answer(w http.ResponseWriter, code int, body state) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client has gone when this fails
}

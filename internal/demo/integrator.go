package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/openkyc/openkyc/client"
)

//go:embed web
var web embed.FS

// Integrator is the smallest company that uses OpenKYC: it encrypts its own
// identifier for a person, opens the widget with it, and receives the webhook.
type Integrator struct {
	Platform       string // https://kyc.example: where the widget comes from
	SchemaID       string
	ScenarioSecret string
	WebhookSecret  string
	Logger         *slog.Logger
	Now            func() time.Time

	mu       sync.Mutex
	received []Received
	wake     chan struct{} // closed and replaced at every arrival
}

// Received is one webhook as the demo page shows it.
type Received struct {
	ID       string          `json:"id"`
	At       time.Time       `json:"at"`
	Sealed   json.RawMessage `json:"sealed"`  // what came over the wire
	Session  json.RawMessage `json:"session"` // what it says, after it was verified and opened
	Verified bool            `json:"verified"`
}

// Handler serves the integrator's pages and its webhook.
func (i *Integrator) Handler() http.Handler {
	i.wake = make(chan struct{})
	mux := http.NewServeMux()
	page := func(pattern, file, kind string) {
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, _ *http.Request) {
			text, err := web.ReadFile("web/" + file)
			if err != nil {
				http.Error(w, "this file is not part of the program", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(text) // the browser has gone when this fails
		})
	}
	page("/{$}", "index.html", "text/html; charset=utf-8")
	page("/demo.js", "demo.js", "text/javascript; charset=utf-8")
	page("/demo.css", "demo.css", "text/css; charset=utf-8")
	mux.HandleFunc("POST /key", i.key)
	mux.HandleFunc("POST /webhook", i.webhook)
	mux.HandleFunc("GET /received", i.list)
	mux.HandleFunc("GET /specimen/{seed}", specimenPage)
	mux.HandleFunc("POST /specimen", ownSpecimen)
	return i.headers(mux)
}

// headers lets the page load exactly one outside script: the widget's.
func (i *Integrator) headers(next http.Handler) http.Handler {
	policy := fmt.Sprintf("default-src 'none'; script-src 'self' %[1]s; style-src 'self'; img-src 'self' blob: data:; media-src blob:; connect-src 'self'; frame-src %[1]s; base-uri 'none'; form-action 'none'", i.Platform)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// key is the one thing that an integrator's server has to do for its page.
func (i *Integrator) key(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Customer string `json:"customer"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<10)).Decode(&in); err != nil || utf8.RuneCountInString(in.Customer) > 36 || in.Customer == "" {
		http.Error(w, "send {\"customer\": \"…\"} of 1 to 36 characters", http.StatusBadRequest)
		return
	}
	encrypted, err := client.EncryptKey(i.ScenarioSecret, in.Customer)
	if err != nil {
		http.Error(w, "this customer id cannot be encrypted", http.StatusBadRequest)
		return
	}
	writeJSON(w, map[string]string{"schemaId": i.SchemaID, "clientKey": encrypted, "platform": i.Platform})
}

const (
	maxWebhook = 4 << 20
	remembered = 50
)

// webhook verifies the signature, opens the body and remembers it.
func (i *Integrator) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebhook))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	n, err := client.ReadWebhook(i.WebhookSecret, r.Header, body, i.Now())
	if err != nil {
		i.Logger.WarnContext(r.Context(), "a webhook was refused", "error", err)
		http.Error(w, "not genuine", http.StatusUnauthorized)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, old := range i.received {
		if old.ID == n.ID { // delivery is at least once
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	i.received = append(i.received, Received{ID: n.ID, At: i.Now(), Sealed: body, Session: n.Raw, Verified: true})
	if len(i.received) > remembered {
		i.received = i.received[1:]
	}
	close(i.wake)
	i.wake = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}

// list answers with what came, and waits a while for something newer than the
// count that the page already knows.
func (i *Integrator) list(w http.ResponseWriter, r *http.Request) {
	known := r.URL.Query().Get("known")
	timeout := time.NewTimer(25 * time.Second)
	defer timeout.Stop()
	for {
		i.mu.Lock()
		received, wake := append([]Received{}, i.received...), i.wake
		i.mu.Unlock()
		if known == "" || len(received) > 0 && received[len(received)-1].ID != known {
			writeJSON(w, received)
			return
		}
		select {
		case <-wake:
		case <-timeout.C:
			known = ""
		case <-r.Context().Done():
			return
		}
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the browser has gone when this fails
}

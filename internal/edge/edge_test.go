package edge

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

func doorstep(t *testing.T, root http.Handler, change func(*Config)) (http.Handler, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	cfg := Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Random: rand.Reader, MaxBody: 1000}
	if change != nil {
		change(&cfg)
	}
	return Doorstep(cfg, root), &log
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func envelope(t *testing.T, w *httptest.ResponseRecorder) Envelope {
	t.Helper()
	var e Envelope
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatalf("answer %q is not an envelope: %v", w.Body, err)
	}
	return e
}

// Section 3 of the wire contract: one envelope; causes stay inside.
func TestErrorEnvelope(t *testing.T) {
	t.Parallel()
	cases := []struct {
		err     error
		status  int
		message string
	}{
		{kyc.ErrAccessDenied(), 401, "access denied"},
		{kyc.ErrNotFound(), 404, "item with this id not found"},
		{kyc.ErrInvalid("a: wrong"), 400, "invalid schema"},
		{kyc.Wrap(kyc.Conflict, errors.New("secret cause"), "busy"), 409, "busy"},
		{kyc.Wrap(kyc.Internal, errors.New("secret cause"), "disk on fire"), 500, "internal error"},
		{errors.New("secret cause"), 500, "internal error"},
		{fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 7}), 413, "the request is larger than 7 bytes"},
		{kyc.Errorf(kyc.TooMany, "slow down"), 429, "slow down"},
		{kyc.Errorf(kyc.Gone, "too late"), 410, "too late"},
		{kyc.Errorf(kyc.Forbidden, "no"), 403, "no"},
	}
	for _, c := range cases {
		h, log := doorstep(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			WriteError(w, r, slog.New(slog.DiscardHandler), c.err)
		}), nil)
		w := do(h, httptest.NewRequest("GET", "/", nil))
		e := envelope(t, w)
		if w.Code != c.status || e.Message != c.message || e.Status != "error" || e.Code == "" {
			t.Errorf("%v: got %d %+v", c.err, w.Code, e)
		}
		if e.RequestID == "" || e.RequestID != w.Header().Get("X-Request-Id") || !strings.Contains(log.String(), e.RequestID) {
			t.Errorf("request id %q is not the same in body, header and log", e.RequestID)
		}
		if strings.Contains(w.Body.String(), "secret cause") {
			t.Errorf("the cause left the process: %s", w.Body)
		}
	}
}

// S33: neither path values nor the query reach the log; a panic's value neither.
func TestLogHasNoPersonalData(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /x/{key}", func(http.ResponseWriter, *http.Request) { panic("MARKER value") })
	h, log := doorstep(t, mux, nil)
	r := httptest.NewRequest("GET", "/x/MARKER?clientKey=MARKER", nil)
	r.RemoteAddr = "203.0.113.77:5"
	w := do(h, r)
	if w.Code != 500 || envelope(t, w).Message != "internal error" {
		t.Fatalf("panic answered %d %s", w.Code, w.Body)
	}
	if strings.Contains(log.String(), "MARKER") || strings.Contains(log.String(), "203.0.113.77") {
		t.Errorf("personal data in the log:\n%s", log)
	}
	for _, want := range []string{`route="GET /x/{key}"`, "status=500", "203.0.113.0/24", "edge_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, log)
		}
	}
}

// S1: a body over the limit is refused before or while it is read.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	read := int64(0)
	h, _ := doorstep(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		read += n
		if err != nil {
			WriteError(w, r, slog.New(slog.DiscardHandler), err)
		}
	}), nil)
	if w := do(h, httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("a", 1001)))); w.Code != 413 || read != 0 {
		t.Errorf("announced: %d after reading %d bytes", w.Code, read)
	}
	r := httptest.NewRequest("POST", "/", io.NopCloser(strings.NewReader(strings.Repeat("a", 5000))))
	r.ContentLength = -1
	if w := do(h, r); w.Code != 413 || read > 1000 {
		t.Errorf("streamed: %d after reading %d bytes", w.Code, read)
	}
	if w := do(h, httptest.NewRequest("POST", "/", strings.NewReader("fine"))); w.Code != 200 {
		t.Errorf("small body: %d", w.Code)
	}
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		`{"a":1,"unknown":2}`: 200, `{"a":"x"}`: 400, `{"a":1} {}`: 400, ``: 400, `{"a":`: 400, `[`: 400,
		`{"b":"` + strings.Repeat("x", 100) + `"}`: 413,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		var v struct{ A int }
		got := 200
		if err := ReadJSON(w, r, 50, &v); err != nil {
			got, _ = Describe(r.Context(), err)
		}
		if got != want {
			t.Errorf("%q: %d, want %d", body, got, want)
		}
	}
}

// S45: forwarded headers count only when a configured proxy wrote them.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	cases := []struct{ remote, forwarded, want string }{
		{"198.51.100.1:9", "1.2.3.4", "198.51.100.1"},
		{"10.0.0.1:9", "1.2.3.4", "1.2.3.4"},
		{"10.0.0.1:9", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"},
		{"10.0.0.1:9", "1.2.3.4, rubbish", "10.0.0.1"},
		{"10.0.0.1:9", "", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:9", "2001:db8::1", "2001:db8::1"},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.forwarded)
		r.Header.Set("X-Forwarded-Proto", "https")
		if got := clientAddress(r, proxies).String(); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
		if got := secure(r, proxies); got != (c.remote != "198.51.100.1:9") {
			t.Errorf("%+v: secure %v", c, got)
		}
	}
}

// S44: the rate holds, refills with time, and memory stays bounded.
func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := NewLimiter(Rate{Events: 1, Per: time.Second, Burst: 3}, 50, func() time.Time { return now })
	for i := range 3 {
		if ok, _, left := l.Take("a"); !ok || left != 2-i {
			t.Fatalf("take %d: %v, %d left", i, ok, left)
		}
	}
	if ok, wait, _ := l.Take("a"); ok || wait != time.Second {
		t.Fatalf("fourth take: %v, wait %v", ok, wait)
	}
	if blocked, _ := l.Blocked("a"); !blocked {
		t.Error("an empty bucket must block")
	}
	if blocked, _ := l.Blocked("b"); blocked {
		t.Error("an unknown key must not block")
	}
	now = now.Add(time.Second)
	if ok, _, _ := l.Take("a"); !ok {
		t.Error("a second later one more must be allowed")
	}
	for i := range 1000 {
		l.Take(fmt.Sprint("k", i))
	}
	if len(l.ready) > 50 {
		t.Errorf("%d keys are remembered, 50 are allowed", len(l.ready))
	}

	h := Chain(http.NotFoundHandler(), NewLimiter(Rate{1, time.Minute, 1}, 10, time.Now).PerAddress(slog.New(slog.DiscardHandler)))
	do(h, httptest.NewRequest("GET", "/", nil))
	if w := do(h, httptest.NewRequest("GET", "/", nil)); w.Code != 429 || w.Header().Get("Retry-After") != "60" {
		t.Errorf("second request: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestCSP(t *testing.T) {
	t.Parallel()
	got := CSP{}.Allow("script-src", "'self'").FrameAncestors("https://shop.example; script-src *").String()
	want := "script-src 'self'; frame-ancestors https://shop.examplescript-src*; default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (CSP{}).FrameAncestors().String(); !strings.HasPrefix(got, "frame-ancestors 'none'; default-src 'none'") {
		t.Errorf("closed policy: %s", got)
	}
	h, _ := doorstep(t, http.NotFoundHandler(), func(c *Config) { c.HTTPS = true })
	header := do(h, httptest.NewRequest("GET", "/", nil)).Header()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Strict-Transport-Security": "max-age=31536000"} {
		if header.Get(name) != want {
			t.Errorf("%s: %q", name, header.Get(name))
		}
	}
}

// S40: only allowed origins can read; credentials never travel.
func TestCORS(t *testing.T) {
	t.Parallel()
	one := CORS{Allow: func(o string) bool { return o == "https://a.example" }, Methods: []string{"GET"}}.Middleware(http.NotFoundHandler())
	for origin, want := range map[string]string{"https://a.example": "https://a.example", "https://b.example": "", "": ""} {
		r := httptest.NewRequest("OPTIONS", "/", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "GET")
		w := do(one, r)
		if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != want || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%q: %d %v", origin, w.Code, w.Header())
		}
	}
	if w := do(CORS{}.Middleware(http.NotFoundHandler()), httptest.NewRequest("GET", "/", nil)); w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("open: %v", w.Header())
	}
}

// TestStreamIsAnsweredWhenItBegins: how long a stream of events lasts is no
// measure of how fast the service is, and it ends with the process.
func TestStreamIsAnsweredWhenItBegins(t *testing.T) {
	t.Parallel()
	stopping, answered := make(chan struct{}), make(chan int, 2)
	cfg := Config{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader, MaxBody: 1, Stopping: stopping,
		Observe: func(r *http.Request) (context.Context, func(string, int, string)) {
			return r.Context(), func(_ string, status int, _ string) { answered <- status }
		}}
	server := httptest.NewServer(Doorstep(cfg, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(": begin\n\n"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	select {
	case status := <-answered:
		if status != http.StatusOK {
			t.Errorf("observed as %d", status)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("an open stream does not count as answered")
	}
	close(stopping)
	if _, err := io.ReadAll(answer.Body); err != nil {
		t.Errorf("the end of the process broke the stream off: %v", err)
	}
	if len(answered) > 0 {
		t.Error("the stream was observed twice")
	}
}

package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/openkyc/openkyc/internal/observe"
	"github.com/openkyc/openkyc/internal/observe/observetest"
)

func open(t *testing.T, cfg observe.Config) *observe.Observer {
	t.Helper()
	o, err := observe.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return o
}

// scrape reads /metrics as Prometheus does: by its own parser.
func scrape(t *testing.T, o *observe.Observer) observetest.Figures {
	t.Helper()
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("/metrics answers %d: %s", w.Code, w.Body)
	}
	figures, err := observetest.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

func TestMetricsTellWhatHappened(t *testing.T) {
	t.Parallel()
	o := open(t, observe.Config{Version: "v1"})
	ctx := t.Context()
	_, done := o.Request(httptest.NewRequest(http.MethodPost, "/api/status?clientKey=x", nil))
	done("POST /api/status", 400, "invalid")
	_, done = o.Request(httptest.NewRequest(http.MethodGet, "/nowhere", nil))
	done("", 404, "not_found")
	_, stage := o.Stage(ctx, "document")
	stage(nil)
	_, stage = o.Stage(ctx, "document")
	stage(errors.New("broken"))
	o.Verdict("success", "widget")
	for _, code := range []int{200, 302, 503, 0} {
		_, attempt := o.Attempt(ctx, "d")
		attempt(code)
	}
	for _, c := range []struct {
		err  error
		last bool
	}{{nil, false}, {errors.New("x"), false}, {errors.New("x"), true}} {
		_, _, job := o.Job(ctx, "verify.check", []byte("{}"), 1, c.last)
		job(c.err)
	}
	o.ModelLoaded("face-mesh", time.Second)
	o.ModelRan("face-mesh", time.Second, errors.New("x"))
	o.ModelLoaded("face-detector", time.Second)
	o.ModelReleased("face-detector")

	got := scrape(t, o)
	for name, want := range map[string]float64{
		"openkyc_http_requests_total{code=400,door=api,method=POST,route=/api/status}": 1,
		"openkyc_http_requests_total{code=404,door=none,method=GET,route=none}":        1,
		"openkyc_http_request_duration_seconds{door=api,route=/api/status}":            1,
		"openkyc_errors_total{kind=invalid}":                                           1,
		"openkyc_stage_duration_seconds{stage=document}":                               2,
		"openkyc_stage_faults_total{stage=document}":                                   1,
		"openkyc_verdicts_total{origin=widget,status=success}":                         1,
		"openkyc_webhook_attempts_total{outcome=2xx}":                                  1,
		"openkyc_webhook_attempts_total{outcome=3xx}":                                  1,
		"openkyc_webhook_attempts_total{outcome=5xx}":                                  1,
		"openkyc_webhook_attempts_total{outcome=unreachable}":                          1,
		"openkyc_webhook_attempt_duration_seconds{}":                                   4,
		"openkyc_jobs_total{kind=verify.check,outcome=done}":                           1,
		"openkyc_jobs_total{kind=verify.check,outcome=failed}":                         1,
		"openkyc_jobs_total{kind=verify.check,outcome=given_up}":                       1,
		"openkyc_models_loaded{role=face-mesh}":                                        1,
		"openkyc_models_loaded{role=face-detector}":                                    0,
		"openkyc_model_faults_total{role=face-mesh}":                                   1,
	} {
		have, ok := got[name]
		if !ok || have != want {
			t.Errorf("%s: %v (there: %v), want %v", name, have, ok, want)
		}
	}
	for _, standard := range []string{"go_goroutines{}", "process_resident_memory_bytes{}"} {
		if got[standard] == 0 {
			t.Errorf("%s is missing", standard)
		}
	}
}

// What callers invent makes no new series: paths, methods, codes of receivers (S33).
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	o := open(t, observe.Config{})
	for i := range 500 {
		r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/person-%d", i), nil)
		r.Method = fmt.Sprintf("M%d", i)
		_, done := o.Request(r)
		done("", 404, "not_found")
		_, attempt := o.Attempt(t.Context(), "d")
		attempt(i * 7)
	}
	got, ours := scrape(t, o), 0
	for name := range got {
		if strings.Contains(name, "person-") || strings.Contains(name, "M4") {
			t.Errorf("somebody's words in a label: %s", name)
		}
		if strings.HasPrefix(name, "openkyc_") {
			ours++
		}
	}
	if ours > 20 {
		t.Errorf("%d series out of one route and one receiver", ours)
	}
}

// W30: figures per endpoint, of a bounded number of them; the rest is added up
// and none of the worst is lost.
func TestWebhookFiguresAreBounded(t *testing.T) {
	t.Parallel()
	const many = 1000
	o := open(t, observe.Config{Sources: observe.Sources{
		Endpoints: func(context.Context) (list []observe.EndpointFigure, err error) {
			for i := range many {
				list = append(list, observe.EndpointFigure{Endpoint: fmt.Sprint("e", i), Delivered: 2, Pending: 1, P50: time.Minute, P95: time.Hour, P99: 2 * time.Hour,
					Oldest: time.Duration(i) * time.Second})
			}
			return list, nil
		},
		Queue: func(context.Context) ([]observe.QueueFigure, error) {
			return []observe.QueueFigure{{Kind: "verify.check", Waiting: 7, Running: 2, Oldest: 90 * time.Second}}, nil
		},
		Connections: func() observe.Connections { return observe.Connections{Used: 1, Idle: 2} },
	}})
	got := scrape(t, o)
	oldest, worst, delivered := 0, 0.0, 0.0
	for name, value := range got {
		if strings.HasPrefix(name, "openkyc_webhook_oldest_pending_seconds") {
			oldest, worst = oldest+1, max(worst, value)
		}
		if strings.HasPrefix(name, "openkyc_webhook_deliveries_total") && strings.Contains(name, "outcome=delivered") {
			delivered += value
		}
	}
	if oldest != 101 || worst != many-1 || delivered != 2*many {
		t.Errorf("%d series, the oldest pending %v s, %v delivered; want 101, %d and %d", oldest, worst, delivered, many-1, 2*many)
	}
	for name, want := range map[string]float64{
		"openkyc_webhook_pending_age_seconds{endpoint=e999,quantile=0.5}":  60,
		"openkyc_webhook_pending_age_seconds{endpoint=e999,quantile=0.95}": 3600,
		"openkyc_webhook_pending_age_seconds{endpoint=e999,quantile=0.99}": 7200,
		"openkyc_queue_jobs{kind=verify.check,state=waiting}":              7,
		"openkyc_queue_jobs{kind=verify.check,state=running}":              2,
		"openkyc_queue_oldest_seconds{kind=verify.check}":                  90,
		"openkyc_database_connections{state=used}":                         1,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestFiguresThatCannotBeReadAreMissingNotZero(t *testing.T) {
	t.Parallel()
	o := open(t, observe.Config{Sources: observe.Sources{Queue: func(context.Context) ([]observe.QueueFigure, error) { return nil, errors.New("no database") }}})
	scrape(t, o)
	got := scrape(t, o)
	if got["openkyc_scrape_faults_total{source=queue}"] != 1 { // the second scrape came within the time that answers are kept
		t.Errorf("faults: %v", got)
	}
	for name := range got {
		if strings.HasPrefix(name, "openkyc_queue") {
			t.Errorf("a figure nobody read: %s", name)
		}
	}
}

type health struct {
	Status, Version string
	Parts           map[string]string
}

func ask(t *testing.T, h http.Handler, path string) (int, health, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	var out health
	text := w.Body.String()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return w.Code, out, text
}

func TestReadyTellsWhichPartFailedAndNotWhy(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now, asked := time.Unix(1, 0), 0
	var fault error
	var log bytes.Buffer
	o := open(t, observe.Config{Version: "v1", Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		Probes: []observe.Probe{
			{Name: "database", Ask: func(context.Context) error { mu.Lock(); defer mu.Unlock(); asked++; return fault }},
			{Name: "blobs", Ask: func(context.Context) error { return nil }},
		}})
	later := func() { mu.Lock(); defer mu.Unlock(); now = now.Add(2 * time.Second) }
	h := o.Handler()
	code, got, _ := ask(t, h, "/ready")
	if diff := cmp.Diff(health{"ready", "v1", map[string]string{"database": "ok", "blobs": "ok"}}, got); code != 200 || diff != "" {
		t.Errorf("%d %s", code, diff)
	}
	ask(t, h, "/ready")
	if asked != 1 {
		t.Errorf("two callers within a second made %d questions to the database", asked)
	}
	mu.Lock()
	fault = errors.New("postgres://user:hunter2@10.0.0.1 refused")
	mu.Unlock()
	later()
	code, got, text := ask(t, h, "/ready")
	if code != 503 || got.Status != "failed" || got.Parts["database"] != "failed" || got.Parts["blobs"] != "ok" || strings.Contains(text, "hunter2") {
		t.Errorf("%d %s", code, text)
	}
	if !strings.Contains(log.String(), "database") {
		t.Errorf("the log does not say what failed: %s", log.String())
	}
	if code, got, _ := ask(t, h, "/health"); code != 200 || got.Status != "ok" {
		t.Errorf("/health of a process that lives: %d %v", code, got)
	}
	mu.Lock()
	fault = nil
	mu.Unlock()
	later()
	if code, _, _ := ask(t, h, "/ready"); code != 200 {
		t.Errorf("not ready again: %d", code)
	}
	o.Drain()
	if code, got, _ := ask(t, h, "/ready"); code != 503 || got.Status != "draining" {
		t.Errorf("draining: %d %v", code, got)
	}
}

// spanOf finds a span by its name.
func spanOf(t *testing.T, c *observetest.Collector, name string) *trace.Span {
	t.Helper()
	for _, span := range c.Spans() {
		if span.GetName() == name {
			return span
		}
	}
	t.Fatalf("no span %q among %d", name, len(c.Spans()))
	return nil
}

// One trace from the request over its job to the webhook, across processes.
func TestTraceGoesFromRequestToJobToWebhook(t *testing.T) {
	t.Parallel()
	s := observetest.StartCollector(t)
	door, err := observe.New(t.Context(), observe.Config{Traces: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	worker, err := observe.New(t.Context(), observe.Config{Traces: s.URL + "/v1/traces"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/process?clientKey=Anna", nil)
	r.Header.Set("traceparent", "00-11111111111111111111111111111111-2222222222222222-01") // strangers do not join our traces
	ctx, done := door.Request(r)
	payload := door.Carry(ctx, []byte(`{"session":"1"}`))
	done("POST /api/process", 200, "")

	ctx, got, jobDone := worker.Job(t.Context(), "verify.check", payload, 1, false)
	if string(got) != `{"session":"1"}` {
		t.Fatalf("the job got %q", got)
	}
	checking, checked := worker.Stage(ctx, "document")
	checked(errors.New("Anna Schmidt cannot be read"))
	if string(worker.Carry(checking, []byte("next"))) == "next" {
		t.Error("a job inserted by a job carries no trace")
	}
	_, sent := worker.Attempt(ctx, "d")
	sent(503)
	jobDone(nil)
	for _, o := range []*observe.Observer{door, worker} {
		if err := o.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range s.Paths() {
		if path != "/v1/traces" {
			t.Errorf("sent to %s", path)
		}
	}
	request, job := spanOf(t, s, "POST /api/process"), spanOf(t, s, "job verify.check")
	check, attempt := spanOf(t, s, "document"), spanOf(t, s, "webhook attempt")
	for name, child := range map[string]*trace.Span{"job": job, "check": check, "attempt": attempt} {
		if !bytes.Equal(child.GetTraceId(), request.GetTraceId()) {
			t.Errorf("the %s is in another trace", name)
		}
	}
	if !bytes.Equal(job.GetParentSpanId(), request.GetSpanId()) || !bytes.Equal(check.GetParentSpanId(), job.GetSpanId()) {
		t.Error("spans hang under wrong parents")
	}
	if check.GetStatus().GetCode() != trace.Status_STATUS_CODE_ERROR || request.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR {
		t.Error("the wrong spans are marked as failed")
	}
	if fmt.Sprintf("%x", request.GetTraceId()) == strings.Repeat("1", 32) {
		t.Error("a stranger's trace was joined")
	}
	if strings.Contains(s.Raw(), "Anna") {
		t.Error("personal data in a trace (S33)")
	}
}

func TestWithoutCollectorJobsAreUntouched(t *testing.T) {
	t.Parallel()
	o := open(t, observe.Config{})
	ctx, done := o.Request(httptest.NewRequest(http.MethodGet, "/", nil))
	defer done("", 200, "")
	if got := o.Carry(ctx, []byte("id")); string(got) != "id" {
		t.Errorf("payload %q", got)
	}
	// A job inserted by a node that traces runs on one that does not.
	_, got, _ := o.Job(t.Context(), "k", []byte("\x1e00-11111111111111111111111111111111-2222222222222222-01\x1eid"), 1, false)
	if string(got) != "id" {
		t.Errorf("payload %q", got)
	}
	for _, odd := range []string{"", "\x1e", "\x1eno end", "plain"} {
		if _, got, _ := o.Job(t.Context(), "k", []byte(odd), 1, false); string(got) != odd {
			t.Errorf("payload %q became %q", odd, got)
		}
	}
}

func TestCollectorThatIsNone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"localhost:4318", "ftp://x", "http://", "://"} {
		if _, err := observe.New(t.Context(), observe.Config{Traces: address}); err == nil || !strings.Contains(err.Error(), "http://localhost:4318") {
			t.Errorf("%q: %v", address, err)
		}
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	var log bytes.Buffer
	o, err := observe.New(t.Context(), observe.Config{Traces: gone.URL, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, done := o.Stage(t.Context(), "document")
	done(nil)
	if err := o.Close(t.Context()); err != nil { // a collector that is down is no reason to fail
		t.Error(err)
	}
	if got := scrape(t, o); got["openkyc_trace_faults_total{}"] != 1 || !strings.Contains(log.String(), "spans not sent") {
		t.Errorf("the loss is not told: %v, %s", got["openkyc_trace_faults_total{}"], log.String())
	}
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	t.Parallel()
	s := observetest.StartCollector(t)
	o := open(t, observe.Config{Traces: s.URL})
	var log bytes.Buffer
	logger := slog.New(observe.Logs(slog.NewJSONHandler(&log, nil))).With("a", 1)
	ctx, done := o.Stage(t.Context(), "document")
	logger.InfoContext(ctx, "in")
	done(nil)
	logger.InfoContext(t.Context(), "out\r\n\x1b[31m{\"forged\":true}")
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"traceId":"`) || strings.Contains(lines[1], "traceId") {
		t.Errorf("%q", lines)
	}
	if strings.ContainsAny(log.String(), "\r\x1b") { // S37
		t.Error("control characters reach the log")
	}
}

// The handbook's page is the catalogue; with OPENKYC_WRITE_DOCS set this test writes it.
func TestHandbookListsEveryMetric(t *testing.T) { //nolint:paralleltest // may write the page
	const page, begin, end = "../../docs/administrator/metrics.md", "<!-- begin metrics -->\n", "<!-- end metrics -->"
	for _, m := range observe.Catalogue() {
		if m.Help == "" || m.Advice == "" {
			t.Errorf("%s has no help or no advice", m.Name)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	have, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no list of metrics", page)
	}
	want := observe.Reference()
	if have == want {
		return
	}
	if os.Getenv("OPENKYC_WRITE_DOCS") == "" {
		t.Fatalf("%s is not current; run OPENKYC_WRITE_DOCS=1 go test ./internal/observe -run Handbook\n%s", page, cmp.Diff(have, want))
	}
	if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil { //nolint:gosec // a page that all may read
		t.Fatal(err)
	}
}

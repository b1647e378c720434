package observe

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Config of an Observer. The zero value counts and traces nothing to anybody.
type Config struct {
	Version string
	Traces  string // address of an OTLP/HTTP collector; "" for none
	Sources Sources
	Probes  []Probe // what /ready asks
	Known   Known
	Logger  *slog.Logger
	Now     func() time.Time
}

// Known names what will be counted, so that every counter stands at zero from the
// start: an alert on increase() does not see the first event of a series that
// was not there before.
type Known struct {
	Kinds             []string // of errors
	Stages            []string
	Models            []string // roles
	Jobs              []string // kinds
	Statuses, Origins []string // of final sessions
}

// Observer counts what a node does. It is safe for concurrent use.
type Observer struct {
	metrics *metrics
	tracing *tracing
	health  *health
	logger  *slog.Logger
	now     func() time.Time
}

// New makes an Observer; it fails when the collector's address cannot be one.
func New(ctx context.Context, cfg Config) (*Observer, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	o := &Observer{logger: cfg.Logger, now: cfg.Now}
	o.health = &health{version: cfg.Version, probes: cfg.Probes, now: cfg.Now, fault: func(part string, err error) {
		cfg.Logger.Warn("a part does not answer", "part", part, "error", err)
	}}
	figures := newGauges(cfg.Sources, o.health.ask, cfg.Logger, cfg.Now)
	o.metrics = newMetrics(cfg.Version, cfg.Known, []prometheus.Collector{figures})
	figures.faults = func(source string) { o.metrics.scrapeFaults.WithLabelValues(source).Inc() }
	var err error
	o.tracing, err = newTracing(ctx, cfg.Traces, cfg.Version, cfg.Logger, func() { o.metrics.traceFaults.WithLabelValues().Inc() })
	return o, err
}

// Close sends the spans that wait; ctx bounds it.
func (o *Observer) Close(ctx context.Context) error { return o.tracing.close(ctx) }

// Drain makes /ready answer 503 from now on.
func (o *Observer) Drain() { o.health.drain() }

// Health puts GET /health and GET /ready on a mux.
func (o *Observer) Health(mux *http.ServeMux) {
	mux.HandleFunc("GET /health", o.health.live)
	mux.HandleFunc("GET /ready", o.health.ready)
}

// Handler is for a listener of its own: /metrics, /health and /ready.
func (o *Observer) Handler() http.Handler {
	mux := http.NewServeMux()
	o.Health(mux)
	mux.Handle("GET /metrics", o.metrics.handler(o.logger))
	return mux
}

// Request is told of a request's begin; done of its end, with the pattern that
// matched ("" for none) and the kind of error that was answered ("" for none).
func (o *Observer) Request(r *http.Request) (ctx context.Context, done func(route string, status int, fault string)) {
	begin, method := o.now(), method(r.Method)
	ctx, span := o.tracing.start(r.Context(), method, trace.SpanKindServer, attribute.String("http.request.method", method))
	return ctx, func(route string, status int, fault string) {
		door, route := door(route)
		o.metrics.requests.WithLabelValues(door, method, route, strconv.Itoa(status)).Inc()
		o.metrics.requestTime.WithLabelValues(door, route).Observe(o.now().Sub(begin).Seconds())
		if fault != "" {
			o.metrics.errors.WithLabelValues(fault).Inc()
		}
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
		end(span, failure(status >= http.StatusInternalServerError))
	}
}

// failure is an error that says nothing but that there was one.
func failure(is bool) error {
	if is {
		return context.Canceled
	}
	return nil
}

// method bounds what callers may invent.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return name
	}
	return "other"
}

// door tells by the pattern which door answered, and strips the method off.
func door(pattern string) (door, route string) {
	_, route, ok := strings.Cut(pattern, " ")
	if !ok {
		route = pattern
	}
	switch {
	case route == "" || route == "/":
		return "none", "none"
	case route == "/health" || route == "/ready":
		return "health", route
	case strings.HasPrefix(route, "/dashboard"):
		return "dash", route
	case strings.HasPrefix(route, "/widget/"), strings.HasPrefix(route, "/capture/"), strings.HasPrefix(route, "/lib/"), route == "/{schemaId}/{clientKey}":
		return "capture", route
	}
	return "api", route
}

// Stage measures one stage of the work, whose name the program's text fixes.
func (o *Observer) Stage(ctx context.Context, name string) (context.Context, func(err error)) {
	begin := o.now()
	ctx, span := o.tracing.start(ctx, name, trace.SpanKindInternal)
	return ctx, func(err error) {
		o.Took(name, o.now().Sub(begin), err)
		end(span, err)
	}
}

// Took counts a stage without a span, for those that are many and short.
func (o *Observer) Took(stage string, took time.Duration, err error) {
	o.metrics.stageTime.WithLabelValues(stage).Observe(took.Seconds())
	if err != nil {
		o.metrics.stageFaults.WithLabelValues(stage).Inc()
	}
}

// Verdict counts a session that became final.
func (o *Observer) Verdict(status, origin string) {
	o.metrics.verdicts.WithLabelValues(status, origin).Inc()
}

// Attempt measures one attempt to deliver a webhook, whose id the span carries;
// done gets the status code, 0 when there was no answer.
func (o *Observer) Attempt(ctx context.Context, delivery string) (context.Context, func(code int)) {
	begin := o.now()
	ctx, span := o.tracing.start(ctx, "webhook attempt", trace.SpanKindClient, attribute.String("openkyc.delivery", delivery))
	return ctx, func(code int) {
		outcome := unreachable
		if code >= 200 && code < 600 {
			outcome = strconv.Itoa(code/100) + "xx"
		}
		o.metrics.attempts.WithLabelValues(outcome).Inc()
		o.metrics.attemptTime.WithLabelValues().Observe(o.now().Sub(begin).Seconds())
		span.SetAttributes(attribute.Int("http.response.status_code", code))
		end(span, failure(code/100 != 2))
	}
}

// Carry gives a job's payload the trace that it is inserted in.
func (o *Observer) Carry(ctx context.Context, payload []byte) []byte { return pack(ctx, payload) }

// Job measures one try of a job and takes up the trace that it was inserted in;
// it returns the payload without it.
func (o *Observer) Job(ctx context.Context, kind string, payload []byte, attempt int, last bool) (context.Context, []byte, func(err error)) {
	begin := o.now()
	ctx, payload = unpack(ctx, payload)
	ctx, span := o.tracing.start(ctx, "job "+kind, trace.SpanKindConsumer, attribute.Int("openkyc.attempt", attempt))
	return ctx, payload, func(err error) {
		outcome := jobDone
		switch {
		case err == nil:
		case ctx.Err() != nil:
			outcome = jobBrokenOff
		case last:
			outcome = jobGivenUp
		default:
			outcome = jobFailed
		}
		o.metrics.jobs.WithLabelValues(kind, outcome).Inc()
		o.metrics.jobTime.WithLabelValues(kind).Observe(o.now().Sub(begin).Seconds())
		end(span, err)
	}
}

// ModelRan counts one run of a network.
func (o *Observer) ModelRan(role string, took time.Duration, err error) {
	o.metrics.modelTime.WithLabelValues(role).Observe(took.Seconds())
	if err != nil {
		o.metrics.modelFaults.WithLabelValues(role).Inc()
	}
}

// ModelLoaded notes that a network is in memory.
func (o *Observer) ModelLoaded(role string, took time.Duration) {
	o.metrics.loaded.WithLabelValues(role).Set(1)
	o.metrics.loadTime.WithLabelValues(role).Observe(took.Seconds())
}

// ModelReleased notes that a network is no longer in memory.
func (o *Observer) ModelReleased(role string) { o.metrics.loaded.WithLabelValues(role).Set(0) }

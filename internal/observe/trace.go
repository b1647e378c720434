package observe

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

const (
	spanQueue   = 4096 // spans that wait for the collector; more are dropped
	spanBatch   = 512
	sendTimeout = 10 * time.Second
	tracePath   = "/v1/traces" // where OTLP over HTTP wants traces
)

// tracing makes spans; without a collector they cost next to nothing.
type tracing struct {
	tracer   trace.Tracer
	provider *sdk.TracerProvider // nil without a collector
}

// newTracing sends spans to an OTLP/HTTP collector at address, "" for none.
func newTracing(ctx context.Context, address, version string, logger *slog.Logger, fault func()) (*tracing, error) {
	if address == "" {
		return &tracing{tracer: noop.NewTracerProvider().Tracer("openkyc")}, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("traces: %q is not the http or https address of an OpenTelemetry collector, for example http://localhost:4318", address)
	}
	if !strings.HasSuffix(u.Path, tracePath) {
		u = u.JoinPath(tracePath)
	}
	client, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithTimeout(sendTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false})) // the batch is dropped instead of piling up
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&exporter{client, logger, fault}, sdk.WithMaxQueueSize(spanQueue), sdk.WithMaxExportBatchSize(spanBatch)),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "openkyc"), attribute.String("service.version", version))),
	)
	return &tracing{tracer: provider.Tracer("openkyc"), provider: provider}, nil
}

// exporter keeps the SDK's complaints in our log instead of on its own.
type exporter struct {
	sdk.SpanExporter
	logger *slog.Logger
	fault  func()
}

// ExportSpans sends a batch; what fails is counted and gone.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.fault()
		e.logger.WarnContext(ctx, "spans not sent", "count", len(spans), "error", err)
	}
	return nil
}

// start begins a span.
func (t *tracing) start(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// end closes a span. Of an error only that there was one is told: its text may
// quote what somebody sent.
func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// close sends what waits.
func (t *tracing) close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}

// The trace of a job travels in front of its payload: mark, W3C traceparent, mark.
// No payload of ours begins with the mark, which is no character of JSON or ids.
const mark = '\x1e'

// pack puts the trace of ctx in front of a payload, nothing when there is none.
func pack(ctx context.Context, payload []byte) []byte {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	parent := carrier.Get("traceparent")
	if parent == "" {
		return payload
	}
	packed := make([]byte, 0, len(parent)+2+len(payload))
	packed = append(append(append(packed, mark), parent...), mark)
	return append(packed, payload...)
}

// unpack undoes pack, whether or not this node traces.
func unpack(ctx context.Context, payload []byte) (context.Context, []byte) {
	if len(payload) == 0 || payload[0] != mark {
		return ctx, payload
	}
	parent, rest, ok := bytes.Cut(payload[1:], []byte{mark})
	if !ok {
		return ctx, payload
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": string(parent)}), rest
}

// Logs wraps a handler so that lines written in a trace carry its id.
func Logs(next slog.Handler) slog.Handler { return traced{next} }

type traced struct{ slog.Handler }

// Handle adds the trace's id.
func (h traced) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		record.AddAttrs(slog.String("traceId", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps the wrapping.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

// WithGroup keeps the wrapping.
func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }

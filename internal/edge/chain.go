package edge

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain applies middleware so that the first one named sees the request first.
func Chain(h http.Handler, wrap ...Middleware) http.Handler {
	for i := len(wrap) - 1; i >= 0; i-- {
		h = wrap[i](h)
	}
	return h
}

// Config of the doorstep.
type Config struct {
	Logger  *slog.Logger
	Now     func() time.Time
	Random  io.Reader      // for request ids
	Proxies []netip.Prefix // whose X-Forwarded-* headers are believed (S45)
	MaxBody int64          // ceiling for any body; routes set lower ones with LimitBody
	HTTPS   bool           // the public address is https: send HSTS
	// Observe is told of each request's begin, and by done of its end: the route's
	// pattern, the status, and the kind of error that was answered, "" for none.
	// ctx is the request's own, or one with more in it. nil: nobody is told.
	Observe func(r *http.Request) (ctx context.Context, done func(route string, status int, fault string))
	// Stopping is closed when the process is about to end: streams of events, which
	// never end by themselves, are ended then. nil: never.
	Stopping <-chan struct{}
}

// Doorstep wraps the root handler of the process with everything all doors
// share, in the one order that works: the context is made once, and the log
// reads the route from the very request that the mux marks.
func Doorstep(cfg Config, root http.Handler) http.Handler {
	if cfg.Observe == nil {
		cfg.Observe = func(r *http.Request) (context.Context, func(string, int, string)) {
			return r.Context(), func(string, int, string) {}
		}
	}
	return Chain(root, identify(cfg), drain, accessLog(cfg), recoverPanic(cfg), headers(cfg), LimitBody(cfg.MaxBody, cfg.Logger))
}

type contextKey int

const visitKey contextKey = 0

// visit is what the doorstep knows of one request.
type visit struct {
	id      string
	address netip.Addr
	secure  bool
	fault   *kyc.Kind // of the error that was answered
}

// RequestID of the request, "" outside of the doorstep.
func RequestID(ctx context.Context) string { return visitOf(ctx).id }

// Address of the client, proxies seen through; invalid outside of the doorstep.
func Address(ctx context.Context) netip.Addr { return visitOf(ctx).address }

// Secure tells that the client speaks https to us or to a trusted proxy.
func Secure(ctx context.Context) bool { return visitOf(ctx).secure }

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey).(visit)
	return v
}

func identify(cfg Config) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var raw [12]byte
			if _, err := io.ReadFull(cfg.Random, raw[:]); err != nil {
				http.Error(w, "no randomness", http.StatusInternalServerError)
				return
			}
			v := visit{id: hex.EncodeToString(raw[:]), address: clientAddress(r, cfg.Proxies), secure: secure(r, cfg.Proxies), fault: new(kyc.Kind)}
			w.Header().Set("X-Request-Id", v.id)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey, v)))
		})
	}
}

// accessLog writes one line a request: the route's pattern, never the path or
// the query, since those can carry client keys (S33).
func accessLog(cfg Config) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := cfg.Now()
			ctx, done := cfg.Observe(r)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			rec := &recorder{ResponseWriter: w, stopping: cfg.Stopping, cancel: cancel, ctx: ctx}
			r = r.WithContext(ctx) // what the mux marks with its route is this copy
			rec.answered = sync.OnceFunc(func() {
				status := rec.status
				if status == 0 { // nothing was written: net/http answers 200, unless the connection is cut off
					status = http.StatusOK
				}
				done(r.Pattern, status, string(*visitOf(ctx).fault))
			})
			defer func() {
				v := visitOf(ctx)
				rec.answered()
				cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "request",
					slog.String("requestId", v.id), slog.String("method", method(r.Method)), slog.String("route", r.Pattern),
					slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes), slog.Duration("spent", cfg.Now().Sub(start)),
					slog.String("address", network(v.address)))
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// method is one of HTTP's; what callers invent is not repeated.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return name
	}
	return "other"
}

// recorder notes status and size; Unwrap keeps flushing and deadlines working.
type recorder struct {
	http.ResponseWriter
	status   int
	bytes    int64
	ctx      context.Context // of the request
	cancel   func()
	answered func() // tells the observer, once
	stopping <-chan struct{}
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		w.endWithProcess()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
		w.endWithProcess()
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// endWithProcess ties a stream of events to the life of the process. It counts as
// answered when it begins: how long it lasts says nothing of how fast we are.
func (w *recorder) endWithProcess() {
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
		return
	}
	w.answered()
	if w.stopping == nil {
		return
	}
	go func() {
		select {
		case <-w.stopping:
			w.cancel()
		case <-w.ctx.Done():
		}
	}()
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recoverPanic answers 500 and logs where it happened. The value of a panic may
// hold personal data, so only the runtime's own words are logged.
func recoverPanic(cfg Config) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				value := recover()
				if value == nil {
					return
				}
				if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(value)
				}
				cfg.Logger.ErrorContext(r.Context(), "panic", "requestId", RequestID(r.Context()), "route", r.Pattern,
					"panic", panicText(value), "stack", string(debug.Stack()))
				if rec, ok := w.(*recorder); ok && rec.status != 0 {
					panic(http.ErrAbortHandler) // half an answer is out: cut it off
				}
				_, body := Describe(r.Context(), kyc.Errorf(kyc.Internal, "panic"))
				WriteJSON(w, http.StatusInternalServerError, body)
			}()
			next.ServeHTTP(w, r)
		})
	}
}

func panicText(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return "value of type " + reflect.TypeOf(value).String()
}

// LimitBody refuses a body of more than n bytes: at once when its length is
// announced, else while it is read (S1).
func LimitBody(n int64, log *slog.Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > n {
				w.Header().Set("Connection", "close")
				WriteError(w, r, log, &http.MaxBytesError{Limit: n})
				return
			}
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = http.MaxBytesReader(w, r.Body, n)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Bearer takes the token out of "Authorization: Bearer …", "" when there is none.
func Bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

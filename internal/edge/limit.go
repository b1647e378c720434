package edge

import (
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Rate is a steady rate with a burst: Events every Per, at most Burst at once.
type Rate struct {
	Events int
	Per    time.Duration
	Burst  int
}

// Limiter holds callers to a rate by key (GCRA: one time stamp a key). Memory
// is bounded: over Size keys, some are forgotten, which errs towards letting in.
type Limiter struct {
	rate     Rate
	interval time.Duration // between two events
	size     int
	now      func() time.Time

	mu    sync.Mutex
	ready map[string]time.Time // when the key's bucket is full again
}

// NewLimiter makes a limiter that remembers at most size keys.
func NewLimiter(rate Rate, size int, now func() time.Time) *Limiter {
	return &Limiter{rate: rate, interval: rate.Per / time.Duration(rate.Events), size: size, now: now, ready: make(map[string]time.Time)}
}

// Take uses up one event of the key. When there is none it tells how long to
// wait; left is how many more could be taken now.
func (l *Limiter) Take(key string) (ok bool, wait time.Duration, left int) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.ready[key]
	if !known || full.Before(now) {
		full = now
	}
	full = full.Add(l.interval)
	room := time.Duration(l.rate.Burst)*l.interval - full.Sub(now)
	if room < 0 {
		return false, -room, 0
	}
	if !known && len(l.ready) >= l.size {
		l.forget(now)
	}
	l.ready[key] = full
	return true, 0, int(room / l.interval)
}

// Blocked tells whether the key has nothing left, without using anything up.
func (l *Limiter) Blocked(key string) (bool, time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.ready[key]
	if !known {
		return false, 0
	}
	wait := full.Add(l.interval).Sub(now) - time.Duration(l.rate.Burst)*l.interval
	return wait > 0, max(wait, 0)
}

// forget drops what no longer matters, and if that is nothing, a tenth of the rest.
func (l *Limiter) forget(now time.Time) {
	for key, full := range l.ready {
		if full.Before(now) {
			delete(l.ready, key)
		}
	}
	for key := range l.ready {
		if len(l.ready) <= l.size*9/10 {
			return
		}
		delete(l.ready, key)
	}
}

// PerAddress is middleware that limits by client address, with the usual
// RateLimit headers (S44).
func (l *Limiter) PerAddress(log *slog.Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ok, wait, left := l.Take(AddressKey(r))
			l.Headers(w.Header(), wait, left)
			if !ok {
				WriteError(w, r, log, kyc.Errorf(kyc.TooMany, "too many requests, try again in %d s", seconds(wait)))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Headers writes the state of a Take.
func (l *Limiter) Headers(h http.Header, wait time.Duration, left int) {
	h.Set("RateLimit-Limit", strconv.Itoa(l.rate.Burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(left))
	if wait > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(wait)))
	}
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// AddressKey is what one client is limited by: its IPv4 address, or the /64
// that one IPv6 customer usually owns.
func AddressKey(r *http.Request) string {
	a := Address(r.Context())
	if !a.IsValid() {
		a = peer(r)
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

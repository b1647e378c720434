package webhook

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Breaker says when an endpoint gets a rest (W18).
type Breaker struct {
	Failures int           // in a row that open it; 10 when zero
	Open     time.Duration // how long at first, doubling with every trial that fails; 15 s when zero
	Longest  time.Duration // 5 minutes when zero
}

func (b Breaker) filled() Breaker {
	if b.Failures == 0 {
		b.Failures = 10
	}
	if b.Open == 0 {
		b.Open = 15 * time.Second
	}
	if b.Longest == 0 {
		b.Longest = 5 * time.Minute
	}
	return b
}

// Disable says when an endpoint is given up (W17): after so long of nothing but
// failures, and at least so many of them.
type Disable struct {
	After    time.Duration // 5 days when zero
	Failures int           // 20 when zero
}

func (d Disable) filled() Disable {
	if d.After == 0 {
		d.After = 5 * 24 * time.Hour
	}
	if d.Failures == 0 {
		d.Failures = 20
	}
	return d
}

// How an endpoint that asked for less is treated (W14).
const (
	maxThrottle    = 10               // the rate is halved at most so often
	throttleStep   = time.Second      // and at most once in this time
	throttleRelief = 30 * time.Second // without another complaint double the rate again
)

// rate is the attempts a second that an endpoint gets now (W19).
func rate(e *kyc.Endpoint) float64 {
	r := e.Rate
	if r == 0 {
		r = kyc.DefaultEndpointRate
	}
	return r / float64(int(1)<<e.Throttle)
}

func concurrency(e *kyc.Endpoint) int {
	if e.Concurrency == 0 {
		return kyc.DefaultEndpointConcurrency
	}
	return e.Concurrency
}

func timeout(e *kyc.Endpoint) time.Duration {
	if e == nil || e.Timeout == 0 {
		return kyc.DefaultEndpointTimeout
	}
	return e.Timeout
}

// halfOpen tells whether the breaker lets one trial through at a time.
func halfOpen(e *kyc.Endpoint) bool { return !e.OpenUntil.IsZero() }

// allowance is how many attempts may begin at an endpoint now, when so many are
// being made, and for how long to wait when there are none because of the rate.
func allowance(e *kyc.Endpoint, inFlight int, now time.Time) (n int, wait time.Duration) {
	if e.State != kyc.EndpointEnabled || e.OpenUntil.After(now) {
		return 0, 0
	}
	limit := concurrency(e) - inFlight
	if halfOpen(e) {
		limit = 1 - inFlight
	}
	if limit <= 0 {
		return 0, 0
	}
	from := paceStart(e, now)
	byRate := int(math.Floor(now.Sub(from).Seconds()*rate(e) + 1e-6))
	if byRate < 1 {
		return 0, from.Add(interval(e)).Sub(now)
	}
	return min(limit, byRate), 0
}

// paceStart is up to when the rate is used up; what was not used longer ago than
// a second (or than one attempt, for slower rates) is lost.
func paceStart(e *kyc.Endpoint, now time.Time) time.Time {
	earliest := now.Add(-max(time.Second, interval(e)))
	if e.PacedAt.Before(earliest) {
		return earliest
	}
	return e.PacedAt
}

// interval is the time between two attempts at the endpoint's rate.
func interval(e *kyc.Endpoint) time.Duration {
	return time.Duration(math.Ceil(float64(time.Second) / rate(e)))
}

// spend notes attempts that begin now.
func spend(e *kyc.Endpoint, attempts int, now time.Time) {
	e.PacedAt = paceStart(e, now).Add(time.Duration(attempts) * interval(e))
}

// relieve gives a throttled endpoint half of what was taken from it back.
func relieve(e *kyc.Endpoint, now time.Time) {
	if e.Throttle > 0 && now.Sub(e.ThrottledAt) >= throttleRelief {
		e.Throttle, e.ThrottledAt = e.Throttle-1, now
	}
}

// succeeded ends an endpoint's row of failures; it tells whether there was one.
func succeeded(e *kyc.Endpoint) bool {
	if e.FailingSince.IsZero() && e.Failures == 0 && e.OpenUntil.IsZero() && e.Opens == 0 {
		return false
	}
	e.FailingSince, e.Failures, e.Opens, e.OpenUntil = time.Time{}, 0, 0, time.Time{}
	return true
}

// failed notes a failure of an endpoint: it throttles, opens the breaker, or
// disables. It tells whether the endpoint was disabled by this failure.
func (r *Room) failed(e *kyc.Endpoint, answer kyc.Answer, now time.Time) (disabled bool) {
	if e.FailingSince.IsZero() {
		e.FailingSince = now
	}
	e.Failures++
	throttle(e, answer, now)
	if wasOpen := e.OpenUntil.After(now); !wasOpen && (halfOpen(e) || e.Failures >= r.Breaker.Failures) {
		e.OpenUntil = now.Add(min(r.Breaker.Longest, r.Breaker.Open<<min(e.Opens, 20)))
		e.Opens++
	}
	switch {
	case e.State != kyc.EndpointEnabled:
		return false
	case answer.Code == http.StatusGone && !e.Primary():
		disable(e, "the receiver answered 410 Gone", now)
		return true
	case now.Sub(e.FailingSince) >= r.Disable.After && e.Failures >= r.Disable.Failures:
		disable(e, fmt.Sprintf("nothing but failures since %s, %d in a row", e.FailingSince.UTC().Format("2006-01-02 15:04 UTC"), e.Failures), now)
		return true
	}
	return false
}

func disable(e *kyc.Endpoint, reason string, now time.Time) {
	e.State, e.StateReason, e.StateAt = kyc.EndpointDisabled, reason, now
}

// throttle halves the rate of an endpoint that says it is overrun, and leaves it
// alone for as long as it asks for, up to a cap (W14).
func throttle(e *kyc.Endpoint, answer kyc.Answer, now time.Time) {
	switch answer.Code {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout:
		if now.Sub(e.ThrottledAt) >= throttleStep {
			e.Throttle, e.ThrottledAt = min(e.Throttle+1, maxThrottle), now
		}
	case http.StatusServiceUnavailable:
	default:
		return
	}
	if until := now.Add(retryAfter(answer)); answer.RetryAfter > 0 && until.After(e.PacedAt) {
		e.PacedAt = until
	}
}

// retryAfter is the wait that a throttling receiver asks for, up to the cap.
func retryAfter(answer kyc.Answer) time.Duration {
	switch answer.Code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return min(answer.RetryAfter, maxRetryAfter)
	}
	return 0
}

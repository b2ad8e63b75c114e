package access

import (
	"strconv"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const maxLimited = 100_000 // callers counted apart in a window; further ones share a count

// Limiter counts the requests of each caller in windows of fixed length, whichever
// door they come through. A nil Limiter lets all pass. It is safe for concurrent use.
type Limiter struct {
	clock  clock.Clock
	max    int
	window time.Duration

	mu    sync.Mutex
	ends  time.Time
	taken map[string]int
}

// NewLimiter lets each caller make that many requests in a window, a minute unless said otherwise; nil for none or fewer.
func NewLimiter(c clock.Clock, most int, window time.Duration) *Limiter {
	if most <= 0 {
		return nil
	}
	if window <= 0 {
		window = time.Minute
	}
	return &Limiter{clock: c, max: most, window: window, taken: map[string]int{}}
}

// Rate is what is left of a caller's window. The zero Rate is that of no limit.
type Rate struct {
	Limit, Remaining int
	Reset            time.Duration
}

// Tell gives the rate under the names of its headers; nothing when there is no limit.
func (r Rate) Tell(set func(name, value string)) {
	if r.Limit == 0 {
		return
	}
	set("RateLimit-Limit", strconv.Itoa(r.Limit))
	set("RateLimit-Remaining", strconv.Itoa(r.Remaining))
	set("RateLimit-Reset", strconv.Itoa(int((r.Reset+time.Second-1)/time.Second)))
}

// Take takes one request of the caller's: `rate_limited` when it has had its own.
func (l *Limiter) Take(who models.Caller) (Rate, error) {
	if l == nil {
		return Rate{}, nil
	}
	if who.KeyID != "" {
		return l.take("key:" + who.KeyID)
	}
	return l.take(who.TenantID + ":" + who.Actor)
}

// Refused counts a credential that was refused with err against the address it came
// from, and gives what to tell it: err, or `rate_limited`. Faults of ours count against nobody.
func (l *Limiter) Refused(address string, err error) (Rate, error) {
	if l == nil || fault.CodeOf(err).Status() >= 500 {
		return Rate{}, err
	}
	rate, limited := l.take("address:" + address)
	if limited != nil {
		return rate, limited
	}
	return rate, err
}

func (l *Limiter) take(caller string) (Rate, error) {
	used, ends := l.count(caller)
	rate := Rate{Limit: l.max, Remaining: max(l.max-used, 0), Reset: ends}
	if used <= l.max {
		return rate, nil
	}
	return rate, fault.New(fault.RateLimited, "Too many requests: %d in %s are allowed. Try again later.", l.max, l.window).After(ends)
}

func (l *Limiter) count(caller string) (used int, ends time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if !now.Before(l.ends) {
		clear(l.taken)
		l.ends = now.Add(l.window)
	}
	if len(l.taken) >= maxLimited && l.taken[caller] == 0 {
		caller = ""
	}
	l.taken[caller]++
	return l.taken[caller], l.ends.Sub(now)
}

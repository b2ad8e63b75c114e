package access

import (
	"context"
	"strconv"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const maxLimited = 100_000 // callers counted apart in a window; further ones share a count

// Limits bound the rate of requests on each node; 0 bounds nothing.
type Limits struct {
	Requests   int           // of a key, of a user whatever the key, and of refused credentials of an address
	PerAddress int           // of an address, whatever the credential
	Window     time.Duration // 0: a minute
}

// Limiter counts requests in windows of fixed length and holds keys to their quotas,
// whichever door they come through. A nil Limiter lets all pass. It is safe for concurrent use.
type Limiter struct {
	clock  clock.Clock
	limits Limits
	keys   *Access

	mu    sync.Mutex
	ends  time.Time
	taken map[string]int
}

// NewLimiter makes a limiter that holds the keys of an Access to their quotas, too; nil: of none.
// The one made last for an Access is the one that Rehearse asks.
func NewLimiter(c clock.Clock, l Limits, keys *Access) *Limiter {
	if l.Window <= 0 {
		l.Window = time.Minute
	}
	made := &Limiter{clock: c, limits: l, keys: keys, taken: map[string]int{}}
	if keys != nil {
		keys.limiter.Store(made)
	}
	return made
}

// Rate is what is left of a caller's window. The zero Rate is that of no limit.
type Rate struct {
	Limit, Remaining int
	Reset            time.Duration
}

// tighter is the rate of both that leaves less.
func (r Rate) tighter(other Rate) Rate {
	if r.Limit == 0 || other.Limit != 0 && other.Remaining < r.Remaining {
		return other
	}
	return r
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

// Take takes one request of the caller's: `rate_limited` when its key, its user or its
// address has had its own, `quota_exceeded` when its key's quota is used up, `unavailable` when that cannot be told.
func (l *Limiter) Take(ctx context.Context, who models.Caller) (Rate, error) {
	if l == nil {
		return Rate{}, nil
	}
	rate, err := l.rate(who)
	if err != nil || l.keys == nil {
		return rate, err
	}
	spent, err := l.keys.spend(ctx, who)
	if err != nil {
		return spent, err
	}
	return rate.tighter(spent), nil
}

func (l *Limiter) rate(who models.Caller) (rate Rate, err error) {
	for _, b := range l.bounds(who) {
		r, err := l.take(b)
		if err != nil {
			return r, err
		}
		rate = rate.tighter(r)
	}
	return rate, nil
}

// bound is how many requests one is let make in a window.
type bound struct {
	who  string
	most int // 0: any number
}

// bounds are those that a caller is held to, in the order in which they are asked.
func (l *Limiter) bounds(who models.Caller) (out [3]bound) {
	out[0] = bound{"from:" + who.Address, l.limits.PerAddress}
	if l.limits.Requests <= 0 {
		return out
	}
	if who.KeyID != "" {
		out[1] = bound{"key:" + who.KeyID, l.limits.Requests}
	}
	if who.KeyID == "" || who.UserID != defaultUser {
		out[2] = bound{"user:" + who.TenantID + ":" + who.UserID, l.limits.Requests}
	}
	return out
}

// strangers are the bounds of credentials from an address that are refused.
func (l *Limiter) strangers(address string) [2]bound {
	return [2]bound{{"from:" + address, l.limits.PerAddress}, {"address:" + address, l.limits.Requests}}
}

// Refused counts a credential that was refused with err against the address it came
// from, and gives what to tell it: err, or `rate_limited`. Faults of ours count against nobody.
func (l *Limiter) Refused(address string, err error) (Rate, error) {
	if l == nil || fault.CodeOf(err).Status() >= 500 {
		return Rate{}, err
	}
	rate, limited := l.Visit(address)
	if limited != nil {
		return rate, limited
	}
	return rate, err
}

// Visit takes one request of an address that brings no credential: `rate_limited` when it has had its own.
func (l *Limiter) Visit(address string) (rate Rate, err error) {
	if l == nil {
		return rate, nil
	}
	for _, b := range l.strangers(address) {
		r, limited := l.take(b)
		if limited != nil {
			return r, limited
		}
		rate = rate.tighter(r)
	}
	return rate, nil
}

func (l *Limiter) take(b bound) (Rate, error) {
	if b.most <= 0 {
		return Rate{}, nil
	}
	used, ends := l.count(b.who)
	return l.judge(b, used, ends)
}

// judge says what becomes of a request that is the used-th of its window.
func (l *Limiter) judge(b bound, used int, ends time.Duration) (Rate, error) {
	rate := Rate{Limit: b.most, Remaining: max(b.most-used, 0), Reset: ends}
	if used <= b.most {
		return rate, nil
	}
	return rate, fault.New(fault.RateLimited, "Too many requests: %d in %s are allowed. Try again later.", b.most, l.limits.Window).After(ends)
}

// would says what would become of one request more, and takes none.
func (l *Limiter) would(b bound) (Rate, error) {
	if b.most <= 0 {
		return Rate{}, nil
	}
	l.mu.Lock()
	now, used, ends := l.clock.Now(), 0, l.limits.Window
	if now.Before(l.ends) {
		name := b.who
		if len(l.taken) >= maxLimited && l.taken[name] == 0 {
			name = ""
		}
		used, ends = l.taken[name], l.ends.Sub(now)
	}
	l.mu.Unlock()
	return l.judge(b, used+1, ends)
}

func (l *Limiter) count(caller string) (used int, ends time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if !now.Before(l.ends) {
		clear(l.taken)
		l.ends = now.Add(l.limits.Window)
	}
	if len(l.taken) >= maxLimited && l.taken[caller] == 0 {
		caller = ""
	}
	l.taken[caller]++
	return l.taken[caller], l.ends.Sub(now)
}

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
func NewLimiter(c clock.Clock, l Limits, keys *Access) *Limiter {
	if l.Window <= 0 {
		l.Window = time.Minute
	}
	return &Limiter{clock: c, limits: l, keys: keys, taken: map[string]int{}}
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
	if l.limits.PerAddress > 0 {
		if rate, err = l.take("from:"+who.Address, l.limits.PerAddress); err != nil {
			return rate, err
		}
	}
	if l.limits.Requests <= 0 {
		return rate, nil
	}
	if who.KeyID != "" {
		r, err := l.take("key:"+who.KeyID, l.limits.Requests)
		if err != nil || who.UserID == defaultUser {
			return rate.tighter(r), err
		}
		rate = rate.tighter(r)
	}
	r, err := l.take("user:"+who.TenantID+":"+who.UserID, l.limits.Requests)
	if err != nil {
		return r, err
	}
	return rate.tighter(r), nil
}

// Refused counts a credential that was refused with err against the address it came
// from, and gives what to tell it: err, or `rate_limited`. Faults of ours count against nobody.
func (l *Limiter) Refused(address string, err error) (Rate, error) {
	if l == nil || fault.CodeOf(err).Status() >= 500 {
		return Rate{}, err
	}
	var rate Rate
	for _, count := range []struct {
		name string
		most int
	}{{"from:", l.limits.PerAddress}, {"address:", l.limits.Requests}} {
		if count.most <= 0 {
			continue
		}
		r, limited := l.take(count.name+address, count.most)
		if limited != nil {
			return r, limited
		}
		rate = rate.tighter(r)
	}
	return rate, err
}

func (l *Limiter) take(caller string, most int) (Rate, error) {
	used, ends := l.count(caller)
	rate := Rate{Limit: most, Remaining: max(most-used, 0), Reset: ends}
	if used <= most {
		return rate, nil
	}
	return rate, fault.New(fault.RateLimited, "Too many requests: %d in %s are allowed. Try again later.", most, l.limits.Window).After(ends)
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

package access

import (
	"net/netip"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/netaddr"
)

const (
	throttleWindow   = 15 * time.Minute
	triesPerAccount  = 10
	triesPerAddress  = 30
	throttledEntries = 20_000
)

// throttle counts failed tries per name in a window. A try counts as failed until it is forgiven,
// so that parallel tries cannot pass together.
type throttle struct {
	clock clock.Clock

	mu    sync.Mutex
	tries map[string]*tries
}

type tries struct {
	n     int
	until time.Time
}

func newThrottle(c clock.Clock) *throttle {
	return &throttle{clock: c, tries: map[string]*tries{}}
}

// enter takes a try for the account and the address, or refuses with `rate_limited`.
// An address that has had its tries leaves no more entries behind, so that it
// cannot make the others be forgotten.
func (t *throttle) enter(account, address string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	from := t.of("i:"+network(address), now)
	if from.n >= triesPerAddress {
		return throttled(from.until.Sub(now))
	}
	who := t.of("a:"+account, now)
	if who.n >= triesPerAccount {
		return throttled(who.until.Sub(now))
	}
	who.n++
	from.n++
	return nil
}

func throttled(wait time.Duration) error {
	return fault.New(fault.RateLimited, "Too many sign-ins failed. Try again later.").After(wait)
}

// forgive gives back a try that was right, and forgets the account's wrong ones.
func (t *throttle) forgive(account, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, "a:"+account)
	if from := t.tries["i:"+network(address)]; from != nil && from.n > 0 {
		from.n--
	}
}

func (t *throttle) of(name string, now time.Time) *tries {
	if e := t.tries[name]; e != nil && now.Before(e.until) {
		return e
	}
	if len(t.tries) >= throttledEntries {
		t.sweep(now)
	}
	e := &tries{until: now.Add(throttleWindow)}
	t.tries[name] = e
	return e
}

// sweep forgets what has passed and, under a flood of names, any half of the rest.
func (t *throttle) sweep(now time.Time) {
	for name, e := range t.tries {
		if !now.Before(e.until) || len(t.tries) > throttledEntries/2 {
			delete(t.tries, name)
		}
	}
}

// network is the part of an address that one attacker holds: a whole IPv6 /64.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	a = netaddr.Plain(a)
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ""
	}
	return p.String()
}

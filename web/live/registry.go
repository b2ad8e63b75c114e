package live

import (
	"context"
	"sync"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	sweepEvery     = time.Second / 2
	recheckTimeout = 2 * time.Second
	maxDoubts      = 10 // looks at a credential that could not be made before its connection ends
)

// registry knows the live connections, and how many each address and each caller has.
type registry struct {
	perAddress int
	shares     shares

	mu     sync.Mutex
	conns  map[*conn]struct{}
	from   map[string]int
	held   map[holder]int
	closed bool
}

func (r *registry) init(perAddress int, s shares) {
	r.perAddress, r.shares, r.conns, r.from, r.held = perAddress, s, map[*conn]struct{}{}, map[string]int{}, map[holder]int{}
}

// room says whether an address may connect once more: `rate_limited` if not.
func (r *registry) room(address string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full(address)
}

// enter counts a connection of an address; leave must follow unless it errs.
func (r *registry) enter(address string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.full(address); err != nil {
		return err
	}
	r.from[address]++
	return nil
}

func (r *registry) full(address string) error {
	if r.closed {
		return fault.New(fault.Unavailable, "The server is stopping. Connect again.").After(time.Second)
	}
	if r.from[address] >= r.perAddress {
		return fault.New(fault.RateLimited, "Too many connections from this address: %d are allowed.", r.perAddress).After(time.Minute)
	}
	return nil
}

func (r *registry) leave(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from[address]--; r.from[address] <= 0 {
		delete(r.from, address)
	}
}

// roomFor says whether a caller may connect once more: `rate_limited` if not.
func (r *registry) roomFor(who models.Caller) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exhausted(who)
}

func (r *registry) exhausted(who models.Caller) error {
	for _, h := range holders(who) {
		if most := r.shares[h.kind]; r.held[h] >= most {
			return fault.New(fault.RateLimited, "Too many connections of this %s: %d are allowed.", h.kind, most).After(time.Minute)
		}
	}
	return nil
}

// add makes a connection known and counts it for its caller; an error when the
// door is closing or the caller has as many as it may.
func (r *registry) add(c *conn) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fault.New(codeShutdown, "%s", closings[codeShutdown])
	}
	if err := r.exhausted(c.caller); err != nil {
		return err
	}
	r.conns[c] = struct{}{}
	for _, h := range holders(c.caller) {
		r.held[h]++
	}
	return nil
}

func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.conns[c]; !known {
		return
	}
	delete(r.conns, c)
	for _, h := range holders(c.caller) {
		if r.held[h]--; r.held[h] <= 0 {
			delete(r.held, h)
		}
	}
}

func (r *registry) all() []*conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*conn, 0, len(r.conns))
	for c := range r.conns {
		all = append(all, c)
	}
	return all
}

func (r *registry) shut() []*conn {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.all()
}

// recheck asks of every connection whether its credential would still be let in.
func (l *Live) recheck() { l.recheckThose(func(*conn) bool { return true }) }

// sweep rechecks credentials whose time has come, and those that could not be looked at.
func (l *Live) sweep() {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-l.stopping.Done():
			return
		case <-t.C:
		}
		now := clock.Millis(l.opt.Clock)
		l.recheckThose(func(c *conn) bool {
			c.remind(now)
			return c.doubts.Load() > 0 || c.expired(now)
		})
	}
}

func (l *Live) recheckThose(which func(*conn) bool) {
	defer l.rescue()
	ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
	defer cancel()
	for _, c := range l.conns.all() {
		if !which(c) {
			continue
		}
		err := l.renew(ctx, c)
		switch {
		case err == nil:
			c.doubts.Store(0)
		case fault.CodeOf(err).Status() >= 500 && c.doubts.Add(1) < maxDoubts:
		default:
			c.refuse(err)
		}
	}
}

// renew gives a connection the rights its credential has now, or says why it must end.
func (l *Live) renew(ctx context.Context, c *conn) error {
	c.renewal.Lock()
	defer c.renewal.Unlock()
	now, err := l.opt.Access.Renew(ctx, c.who())
	if err != nil {
		return err
	}
	if err := l.opt.Access.Holds(now, access.Events[eventConnect]); err != nil {
		return err
	}
	if s := c.engine(); s != nil {
		s.Rescope(now)
	}
	return nil
}

package live

import (
	"context"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const (
	sweepEvery     = time.Second
	recheckTimeout = 2 * time.Second
	maxDoubts      = 5 // looks at a credential that could not be made before its connection ends
)

// registry knows the live connections, and how many each address has.
type registry struct {
	perAddress int

	mu     sync.Mutex
	conns  map[*conn]struct{}
	from   map[string]int
	closed bool
}

func (r *registry) init(perAddress int) {
	r.perAddress, r.conns, r.from = perAddress, map[*conn]struct{}{}, map[string]int{}
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

// add makes a connection known; false when the door is closing.
func (r *registry) add(c *conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.conns[c] = struct{}{}
	return true
}

func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
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
		case <-l.stop:
			return
		case <-t.C:
		}
		now := clock.Millis(l.opt.Clock)
		l.recheckThose(func(c *conn) bool { return c.doubts.Load() > 0 || c.expired(now) })
	}
}

func (l *Live) recheckThose(which func(*conn) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
	defer cancel()
	for _, c := range l.conns.all() {
		if !which(c) {
			continue
		}
		err := l.opt.Access.Recheck(ctx, c.caller)
		switch {
		case err == nil:
			c.doubts.Store(0)
		case fault.CodeOf(err).Status() >= 500 && c.doubts.Add(1) < maxDoubts:
		default:
			c.hangUp(fault.From(err))
		}
	}
}

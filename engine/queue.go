package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
)

// unit is what the queue holds: the operations of one request, never split.
type unit struct {
	caller models.Caller
	ops    []operation
	bytes  int64
	since  time.Time // when it came to the queue
	state  atomic.Int32
	done   chan struct{}
	err    error // of the unit as a whole
}

func (e *Engine) newUnit(c models.Caller, ops int) *unit {
	return &unit{caller: c, ops: make([]operation, ops), since: e.clock.Now(), done: make(chan struct{})}
}

// Where a unit stands. Whoever moves it away from waiting owns its fate.
const (
	waiting int32 = iota
	claimed
	abandoned
)

func (u *unit) claim() bool   { return u.state.CompareAndSwap(waiting, claimed) }
func (u *unit) abandon() bool { return u.state.CompareAndSwap(waiting, abandoned) }

func (u *unit) finish(err error) {
	u.err = err
	close(u.done)
}

// tenantQueue is the waiting units of one tenant, in order.
type tenantQueue struct {
	id    string
	units []*unit
	ops   int
	bytes int64
}

// queue hands units to one committer: a queue per tenant, served in turns, so
// that a busy tenant does not starve the others.
type queue struct {
	mu      sync.Mutex
	tenants map[string]*tenantQueue
	turns   []*tenantQueue // with something waiting, next first
	ops     int
	closed  bool
	ready   chan struct{} // holds a token while something may wait
	bound   int           // operations per tenant
	bytes   int64         // of values per tenant, but always one unit
}

func newQueue(bound int, bytes int64) *queue {
	return &queue{tenants: map[string]*tenantQueue{}, ready: make(chan struct{}, 1), bound: bound, bytes: bytes}
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// add appends a unit; a full queue and one that has closed are `unavailable`.
func (q *queue) add(u *unit) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return fault.New(fault.Unavailable, "The server is shutting down.").After(time.Second)
	}
	t := q.tenants[u.caller.TenantID]
	if t == nil {
		t = &tenantQueue{id: u.caller.TenantID}
		q.tenants[t.id] = t
	}
	if t.ops+len(u.ops) > q.bound || len(t.units) > 0 && t.bytes+u.bytes > q.bytes {
		return fault.New(fault.Unavailable, "Too many writes are waiting.").After(time.Second)
	}
	if len(t.units) == 0 {
		q.turns = append(q.turns, t)
	}
	t.units = append(t.units, u)
	q.count(t, u, 1)
	q.wake()
	return nil
}

// putBack returns units to the front of their tenant's queue, in order.
func (q *queue) putBack(tenantID string, units []*unit) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.tenants[tenantID]
	if t == nil {
		t = &tenantQueue{id: tenantID}
		q.tenants[tenantID] = t
	}
	if len(t.units) == 0 {
		q.turns = append(q.turns, t)
	}
	for _, u := range units {
		u.state.Store(waiting)
		q.count(t, u, 1)
	}
	t.units = append(append(make([]*unit, 0, len(units)+len(t.units)), units...), t.units...)
	q.wake()
}

// count adds a unit to what waits, or with -1 takes it off.
func (q *queue) count(t *tenantQueue, u *unit, sign int) {
	t.ops += sign * len(u.ops)
	t.bytes += int64(sign) * u.bytes
	q.ops += sign * len(u.ops)
}

// take claims the next batch: tenants in turns, each with a share, within the
// bounds of one transaction. What does not fit is first in the batch after it.
// It is empty when nothing waits.
func (q *queue) take() map[string][]*unit {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, ops, bytes := map[string][]*unit{}, 0, int64(0)
	fits := func(u *unit) bool { return ops == 0 || ops+len(u.ops) <= batchOps && bytes < batchBytes }
	for len(q.turns) > 0 {
		t, share := q.turns[0], 0
		for len(t.units) > 0 && share < tenantShare && fits(t.units[0]) {
			u := t.units[0]
			t.units[0], t.units = nil, t.units[1:]
			q.count(t, u, -1)
			if u.claim() {
				batch[t.id] = append(batch[t.id], u)
				ops, bytes, share = ops+len(u.ops), bytes+u.bytes, share+len(u.ops)
			}
		}
		if len(t.units) > 0 && share < tenantShare {
			break
		}
		q.turns = q.turns[1:]
		if len(t.units) > 0 {
			q.turns = append(q.turns, t)
		} else {
			delete(q.tenants, t.id)
		}
	}
	if len(q.turns) > 0 {
		q.wake()
	}
	return batch
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ops
}

func (q *queue) drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && q.ops == 0
}

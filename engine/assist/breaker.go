package assist

import (
	"crypto/sha256"
	"sync"
	"time"

	"tidemark/internal/clock"
)

// Bounds of asking an endpoint that fails.
const (
	tripAfter   = 5 // failures in a row
	restsFor    = 30 * time.Second
	maxRest     = 10 * time.Minute // that an endpoint may ask for
	maxCircuits = 10_000
)

// Circuit is what is known of an endpoint on this node.
type Circuit struct {
	Failures int       // in a row
	Until    time.Time // it is not asked before; zero: it may be
	Probing  bool      // one question is under way, to see whether it works again
}

// Open says whether the endpoint is not asked at a moment.
func (c Circuit) Open(now time.Time) bool { return now.Before(c.Until) || c.Probing }

type endpointID [sha256.Size]byte

func (e Endpoint) id() endpointID {
	return sha256.Sum256([]byte(e.BaseURL + "\x00" + e.Model + "\x00" + string(e.Key)))
}

// breaker keeps from asking endpoints that fail (M. Nygard, "Release It!", 2007,
// circuit breaker). It is safe for concurrent use.
type breaker struct {
	clock clock.Clock

	mu       sync.Mutex
	circuits map[endpointID]*Circuit
}

func newBreaker(c clock.Clock) *breaker {
	return &breaker{clock: c, circuits: map[endpointID]*Circuit{}}
}

// enter asks to ask; nil: one may. After a rest one question goes first.
func (b *breaker) enter(id endpointID) *Failure {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, now := b.circuits[id], b.clock.Now()
	switch {
	case c == nil:
		return nil
	case c.Open(now):
		return &Failure{Message: "The assistant's endpoint failed before and is not asked for a while.", Retry: true, Open: true, After: max(c.Until.Sub(now), time.Second)}
	case !c.Until.IsZero():
		c.Probing = true
	}
	return nil
}

// leave notes how it went.
func (b *breaker) leave(id endpointID, f *Failure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f == nil || !f.down {
		delete(b.circuits, id)
		return
	}
	c := b.circuits[id]
	if c == nil {
		b.makeRoom()
		c = &Circuit{}
		b.circuits[id] = c
	}
	c.Failures++
	c.Probing = false
	switch {
	case f.After > 0:
		c.Until = b.clock.Now().Add(min(f.After, maxRest))
	case c.Failures >= tripAfter:
		c.Until = b.clock.Now().Add(restsFor)
	}
}

// abandon gives a question up that was not put, or whose asker went away.
func (b *breaker) abandon(id endpointID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.circuits[id]; c != nil {
		c.Probing = false
	}
}

func (b *breaker) makeRoom() {
	for id := range b.circuits {
		if len(b.circuits) < maxCircuits {
			return
		}
		delete(b.circuits, id)
	}
}

func (b *breaker) circuit(id endpointID) Circuit {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.circuits[id]; c != nil {
		return *c
	}
	return Circuit{}
}

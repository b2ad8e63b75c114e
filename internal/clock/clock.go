// Package clock is the one place that knows the time and draws random ids, so
// that tests can hold both still.
package clock

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// Clock tells the time. Implementations are safe for concurrent use.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock, in UTC.
type System struct{}

// Now is the current time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Manual is a clock that moves only when told. The zero value stands at the zero time.
type Manual struct {
	mu    sync.Mutex
	now   time.Time
	drawn drawn
}

// At makes a manual clock that stands at t.
func At(t time.Time) *Manual { return &Manual{now: t.UTC()} }

// Now is where the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	m.now = m.now.Add(d)
	m.mu.Unlock()
}

// Millis is t in milliseconds since the epoch.
func Millis(c Clock) int64 { return c.Now().UnixMilli() }

// drawn makes ids that rise within a millisecond. The zero value is ready.
type drawn struct {
	mu     sync.Mutex
	source *ulid.MonotonicEntropy
}

func (d *drawn) id(at time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.source == nil {
		d.source = ulid.Monotonic(rand.Reader, 0)
	}
	id, err := ulid.New(uint64(at.UnixMilli()), d.source)
	if err != nil { // the monotonic part overflowed within a millisecond: draw anew
		return ulid.Make().String()
	}
	return id.String()
}

var process drawn

// NewID draws a ULID for now: 26 characters, sortable by time, rising within a millisecond of one process. Ids of a
// [Manual] clock rise among themselves, whatever other clocks draw meanwhile.
func NewID(c Clock) string {
	if m, ok := c.(*Manual); ok {
		return m.drawn.id(m.Now())
	}
	return process.id(c.Now())
}

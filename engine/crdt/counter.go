package crdt

import "maps"

// Counter is a sum that every actor adds to: the PN-counter of Shapiro et al.
// (2011), section 3.1.3. The zero Counter is 0.
type Counter struct{ actors map[string]tally }

// tally is what one actor added and took away; both only grow.
type tally struct{ up, down uint64 }

// Add adds n, which may be negative, as an actor, and gives what changed.
func (c *Counter) Add(actor string, n int64) (delta Counter) {
	t := c.actors[actor]
	if n < 0 {
		t.down += uint64(-n)
	} else {
		t.up += uint64(n)
	}
	if c.actors == nil {
		c.actors = map[string]tally{}
	}
	c.actors[actor] = t
	return Counter{map[string]tally{actor: t}}
}

// Merge takes in another counter or a delta of one.
func (c *Counter) Merge(o Counter) {
	for actor, t := range o.actors {
		if c.actors == nil {
			c.actors = map[string]tally{}
		}
		mine := c.actors[actor]
		c.actors[actor] = tally{max(mine.up, t.up), max(mine.down, t.down)}
	}
}

// Clone is a copy that shares nothing.
func (c *Counter) Clone() Counter { return Counter{maps.Clone(c.actors)} }

// Value is the sum; it wraps around beyond 64 bits.
func (c *Counter) Value() int64 {
	var sum uint64
	for _, t := range c.actors {
		sum += t.up - t.down
	}
	return int64(sum)
}

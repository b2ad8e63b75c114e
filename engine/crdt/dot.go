package crdt

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Dot names one event: the Nth of an actor, counted from 1.
type Dot struct {
	Actor string
	N     uint64
}

// Compare orders dots by number, then by actor.
func (d Dot) Compare(e Dot) int {
	return cmp.Or(cmp.Compare(d.N, e.N), cmp.Compare(d.Actor, e.Actor))
}

// Context is a set of dots that were seen: per actor all up to a number, and the
// others one by one, as deltas that came out of order leave them. Almeida, Shoker
// and Baquero, "Delta State Replicated Data Types" (2018), section 7.2. The zero
// Context has seen nothing.
type Context struct {
	upTo  map[string]uint64
	loose map[Dot]struct{}
}

// Has says whether a dot was seen.
func (c *Context) Has(d Dot) bool {
	_, loose := c.loose[d]
	return loose || d.N <= c.upTo[d.Actor]
}

// Next is the first dot of an actor that was not seen, and is seen from now on.
func (c *Context) Next(actor string) Dot {
	d := Dot{actor, c.upTo[actor] + 1}
	c.Add(d)
	return d
}

// Add notes a dot as seen.
func (c *Context) Add(d Dot) {
	if c.Has(d) {
		return
	}
	if c.loose == nil {
		c.loose = map[Dot]struct{}{}
	}
	c.loose[d] = struct{}{}
	c.compact(d.Actor)
}

// Merge notes all that another has seen.
func (c *Context) Merge(o *Context) {
	for actor, n := range o.upTo {
		if c.upTo == nil {
			c.upTo = map[string]uint64{}
		}
		c.upTo[actor] = max(c.upTo[actor], n)
	}
	for d := range o.loose {
		c.Add(d)
	}
	for actor := range c.actors() {
		c.compact(actor)
	}
}

// compact takes the loose dots of an actor into its number where they follow it.
func (c *Context) compact(actor string) {
	n := c.upTo[actor]
	for {
		if _, there := c.loose[Dot{actor, n + 1}]; !there {
			break
		}
		n++
	}
	if n > c.upTo[actor] {
		if c.upTo == nil {
			c.upTo = map[string]uint64{}
		}
		c.upTo[actor] = n
	}
	for d := range c.loose {
		if d.Actor == actor && d.N <= n {
			delete(c.loose, d)
		}
	}
}

func (c *Context) actors() map[string]struct{} {
	all := map[string]struct{}{}
	for d := range c.loose {
		all[d.Actor] = struct{}{}
	}
	return all
}

func (c *Context) clone() Context { return Context{maps.Clone(c.upTo), maps.Clone(c.loose)} }

// Kernel is a set of values, each under the dot of the event that wrote it, with
// the context of all events: what is in the context and not in the set was
// removed. It is the DotFun of Almeida et al. (2018), section 7.3, and both the
// set and the multi-value register are made of it. The zero Kernel is empty.
type Kernel struct {
	values map[Dot]string
	seen   Context
}

// Add writes a value as an actor's next event and gives what changed.
func (k *Kernel) Add(actor, value string) (delta Kernel) {
	d := k.seen.Next(actor)
	if k.values == nil {
		k.values = map[Dot]string{}
	}
	k.values[d] = value
	delta = Kernel{values: map[Dot]string{d: value}}
	delta.seen.Add(d)
	return delta
}

// RemoveIf removes the values that match and gives what changed.
func (k *Kernel) RemoveIf(match func(string) bool) (delta Kernel) {
	for d, v := range k.values {
		if match(v) {
			delete(k.values, d)
			delta.seen.Add(d)
		}
	}
	return delta
}

// Merge takes in what another has seen: a value stays when both have it, or when
// the one that lacks it has never seen it.
func (k *Kernel) Merge(o *Kernel) {
	for d := range k.values {
		if _, both := o.values[d]; !both && o.seen.Has(d) {
			delete(k.values, d)
		}
	}
	for d, v := range o.values {
		if _, both := k.values[d]; both || k.seen.Has(d) {
			continue
		}
		if k.values == nil {
			k.values = map[Dot]string{}
		}
		k.values[d] = v
	}
	k.seen.Merge(&o.seen)
}

// Clone is a copy that shares nothing.
func (k *Kernel) Clone() Kernel { return Kernel{maps.Clone(k.values), k.seen.clone()} }

// All gives the dots with their values, in the order of the dots.
func (k *Kernel) All() iter.Seq2[Dot, string] {
	return func(yield func(Dot, string) bool) {
		for _, d := range slices.SortedFunc(maps.Keys(k.values), Dot.Compare) {
			if !yield(d, k.values[d]) {
				return
			}
		}
	}
}

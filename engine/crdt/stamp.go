package crdt

import "cmp"

// Stamp is when and by whom a value was written. The zero Stamp is before all others.
type Stamp struct {
	HLC      HLC
	Instance string
}

// Before orders stamps alike on every node: by clock, then by instance.
func (s Stamp) Before(t Stamp) bool { return Before(s.HLC, s.Instance, t.HLC, t.Instance) }

// Compare is negative when s is before t, and positive when it is after.
func (s Stamp) Compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.HLC, t.HLC), cmp.Compare(s.Instance, t.Instance))
}

// Zero says that nothing was written.
func (s Stamp) Zero() bool { return s == Stamp{} }

func later(s, t Stamp) Stamp {
	if s.Before(t) {
		return t
	}
	return s
}

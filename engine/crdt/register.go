package crdt

import "bytes"

// Register holds the value written last, by stamp: the last-writer-wins register
// of Shapiro et al., "A comprehensive study of Convergent and Commutative
// Replicated Data Types" (2011), section 3.2.1. The zero Register was never written.
type Register struct {
	Value []byte // nil: absent
	At    Stamp
}

// Set writes a value; a stamp that is not after the one that stands changes nothing.
func (r *Register) Set(value []byte, at Stamp) { r.Merge(Register{value, at}) }

// Merge takes the later of two values. Of one stamp with two values, which no
// writer makes, the greater bytes stand, so that replicas agree all the same.
func (r *Register) Merge(o Register) {
	if c := r.At.Compare(o.At); c < 0 || c == 0 && bytes.Compare(r.Value, o.Value) < 0 {
		*r = o
	}
}

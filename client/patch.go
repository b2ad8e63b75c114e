package client

import (
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// composePatches gives the merge patch (RFC 7396) that does what two do one after
// the other; ok is false where no patch does. Both are canonical JSON, and so is
// the result.
func composePatches(first, second []byte) (composed []byte, ok bool) {
	after, changes := crdt.Members(second)
	if !changes {
		return second, true
	}
	before, changes := crdt.Members(first)
	if !changes { // what it puts in place is changed: as one patch that would change what was there before
		return nil, false
	}
	out := []byte{'{'}
	add := func(m crdt.Member) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, m.Name), ':'), m.Value...)
	}
	for len(before)+len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Name < after[0].Name:
			add(before[0])
			before = before[1:]
		case len(before) == 0 || after[0].Name < before[0].Name:
			add(after[0])
			after = after[1:]
		default:
			value, ok := composePatches(before[0].Value, after[0].Value)
			if !ok {
				return nil, false
			}
			add(crdt.Member{Name: after[0].Name, Value: value})
			before, after = before[1:], after[1:]
		}
	}
	return append(out, '}'), true
}

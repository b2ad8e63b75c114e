package assist

import (
	"bytes"
	"slices"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// composer takes an answer apart and puts it together again of the sides' own bytes.
type composer struct {
	q     *Question
	rules [][]string
}

// compose is an answer that was put together of both sides, with what was withheld
// put back. At each path the answer must be what one of the sides has there, byte
// by byte, or what merging both gave. Arrays count as one.
func (q *Question) compose(answer []byte) ([]byte, *Failure) {
	c := composer{q, pointers(q.Redacted)}
	return c.at(nil, answer, q.sides())
}

func (c *composer) at(path []string, answer []byte, s sides) ([]byte, *Failure) {
	if covered(path, c.rules) {
		return c.untouched(path, answer, s)
	}
	made, isObject := crdt.Members(answer)
	current, ofCurrent := crdt.Members(s.current.shown)
	incoming, ofIncoming := crdt.Members(s.incoming.shown)
	if isObject && ofCurrent && ofIncoming && !c.clashes(path) {
		return c.object(path, append(append(slices.Clone(made), current...), incoming...), answer, s)
	}
	if s.hides() {
		return c.untouched(path, answer, s)
	}
	if !s.has(answer) {
		return nil, failed("The assistant answered with something that neither side has, at %s.", readable(pointer(path), maxPath))
	}
	return answer, nil
}

// object puts an object together, name by name.
func (c *composer) object(path []string, all []crdt.Member, answer []byte, s sides) ([]byte, *Failure) {
	slices.SortFunc(all, func(a, b crdt.Member) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	all = slices.CompactFunc(all, func(a, b crdt.Member) bool { return a.Name == b.Name })
	out := []byte{'{'}
	for _, m := range all {
		value, f := c.at(append(slices.Clone(path), m.Name), member(answer, m.Name), s.under(m.Name))
		if f != nil {
			return nil, f
		}
		if value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, m.Name), ':'), value...)
	}
	return append(out, '}'), nil
}

// untouched is what merging gave where something is withheld: the answer has no say in it.
func (c *composer) untouched(path []string, answer []byte, s sides) ([]byte, *Failure) {
	if answer != nil && !s.has(answer) {
		return nil, failed("The assistant changed something that is withheld from it.")
	}
	if slices.ContainsFunc(c.q.Clashes, func(clash []string) bool { return overlap(clash, path) }) {
		return nil, failed("Both changed something that is withheld from the assistant, so it cannot merge them.")
	}
	return s.draft.real, nil
}

func (c *composer) clashes(path []string) bool {
	return slices.ContainsFunc(c.q.Clashes, func(clash []string) bool { return slices.Equal(clash, path) })
}

// overlap says whether one path leads to or into what is at the other.
func overlap(a, b []string) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// under is what the sides have of an object's member.
func (s sides) under(name string) sides {
	of := func(p side) side { return side{member(p.real, name), member(p.shown, name)} }
	return sides{of(s.current), of(s.incoming), of(s.draft)}
}

// has says whether one of the sides shows this.
func (s sides) has(answer []byte) bool {
	return same(answer, s.current.shown) || same(answer, s.incoming.shown) || same(answer, s.draft.shown)
}

// hides says whether something within is not shown.
func (s sides) hides() bool {
	return !same(s.current.real, s.current.shown) || !same(s.incoming.real, s.incoming.shown) || !same(s.draft.real, s.draft.shown)
}

func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func member(object []byte, name string) []byte {
	members, _ := crdt.Members(object)
	for _, m := range members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

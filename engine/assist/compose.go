package assist

import (
	"bytes"
	"maps"
	"slices"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// composer takes an answer apart and puts it together again of the sides' own bytes.
type composer struct {
	q     *Question
	parts protocol.Parts
}

// compose is an answer that was put together of both sides, with what was withheld
// put back. At each path the answer must be what one of the sides has there, byte
// by byte, or what merging both gave. Arrays count as one.
func (q *Question) compose(answer []byte) ([]byte, *Failure) {
	c := composer{q, q.parts()}
	return c.at(nil, answer, q.sides())
}

func (c *composer) at(path []string, answer []byte, s sides) ([]byte, *Failure) {
	if c.parts.Cover(path) {
		return c.untouched(path, answer, s)
	}
	if isObject(answer) && isObject(s.current.shown) && isObject(s.incoming.shown) && !c.clashes(path) {
		return c.object(path, membersOf(answer), s.members())
	}
	if s.hides() {
		return c.untouched(path, answer, s)
	}
	if !s.has(answer) {
		return nil, failed("The assistant answered with something that neither side has, at %s.", readable(protocol.Pointer(path), maxPath))
	}
	return answer, nil
}

// object puts an object together, name by name.
func (c *composer) object(path []string, answer members, s sideMembers) ([]byte, *Failure) {
	all := maps.Clone(answer)
	maps.Copy(all, s.current.shown)
	maps.Copy(all, s.incoming.shown)
	maps.Copy(all, s.draft.shown)
	out := []byte{'{'}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value, f := c.at(append(slices.Clone(path), name), answer[name], s.at(name))
		if f != nil {
			return nil, f
		}
		if value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, name), ':'), value...)
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

type members map[string][]byte

func membersOf(object []byte) members {
	list, _ := crdt.Members(object)
	out := make(members, len(list))
	for _, m := range list {
		out[m.Name] = m.Value
	}
	return out
}

func isObject(v []byte) bool { return len(v) > 0 && v[0] == '{' }

// sideMembers are the sides of an object, by name.
type sideMembers struct{ current, incoming, draft struct{ real, shown members } }

func (s sides) members() (out sideMembers) {
	out.current.real, out.current.shown = membersOf(s.current.real), membersOf(s.current.shown)
	out.incoming.real, out.incoming.shown = membersOf(s.incoming.real), membersOf(s.incoming.shown)
	out.draft.real, out.draft.shown = membersOf(s.draft.real), membersOf(s.draft.shown)
	return out
}

func (m sideMembers) at(name string) sides {
	return sides{
		current:  side{m.current.real[name], m.current.shown[name]},
		incoming: side{m.incoming.real[name], m.incoming.shown[name]},
		draft:    side{m.draft.real[name], m.draft.shown[name]},
	}
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

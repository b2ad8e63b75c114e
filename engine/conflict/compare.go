package conflict

import (
	"bytes"
	"encoding/json"
	"slices"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// Origins of rows that are no dispute.
const (
	FromEither Origin = "alike" // both made the same change
	Untouched  Origin = "same"  // nobody changed it
)

// Row is a path of an item with what stands there on each side, as JSON; nil is nothing.
type Row struct {
	Field
	Base, Current, Incoming []byte
	Result                  []byte // what a merge has stand; of FromNobody what is current
}

// Comparison is a case laid open, path by path, for a person to choose from.
type Comparison struct {
	Case

	Rows     []Row // the value's in the order of its members, then those of the other parts
	Result   Side  // what a merge has stand; where it leaves the choice to a person, what is current
	Baseless bool  // the base is not known, so nothing merges by itself
}

// Compare lays a case open by the same merge that a policy asks for, which leaves
// to a person what clashes, whatever the policy's fallback.
func Compare(c Case, p Policy) Comparison {
	p.Strategy, p.Fallback = models.StrategyMerge, models.StrategyNone
	out := Comparison{Case: c, Baseless: c.Base == nil}
	if out.Baseless {
		p.Fields, c.Base = nil, &Side{}
		if isObject(c.Current.Value) && isObject(c.Incoming.Value) {
			c.Base.Value = []byte("{}")
		}
	}
	m := merger{Case: &c, policy: &p}
	m.tell = func(s spot, f Field, value []byte) { out.spread(&m, s, f, value) }
	out.Result = m.merged()
	if c.Current.Value != nil && c.Incoming.Value != nil {
		out.parts(&m)
	}
	if out.Baseless {
		out.Result = c.Current
		for i := range out.Rows {
			r := &out.Rows[i]
			r.Base, r.From, r.Result = nil, Untouched, r.Current
			if !bytes.Equal(r.Current, r.Incoming) {
				r.From = FromNobody
			}
		}
	}
	return out
}

// spread adds a row, or rows for the members of objects that one side alone changed.
func (c *Comparison) spread(m *merger, s spot, f Field, value []byte) {
	r := Row{Field: f, Base: s.base, Current: s.current, Incoming: s.incoming, Result: value}
	if r.From != "" {
		c.Rows = append(c.Rows, r)
		return
	}
	r.From = origin(s.base, s.current, s.incoming)
	if r.From == Untouched || m.whole(s) || !isObject(s.base) || !isObject(s.current) || !isObject(s.incoming) {
		if s.base != nil || s.current != nil || s.incoming != nil {
			c.Rows = append(c.Rows, r)
		}
		return
	}
	base, now, next := members(s.base), members(s.current), members(s.incoming)
	for len(base)+len(now)+len(next) > 0 {
		name := least(base, now, next)
		at := spot{part: s.part, path: append(s.path[:len(s.path):len(s.path)], name), base: take(&base, name), current: take(&now, name), incoming: take(&next, name)}
		stands := at.current
		if r.From == FromIncoming {
			stands = at.incoming
		}
		c.spread(m, at, Field{Part: s.part, Path: at.path}, stands)
	}
}

// origin says who changed a value that only one side did, or both alike.
func origin(base, current, incoming []byte) Origin {
	switch {
	case bytes.Equal(base, current) && bytes.Equal(base, incoming):
		return Untouched
	case bytes.Equal(current, incoming):
		return FromEither
	case bytes.Equal(base, incoming):
		return FromCurrent
	}
	return FromIncoming
}

func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }

func members(value []byte) []crdt.Member {
	all, _ := crdt.Members(value)
	return inOrder(all)
}

// parts adds rows for the parts of an item that are no JSON of their own.
func (c *Comparison) parts(m *merger) {
	for _, p := range []struct {
		part Part
		of   func(*Side) []byte
	}{{PartTags, tagsOf}, {PartExpiry, expiryOf}, {PartPriority, priorityOf}} {
		r := Row{Field: Field{Part: p.part, Kind: Register}, Base: p.of(m.Base), Current: p.of(&m.Current), Incoming: p.of(&m.Incoming), Result: p.of(&c.Result)}
		r.From = origin(r.Base, r.Current, r.Incoming)
		for _, f := range m.fields {
			if f.Part == p.part {
				r.Field = f
			}
		}
		if r.From != Untouched {
			c.Rows = append(c.Rows, r)
		}
	}
}

func tagsOf(s *Side) []byte {
	if len(s.Tags) == 0 {
		return nil
	}
	return marshalled(s.Tags)
}

func expiryOf(s *Side) []byte   { return nonzero(s.ExpiresAt) }
func priorityOf(s *Side) []byte { return nonzero(s.Priority) }

func nonzero(n int64) []byte {
	if n == 0 {
		return nil
	}
	return marshalled(n)
}

func marshalled(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return b
}

// Chosen is the item with what was picked for each row, by its name: FromCurrent,
// FromIncoming or FromBoth, which is what the merge made of it. Rows that are not
// picked stand as merged; those that need a pick and have none are left.
func (c *Comparison) Chosen(picks map[string]Origin) (out Side, left []Row) {
	out = c.Result
	changes := map[Part][]placed{}
	for i := range c.Rows {
		r := &c.Rows[i]
		value := r.Result
		switch pick := picks[r.Name()]; {
		case pick == FromCurrent:
			value = r.Current
		case pick == FromIncoming:
			value = r.Incoming
		case r.From == FromNobody:
			left = append(left, *r)
		}
		if r.Part == PartValue && len(r.Path) == 0 && (c.Current.Value == nil || c.Incoming.Value == nil) {
			return c.wholeOf(picks[r.Name()]), left
		}
		if !bytes.Equal(value, r.Result) {
			changes[r.Part] = append(changes[r.Part], placed{r.Path, value})
		}
	}
	out.take(changes)
	return out, left
}

// wholeOf is a side as it is, where one of them removed the item.
func (c *Comparison) wholeOf(pick Origin) Side {
	if pick == FromCurrent {
		return c.Current
	}
	if pick == FromIncoming {
		return c.Incoming
	}
	return c.Result
}

func (s *Side) take(changes map[Part][]placed) {
	s.Value, s.Metadata = edited(s.Value, changes[PartValue]), edited(s.Metadata, changes[PartMetadata])
	for part, all := range changes {
		value := all[0].value
		switch part {
		case PartTags:
			s.Tags = nil
			_ = json.Unmarshal(value, &s.Tags) // nothing, or made above
		case PartExpiry:
			s.ExpiresAt = 0
			_ = json.Unmarshal(value, &s.ExpiresAt)
		case PartPriority:
			s.Priority = 0
			_ = json.Unmarshal(value, &s.Priority)
		case PartValue, PartMetadata:
		}
	}
}

// placed is what is to stand at a path; nil: nothing.
type placed struct {
	path  []string
	value []byte
}

// edited is a JSON value with others at some paths, above which all are objects.
func edited(value []byte, changes []placed) []byte {
	if len(changes) == 0 {
		return value
	}
	if len(changes[0].path) == 0 {
		return changes[0].value
	}
	below := map[string][]placed{}
	for _, p := range changes {
		below[p.path[0]] = append(below[p.path[0]], placed{p.path[1:], p.value})
	}
	all := members(value)
	for name := range below {
		if !slices.ContainsFunc(all, func(m crdt.Member) bool { return m.Name == name }) {
			all = append(all, crdt.Member{Name: name})
		}
	}
	all = inOrder(all)
	out := []byte{'{'}
	for _, m := range all {
		v := edited(m.Value, below[m.Name])
		if v == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, m.Name), ':'), v...)
	}
	return append(out, '}')
}

// At is what stands at a path of a JSON value; nil is nothing.
func At(value []byte, path []string) []byte {
	for _, name := range path {
		all := members(value)
		value = take(&all, name)
	}
	return value
}

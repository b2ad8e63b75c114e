package conflict

import (
	"bytes"
	"slices"
	"strings"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// Origin says whose change of a field stands.
type Origin string

// Whose change may stand.
const (
	FromIncoming Origin = "incoming"
	FromCurrent  Origin = "current"
	FromBoth     Origin = "both"   // merged
	FromNobody   Origin = "nobody" // it clashes, and a person decides
)

// Part is what a field is of.
type Part string

// The parts of an item.
const (
	PartValue    Part = "value"
	PartMetadata Part = "metadata"
	PartTags     Part = "tags"
	PartExpiry   Part = "ttl"
	PartPriority Part = "priority"
)

// Field is what both sides changed of an item, each in its own way, and what became of it.
type Field struct {
	Part    Part
	Path    []string // within the value or the metadata
	Kind    Kind
	From    Origin
	Clashes int // of the parts of a text or a list that both changed
}

// merger merges both sides of a case under a policy.
type merger struct {
	*Case
	policy *Policy
	fields []Field
	left   int    // to a person
	since  []Side // what Since gave
	tell   func(s spot, f Field, value []byte)
}

// merged is the item with what either side changed since the base.
func (m *merger) merged() Side {
	b, c, i := m.Base, &m.Current, &m.Incoming
	out := *c
	if m.opaque() && c.Value != nil && i.Value != nil {
		m.asOne(&out)
		m.rest(&out)
		return out
	}
	out.Value = m.merge(spot{part: PartValue, base: b.Value, current: c.Value, incoming: i.Value})
	if out.Value == nil {
		return Side{At: c.At}
	}
	if c.Value == nil { // who changed what the other removed brings the rest back, too
		return *i
	}
	if i.Value == nil {
		return *c
	}
	out.Metadata = m.merge(spot{part: PartMetadata, base: b.Metadata, current: c.Metadata, incoming: i.Metadata})
	m.rest(&out)
	return out
}

// rest merges what is beside value and metadata.
func (m *merger) rest(out *Side) {
	out.Tags = m.tags()
	out.ExpiresAt = m.number(PartExpiry, func(s *Side) int64 { return s.ExpiresAt })
	out.Priority = m.number(PartPriority, func(s *Side) int64 { return s.Priority })
}

// asOne settles value and metadata together: of what a client encrypted, the one says how to read the other.
func (m *merger) asOne(out *Side) {
	b, c, i := m.Base, &m.Current, &m.Incoming
	alike := func(x, y *Side) bool {
		return bytes.Equal(x.Value, y.Value) && bytes.Equal(x.Metadata, y.Metadata) && x.Opaque == y.Opaque
	}
	from := FromCurrent
	switch {
	case alike(i, b), alike(i, c):
	case alike(c, b):
		from = FromIncoming
	default:
		_, fallback := m.policy.at(nil)
		from = m.winner(fallback, c.At)
		m.note(Field{Part: PartValue, Kind: Register}, from, nil)
	}
	if from == FromIncoming {
		out.Value, out.Metadata, out.Opaque = i.Value, i.Metadata, i.Opaque
	}
	m.told(spot{part: PartValue, base: b.Value, current: c.Value, incoming: i.Value}, out.Value)
}

// spot is a path of a part, and what stands there on each side; nil is nothing.
type spot struct {
	part                    Part
	path                    []string
	base, current, incoming []byte
	in                      *object // that it is a member of; nil: it is the whole part
}

// object is an object that is merged member by member, as each write since the
// base left it. What nobody asks for is not read.
type object struct {
	at      spot
	read    func(value []byte) []crdt.Member // what a value at the spot has as members, in order
	current []crdt.Member                    // in order
	since   [][]crdt.Member                  // in order; nil: not asked yet
}

// membersOf are an object's members, in order.
func membersOf(value []byte) []crdt.Member {
	members, _ := crdt.Members(value)
	return inOrder(members)
}

// wrote gives what each write since the base left at a spot.
func (m *merger) wrote(s *spot) [][]byte {
	if s.in == nil {
		return m.history(s.part)
	}
	o := s.in
	if o.since == nil {
		for _, value := range m.wrote(&o.at) {
			if bytes.Equal(value, o.at.current) {
				o.since = append(o.since, o.current)
				continue
			}
			o.since = append(o.since, o.read(value))
		}
	}
	out := make([][]byte, len(o.since))
	for i, members := range o.since {
		if n, found := slices.BinarySearchFunc(members, s.path[len(s.path)-1], func(m crdt.Member, name string) int { return strings.Compare(m.Name, name) }); found {
			out[i] = members[n].Value
		}
	}
	return out
}

// merge gives what stands at a spot; nil is nothing.
func (m *merger) merge(s spot) []byte {
	switch {
	case bytes.Equal(s.incoming, s.base), bytes.Equal(s.incoming, s.current) && !m.policy.counts():
		return m.told(s, s.current)
	case bytes.Equal(s.current, s.base):
		return m.told(s, s.incoming)
	}
	if m.kind(s) == Rows {
		if value, ok := m.rows(s); ok {
			return value
		}
	}
	now, nowObject := crdt.Members(s.current)
	next, nextObject := crdt.Members(s.incoming)
	if nowObject && nextObject && !m.whole(s) {
		return m.object(s, now, next)
	}
	return m.told(s, m.leaf(s))
}

// told tells what stands at a spot to whoever wants to know.
func (m *merger) told(s spot, value []byte) []byte {
	if m.tell != nil {
		f := Field{Part: s.part, Path: slices.Clone(s.path)}
		if n := len(m.fields); n > 0 && m.fields[n-1].Part == s.part && slices.Equal(m.fields[n-1].Path, s.path) {
			f = m.fields[n-1]
		}
		m.tell(s, f, value)
	}
	return value
}

// whole says that an object is not merged member by member: a policy has it be a register.
func (m *merger) whole(s spot) bool { return m.kind(s) == Register }

// kind is that of a path that a policy names one for.
func (m *merger) kind(s spot) Kind {
	if s.part != PartValue {
		return ""
	}
	kind, _ := m.policy.at(s.path)
	return kind
}

// history is a part as each write since the base left it.
func (m *merger) history(part Part) [][]byte {
	out := make([][]byte, 0, len(m.writes()))
	for i := range m.writes() {
		if part == PartMetadata {
			out = append(out, m.since[i].Metadata)
		} else {
			out = append(out, m.since[i].Value)
		}
	}
	return out
}

// writes are those since the base.
func (m *merger) writes() []Side {
	if m.since == nil && m.Since != nil {
		m.since = m.Since()
	}
	if m.since == nil {
		m.since = []Side{m.Current}
	}
	return m.since
}

// object merges objects member by member.
func (m *merger) object(s spot, current, incoming []crdt.Member) []byte {
	o := &object{at: s, read: membersOf, current: inOrder(current)}
	out := append(make([]byte, 0, max(len(s.current), len(s.incoming))), '{')
	m.members(o, membersOf(s.base), inOrder(incoming), func(name string, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(protocol.AppendString(out, name), ':')
		out = append(out, value...)
	})
	return append(out, '}')
}

// members merges member by member, in order, and gives those that stand.
func (m *merger) members(o *object, b, i []crdt.Member, stands func(name string, value []byte)) {
	c := o.current
	at := spot{part: o.at.part, path: append(o.at.path[:len(o.at.path):len(o.at.path)], ""), in: o}
	for len(b)+len(c)+len(i) > 0 {
		name := least(b, c, i)
		at.path[len(o.at.path)] = name
		at.base, at.current, at.incoming = take(&b, name), take(&c, name), take(&i, name)
		if value := m.merge(at); value != nil {
			stands(name, value)
		}
	}
}

func inOrder(members []crdt.Member) []crdt.Member {
	byName := func(a, b crdt.Member) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(members, byName) {
		slices.SortFunc(members, byName)
	}
	return members
}

// least is the first name of lists that are in order, at least one of which is not empty.
func least(lists ...[]crdt.Member) string {
	name, found := "", false
	for _, l := range lists {
		if len(l) > 0 && (!found || l[0].Name < name) {
			name, found = l[0].Name, true
		}
	}
	return name
}

// take is the value of a name in a list that is in order, which then goes on after it.
func take(list *[]crdt.Member, name string) []byte {
	for len(*list) > 0 && (*list)[0].Name < name {
		*list = (*list)[1:]
	}
	if len(*list) == 0 || (*list)[0].Name != name {
		return nil
	}
	value := (*list)[0].Value
	*list = (*list)[1:]
	return value
}

// leaf settles what both changed and what does not merge by members. Of a change
// and a removal the change stands: who removed it had not seen it.
func (m *merger) leaf(s spot) []byte {
	f := Field{Part: s.part, Path: slices.Clone(s.path), Kind: Register}
	switch {
	case s.base != nil && s.current == nil:
		return m.note(f, FromIncoming, s.incoming)
	case s.base != nil && s.incoming == nil:
		return m.note(f, FromCurrent, s.current)
	}
	fallback := m.policy.Fallback
	if s.part == PartValue {
		f.Kind, fallback = m.policy.at(s.path)
		if f.Kind == "" {
			f.Kind = kindByValue(s.base, s.current, s.incoming)
		}
	}
	if f.Kind != Counter && bytes.Equal(s.incoming, s.current) {
		return s.current
	}
	stands := m.writtenAt(s.base, m.wrote(&s))
	t, sides := three{s.base, s.current, s.incoming}, [...]Origin{first: FromCurrent, second: FromIncoming}
	if !stands.Before(m.Incoming.At) {
		t, sides = three{s.base, s.incoming, s.current}, [...]Origin{first: FromIncoming, second: FromCurrent}
	}
	winner := m.winner(fallback, stands)
	prefer := side(max(0, slices.Index(sides[:], winner)))
	if value, clashes, ok := t.by(f.Kind, prefer); ok {
		f.Clashes = clashes
		return m.note(f, FromBoth, value)
	}
	if winner == FromIncoming {
		return m.note(f, winner, s.incoming)
	}
	return m.note(f, winner, s.current)
}

// writtenAt is the stamp of the write that made what stands of what was there before.
func (m *merger) writtenAt(base []byte, since [][]byte) crdt.Stamp {
	at, was := m.Current.At, base
	for i, is := range since {
		if !bytes.Equal(is, was) {
			at, was = m.since[i].At, is
		}
	}
	return at
}

// winner is whose change stands where only one can.
func (m *merger) winner(fallback models.Strategy, stands crdt.Stamp) Origin {
	switch fallback {
	case models.StrategyLWW:
		if m.Incoming.At.Before(stands) {
			return FromCurrent
		}
		return FromIncoming
	case models.StrategyFWW:
		return FromCurrent
	case models.StrategyNone, models.StrategyMerge, models.StrategyAssisted, models.StrategyManual:
	}
	return FromNobody
}

func (m *merger) note(f Field, from Origin, value []byte) []byte {
	f.From = from
	if from == FromNobody {
		m.left++
	}
	m.fields = append(m.fields, f)
	return value
}

func (m *merger) tags() []string {
	b, c, i := m.Base.Tags, m.Current.Tags, m.Incoming.Tags
	if slices.Equal(i, b) || slices.Equal(i, c) {
		return c
	}
	if slices.Equal(c, b) {
		return i
	}
	m.note(Field{Part: PartTags, Kind: Set}, FromBoth, nil)
	return mergeSet(b, c, i)
}

func (m *merger) number(part Part, of func(*Side) int64) int64 {
	base, current, incoming := of(m.Base), of(&m.Current), of(&m.Incoming)
	switch {
	case incoming == base, incoming == current:
		return current
	case current == base:
		return incoming
	}
	at, was := m.Current.At, base
	for i := range m.writes() {
		if is := of(&m.since[i]); is != was {
			at, was = m.since[i].At, is
		}
	}
	from := m.winner(m.policy.Fallback, at)
	m.note(Field{Part: part, Kind: Register}, from, nil)
	if from == FromIncoming {
		return incoming
	}
	return current
}

package crdt_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"tidemark/engine/crdt"
)

func init() { //nolint:gochecknoinits // one line for each type under test
	kinds["register"] = func(a string) replica { return &registers{actor: a} }
	kinds["counter"] = func(a string) replica { return &counters{actor: a} }
	kinds["set"] = func(a string) replica { return &sets{actor: a} }
	kinds["multi-value register"] = func(a string) replica { return &values{actor: a} }
	kinds["document"] = func(a string) replica { return &docs{actor: a, d: &crdt.Doc{}} }
	kinds["text"] = func(a string) replica { return &texts{actor: a} }
	kinds["list"] = func(a string) replica { return &lists{actor: a} }
}

// events is the naive model of everything: what happened, by a name of its own.
type events[E any] map[string]E

func (e *events[E]) hear(o events[E]) {
	if *e == nil {
		*e = events[E]{}
	}
	maps.Copy(*e, o)
}

// told is a delta of a type with the events it stands for.
type told[D any, E any] struct {
	delta  D
	events events[E]
	merge  func(D, D) D
}

func (t told[D, E]) and(c change) change {
	o := c.(told[D, E])
	both := told[D, E]{t.merge(t.delta, o.delta), maps.Clone(t.events), t.merge}
	both.events.hear(o.events)
	return both
}

// pace names the next event of a replica; a copy made of bytes goes on counting.
type pace struct{ n int }

func (p *pace) next(actor string) string {
	p.n++
	return fmt.Sprint(actor, "/", p.n)
}

func (p *pace) stamp(actor string, r *rand.Rand) crdt.Stamp {
	p.n++
	return crdt.Stamp{HLC: int64(1 + r.IntN(6)*8 + p.n%8), Instance: fmt.Sprint(actor, p.n)}
}

type write struct {
	value string
	at    crdt.Stamp
}

func newest(all events[write]) string {
	last := write{}
	for _, w := range all {
		if last.at.Before(w.at) {
			last = w
		}
	}
	return last.value
}

type registers struct {
	pace
	actor string
	r     crdt.Register
	log   events[write]
}

func (m *registers) mutate(r *rand.Rand) change {
	at := m.stamp(m.actor, r)
	w := write{fmt.Sprint(r.IntN(9)), at}
	c := told[crdt.Register, write]{crdt.Register{Value: []byte(w.value), At: at}, events[write]{fmt.Sprint(at): w}, func(a, b crdt.Register) crdt.Register { a.Merge(b); return a }}
	m.apply(c)
	return c
}

func (m *registers) apply(c change) {
	t := c.(told[crdt.Register, write])
	m.r.Merge(t.delta)
	m.log.hear(t.events)
}
func (m *registers) encode() []byte { return bytesOf(&m.r) }
func (m *registers) decode(b []byte) replica {
	return &registers{m.pace, m.actor, *read(b, &crdt.Register{}), m.log}
}
func (m *registers) value() string { return string(m.r.Value) }
func (m *registers) model() string { return newest(m.log) }

type counters struct {
	pace
	actor string
	c     crdt.Counter
	own   events[int64] // a tally says what its actor did before, too
	log   events[int64]
}

func (m *counters) mutate(r *rand.Rand) change {
	n := int64(r.IntN(20) - 10)
	m.own.hear(events[int64]{m.next(m.actor): n})
	t := told[crdt.Counter, int64]{m.c.Add(m.actor, n), maps.Clone(m.own), func(a, b crdt.Counter) crdt.Counter { a = a.Clone(); a.Merge(b); return a }}
	m.log.hear(t.events)
	return t
}

func (m *counters) apply(c change) {
	t := c.(told[crdt.Counter, int64])
	m.c.Merge(t.delta)
	m.log.hear(t.events)
}
func (m *counters) encode() []byte { return bytesOf(&m.c) }
func (m *counters) decode(b []byte) replica {
	return &counters{m.pace, m.actor, *read(b, &crdt.Counter{}), m.own, m.log}
}
func (m *counters) value() string { return fmt.Sprint(m.c.Value()) }
func (m *counters) model() string {
	sum := int64(0)
	for _, n := range m.log {
		sum += n
	}
	return fmt.Sprint(sum)
}

// addition is one adding of an element; takes lists those a removal heard of.
type addition struct {
	element string
	takes   []string
}

// standing are the additions that nothing took, of one element or, with "", of all.
func standing(all events[addition], element string) (ids []string) {
	gone := map[string]bool{}
	for _, e := range all {
		for _, id := range e.takes {
			gone[id] = true
		}
	}
	for id, e := range all {
		if e.element != "" && !gone[id] && (element == "" || e.element == element) {
			ids = append(ids, id)
		}
	}
	return ids
}

func elements(all events[addition]) []string {
	var left []string
	for _, id := range standing(all, "") {
		left = append(left, all[id].element)
	}
	slices.Sort(left)
	return left
}

type sets struct {
	pace
	actor string
	s     crdt.Set
	log   events[addition]
}

func (m *sets) mutate(r *rand.Rand) change {
	e := string(rune('a' + r.IntN(3)))
	t := told[crdt.Set, addition]{events: events[addition]{}, merge: func(a, b crdt.Set) crdt.Set { a = a.Clone(); a.Merge(b); return a }}
	if r.IntN(3) > 0 {
		t.delta = m.s.Add(m.actor, e)
		t.events[m.next(m.actor)] = addition{e, standing(m.log, e)}
	} else {
		t.delta = m.s.Remove(e)
		t.events[m.next(m.actor)] = addition{"", standing(m.log, e)}
	}
	m.log.hear(t.events)
	return t
}

func (m *sets) apply(c change) {
	t := c.(told[crdt.Set, addition])
	m.s.Merge(t.delta)
	m.log.hear(t.events)
}
func (m *sets) encode() []byte { return bytesOf(&m.s) }
func (m *sets) decode(b []byte) replica {
	return &sets{m.pace, m.actor, *read(b, &crdt.Set{}), m.log}
}
func (m *sets) value() string { return strings.Join(m.s.Elements(), " ") }
func (m *sets) model() string { return strings.Join(slices.Compact(elements(m.log)), " ") }

type values struct {
	pace
	actor string
	v     crdt.MultiValue
	log   events[addition]
}

func (m *values) mutate(r *rand.Rand) change {
	v := string(rune('a' + r.IntN(9)))
	t := told[crdt.MultiValue, addition]{m.v.Set(m.actor, v), events[addition]{m.next(m.actor): {v, standing(m.log, "")}}, func(a, b crdt.MultiValue) crdt.MultiValue { a = a.Clone(); a.Merge(b); return a }}
	m.log.hear(t.events)
	return t
}

func (m *values) apply(c change) {
	t := c.(told[crdt.MultiValue, addition])
	m.v.Merge(t.delta)
	m.log.hear(t.events)
}
func (m *values) encode() []byte { return bytesOf(&m.v) }
func (m *values) decode(b []byte) replica {
	return &values{m.pace, m.actor, *read(b, &crdt.MultiValue{}), m.log}
}

func (m *values) value() string {
	all := m.v.Values()
	slices.Sort(all)
	return strings.Join(all, " ")
}
func (m *values) model() string { return strings.Join(elements(m.log), " ") }

// put is one write of a document.
type put struct {
	path  []string
	value any // nil: removed
	at    crdt.Stamp
}

type docs struct {
	pace
	actor string
	d     *crdt.Doc
	log   events[put]
}

var samples = []any{nil, nil, 1.0, "x", map[string]any{}, map[string]any{"a": 1.0}, map[string]any{"b": map[string]any{"a": "y"}}, []any{1.0}}

func (m *docs) mutate(r *rand.Rand) change {
	at := m.stamp(m.actor, r)
	p := put{value: samples[r.IntN(len(samples))], at: at}
	for range r.IntN(4) {
		p.path = append(p.path, string(rune('a'+r.IntN(2))))
	}
	delta := &crdt.Doc{}
	delta.Put(p.path, jsonOf(p.value), at)
	t := told[*crdt.Doc, put]{delta, events[put]{fmt.Sprint(at): p}, func(a, b *crdt.Doc) *crdt.Doc { a = a.Clone(); a.Merge(b.Clone()); return a }}
	m.apply(t)
	return t
}

func (m *docs) apply(c change) {
	t := c.(told[*crdt.Doc, put])
	m.d.Merge(t.delta.Clone())
	m.log.hear(t.events)
}
func (m *docs) encode() []byte { return bytesOf(m.d) }
func (m *docs) decode(b []byte) replica {
	return &docs{m.pace, m.actor, read(b, &crdt.Doc{}), m.log}
}
func (m *docs) value() string { return string(m.d.JSON()) }

// model does all writes one after another, in the order of their stamps.
func (m *docs) model() string {
	all := slices.Collect(maps.Values(m.log))
	slices.SortFunc(all, func(a, b put) int { return a.at.Compare(b.at) })
	root := &branch{}
	for _, p := range all {
		b := root
		for _, name := range p.path {
			if p.value != nil {
				b.value = map[string]any{}
			}
			b = b.below(name)
		}
		b.assign(p.value)
	}
	return string(jsonOf(root.json()))
}

// branch is a value of the naive document; what an object held before it was hidden stays below it.
type branch struct {
	value   any // nil: absent
	members map[string]*branch
}

func (b *branch) below(name string) *branch {
	if b.members == nil {
		b.members = map[string]*branch{}
	}
	if b.members[name] == nil {
		b.members[name] = &branch{}
	}
	return b.members[name]
}

func (b *branch) assign(value any) {
	b.value = value
	if object, is := value.(map[string]any); is {
		b.members = nil
		for name, v := range object {
			b.below(name).assign(v)
		}
	}
}

func (b *branch) json() any {
	if _, is := b.value.(map[string]any); !is {
		return b.value
	}
	object := map[string]any{}
	for name, m := range b.members {
		if v := m.json(); v != nil {
			object[name] = v
		}
	}
	return object
}

func jsonOf(v any) []byte {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func bytesOf(v interface{ MarshalBinary() ([]byte, error) }) []byte {
	b, err := v.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return b
}

func read[T interface{ UnmarshalBinary([]byte) error }](b []byte, into T) T {
	if err := into.UnmarshalBinary(b); err != nil {
		panic(err)
	}
	return into
}

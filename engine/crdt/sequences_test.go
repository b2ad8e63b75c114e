package crdt_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"tidemark/engine/crdt"
)

// node is one element of the naive sequence: the tree of Fugue as the paper draws it.
type node struct {
	parent  string // its id; empty: the root
	left    bool
	value   string
	removed bool
}

// tree is the naive sequence: every element by its id, actor and number.
type tree map[string]node

// order gives the ids in order, the removed ones too.
func (t tree) order() (ids []string) {
	var visit func(id string)
	visit = func(id string) {
		for _, left := range []bool{true, false} {
			var below []string
			for child, n := range t {
				if n.parent == id && n.left == left {
					below = append(below, child)
				}
			}
			slices.SortFunc(below, func(a, b string) int { return dot(a).Compare(dot(b)) })
			for _, child := range below {
				visit(child)
			}
			if left && id != "" {
				ids = append(ids, id)
			}
		}
	}
	visit("")
	return ids
}

func dot(id string) (d crdt.Dot) {
	_, err := fmt.Sscanf(id, "%d %s", &d.N, &d.Actor)
	if err != nil {
		panic(err)
	}
	return d
}

func name(actor string, n int) string { return fmt.Sprintf("%d %s", n, actor) }

func (t tree) standing() (ids []string) {
	return slices.DeleteFunc(t.order(), func(id string) bool { return t[id].removed })
}

// insert finds where an element with `at` standing ones before it hangs.
func (t tree) insert(at int) (parent string, left bool) {
	all := t.order()
	i := -1
	for seen := 0; seen < at; {
		i++
		if !t[all[i]].removed {
			seen++
		}
	}
	before := ""
	if i >= 0 {
		before = all[i]
	}
	for _, n := range t {
		if n.parent == before && !n.left {
			return all[i+1], true
		}
	}
	return before, false
}

func (t *tree) hear(o tree) {
	if *t == nil {
		*t = tree{}
	}
	for id, n := range o {
		if mine, known := (*t)[id]; known {
			n.removed = n.removed || mine.removed
		}
		(*t)[id] = n
	}
}

type texts struct {
	actor string
	n     int
	t     crdt.Text
	log   tree
}

type textChange struct {
	delta crdt.Text
	log   tree
}

func (c textChange) and(o change) change {
	both := textChange{c.delta.Clone(), maps.Clone(c.log)}
	both.delta.Merge(o.(textChange).delta)
	both.log.hear(o.(textChange).log)
	return both
}

func (m *texts) mutate(r *rand.Rand) change {
	c := textChange{log: tree{}}
	all := m.log.standing()
	if len(all) > 0 && r.IntN(3) == 0 {
		at := r.IntN(len(all))
		count := 1 + r.IntN(len(all)-at)
		c.delta = m.t.Remove(at, count)
		for _, id := range all[at : at+count] {
			n := m.log[id]
			n.removed = true
			c.log[id] = n
		}
		m.log.hear(c.log)
		return c
	}
	at := r.IntN(len(all) + 1)
	word := strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(3)) + "é"
	c.delta = m.t.Insert(m.actor, at, word)
	m.log.hear(nil)
	parent, left := m.log.insert(at)
	for _, char := range word {
		m.n++
		id := name(m.actor, m.n)
		c.log[id] = node{parent: parent, left: left, value: string(char)}
		parent, left = id, false
	}
	m.log.hear(c.log)
	return c
}

func (m *texts) apply(c change) {
	m.t.Merge(c.(textChange).delta)
	m.log.hear(c.(textChange).log)
}
func (m *texts) encode() []byte { return bytesOf(&m.t) }
func (m *texts) decode(b []byte) replica {
	return &texts{m.actor, m.n, *read(b, &crdt.Text{}), m.log}
}
func (m *texts) value() string { return m.t.String() }
func (m *texts) model() string {
	var b strings.Builder
	for _, id := range m.log.standing() {
		b.WriteString(m.log[id].value)
	}
	return b.String()
}

// listLog is the naive list: places in a tree, and per element all that was said of it.
type listLog struct {
	places tree
	values events[write]    // by element and stamp
	moves  events[movement] // by element and stamp
	gone   events[bool]     // by element
}

type movement struct {
	element, place string
	at             crdt.Stamp
}

func (l *listLog) hear(o listLog) {
	l.places.hear(o.places)
	l.values.hear(o.values)
	l.moves.hear(o.moves)
	l.gone.hear(o.gone)
}

// order gives the elements that stand, in order.
func (l *listLog) order() (ids []string) {
	at := map[string]movement{}
	for _, m := range l.moves {
		if at[m.element].at.Before(m.at) {
			at[m.element] = m
		}
	}
	for _, p := range l.places.order() {
		for id, m := range at {
			if m.place == p && !l.gone[id] {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func (l *listLog) valueOf(id string) string {
	mine := events[write]{}
	for name, w := range l.values {
		if strings.HasPrefix(name, id+"|") {
			mine[name] = w
		}
	}
	return newest(mine)
}

type lists struct {
	pace
	actor string
	n     int
	l     crdt.List
	log   listLog
}

type listChange struct {
	delta crdt.List
	log   listLog
}

func (c listChange) and(o change) change {
	both := listChange{delta: c.delta.Clone()}
	both.delta.Merge(o.(listChange).delta)
	both.log.hear(c.log)
	both.log.hear(o.(listChange).log)
	return both
}

func (m *lists) mutate(r *rand.Rand) change {
	all, stamp := m.log.order(), m.stamp(m.actor, r)
	c := listChange{}
	switch did := r.IntN(4); {
	case len(all) == 0 || did == 0:
		at, value := r.IntN(len(all)+1), fmt.Sprint(r.IntN(9))
		id := m.place(&c, all, at)
		_, c.delta = m.l.Insert(m.actor, at, []byte(value), stamp)
		c.log.moves = events[movement]{id + fmt.Sprint("|", stamp): {id, id, stamp}}
		c.log.values = events[write]{id + fmt.Sprint("|", stamp): {value, stamp}}
	case did == 1:
		id := all[r.IntN(len(all))]
		c.delta, c.log = m.l.Remove(dot(id)), m.known(id)
		c.log.places = tree{m.placeOf(id): m.log.places[m.placeOf(id)]}
		c.log.gone = events[bool]{id: true}
	case did == 2:
		id, value := all[r.IntN(len(all))], fmt.Sprint(r.IntN(9))
		c.delta, c.log = m.l.Set(dot(id), []byte(value), stamp), m.known(id)
		c.log.places = tree{m.placeOf(id): m.log.places[m.placeOf(id)]}
		c.log.values[id+fmt.Sprint("|", stamp)] = write{value, stamp}
	default:
		from, to := r.IntN(len(all)), r.IntN(len(all))
		id := all[from]
		at := to
		if from < to {
			at++
		}
		c.log = m.known(id)
		place := m.place(&c, all, at)
		c.delta = m.l.Move(m.actor, dot(id), to, stamp)
		c.log.moves[id+fmt.Sprint("|", stamp)] = movement{id, place, stamp}
	}
	c.log.hear(listLog{})
	m.log.hear(c.log)
	return c
}

// known is all that was heard of an element: a delta holds the whole of it.
func (m *lists) known(id string) listLog {
	c := listLog{values: events[write]{}, moves: events[movement]{}}
	for name, w := range m.log.values {
		if strings.HasPrefix(name, id+"|") {
			c.values[name] = w
		}
	}
	for name, v := range m.log.moves {
		if v.element == id {
			c.moves[name] = v
		}
	}
	return c
}

// place makes a place after the element that has `at`-1 others before it.
func (m *lists) place(c *listChange, all []string, at int) string {
	places := m.log.places.order()
	slot := 0
	if at > 0 {
		slot = 1 + slices.Index(places, m.placeOf(all[at-1]))
	}
	m.log.places.hear(nil)
	parent, left := m.log.places.insert(slot)
	m.n++
	id := name(m.actor, m.n)
	c.log.places = tree{id: {parent: parent, left: left, value: id}}
	return id
}

func (m *lists) placeOf(id string) string {
	last := movement{}
	for _, v := range m.log.moves {
		if v.element == id && last.at.Before(v.at) {
			last = v
		}
	}
	return last.place
}

func (m *lists) apply(c change) {
	m.l.Merge(c.(listChange).delta)
	m.log.hear(c.(listChange).log)
}
func (m *lists) encode() []byte { return bytesOf(&m.l) }
func (m *lists) decode(b []byte) replica {
	return &lists{m.pace, m.actor, m.n, *read(b, &crdt.List{}), m.log}
}

func (m *lists) value() string {
	var all []string
	for _, e := range m.l.All() {
		all = append(all, string(e.Value))
	}
	return strings.Join(all, " ")
}

func (m *lists) model() string {
	var all []string
	for _, id := range m.log.order() {
		all = append(all, m.log.valueOf(id))
	}
	return strings.Join(all, " ")
}

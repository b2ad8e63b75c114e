package crdt

import (
	"bytes"
	"slices"
)

// List is an order of values that several write at once: each element has an
// identity, its value is a last-writer-wins register, and so is its place, so that
// a move is one write and two moves of one element leave it once. Kleppmann,
// "Moving Elements in List CRDTs" (2020), over the tree of Weidner and Kleppmann
// (2023). The zero List is empty.
type List struct {
	places   sequence[Dot] // each holds the element that was put there
	elements map[Dot]*element
}

type element struct {
	value   Register
	place   Dot
	moved   Stamp
	removed bool
}

// Insert writes a value as an actor with `at` elements before it; a place beyond
// the end is the end. It gives the element's identity and what changed.
func (l *List) Insert(actor string, at int, value []byte, when Stamp) (Dot, List) {
	place := l.put(actor, at)
	e := &element{value: Register{value, when}, place: place, moved: when}
	return place, l.changed(place, place, e)
}

// put makes a place with `at` elements before it.
func (l *List) put(actor string, at int) Dot {
	beside, place := l.slot(at), Dot{actor, l.places.next(actor)}
	l.places.insert(actor, beside, []Dot{place})
	return place
}

// slot counts places, those without an element too, up to that of the last of the first `at` elements.
func (l *List) slot(at int) int {
	n, slot := 0, 0
	l.places.walk(func(d Dot, c *cell[Dot]) bool {
		if n == at {
			return false
		}
		if l.at(d, c.value) != nil {
			n++
		}
		slot++
		return true
	})
	return slot
}

// at is the element that stands at a place made for it; nil when it is gone or elsewhere.
func (l *List) at(place, id Dot) *element {
	if e := l.elements[id]; e != nil && !e.removed && e.place == place {
		return e
	}
	return nil
}

// changed takes in an element and gives the delta that says so.
func (l *List) changed(id, place Dot, e *element) List {
	delta := List{elements: map[Dot]*element{id: e}}
	if r := l.places.runOf(place); r != nil {
		to := l.places.placeOf(place)
		delta.places.put(place.Actor, run[Dot]{first: place.N, parent: to.parent, left: to.left, cells: []cell[Dot]{{value: id}}})
	}
	l.Merge(delta)
	return delta
}

// Set writes an element's value and gives what changed; of one that is not here, nothing.
func (l *List) Set(id Dot, value []byte, when Stamp) List {
	e := l.elements[id]
	if e == nil {
		return List{}
	}
	next := *e
	next.value.Set(value, when)
	return l.changed(id, e.place, &next)
}

// Move puts an element where it has `at` others before it, not counting itself, and gives what changed.
func (l *List) Move(actor string, id Dot, at int, when Stamp) List {
	e := l.elements[id]
	if e == nil || e.removed {
		return List{}
	}
	if i := l.index(id); i >= 0 && i < at {
		at++
	}
	place := l.put(actor, at)
	l.places.runOf(place).cells[place.N-l.places.runOf(place).first].value = id
	next := *e
	if next.moved.Before(when) {
		next.place, next.moved = place, when
	}
	return l.changed(id, place, &next)
}

func (l *List) index(id Dot) int {
	return slices.IndexFunc(l.All(), func(e Element) bool { return e.ID == id })
}

// Remove takes an element away for good and gives what changed.
func (l *List) Remove(id Dot) List {
	e := l.elements[id]
	if e == nil {
		return List{}
	}
	next := *e
	next.removed, next.value.Value = true, nil
	return l.changed(id, e.place, &next)
}

// Merge takes in another list or a delta of one.
func (l *List) Merge(o List) {
	l.places.merge(&o.places)
	if l.elements == nil {
		l.elements = map[Dot]*element{}
	}
	for id, theirs := range o.elements {
		mine := l.elements[id]
		if mine == nil {
			e := *theirs
			l.elements[id] = &e
			continue
		}
		mine.merge(theirs)
	}
}

func (e *element) merge(o *element) {
	e.value.Merge(o.value)
	if c := e.moved.Compare(o.moved); c < 0 || c == 0 && e.place.Compare(o.place) < 0 {
		e.place, e.moved = o.place, o.moved
	}
	if e.removed = e.removed || o.removed; e.removed {
		e.value.Value = nil
	}
}

// Element is a value of a list and its identity.
type Element struct {
	ID    Dot
	Value []byte
}

// All gives the elements in order.
func (l *List) All() []Element {
	var all []Element
	l.places.walk(func(d Dot, c *cell[Dot]) bool {
		if e := l.at(d, c.value); e != nil {
			all = append(all, Element{c.value, bytes.Clone(e.value.Value)})
		}
		return true
	})
	return all
}

// Clone is a copy that shares nothing but bytes of values.
func (l *List) Clone() List {
	c := List{places: l.places.clone(), elements: make(map[Dot]*element, len(l.elements))}
	for id, e := range l.elements {
		copied := *e
		c.elements[id] = &copied
	}
	return c
}

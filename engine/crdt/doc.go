package crdt

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Doc is a JSON value whose objects merge member by member: a map of
// last-writer-wins registers by path, in which an assignment or a removal also
// ends everything that was below it before. The scheme is the map of Kleppmann and
// Beresford, "A Conflict-Free Replicated JSON Datatype" (2017), with one register
// instead of several for each leaf. Arrays and scalars are leaves. The zero Doc is absent.
type Doc struct {
	leaf    Register // object, a scalar or an array; absent
	ended   Stamp    // what was written below before this is gone
	members map[string]*Doc
}

// object is the value of a leaf whose members are its own.
var object = []byte("{}")

// NewDoc is a JSON value that was written whole; nil is an absent one. The JSON must be valid.
func NewDoc(value []byte, at Stamp) *Doc {
	d := &Doc{}
	d.Put(nil, value, at)
	return d
}

// Put writes the value at a path; nil removes what is there. The JSON must be valid.
func (d *Doc) Put(path []string, value []byte, at Stamp) {
	d.put(path, value, at)
	d.prune(d.ended)
}

func (d *Doc) put(path []string, value []byte, at Stamp) {
	for _, name := range path {
		if value != nil {
			d.leaf.Set(object, at)
		}
		d = d.member(name)
	}
	d.assign(value, at)
}

func (d *Doc) member(name string) *Doc {
	if d.members == nil {
		d.members = map[string]*Doc{}
	}
	m := d.members[name]
	if m == nil {
		m = &Doc{}
		d.members[name] = m
	}
	return m
}

// assign writes a value over all that was here before.
func (d *Doc) assign(value []byte, at Stamp) {
	d.ended = later(d.ended, at)
	members, isObject := membersOf(value)
	if !isObject {
		d.leaf.Set(value, at)
		return
	}
	d.leaf.Set(object, at)
	for _, m := range members {
		d.member(m.name).assign(m.value, at)
	}
}

// Merge takes in another replica's document, or a delta of it, which it may share parts with afterwards.
func (d *Doc) Merge(o *Doc) {
	d.leaf.Merge(o.leaf)
	d.ended = later(d.ended, o.ended)
	for name, m := range o.members {
		d.member(name).Merge(m)
	}
	d.prune(d.ended)
}

// prune forgets what was written below before a stamp, so that equal documents have equal parts.
func (d *Doc) prune(ended Stamp) {
	for name, m := range d.members {
		if m.leaf.At.Before(ended) {
			m.leaf = Register{}
		}
		m.prune(later(ended, m.ended))
		if !ended.Before(m.ended) {
			m.ended = Stamp{}
		}
		if len(m.members) == 0 && m.leaf.At.Zero() {
			delete(d.members, name)
		}
	}
}

// Clone is a copy that shares nothing but bytes of values.
func (d *Doc) Clone() *Doc {
	c := &Doc{leaf: d.leaf, ended: d.ended}
	for name, m := range d.members {
		c.member(name).Merge(m.Clone())
	}
	return c
}

// JSON is the value, with members in order; nil when it is absent.
func (d *Doc) JSON() []byte {
	if !bytes.Equal(d.leaf.Value, object) {
		return d.leaf.Value
	}
	out := []byte{'{'}
	for _, name := range slices.Sorted(maps.Keys(d.members)) {
		value := d.members[name].JSON()
		if value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		key, _ := json.Marshal(name) // a string always has JSON
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}')
}

// Diff is what turns one JSON value into another, written at a stamp: only the
// paths whose values differ. nil is an absent value.
func Diff(base, next []byte, at Stamp) *Doc {
	d := &Doc{}
	d.differ(base, next, nil, at)
	d.prune(d.ended)
	return d
}

func (d *Doc) differ(base, next []byte, path []string, at Stamp) {
	if bytes.Equal(base, next) {
		return
	}
	was, wasObject := membersOf(base)
	is, isObject := membersOf(next)
	if !wasObject || !isObject {
		d.put(path, next, at)
		return
	}
	before, after := index{members: was}, index{members: is}
	for i, m := range was {
		if after.find(i, m.name) == nil {
			d.put(append(path[:len(path):len(path)], m.name), nil, at)
		}
	}
	for i, m := range is {
		d.differ(before.find(i, m.name), m.value, append(path[:len(path):len(path)], m.name), at)
	}
}

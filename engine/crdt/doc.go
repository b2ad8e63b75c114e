package crdt

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Doc is a JSON value whose objects merge member by member: a map of
// last-writer-wins registers by path, in which an object that is assigned whole
// ends what was below it before. A removal, or a scalar, only hides that: a write
// below it that is later and had not heard of it brings the whole back, so that
// nobody is left with half of a record. The scheme is the map of Kleppmann and Beresford, "A
// Conflict-Free Replicated JSON Datatype" (2017), with one register instead of
// several for each leaf. Arrays and scalars are leaves. The zero Doc is absent.
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
func (d *Doc) Put(path []string, value []byte, at Stamp) { d.put(path, value, at, d.ended) }

// put writes below what ended at a stamp, and leaves equal documents with equal parts.
func (d *Doc) put(path []string, value []byte, at, ended Stamp) {
	if len(path) == 0 {
		d.assign(value, at)
		d.prune(later(ended, d.ended))
		return
	}
	if value != nil {
		d.leaf.Set(object, at)
	}
	ended = later(ended, d.ended)
	d.member(path[0]).put(path[1:], value, at, ended)
	d.tidy(path[0], ended)
}

// Replace writes a scalar or an array over one that it was made of, whatever the
// stamps: a merged value holds what both hold.
func (d *Doc) Replace(path []string, value []byte, at Stamp) {
	for _, name := range path {
		d.leaf.Set(object, at)
		d = d.member(name)
	}
	d.leaf = Register{value, at}
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

// assign writes a value; nil removes what is here.
func (d *Doc) assign(value []byte, at Stamp) {
	members, isObject := membersOf(value)
	if !isObject {
		d.leaf.Set(value, at)
		return
	}
	d.ended = later(d.ended, at)
	d.leaf.Set(object, at)
	for _, m := range members {
		d.member(m.Name).assign(m.Value, at)
	}
}

// Merge takes in another replica's document, or a delta of it, which it may share parts with afterwards.
func (d *Doc) Merge(o *Doc) { d.merge(o, Stamp{}) }

// merge takes in a document below what ended at a stamp.
func (d *Doc) merge(o *Doc, ended Stamp) {
	d.leaf.Merge(o.leaf)
	grew := d.ended.Before(o.ended)
	d.ended = later(d.ended, o.ended)
	ended = later(ended, d.ended)
	for name, m := range o.members {
		d.member(name).merge(m, ended)
		d.tidy(name, ended)
	}
	if grew {
		d.prune(ended)
	}
}

// prune forgets what was written below before a stamp.
func (d *Doc) prune(ended Stamp) {
	for name, m := range d.members {
		m.prune(later(ended, m.ended))
		d.tidy(name, ended)
	}
}

// tidy forgets of a member what was written before a stamp, and the member when nothing is left of it.
func (d *Doc) tidy(name string, ended Stamp) {
	m := d.members[name]
	if m.leaf.At.Before(ended) {
		m.leaf = Register{}
	}
	if !ended.Before(m.ended) {
		m.ended = Stamp{}
	}
	if len(m.members) == 0 && m.leaf.At.Zero() {
		delete(d.members, name)
	}
}

// At gives the stamp of what stands at a path: of the last write there, below it, or to what it is part of.
func (d *Doc) At(path []string) Stamp {
	at := d.ended
	for _, name := range path {
		if d = d.members[name]; d == nil {
			return at
		}
		at = later(at, d.ended)
	}
	return later(at, d.newest())
}

func (d *Doc) newest() Stamp {
	at := later(d.leaf.At, d.ended)
	for _, m := range d.members {
		at = later(at, m.newest())
	}
	return at
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
func Diff(base, next []byte, at Stamp) *Doc { return DiffAt(nil, base, next, at) }

// DiffAt is Diff for the value at a path.
func DiffAt(path []string, base, next []byte, at Stamp) *Doc {
	d := &Doc{}
	d.differ(base, next, path, at)
	return d
}

// Get is the value at a path, also where what it is part of was removed or
// written over and hides it; nil when there is none.
func (d *Doc) Get(path []string) []byte {
	for _, name := range path {
		if d = d.members[name]; d == nil {
			return nil
		}
	}
	return d.JSON()
}

func (d *Doc) differ(base, next []byte, path []string, at Stamp) {
	if bytes.Equal(base, next) {
		return
	}
	was, wasObject := membersOf(base)
	is, isObject := membersOf(next)
	if !wasObject || !isObject {
		d.put(path, next, at, Stamp{})
		return
	}
	before, after := index{members: was}, index{members: is}
	for i, m := range was {
		if after.find(i, m.Name) == nil {
			d.put(append(path[:len(path):len(path)], m.Name), nil, at, Stamp{})
		}
	}
	for i, m := range is {
		d.differ(before.find(i, m.Name), m.Value, append(path[:len(path):len(path)], m.Name), at)
	}
}

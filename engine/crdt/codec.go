package crdt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
)

// The encoding of all types: a byte for the version, the actors' names, and then
// the parts, which name actors by their place in that list. Equal values have
// equal bytes.
const encoding = 1

const maxDepth = 1000 // of a document's objects

// ErrEncoding is what is read from bytes that no value of the type was written to.
var ErrEncoding = errors.New("crdt: not an encoded value")

type encoder struct {
	body   []byte
	actors map[string]uint64
	names  []string
}

func encode(body func(*encoder)) []byte {
	e := &encoder{actors: map[string]uint64{}}
	body(e)
	out := binary.AppendUvarint([]byte{encoding}, uint64(len(e.names)))
	for _, name := range e.names {
		out = append(binary.AppendUvarint(out, uint64(len(name))), name...)
	}
	return append(out, e.body...)
}

func (e *encoder) number(n uint64) { e.body = binary.AppendUvarint(e.body, n) }

func (e *encoder) bytes(b []byte) {
	e.number(uint64(len(b)))
	e.body = append(e.body, b...)
}

func (e *encoder) actor(name string) {
	n, known := e.actors[name]
	if !known {
		n = uint64(len(e.names))
		e.actors[name], e.names = n, append(e.names, name)
	}
	e.number(n)
}

func (e *encoder) dot(d Dot) {
	e.number(d.N)
	if d.N != 0 {
		e.actor(d.Actor)
	}
}

func (e *encoder) stamp(s Stamp) {
	e.number(uint64(s.HLC))
	e.actor(s.Instance)
}

// optional writes bytes that may be nil.
func (e *encoder) optional(b []byte) {
	if b == nil {
		e.number(0)
		return
	}
	e.number(uint64(len(b)) + 1)
	e.body = append(e.body, b...)
}

func (e *encoder) register(r Register) {
	e.stamp(r.At)
	e.optional(r.Value)
}

type decoder struct {
	rest  []byte
	names []string
	err   error
}

// decode reads what encode wrote, all of it.
func decode(data []byte, body func(*decoder)) error {
	if len(data) == 0 || data[0] != encoding {
		return ErrEncoding
	}
	d := &decoder{rest: data[1:]}
	for range d.count(1) {
		d.names = append(d.names, string(d.bytes()))
	}
	body(d)
	if d.err == nil && len(d.rest) > 0 {
		d.fail()
	}
	return d.err
}

func (d *decoder) fail() { d.err, d.rest = ErrEncoding, nil }

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count reads how many parts follow, each of at least so many bytes.
func (d *decoder) count(least int) int {
	n := d.number()
	if n > uint64(len(d.rest)/least) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) take(n int) []byte {
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) bytes() []byte { return d.take(d.count(1)) }

func (d *decoder) actor() string {
	n := d.number()
	if n >= uint64(len(d.names)) {
		d.fail()
		return ""
	}
	return d.names[n]
}

func (d *decoder) dot() Dot {
	n := d.number()
	if n == 0 {
		return Dot{}
	}
	return Dot{d.actor(), n}
}

func (d *decoder) stamp() Stamp {
	n := d.number()
	if n > math.MaxInt64 {
		d.fail()
	}
	return Stamp{HLC(n), d.actor()}
}

func (d *decoder) optional() []byte {
	n := d.number()
	switch {
	case n == 0:
		return nil
	case n-1 > uint64(len(d.rest)):
		d.fail()
		return nil
	}
	return d.take(int(n - 1))
}

func (d *decoder) register() Register {
	at := d.stamp()
	return Register{d.optional(), at}
}

// sortedKeys are a map's keys in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// sortedDots are a map's keys in order.
func sortedDots[V any](m map[Dot]V) []Dot { return slices.SortedFunc(maps.Keys(m), Dot.Compare) }

package crdt

import "unicode/utf8"

// MarshalBinary gives bytes that are equal for equal registers.
func (r *Register) MarshalBinary() ([]byte, error) {
	return encode(func(e *encoder) { e.register(*r) }), nil
}

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (r *Register) UnmarshalBinary(data []byte) error {
	return decode(data, func(d *decoder) { *r = d.register() })
}

// MarshalBinary gives bytes that are equal for equal counters.
func (c *Counter) MarshalBinary() ([]byte, error) {
	return encode(func(e *encoder) {
		e.number(uint64(len(c.actors)))
		for _, actor := range sortedKeys(c.actors) {
			e.actor(actor)
			e.number(c.actors[actor].up)
			e.number(c.actors[actor].down)
		}
	}), nil
}

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (c *Counter) UnmarshalBinary(data []byte) error {
	c.actors = map[string]tally{}
	return decode(data, func(d *decoder) {
		for range d.count(3) {
			actor := d.actor()
			up := d.number()
			c.actors[actor] = tally{up, d.number()}
		}
	})
}

// MarshalBinary gives bytes that are equal for equal sets.
func (s *Set) MarshalBinary() ([]byte, error) { return encode(s.kernel.encode), nil }

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (s *Set) UnmarshalBinary(data []byte) error { return decode(data, s.kernel.decode) }

// MarshalBinary gives bytes that are equal for equal registers.
func (m *MultiValue) MarshalBinary() ([]byte, error) { return encode(m.kernel.encode), nil }

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (m *MultiValue) UnmarshalBinary(data []byte) error { return decode(data, m.kernel.decode) }

func (k *Kernel) encode(e *encoder) {
	e.number(uint64(len(k.values)))
	for d, v := range k.All() {
		e.dot(d)
		e.bytes([]byte(v))
	}
	e.number(uint64(len(k.seen.upTo)))
	for _, actor := range sortedKeys(k.seen.upTo) {
		e.actor(actor)
		e.number(k.seen.upTo[actor])
	}
	e.number(uint64(len(k.seen.loose)))
	for _, d := range sortedDots(k.seen.loose) {
		e.dot(d)
	}
}

func (k *Kernel) decode(d *decoder) {
	*k = Kernel{values: map[Dot]string{}, seen: Context{upTo: map[string]uint64{}}}
	for range d.count(2) {
		at := d.dot()
		k.values[at] = string(d.bytes())
	}
	for range d.count(2) {
		actor := d.actor()
		k.seen.upTo[actor] = d.number()
	}
	for range d.count(1) {
		k.seen.Add(d.dot())
	}
}

// MarshalBinary gives bytes that are equal for equal documents.
func (d *Doc) MarshalBinary() ([]byte, error) { return encode(d.encode), nil }

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (d *Doc) UnmarshalBinary(data []byte) error {
	return decode(data, func(from *decoder) { *d = *decodeDoc(from, 0) })
}

func (d *Doc) encode(e *encoder) {
	e.register(d.leaf)
	e.stamp(d.ended)
	e.number(uint64(len(d.members)))
	for _, name := range sortedKeys(d.members) {
		e.bytes([]byte(name))
		d.members[name].encode(e)
	}
}

func decodeDoc(from *decoder, depth int) *Doc {
	d := &Doc{leaf: from.register(), ended: from.stamp()}
	if depth > maxDepth {
		from.fail()
	}
	for range from.count(6) {
		name := string(from.bytes())
		if d.members == nil {
			d.members = map[string]*Doc{}
		}
		d.members[name] = decodeDoc(from, depth+1)
	}
	return d
}

// MarshalBinary gives bytes that are equal for equal texts.
func (t *Text) MarshalBinary() ([]byte, error) {
	return encode(func(e *encoder) { encodeSequence(e, &t.chars, encodeRunes) }), nil
}

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (t *Text) UnmarshalBinary(data []byte) error {
	return decode(data, func(d *decoder) { t.chars = decodeSequence(d, decodeRunes) })
}

// MarshalBinary gives bytes that are equal for equal lists.
func (l *List) MarshalBinary() ([]byte, error) {
	return encode(func(e *encoder) {
		encodeSequence(e, &l.places, encodeDots)
		e.number(uint64(len(l.elements)))
		for _, id := range sortedDots(l.elements) {
			el := l.elements[id]
			e.dot(id)
			e.register(el.value)
			e.dot(el.place)
			e.stamp(el.moved)
			e.number(flag(el.removed))
		}
	}), nil
}

// UnmarshalBinary reads what MarshalBinary wrote, or fails with ErrEncoding.
func (l *List) UnmarshalBinary(data []byte) error {
	return decode(data, func(d *decoder) {
		l.places, l.elements = decodeSequence(d, decodeDots), map[Dot]*element{}
		for range d.count(7) {
			id := d.dot()
			l.elements[id] = &element{value: d.register(), place: d.dot(), moved: d.stamp(), removed: d.number() == 1}
		}
	})
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// encodeSequence writes runs as stretches of standing and of removed cells.
func encodeSequence[V any](e *encoder, s *sequence[V], standing func(*encoder, []cell[V])) {
	e.number(uint64(len(s.runs)))
	for _, actor := range sortedKeys(s.runs) {
		e.actor(actor)
		e.number(uint64(len(s.runs[actor])))
		for _, r := range s.runs[actor] {
			e.number(r.first)
			e.dot(r.parent)
			e.number(flag(r.left))
			encodeCells(e, r.cells, standing)
		}
	}
}

func encodeCells[V any](e *encoder, cells []cell[V], standing func(*encoder, []cell[V])) {
	e.number(uint64(len(cells)))
	for len(cells) > 0 {
		n := 1
		for n < len(cells) && cells[n].removed == cells[0].removed {
			n++
		}
		e.number(uint64(n)<<1 | flag(cells[0].removed))
		if !cells[0].removed {
			standing(e, cells[:n])
		}
		cells = cells[n:]
	}
}

func decodeSequence[V any](d *decoder, standing func(*decoder, []cell[V])) sequence[V] {
	s := sequence[V]{runs: map[string][]run[V]{}}
	for range d.count(2) {
		actor := d.actor()
		for range d.count(4) {
			r := run[V]{first: d.number(), parent: d.dot(), left: d.number() == 1}
			r.cells = decodeCells(d, standing)
			if d.err != nil || r.first == 0 || len(r.cells) == 0 || r.end() < r.first {
				d.fail()
				return s
			}
			s.put(actor, r)
		}
	}
	return s
}

func decodeCells[V any](d *decoder, standing func(*decoder, []cell[V])) (cells []cell[V]) {
	total := d.number()
	if total > maxCells {
		d.fail()
	}
	for d.err == nil && uint64(len(cells)) < total {
		n := d.number()
		if n>>1 == 0 || n>>1 > total-uint64(len(cells)) {
			d.fail()
			return nil
		}
		part := make([]cell[V], n>>1)
		if n&1 == 1 {
			for i := range part {
				part[i].removed = true
			}
		} else {
			standing(d, part)
		}
		cells = append(cells, part...)
	}
	return cells
}

// maxCells is how many elements one run may have, as bytes from outside say: no
// item is that large.
const maxCells = 1 << 22

func encodeRunes(e *encoder, cells []cell[rune]) {
	for _, c := range cells {
		e.body = utf8.AppendRune(e.body, c.value)
	}
}

func decodeRunes(d *decoder, cells []cell[rune]) {
	for i := range cells {
		r, size := utf8.DecodeRune(d.rest)
		if size == 0 {
			d.fail()
			return
		}
		d.rest = d.rest[size:]
		cells[i].value = r
	}
}

func encodeDots(e *encoder, cells []cell[Dot]) {
	for _, c := range cells {
		e.dot(c.value)
	}
}

func decodeDots(d *decoder, cells []cell[Dot]) {
	for i := range cells {
		cells[i].value = d.dot()
	}
}

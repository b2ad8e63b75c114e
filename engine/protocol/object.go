package protocol

import (
	"bytes"
	"slices"

	"tidemark/internal/fault"
)

// member is one member of an object being read. Its name, with quotes, is
// written at [start,colon) of the output, the whole of it at [start,end).
type member struct {
	at                int // where its name begins in the input
	start, colon, end int
	escaped           bool // the written name holds a backslash
}

func (s *scanner) object(depth int) *fault.Error {
	if depth > s.max {
		return s.bad(s.pos, "nested deeper than %d", MaxDepth)
	}
	s.pos++
	s.space()
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	base, sorted := len(s.members), true
	for more := true; more; {
		m, f := s.member(depth)
		if f != nil {
			return f
		}
		if more, f = s.more(); f != nil {
			return f
		}
		if !s.emit {
			continue
		}
		if n := len(s.members); n > base && sorted {
			switch order := s.compare(s.members[n-1], m); {
			case order == 0:
				return s.duplicate(m)
			case order > 0:
				sorted = false
			}
		}
		s.members = append(s.members, m)
	}
	if !sorted {
		if f := s.sort(s.members[base:]); f != nil {
			return f
		}
	}
	s.members = s.members[:base]
	s.pos++
	return nil
}

// more stands after a member and says whether another one follows; if not, it stands at the brace.
func (s *scanner) more() (bool, *fault.Error) {
	s.space()
	switch s.peek() {
	case ',':
		s.pos++
		s.space()
		return true, nil
	case '}':
		return false, nil
	}
	return false, s.unexpected("a comma or }")
}

func (s *scanner) member(depth int) (m member, f *fault.Error) {
	if s.peek() != '"' {
		return m, s.unexpected("a field name in quotes")
	}
	m = member{at: s.pos, start: s.written()}
	if m.escaped, f = s.text(); f != nil {
		return m, f
	}
	m.colon = s.written()
	if f = s.colon(); f != nil {
		return m, f
	}
	f = s.value(depth)
	m.end = s.written()
	return m, f
}

func (s *scanner) colon() *fault.Error {
	s.space()
	if s.peek() != ':' {
		return s.unexpected("a colon")
	}
	s.pos++
	return nil
}

// written is where in the output the next byte goes.
func (s *scanner) written() int { return len(s.out) + s.pos - s.from }

// name is a member's name as it is written, without quotes.
func (s *scanner) name(m member) []byte {
	a, b := m.start+1, m.colon-1
	if a >= len(s.out) {
		return s.in[s.from+a-len(s.out) : s.from+b-len(s.out)]
	}
	if b > len(s.out) { // half of it is still in the input
		s.flush()
	}
	return s.out[a:b]
}

func (s *scanner) flush() {
	s.out = append(s.out, s.in[s.from:s.pos]...)
	s.from = s.pos
}

// compare orders two members by their names' bytes.
func (s *scanner) compare(a, b member) int {
	x, y := s.name(a), s.name(b)
	if a.escaped {
		x = unescape(x)
	}
	if b.escaped {
		y = unescape(y)
	}
	return bytes.Compare(x, y)
}

func (s *scanner) duplicate(m member) *fault.Error {
	return s.bad(m.at, "duplicate field %q", cut(unescape(s.name(m))))
}

// sort puts the members written last in order of their names.
func (s *scanner) sort(members []member) *fault.Error {
	s.flush()
	start := members[0].start
	slices.SortStableFunc(members, s.compare)
	for i, m := range members[1:] {
		if s.compare(members[i], m) == 0 {
			return s.duplicate(m)
		}
	}
	s.sorted = s.sorted[:0]
	for i, m := range members {
		if i > 0 {
			s.sorted = append(s.sorted, ',')
		}
		s.sorted = append(s.sorted, s.out[m.start:m.end]...)
	}
	copy(s.out[start:], s.sorted)
	return nil
}

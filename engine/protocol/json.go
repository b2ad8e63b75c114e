package protocol

import (
	"bytes"
	"unicode/utf8"

	"tidemark/internal/fault"
)

// MaxDepth is how deep arrays and objects may nest in a value, counted from the
// value itself, so that every door takes the same values.
const MaxDepth = 64

// Canonical appends the canonical form of one JSON text to dst: keys sorted
// bytewise, no white space, strings with the fewest escapes, number literals as
// sent. It is never longer than raw. Anything but strict JSON (RFC 8259, UTF-8,
// no duplicate keys, at most MaxDepth deep) is `malformed`, and dst comes back
// as it was. raw must not overlap the free space of dst.
func Canonical(dst, raw []byte) ([]byte, error) {
	d := newDecoder(raw)
	defer d.free()
	if d.err != nil {
		return dst, d.err
	}
	d.emit, d.out = true, dst
	f := d.value(0)
	if f == nil {
		f = d.end()
	}
	if f != nil {
		d.out = nil
		return dst, f
	}
	out := append(d.out, d.in[d.from:d.pos]...)
	d.out = nil
	return out, nil
}

// scanner reads JSON in one pass. With emit it writes the canonical form as it
// goes, lazily: in[from:pos] is canonical as it stands and not yet in out, so a
// text that is canonical already costs one copy at the end.
type scanner struct {
	in      []byte
	pos     int
	max     int // depth allowed
	emit    bool
	from    int
	out     []byte
	members []member
	sorted  []byte // room to sort an object's members in
}

// bad makes the fault for the byte at a position of the input.
func (s *scanner) bad(at int, format string, args ...any) *fault.Error {
	return fault.New(fault.Malformed, "Malformed JSON: "+format+" at byte %d.", append(args, at)...)
}

func (s *scanner) unexpected(want string) *fault.Error {
	if s.pos >= len(s.in) {
		return s.bad(s.pos, "the JSON ends too early: expected %s", want)
	}
	r, _ := utf8.DecodeRune(s.in[s.pos:])
	return s.bad(s.pos, "expected %s, not %q", want, r)
}

// peek is the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.in) {
		return s.in[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	if s.pos < len(s.in) && s.in[s.pos] <= ' ' {
		s.skipSpace()
	}
}

func (s *scanner) skipSpace() {
	start := s.pos
	s.pos = s.blank()
	s.replace(start, "")
}

// blank is where the white space from pos on ends.
func (s *scanner) blank() int {
	for i := s.pos; i < len(s.in); i++ {
		if c := s.in[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return i
		}
	}
	return len(s.in)
}

// replace writes text in place of in[start:pos].
func (s *scanner) replace(start int, text string) {
	if !s.emit || start == s.pos {
		return
	}
	s.out = append(s.out, s.in[s.from:start]...)
	s.out = append(s.out, text...)
	s.from = s.pos
}

// end says what is wrong if anything but white space follows.
func (s *scanner) end() *fault.Error {
	if at := s.blank(); at < len(s.in) {
		return s.bad(at, "trailing bytes after the JSON")
	}
	return nil
}

func (s *scanner) value(depth int) *fault.Error {
	s.space()
	switch c := s.peek(); {
	case c == '"':
		_, f := s.text()
		return f
	case c == '{':
		return s.object(depth + 1)
	case c == '[':
		return s.array(depth + 1)
	case c == '-' || isDigit(c):
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.unexpected("a value")
}

func (s *scanner) word(w string) *fault.Error {
	if !bytes.HasPrefix(s.in[s.pos:], []byte(w)) {
		return s.bad(s.pos, "expected %s", w)
	}
	s.pos += len(w)
	return nil
}

func (s *scanner) array(depth int) *fault.Error {
	if depth > s.max {
		return s.bad(s.pos, "nested deeper than %d", MaxDepth)
	}
	s.pos++
	s.space()
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if f := s.value(depth); f != nil {
			return f
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.unexpected("a comma or ]")
		}
	}
}

// number passes over a number of RFC 8259, section 6.
func (s *scanner) number() *fault.Error {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return s.unexpected("a digit")
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return s.unexpected("a digit")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return s.unexpected("a digit")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.in) && isDigit(s.in[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

func isDigit(c byte) bool { return c-'0' <= 9 }

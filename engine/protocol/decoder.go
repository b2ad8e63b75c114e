package protocol

import (
	"bytes"
	"strconv"
	"sync"
	"unicode/utf8"

	"tidemark/internal/fault"
)

// decoder reads a message of known shape. Its first `malformed` fault sticks in
// err and ends every loop; what is well-formed but not acceptable collects in
// problems.
type decoder struct {
	scanner
	err      *fault.Error
	problems []fault.Field
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

const (
	keptBytes   = 64 << 10 // of a decoder's buffers, between uses
	maxProblems = 32       // told about at once
)

func newDecoder(in []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.in, d.pos, d.from, d.max, d.emit = in, 0, 0, MaxDepth, false
	d.err, d.problems = nil, nil
	d.out, d.members = d.out[:0], d.members[:0]
	if !utf8.Valid(in) {
		d.err = d.bad(invalidAt(in), "bytes that are not UTF-8")
	}
	return d
}

func (d *decoder) free() {
	if cap(d.out) > keptBytes {
		d.out = nil
	}
	if cap(d.sorted) > keptBytes {
		d.sorted = nil
	}
	if cap(d.members) > keptBytes/64 {
		d.members = nil
	}
	d.in = nil
	decoders.Put(d)
}

func invalidAt(b []byte) int {
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n < 2 {
			break
		}
		i += n
	}
	return i
}

// finish is what is wrong with the message as a whole, now that it was read.
func (d *decoder) finish() error {
	if d.err == nil {
		d.fail(d.end())
	}
	if d.err != nil {
		return d.err
	}
	return invalid(d.problems)
}

// invalid makes one fault of all problems; nil when there are none.
func invalid(problems []fault.Field) error {
	if len(problems) == 0 {
		return nil
	}
	first := problems[0]
	return &fault.Error{Code: fault.Invalid, Message: first.Path + " " + first.Message, Fields: problems}
}

func (d *decoder) fail(f *fault.Error) {
	if d.err == nil && f != nil {
		d.err = f
	}
}

func (d *decoder) problem(path, rule, message string) {
	if len(d.problems) == maxProblems {
		return
	}
	d.problems = append(d.problems, fault.Field{Path: path, Rule: rule, Message: message})
}

func (d *decoder) wrong(path, want string) {
	if d.err == nil {
		d.fail(d.bad(d.pos, "%s must be %s", path, want))
	}
}

// object walks the members of an object of known fields.
type object struct {
	allow, seen fieldSet
	field       field
	open        bool
}

// next stands before the value of o's next field; false at the end, or when something is wrong.
func (d *decoder) next(o *object) bool {
	if d.err != nil || !d.toField(o) {
		return false
	}
	at := d.pos
	name := d.text()
	if d.err != nil {
		return false
	}
	f, known := o.allow.find(name)
	switch {
	case !known:
		d.fail(d.bad(at, "unknown field %q", cut(name)))
	case o.seen.has(f):
		d.fail(d.bad(at, "duplicate field %q", f.String()))
	default:
		d.fail(d.colon())
		d.space()
	}
	o.field = f
	o.seen |= 1 << f
	return d.err == nil
}

// toField stands at the name of the next field; at the end it passes over the brace.
func (d *decoder) toField(o *object) bool {
	var more bool
	if !o.open {
		o.open = true
		if d.space(); d.peek() != '{' {
			d.fail(d.unexpected("an object"))
			return false
		}
		d.pos++
		d.space()
		more = d.peek() != '}'
	} else {
		var f *fault.Error
		more, f = d.more()
		d.fail(f)
	}
	if more && d.err == nil && d.peek() != '"' {
		d.fail(d.unexpected("a field name in quotes"))
	}
	if !more && d.err == nil {
		d.pos++
	}
	return more && d.err == nil
}

// array walks the elements of an array; n counts those begun.
type array struct{ n int }

// item stands before the next element of a; false at the end, or when something is wrong.
func (d *decoder) item(a *array, path string) bool {
	if d.err != nil {
		return false
	}
	d.space()
	c, want := d.peek(), byte(',')
	if a.n == 0 {
		want = '['
	}
	if a.n > 0 && c == ']' {
		d.pos++
		return false
	}
	if c != want {
		if a.n == 0 {
			d.wrong(path, "an array")
		} else {
			d.fail(d.unexpected("a comma or ]"))
		}
		return false
	}
	d.pos++
	d.space()
	if a.n == 0 && d.peek() == ']' {
		d.pos++
		return false
	}
	a.n++
	return true
}

// text reads a string; the bytes are good until the message's are.
func (d *decoder) text() []byte {
	start := d.pos
	escaped, f := d.scanner.text()
	if f != nil {
		d.fail(f)
		return nil
	}
	body := d.in[start+1 : d.pos-1]
	if escaped {
		return unescape(body)
	}
	return body
}

// null passes over a null, if one is there.
func (d *decoder) null() bool {
	if d.peek() != 'n' {
		return false
	}
	d.fail(d.word("null"))
	return true
}

// string reads a string field.
func (d *decoder) string(path string) []byte {
	if d.peek() != '"' {
		d.wrong(path, "a string")
		return nil
	}
	return d.text()
}

// integer reads an integer literal; ok is false when it is none or does not fit.
func (d *decoder) integer(path string) (n int64, ok bool) {
	if c := d.peek(); c != '-' && !isDigit(c) {
		d.wrong(path, "an integer")
		return 0, false
	}
	start := d.pos
	if f := d.number(); f != nil {
		d.fail(f)
		return 0, false
	}
	literal := d.in[start:d.pos]
	if bytes.ContainsAny(literal, ".eE") {
		d.pos = start
		d.wrong(path, "an integer without fraction or exponent")
		return 0, false
	}
	n, err := strconv.ParseInt(string(literal), 10, 64)
	if err != nil {
		d.problem(path, "range", "must fit in 64 bits")
		return 0, false
	}
	return n, true
}

// canonical reads any value and returns its canonical form in memory of its own.
func (d *decoder) canonical() []byte {
	d.emit, d.out, d.from = true, d.out[:0], d.pos
	f := d.value(0)
	d.emit = false
	if f != nil {
		d.fail(f)
		return nil
	}
	rest := d.in[d.from:d.pos]
	own := make([]byte, 0, len(d.out)+len(rest))
	return append(append(own, d.out...), rest...)
}

// raw reads any value and returns it as it was sent, unread but for its form.
func (d *decoder) raw(depth int) []byte {
	start := d.pos
	d.max = depth
	d.fail(d.value(0))
	d.max = MaxDepth
	return d.in[start:d.pos]
}

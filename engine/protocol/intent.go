package protocol

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"tidemark/internal/fault"
)

// Bounds of operations that say what they mean.
const (
	MaxPath   = 512 // bytes of a path
	maxDigits = 40  // of a number that is counted with
)

// Intent says whether an operation names what it does to the value, and not what the value becomes.
func (k Kind) Intent() bool {
	switch k {
	case Increment, AddToSet, RemoveFromSet, Insert, Move:
		return true
	case Set, Remove, Patch:
	}
	return false
}

// Relative says whether what an operation makes of an item depends on what is there.
func (k Kind) Relative() bool { return k == Patch || k.Intent() }

// Over gives what an operation that is Relative makes of a value; nil is none, of
// which a patch makes an object and an intent what its path leads to. It is
// `invalid` when the value is not of the kind that the operation works on.
func (o *Op) Over(value []byte) ([]byte, error) {
	if o.Kind == Patch {
		return MergePatch(value, o.Value)
	}
	return at(value, o.Path, o.edit)
}

// at changes what a path of a value leads to. Objects on the way come into being; elements of arrays do not.
func at(value []byte, path []string, edit func([]byte) ([]byte, error)) ([]byte, error) {
	if bytes.Equal(value, nullLiteral) {
		value = nil
	}
	switch {
	case len(path) == 0:
		return edit(value)
	case value == nil || value[0] == '{':
		m := map[string]json.RawMessage{}
		if value != nil {
			var err error
			if m, err = members(value); err != nil {
				return nil, err
			}
		}
		below, err := at(m[path[0]], path[1:], edit)
		if err != nil {
			return nil, err
		}
		m[path[0]] = below
		return appendMembers(m), nil
	case value[0] == '[':
		list, _ := Elements(value)
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(list) || strconv.Itoa(i) != path[0] {
			return nil, fault.OfField(fPath.String(), "found", "leads to an element that is not there: %s", path[0])
		}
		below, err := at([]byte(list[i]), path[1:], edit)
		if err != nil {
			return nil, err
		}
		list[i] = string(below)
		return Array(list), nil
	}
	return nil, fault.OfField(fPath.String(), "type", "leads through something that is neither an object nor an array")
}

// edit is the operation where its path leads to.
func (o *Op) edit(value []byte) ([]byte, error) {
	if o.Kind == Increment {
		return o.increment(value)
	}
	list, ok := Elements(value)
	if !ok {
		return nil, fault.OfField(fPath.String(), "type", "leads to a value that is not an array")
	}
	given, _ := Elements(o.Value)
	switch o.Kind {
	case AddToSet:
		for _, e := range given {
			if !slices.Contains(list, e) {
				list = append(list, e)
			}
		}
	case RemoveFromSet:
		list = slices.DeleteFunc(list, func(e string) bool { return slices.Contains(given, e) })
	case Insert:
		i := o.place()
		where := len(list)
		if i.At != nil {
			where = min(*i.At, len(list))
		}
		list = slices.Insert(list, where, texts(i.Values)...)
	case Move:
		i := o.place()
		if i.From >= len(list) {
			return nil, fault.OfField("value", "range", "moves an element that is not there: %d of %d", i.From, len(list))
		}
		e := list[i.From]
		list = slices.Delete(list, i.From, i.From+1)
		list = slices.Insert(list, min(i.To, len(list)), e)
	case Set, Remove, Patch, Increment:
	}
	return Array(list), nil
}

func (o *Op) increment(value []byte) ([]byte, error) {
	is, ok := Number(value)
	if !ok {
		return nil, fault.OfField(fPath.String(), "type", "leads to a value that cannot be counted with")
	}
	by, _ := Number(o.Value)
	sum := Decimal(is.Add(is, by))
	if len(sum) > maxDigits {
		return nil, fault.OfField("value", "range", "makes a number of more than %d digits", maxDigits)
	}
	return sum, nil
}

// MovedOver is a Move, which was meant for one list, over another that was made of
// it: the same element goes behind the one that it was put behind, or the nearest
// before it that is still there. What the list has no more does not come back.
func (o *Op) MovedOver(meantFor, value []byte) ([]byte, error) {
	list, ok := Elements(Find(meantFor, o.Path))
	i := o.place()
	if !ok || i.From >= len(list) {
		return nil, fault.OfField("value", "range", "moves an element that is not there: %d", i.From)
	}
	e := list[i.From]
	rest := slices.Delete(slices.Clone(list), i.From, i.From+1)
	before := rest[:min(i.To, len(rest))]
	return at(value, o.Path, func(value []byte) ([]byte, error) {
		now, ok := Elements(value)
		if !ok {
			return nil, fault.OfField(fPath.String(), "type", "leads to a value that is not an array")
		}
		from := slices.Index(now, e)
		if from < 0 {
			return Array(now), nil
		}
		now = slices.Delete(now, from, from+1)
		to := 0
		for _, anchor := range slices.Backward(before) {
			if n := slices.Index(now, anchor); n >= 0 {
				to = n + 1
				break
			}
		}
		return Array(slices.Insert(now, to, e)), nil
	})
}

// Find is what a path of a value leads to; nil when there is nothing.
func Find(value []byte, path []string) (found []byte) {
	_, _ = at(value, path, func(there []byte) ([]byte, error) { // what is not there is not found
		found = there
		return nullLiteral, nil
	})
	return found
}

// place is the value of an Insert or a Move.
type place struct {
	At     *int              `json:"at"` // of an Insert; nil: the end
	Values []json.RawMessage `json:"values"`
	From   int               `json:"from"` // of a Move
	To     int               `json:"to"`   // of a Move: where it is then
}

func (o *Op) place() (p place) {
	if err := json.Unmarshal(o.Value, &p); err != nil {
		panic(err) // it was read when the operation was
	}
	return p
}

func texts(values []json.RawMessage) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// Elements are those of a JSON array, each canonical if the array is; an absent one has none. ok is false for what is no array.
func Elements(v []byte) (list []string, ok bool) {
	if v == nil {
		return nil, true
	}
	var raw []json.RawMessage
	if v[0] != '[' || json.Unmarshal(v, &raw) != nil {
		return nil, false
	}
	return texts(raw), true
}

// Array is the JSON array of elements.
func Array(list []string) []byte { return []byte("[" + strings.Join(list, ",") + "]") }

// Number reads a JSON number that can be counted with exactly: at most 40 digits
// and no exponent. An absent one is 0.
func Number(v []byte) (n *big.Rat, ok bool) {
	if v == nil {
		return new(big.Rat), true
	}
	if len(v) > maxDigits || v[0] == '"' || bytes.ContainsAny(v, "eE/") {
		return nil, false
	}
	return new(big.Rat).SetString(string(v))
}

// Decimal writes a sum of such numbers.
func Decimal(n *big.Rat) []byte {
	digits, _ := n.FloatPrec()
	return []byte(n.FloatString(digits))
}

// intent checks the value of an operation that says what it means.
func (d *decoder) intent(o *Op) {
	if d.err != nil || o.Value == nil {
		return
	}
	complain := func(rule, message string) { d.problem(fValue.String(), rule, message) }
	if len(o.Path)+depthOf(o.Value) > MaxDepth {
		complain("depth", "is nested too deep for its path")
	}
	switch o.Kind {
	case Increment:
		if _, ok := Number(o.Value); !ok || !isNumber(o.Value[0]) {
			complain("number", "must be a number of at most 40 digits, without an exponent")
		}
	case AddToSet, RemoveFromSet:
		if _, ok := Elements(o.Value); !ok {
			complain("array", "must be an array of the elements")
		}
	case Insert:
		if p, ok := strictly(o.Value, "at", "values"); !ok || p.At != nil && *p.At < 0 || p.Values == nil {
			complain("object", "must be an object with values, an array, and at, the index they go to; without it they go to the end")
		}
	case Move:
		if p, ok := strictly(o.Value, "from", "to"); !ok || p.From < 0 || p.To < 0 {
			complain("object", "must be an object with the indexes from and to")
		}
	case Set, Remove, Patch:
	}
}

func isNumber(c byte) bool { return c == '-' || isDigit(c) }

// strictly reads a place that has those members and no other; only at may be left out.
func strictly(v []byte, names ...string) (p place, ok bool) {
	m := map[string]json.RawMessage{}
	if v[0] != '{' || json.Unmarshal(v, &m) != nil || json.Unmarshal(v, &p) != nil {
		return p, false
	}
	for _, name := range names {
		if v, has := m[name]; has && bytes.Equal(v, nullLiteral) || !has && name != "at" {
			return p, false
		}
		delete(m, name)
	}
	return p, len(m) == 0
}

// depthOf is how deep canonical JSON is nested.
func depthOf(v []byte) int {
	deepest, depth, text := 0, 0, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// path reads a JSON pointer (RFC 6901); the empty one is the whole value.
func (d *decoder) path() []string {
	b := d.string(fPath.String())
	if d.err != nil || len(b) == 0 {
		return nil
	}
	names := strings.Split(string(b), "/")
	if len(b) > MaxPath || names[0] != "" || len(names) > MaxDepth {
		d.problem(fPath.String(), "pointer", "must be a JSON pointer such as /lines/0/amount, of at most 512 bytes")
		return nil
	}
	for i, name := range names {
		for rest := name; ; {
			_, after, escaped := strings.Cut(rest, "~")
			if !escaped {
				break
			}
			if after == "" || after[0] != '0' && after[0] != '1' {
				d.problem(fPath.String(), "pointer", "has a ~ that is not ~0 or ~1")
				return nil
			}
			rest = after
		}
		names[i] = unpointed.Replace(name)
	}
	return names[1:]
}

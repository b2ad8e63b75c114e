package conflict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"tidemark/engine/crdt"
	"tidemark/models"
)

// Kind says how two changes of one path of a JSON value merge.
type Kind string

// The kinds of paths. One that no policy names is a map when it holds objects, a
// text when it holds long strings, and else a register.
const (
	Register Kind = "register" // they do not: one of them stands
	Counter  Kind = "counter"  // numbers: what both added
	Set      Kind = "set"      // arrays: what either added, without what either removed; in order
	List     Kind = "list"     // arrays, element by element
	Text     Kind = "text"     // strings, by characters; the same words changed twice clash
)

const longString = 64 // characters from which a string is a text

// Case is a write whose base is not what stands.
type Case struct {
	Base     []byte    // the value the write began from; nil: absent
	State    *crdt.Doc // what stands, and by whom its parts were written; Merge changes it
	Incoming []byte    // nil: removed
	At       crdt.Stamp
	KindOf   func(path []string) Kind // nil, or "" for a path: by its values
	Fallback models.Strategy          // of paths that clash
}

// Field is a path that the write changed, and what became of it.
type Field struct {
	Path                            []string
	Kind                            Kind
	Base, Current, Incoming, Result []byte // nil: absent
	From                            Origin
}

// Origin says whose change of a path stands.
type Origin string

// Whose change may stand.
const (
	FromIncoming Origin = "incoming" // nobody else had changed it, or the incoming is the later
	FromCurrent  Origin = "current"  // the stored one is the later, or came first
	FromBoth     Origin = "both"     // merged, or both say the same
	FromNobody   Origin = "nobody"   // it clashes, and a person decides; the stored one stands for now
)

// Merged is what became of a case: Fields in the order of their paths.
type Merged struct {
	Fields  []Field
	Clashes int // fields from nobody
}

// Merge brings a write into what stands: what it changed since its base, path by
// path. The state afterwards is the same in whatever order writes come, but for
// paths that clash and fall back to the order of arrival or to a person.
func Merge(c Case) Merged {
	m := merger{Case: c}
	m.walk(nil, c.Base, c.Incoming)
	slices.SortFunc(m.out.Fields, func(a, b Field) int { return slices.Compare(a.Path, b.Path) })
	return m.out
}

type merger struct {
	Case
	out Merged
}

func (m *merger) walk(path []string, base, incoming []byte) {
	if bytes.Equal(base, incoming) {
		return
	}
	was, wasObject := crdt.Members(base)
	is, isObject := crdt.Members(incoming)
	if !wasObject || !isObject {
		m.leaf(path, base, m.State.Get(path), incoming)
		return
	}
	for _, name := range sortedNames(was, is) {
		m.walk(append(slices.Clip(path), name), was[name], is[name])
	}
}

func sortedNames(a, b map[string][]byte) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// leaf settles one path that the write changed.
func (m *merger) leaf(path []string, base, current, incoming []byte) {
	f := Field{Path: path, Kind: m.kindOf(path, base, current, incoming), Base: base, Current: current, Incoming: incoming, Result: incoming, From: FromIncoming}
	stands := m.State.At(path)
	if merged, ok := mergeKind(f.Kind, base, current, incoming, stands.Before(m.At)); ok {
		f.Result = merged
		if !bytes.Equal(merged, incoming) || bytes.Equal(current, incoming) {
			f.From = FromBoth
		}
		m.State.Replace(path, merged, later(m.At, stands))
		m.out.Fields = append(m.out.Fields, f)
		return
	}
	switch {
	case bytes.Equal(current, base):
		m.State.Put(path, incoming, after(m.At, stands))
	case bytes.Equal(current, incoming):
		f.From = FromBoth
		m.State.Put(path, incoming, later(m.At, stands))
	default:
		m.clash(&f)
	}
	m.out.Fields = append(m.out.Fields, f)
}

// clash settles a path that both sides changed, and whose kind cannot be merged.
func (m *merger) clash(f *Field) {
	switch m.Fallback {
	case models.StrategyLWW:
		m.State.Merge(crdt.DiffAt(f.Path, f.Base, f.Incoming, m.At))
		if f.Result = m.State.Get(f.Path); bytes.Equal(f.Result, f.Current) {
			f.From = FromCurrent
		}
	case models.StrategyFWW:
		f.From, f.Result = FromCurrent, f.Current
	case models.StrategyNone:
		f.From, f.Result = FromNobody, f.Current
		m.out.Clashes++
	}
}

func (m *merger) kindOf(path []string, values ...[]byte) Kind {
	if m.KindOf != nil {
		if k := m.KindOf(path); k != "" {
			return k
		}
	}
	for _, v := range values {
		if len(v) == 0 || v[0] != '"' {
			return Register
		}
	}
	if base := values[0]; utf8.RuneCount(base) < longString && !bytes.Contains(base, []byte(`\n`)) {
		return Register
	}
	return Text
}

func later(a, b crdt.Stamp) crdt.Stamp {
	if a.Before(b) {
		return b
	}
	return a
}

// after is a stamp of the same instance that is after another: who changed a
// value had seen it, whatever their clock says.
func after(at, seen crdt.Stamp) crdt.Stamp {
	if !seen.Before(at) && seen != (crdt.Stamp{}) {
		at.HLC = seen.HLC + 1
	}
	return at
}

// mergeKind merges what both made of a base; ok is false where that kind cannot.
// currentFirst says whose insertion comes first where both inserted at one place.
func mergeKind(k Kind, base, current, incoming []byte, currentFirst bool) (merged []byte, ok bool) {
	switch k {
	case Counter:
		return mergeCounter(base, current, incoming)
	case Text:
		var b, c, i string
		if !reads(base, &b) || !reads(current, &c) || !reads(incoming, &i) {
			return nil, false
		}
		if !currentFirst {
			c, i = i, c
		}
		s, ok := mergeText(b, c, i)
		return jsonOf(s), ok
	case Set, List:
		return mergeArray(k, base, current, incoming, currentFirst)
	case Register:
	}
	return nil, false
}

func mergeArray(k Kind, base, current, incoming []byte, currentFirst bool) ([]byte, bool) {
	b, okB := elements(base)
	c, okC := elements(current)
	i, okI := elements(incoming)
	if !okB || !okC || !okI {
		return nil, false
	}
	if k == Set {
		return array(mergeSet(b, c, i)), true
	}
	if !currentFirst {
		c, i = i, c
	}
	merged, ok := mergeList(b, c, i)
	return array(merged), ok
}

// elements are the elements of a JSON array; an absent one has none.
func elements(v []byte) (list []string, ok bool) {
	var raw []json.RawMessage
	if v != nil && !reads(v, &raw) {
		return nil, false
	}
	for _, e := range raw {
		list = append(list, string(e))
	}
	return list, v == nil || raw != nil
}

func array(list []string) []byte { return []byte("[" + strings.Join(list, ",") + "]") }

func reads(v []byte, into any) bool { return json.Unmarshal(v, into) == nil }

func jsonOf(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has JSON
	return bytes.TrimRight(b.Bytes(), "\n")
}

const maxDigits = 40 // of a number that is counted with

// mergeCounter adds to what stands what the write added to its base, exactly. An
// absent number is 0.
func mergeCounter(base, current, incoming []byte) ([]byte, bool) {
	b, okB := number(base)
	c, okC := number(current)
	i, okI := number(incoming)
	if !okB || !okC || !okI || incoming == nil {
		return nil, false
	}
	sum := new(big.Rat).Add(c, new(big.Rat).Sub(i, b))
	digits, _ := sum.FloatPrec()
	return []byte(sum.FloatString(digits)), true
}

// number reads a JSON number of a bearable length.
func number(v []byte) (*big.Rat, bool) {
	s := cmp.Or(string(v), "0")
	if len(s) > maxDigits || strings.ContainsAny(s, `eE"/`) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

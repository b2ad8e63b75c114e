package conflict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/big"
	"strings"
	"unicode/utf8"

	"tidemark/engine/protocol"
	"tidemark/models"
)

// Kind says how two changes of one path of a JSON value merge.
type Kind = models.MergeKind

// The kinds, by the names they have here.
const (
	Register = models.MergeRegister
	Counter  = models.MergeCounter
	Set      = models.MergeSet
	List     = models.MergeList
	Text     = models.MergeText
)

const longString = 64 // characters from which a string is a text

// kindByValue is the kind of a path that nobody named one for.
func kindByValue(values ...[]byte) Kind {
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

// three are a value as both sides found it and as each left it; of two insertions
// at one place, those of first come first.
type three struct{ base, first, second []byte }

// by merges what both made of a value; ok is false where its kind cannot, or
// where both changed the same. prefer settles the latter for the parts of texts
// and lists: what that side made of them stands, and nothing else of the other is lost.
func (t three) by(k Kind, prefer side) (merged []byte, clashes int, ok bool) {
	switch k {
	case Counter:
		merged, ok = t.counted()
	case Set:
		merged, ok = t.joined()
	case List:
		return t.listed(prefer)
	case Text:
		return t.written(prefer)
	case Register:
	}
	return merged, 0, ok
}

func (t three) written(prefer side) (merged []byte, clashes int, ok bool) {
	var base, first, second string
	if !reads(t.base, &base) || !reads(t.first, &first) || !reads(t.second, &second) {
		return nil, 0, false
	}
	s, clashes := mergeText(base, first, second, prefer)
	return jsonOf(s), clashes, clashes == 0 || prefer != nobody
}

func (t three) listed(prefer side) (merged []byte, clashes int, ok bool) {
	base, okB := elements(t.base)
	first, okF := elements(t.first)
	second, okS := elements(t.second)
	if !okB || !okF || !okS {
		return nil, 0, false
	}
	list, clashes := mergeList(base, first, second, prefer)
	return array(list), clashes, clashes == 0 || prefer != nobody
}

func (t three) joined() ([]byte, bool) {
	base, okB := elements(t.base)
	first, okF := elements(t.first)
	second, okS := elements(t.second)
	return array(mergeSet(base, first, second)), okB && okF && okS
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

func jsonOf(s string) []byte { return protocol.AppendString(nil, s) }

const maxDigits = 40 // of a number that is counted with

// counted adds what both added to the base, exactly. An absent number is 0.
func (t three) counted() ([]byte, bool) {
	base, okB := number(t.base)
	first, okF := number(t.first)
	second, okS := number(t.second)
	if !okB || !okF || !okS {
		return nil, false
	}
	sum := new(big.Rat).Add(first, new(big.Rat).Sub(second, base))
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

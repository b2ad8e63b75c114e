package conflict

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
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
	Rows     = models.MergeRows
	Flag     = models.MergeFlag
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
	case Flag:
		merged, ok = t.raised()
	case Register, Rows: // rows that are none are a register
	}
	return merged, 0, ok
}

// raised is true when either side made it so.
func (t three) raised() ([]byte, bool) {
	var first, second bool
	if !reads(t.first, &first) || !reads(t.second, &second) {
		return nil, false
	}
	return strconv.AppendBool(nil, first || second), true
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
	base, okB := protocol.Elements(t.base)
	first, okF := protocol.Elements(t.first)
	second, okS := protocol.Elements(t.second)
	if !okB || !okF || !okS {
		return nil, 0, false
	}
	list, clashes := mergeList(base, first, second, prefer)
	return protocol.Array(list), clashes, clashes == 0 || prefer != nobody
}

func (t three) joined() ([]byte, bool) {
	base, okB := protocol.Elements(t.base)
	first, okF := protocol.Elements(t.first)
	second, okS := protocol.Elements(t.second)
	return protocol.Array(mergeSet(base, first, second)), okB && okF && okS
}

func reads(v []byte, into any) bool { return json.Unmarshal(v, into) == nil }

func jsonOf(s string) []byte { return protocol.AppendString(nil, s) }

// counted adds what both added to the base, exactly. An absent number is 0.
func (t three) counted() ([]byte, bool) {
	base, okB := protocol.Number(t.base)
	first, okF := protocol.Number(t.first)
	second, okS := protocol.Number(t.second)
	if !okB || !okF || !okS {
		return nil, false
	}
	sum := new(big.Rat).Add(first, new(big.Rat).Sub(second, base))
	return protocol.Decimal(sum), true
}

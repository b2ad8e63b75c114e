package conflict

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"tidemark/engine/protocol"
)

// Bounds of what is told of one row.
const (
	maxNamed = 4  // elements of a set
	maxQuote = 40 // characters of one
)

// Explain says in a few words how a row came to its result, empty where that is plain to see.
func (r *Row) Explain() string {
	switch {
	case r.From == FromNobody && r.Kind == Text:
		return "Both changed the same words."
	case r.From == FromNobody && r.Kind == List:
		return "Both changed the same elements."
	case r.From == FromIncoming && r.Current == nil && r.Base != nil && r.Incoming != nil:
		return "Current removed it without having seen the change, which stands."
	case r.From == FromCurrent && r.Incoming == nil && r.Base != nil && r.Current != nil:
		return r.removed()
	case r.From != FromBoth:
		return ""
	}
	switch r.Kind {
	case Counter:
		return r.added()
	case Set:
		return r.joined()
	case Text:
		return "Both edits of the text are joined."
	case List:
		return "Both edits of the list are joined."
	case Rows:
		return "The rows of both are merged one by one."
	case Flag:
		return "One of them said yes, which stands."
	case Register:
	}
	return ""
}

// removed tells of a change that stands though the other side removed it.
func (r *Row) removed() string {
	if string(r.Current) == string(r.Base) {
		return ""
	}
	return "Incoming removed it without having seen the change, which stands."
}

// added tells what both added to a number.
func (r *Row) added() string {
	base, okB := protocol.Number(r.Base)
	current, okC := protocol.Number(r.Current)
	incoming, okI := protocol.Number(r.Incoming)
	if !okB || !okC || !okI {
		return ""
	}
	return fmt.Sprintf("%s, %s by current and %s by incoming: %s", plain(base), signed(current, base), signed(incoming, base), r.Result)
}

func signed(n, base *big.Rat) string {
	d := new(big.Rat).Sub(n, base)
	if d.Sign() >= 0 {
		return "+" + plain(d)
	}
	return "−" + plain(d.Neg(d))
}

func plain(n *big.Rat) string { return string(protocol.Decimal(n)) }

// joined tells what either side added to a set or took away.
func (r *Row) joined() string {
	base, _ := protocol.Elements(r.Base)
	var told []string
	for _, side := range []struct {
		name  string
		value []byte
	}{{"Current", r.Current}, {"incoming", r.Incoming}} {
		now, _ := protocol.Elements(side.value)
		does := changes(base, now)
		if does == "" {
			does = "changed nothing but the order"
		}
		told = append(told, side.name+" "+does)
	}
	return strings.Join(told, "; ") + "."
}

// changes says what became of a set.
func changes(base, now []string) string {
	var out []string
	for _, c := range []struct {
		word string
		all  []string
	}{{"added", beyond(now, base)}, {"removed", beyond(base, now)}} {
		if len(c.all) > 0 {
			out = append(out, c.word+" "+some(c.all))
		}
	}
	return strings.Join(out, ", ")
}

// beyond are the elements of one set that another has not.
func beyond(a, b []string) (out []string) {
	had := setOf(b)
	for _, e := range a {
		if !had[e] && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// some names a few elements.
func some(all []string) string {
	var out []string
	for _, e := range all[:min(len(all), maxNamed)] {
		if utf8.RuneCountInString(e) > maxQuote {
			e = string([]rune(e)[:maxQuote]) + "…"
		}
		out = append(out, e)
	}
	if n := len(all) - maxNamed; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(out, ", "), n)
	}
	return strings.Join(out, ", ")
}

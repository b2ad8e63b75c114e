package assist

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

const (
	maxQuestion = 48 << 10 // bytes of all that is shown
	withheld    = `"[withheld]"`
)

// Question is a conflict as an assistant is asked of it. Values are canonical JSON.
type Question struct {
	Kind     string
	Base     []byte // what both began from; nil: nothing
	Current  []byte
	Incoming []byte
	Draft    []byte     // what could be merged, and Current's where both changed the same
	Clashes  [][]string // paths into the values where both changed the same
	Redacted []string   // JSON pointers of what is withheld, in which * is any one name
}

// side is a value of a question, as it is and as it is shown; nil: there is none.
type side struct{ real, shown []byte }

type sides struct{ current, incoming, draft side }

func (q *Question) sides() sides {
	rules := pointers(q.Redacted)
	shown := func(v []byte) side { return side{v, redact(v, rules)} }
	return sides{shown(q.Current), shown(q.Incoming), shown(q.Draft)}
}

// document is the question as data.
func (q *Question) document() ([]byte, error) {
	s := q.sides()
	doc := struct {
		Kind     string          `json:"kind"`
		Base     json.RawMessage `json:"base"`
		Current  json.RawMessage `json:"current"`
		Incoming json.RawMessage `json:"incoming"`
		Draft    json.RawMessage `json:"draft"`
		Clashes  []string        `json:"clashes"`
	}{q.Kind, orNull(redact(q.Base, pointers(q.Redacted))), orNull(s.current.shown), orNull(s.incoming.shown), orNull(s.draft.shown), nil}
	for _, path := range q.Clashes {
		doc.Clashes = append(doc.Clashes, protocol.Pointer(path))
	}
	return json.Marshal(doc)
}

// check says why a question is not to be asked at all.
func (q *Question) check() *Failure {
	rules := pointers(q.Redacted)
	seen := func(path []string) bool { return !covered(path, rules) }
	switch {
	case q.Current == nil || q.Incoming == nil:
		return failed("One side removed the item, which is for a person to decide.")
	case len(q.Clashes) > 0 && !slices.ContainsFunc(q.Clashes, seen):
		return failed("What both changed is withheld from the assistant.")
	case len(q.Base)+len(q.Current)+len(q.Incoming)+len(q.Draft) > maxQuestion:
		return failed("The values are too large to be shown to the assistant.")
	}
	return nil
}

// covered says whether all of what is at a path is withheld.
func covered(path []string, rules [][]string) bool {
	return slices.ContainsFunc(rules, func(rule []string) bool {
		if len(rule) > len(path) {
			return false
		}
		for i, name := range rule {
			if name != "*" && name != path[i] {
				return false
			}
		}
		return true
	})
}

func orNull(v []byte) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}

// pointers are the names of JSON pointers.
func pointers(list []string) [][]string {
	var out [][]string
	for _, p := range list {
		out = append(out, protocol.Segments(p))
	}
	return out
}

// redact is a value with a mark in place of what is withheld.
func redact(v []byte, rules [][]string) []byte {
	switch {
	case v == nil || len(rules) == 0:
		return v
	case slices.ContainsFunc(rules, func(r []string) bool { return len(r) == 0 }):
		return []byte(withheld)
	case v[0] == '[':
		return redactList(v, rules)
	}
	members, isObject := crdt.Members(v)
	if !isObject {
		return v
	}
	out := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(protocol.AppendString(out, m.Name), ':')
		out = append(out, redact(m.Value, below(rules, m.Name))...)
	}
	return append(out, '}')
}

func redactList(v []byte, rules [][]string) []byte {
	var list []json.RawMessage
	if json.Unmarshal(v, &list) != nil {
		return []byte(withheld) // what cannot be read is not shown
	}
	parts := make([][]byte, 0, len(list))
	for i, e := range list {
		parts = append(parts, redact(e, below(rules, strconv.Itoa(i))))
	}
	return append(append([]byte{'['}, bytes.Join(parts, []byte{','})...), ']')
}

// below are the rules for what is under a name.
func below(rules [][]string, name string) [][]string {
	var out [][]string
	for _, r := range rules {
		if r[0] == "*" || r[0] == name {
			out = append(out, r[1:])
		}
	}
	return out
}

// Sample is a question about nobody's data, to try an endpoint with.
func Sample() Question {
	return Question{
		Kind:     "concurrent",
		Base:     []byte(`{"address":"12 Harbour Road","notes":"Ring twice.","status":"open"}`),
		Current:  []byte(`{"address":"12 Harbour Road","notes":"Ring twice. Mind the dog.","status":"assigned"}`),
		Incoming: []byte(`{"address":"14 Harbour Road","notes":"Ring twice.","status":"completed"}`),
		Draft:    []byte(`{"address":"14 Harbour Road","notes":"Ring twice. Mind the dog.","status":"assigned"}`),
		Clashes:  [][]string{{"status"}},
	}
}

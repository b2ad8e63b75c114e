package assist

import (
	"encoding/json"
	"slices"

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
	parts := q.parts()
	shown := func(v []byte) side { return side{v, redact(v, parts)} }
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
	}{q.Kind, orNull(redact(q.Base, q.parts())), orNull(s.current.shown), orNull(s.incoming.shown), orNull(s.draft.shown), nil}
	for _, path := range q.Clashes {
		doc.Clashes = append(doc.Clashes, protocol.Pointer(path))
	}
	return json.Marshal(doc)
}

// check says why a question is not to be asked at all.
func (q *Question) check() *Failure {
	parts := q.parts()
	seen := func(path []string) bool { return !parts.Cover(path) }
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

func orNull(v []byte) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}

// parts are the places that are withheld.
func (q *Question) parts() protocol.Parts { return protocol.PartsOf(q.Redacted) }

// redact is a value with a mark in place of what is withheld.
func redact(v []byte, parts protocol.Parts) []byte { return parts.Mask(v, []byte(withheld)) }

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

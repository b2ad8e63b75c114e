package assist

import (
	"encoding/json"
	"strings"
	"unicode"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// Bounds of what is taken from an answer.
const (
	maxReason = 300 // characters
	maxPath   = 120
	maxValue  = 64 << 10 // bytes
)

// schema is the form of an answer (JSON Schema, as strict structured outputs take it).
const schema = `{"type":"object","additionalProperties":false,"required":["choice","value","confidence","reason"],"properties":{` +
	`"choice":{"type":"string","enum":["current","incoming","merged"]},` +
	`"value":{"type":["string","null"],"description":"of merged: the merged value as JSON text; else null"},` +
	`"confidence":{"type":"number","description":"0 to 1"},` +
	`"reason":{"type":"string","description":"one short sentence for the person who reviews it"}}}`

var answerNames = []string{"choice", "confidence", "reason", "value"} // in order

// read takes an answer apart, which anybody may have written.
func (q *Question) read(text string) (Answer, error) {
	canonical, err := protocol.Canonical(nil, []byte(text))
	if err != nil {
		return Answer{}, failed("The assistant's answer is not JSON.")
	}
	members, isObject := crdt.Members(canonical)
	if !isObject || len(members) != len(answerNames) {
		return Answer{}, errForm()
	}
	for i, m := range members {
		if m.Name != answerNames[i] {
			return Answer{}, errForm()
		}
	}
	var a struct {
		Choice     string
		Value      *string
		Confidence *float64
		Reason     string
	}
	if json.Unmarshal(canonical, &a) != nil || a.Confidence == nil {
		return Answer{}, errForm()
	}
	out := Answer{Choice: a.Choice, Confidence: *a.Confidence, Reason: readable(a.Reason, maxReason)}
	switch {
	case out.Confidence < 0 || out.Confidence > 1:
		return Answer{}, failed("The assistant's confidence is not between 0 and 1.")
	case out.Reason == "":
		return Answer{}, failed("The assistant gave no reason.")
	case out.Choice == Current || out.Choice == Incoming:
		return out, nil
	case out.Choice != Merged || a.Value == nil:
		return Answer{}, errForm()
	}
	return q.merged(out, *a.Value)
}

// merged checks a value that an answer gives.
func (q *Question) merged(out Answer, text string) (Answer, error) {
	if len(text) > maxValue {
		return Answer{}, failed("The assistant's merged value is too large.")
	}
	value, err := protocol.Canonical(nil, []byte(text))
	if err != nil {
		return Answer{}, failed("The assistant's merged value is not JSON.")
	}
	composed, f := q.compose(value)
	if f != nil {
		return Answer{}, f
	}
	out.Value = composed
	switch { // what is one of the sides is called so
	case same(composed, q.Current):
		out.Choice, out.Value = Current, nil
	case same(composed, q.Incoming):
		out.Choice, out.Value = Incoming, nil
	}
	return out, nil
}

func errForm() *Failure {
	return failed("The assistant's answer does not have the form it was asked for.")
}

// readable is text from outside as a line may show it: without control and
// format characters, which could turn the text around it, and not longer than so many.
func readable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

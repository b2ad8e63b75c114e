package schema

import (
	"errors"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/schema/field"
)

// Write is what is known of a write that makes a record's next value.
type Write struct {
	At   int64                              // the server's time, ms
	User string                             // who writes
	Was  []byte                             // the value before; nil: there was none
	Next func(c *Column, start int64) int64 // counts a field on; nil: it can't be counted
}

// Fills says whether a record that is made gets values for what it is made without.
func (t *Table) Fills() bool { return t.fills }

// Complete gives a checked value what the server sets. One that stays the same is returned as it is.
func (t *Table) Complete(value []byte, w Write) []byte {
	if len(t.sets) == 0 {
		return value
	}
	members, _ := crdt.Members(value)
	out := append(make([]byte, 0, len(value)+64*len(t.sets)), '{')
	put := func(name string, v []byte) {
		if v == nil {
			return
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, name), ':'), v...)
	}
	next := 0
	until := func(name string) {
		for ; next < len(t.sets) && (name == "" || t.sets[next].Name < name); next++ {
			put(t.sets[next].Name, t.sets[next].set(w))
		}
	}
	for _, m := range members {
		until(m.Name)
		put(m.Name, m.Value)
	}
	until("")
	return append(out, '}')
}

// Follows says whether a record's states may come after those it has: `invalid` names each field that may not. A nil value is none yet.
func (t *Table) Follows(was, next []byte) error {
	var wrong []fault.Field
	for _, c := range t.moves {
		err := c.Field.(field.Mover).Move(Get(was, c.Name), Get(next, c.Name))
		var p *field.Problem
		if errors.As(err, &p) {
			wrong = append(wrong, fault.Field{Path: c.Name, Rule: p.Rule, Message: p.Message})
		}
	}
	if wrong != nil {
		return refusal(wrong)
	}
	return nil
}

// set is what the server gives the column; nil: nothing.
func (c *Column) set(w Write) []byte {
	s, ok := c.Field.(field.Setter)
	if !ok {
		return nil
	}
	of := field.Write{At: w.At, User: w.User, Fresh: w.Was == nil}
	if w.Next != nil {
		of.Next = func(start int64) int64 { return w.Next(c, start) }
	}
	return s.Set(Get(w.Was, c.Name), of)
}

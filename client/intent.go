package client

import (
	"context"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// These writes say what they do, and not what the value becomes: what others did at
// the same time stays, whatever the strategy. The path is a JSON pointer (RFC 6901)
// into the value; empty, it is the whole of it. What cannot be done to what is there
// (a text that is to be counted) is `invalid`.

// Increment adds to a number, exactly; an absent one is 0, of an absent item too. by
// is a number of at most 40 digits.
func (l Collection) Increment(ctx context.Context, key, path string, by any, options ...Option) error {
	return l.intend(ctx, place{l.name, key}, intent{protocol.Increment, path, by}, options)
}

// AddToSet adds the elements that an array does not have. Where there is no array, or no item, it makes one.
func (l Collection) AddToSet(ctx context.Context, key, path string, elements []any, options ...Option) error {
	return l.intend(ctx, place{l.name, key}, intent{protocol.AddToSet, path, elements}, options)
}

// RemoveFromSet takes elements out of an array: `not_found` where there is no item.
func (l Collection) RemoveFromSet(ctx context.Context, key, path string, elements []any, options ...Option) error {
	return l.intend(ctx, place{l.name, key}, intent{protocol.RemoveFromSet, path, elements}, options)
}

// End is the index behind the last element.
const End = -1

// Insert puts elements into an array, before the one with an index. Where there is no array, or no item, it makes one.
func (l Collection) Insert(ctx context.Context, key, path string, at int, elements []any, options ...Option) error {
	into := map[string]any{"values": elements}
	if at != End {
		into["at"] = at
	}
	return l.intend(ctx, place{l.name, key}, intent{protocol.Insert, path, into}, options)
}

// Move puts one element of an array where it then has the index to: `not_found` where there is no item.
func (l Collection) Move(ctx context.Context, key, path string, from, to int, options ...Option) error {
	return l.intend(ctx, place{l.name, key}, intent{protocol.Move, path, map[string]int{"from": from, "to": to}}, options)
}

// intent is what a write says that it does.
type intent struct {
	kind protocol.Kind
	path string
	with any
}

func (l Collection) intend(ctx context.Context, p place, i intent, options []Option) error {
	with, err := canonical(i.with)
	if err != nil {
		return err
	}
	d := draft{}
	d.place, d.kind, d.path, d.Value = p, i.kind, i.path, with
	d.id = "draft"
	if _, err := d.decoded(); err != nil {
		return err
	}
	return l.write(ctx, p.key, &d, options)
}

// makes says whether an operation makes an item where there is none.
func makes(k protocol.Kind) bool {
	return k == protocol.Set || k == protocol.Increment || k == protocol.AddToSet || k == protocol.Insert
}

// decoded is an operation as the server reads it: `invalid` where that would refuse it.
func (o *op) decoded() (*protocol.Op, error) {
	push, err := protocol.DecodePush(append(appendEvent([]byte(`{"events":[`), o), "]}"...), 1)
	if err != nil {
		return nil, err
	}
	return &push.Events[0].Op, push.Events[0].Err
}

// intended gives what an item becomes by an operation that says what it does.
func (o *op) intended(s conflict.Side) (conflict.Side, error) {
	if s.Value == nil && !makes(o.kind) {
		return s, fault.New(fault.NotFound, "There is no such item.")
	}
	p, err := o.decoded()
	if err != nil {
		return s, err
	}
	if s.Value, err = p.Over(s.Value); err != nil {
		return s, err
	}
	return o.beside(s), nil
}

// joinedWith takes another into an operation that says what it does, if one can say both.
func (o *op) joinedWith(next *op) (with []byte, ok bool) {
	if o.kind != next.kind || o.path != next.path {
		return nil, false
	}
	switch o.kind {
	case protocol.Increment:
		a, okA := protocol.Number(o.Value)
		b, okB := protocol.Number(next.Value)
		if !okA || !okB {
			return nil, false
		}
		both := op{place: o.place, id: o.id, kind: o.kind, path: o.path}
		both.Value = protocol.Decimal(a.Add(a, b))
		_, err := both.decoded()
		return both.Value, err == nil
	case protocol.AddToSet, protocol.RemoveFromSet:
		a, _ := protocol.Elements(o.Value)
		b, _ := protocol.Elements(next.Value)
		return protocol.Array(append(a, b...)), true
	case protocol.Set, protocol.Remove, protocol.Patch, protocol.Insert, protocol.Move: // the place of each is that in what the one before it made
	}
	return nil, false
}

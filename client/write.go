package client

import (
	"encoding/json"
	"slices"
	"time"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// Option says more about a write than its value.
type Option func(*draft) error

// draft is a write on its way into the outbox.
type draft struct {
	op
	over *int64 // the version that the app made it over; nil: what the replica has
}

// Metadata goes with the item: anything that encodes as a JSON object.
func Metadata(object any) Option {
	return func(d *draft) (err error) {
		if d.Metadata, err = canonical(object); err == nil && d.Metadata[0] != '{' {
			err = fault.OfField("metadata", "object", "must be an object")
		}
		return err
	}
}

// Tags go with the item; a patch without them leaves those there are.
func Tags(tags ...string) Option {
	return func(d *draft) error {
		if len(tags) > protocol.MaxTags {
			return fault.OfField("tags", "max", "must be at most %d", protocol.MaxTags)
		}
		for _, t := range tags {
			if err := protocol.CheckTag(t); err != nil {
				return err
			}
		}
		d.Tags = tags
		return nil
	}
}

// ExpiresAt is when the item's life ends.
func ExpiresAt(at time.Time) Option {
	return func(d *draft) error {
		if d.ExpiresAt = at.UnixMilli(); d.ExpiresAt <= 0 {
			return fault.OfField("ttl", "time", "must be a time after 1970")
		}
		return nil
	}
}

// Priority has items of a higher one come first in a snapshot.
func Priority(n int32) Option {
	return func(d *draft) error {
		d.Priority = int64(n)
		return nil
	}
}

// Encrypted says that the app has encrypted the value, which the server then keeps and tells as it is: it is
// never merged, and changes of a part of it are `invalid`. It goes with Set alone.
func Encrypted() Option {
	return func(d *draft) error {
		if d.kind != protocol.Set {
			return fault.OfField("encryptionType", "op", "goes with a set alone")
		}
		d.Opaque = true
		return nil
	}
}

// Over is the version ([Item].Version) of the item that the app showed when the
// change was made. Without it a change is made over what the replica has by now,
// which may be newer than what a form was filled from.
func Over(version int64) Option {
	return func(d *draft) error {
		if version < 0 {
			return fault.OfField("version", "min", "must not be negative")
		}
		d.over = &version
		return nil
	}
}

// canonical encodes a value as the server keeps it. Bytes are taken for the JSON they hold.
func canonical(v any) ([]byte, error) {
	switch v := v.(type) {
	case json.RawMessage:
		return protocol.Canonical(nil, v)
	case []byte:
		return protocol.Canonical(nil, v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The value does not encode as JSON.")
	}
	return protocol.Canonical(nil, raw)
}

// record puts a write into the outbox, joined with what waits there where no
// push has held that yet. When it returns the write is on disk.
func (c *Client) record(t *tx, d *draft) error {
	chain, err := t.chain(d.place)
	if err != nil {
		return err
	}
	r, err := t.row(d.place)
	if err != nil {
		return err
	}
	now := c.now()
	d.id, d.state, d.at = c.newID(), fresh, now
	shown := view(&r, chain)
	if gone(shown, now) && !makes(d.kind) {
		return fault.New(fault.NotFound, "There is no such item.")
	}
	if _, err := d.apply(shown); err != nil {
		return err
	}
	d.base = side{r.base(), r.Side}
	if len(chain) > 0 {
		d.base = side{chain[len(chain)-1].base.version, mine(chain[0].base.Side, chain)}
	}
	if d.over != nil && *d.over != d.base.version && len(chain) == 0 {
		d.base = side{version: *d.over}
	}
	waiting := unsent(chain)
	if d.kind == protocol.Set || d.kind == protocol.Remove {
		return t.supersede(&d.op, chain, afterIntents(waiting))
	}
	if n := len(waiting); n > 0 {
		last := waiting[n-1]
		if last.absorb(&d.op) {
			return t.save(&last)
		}
	}
	return t.save(&d.op)
}

// unsent are the operations at the end of a chain that may still change.
func unsent(chain []op) []op {
	for i := range chain {
		if chain[i].state == fresh {
			return chain[i:]
		}
	}
	return nil
}

// afterIntents are the operations behind those that say what they do: these have
// their effect even where a write that says all of the item loses.
func afterIntents(waiting []op) []op {
	for i, o := range slices.Backward(waiting) {
		if o.kind.Intent() {
			return waiting[i+1:]
		}
	}
	return waiting
}

// supersede puts a write that says all of an item in the place of those that no push has held.
func (t *tx) supersede(o *op, chain, waiting []op) error {
	if len(waiting) == 0 {
		return t.save(o)
	}
	o.base = waiting[0].base
	for i := range waiting {
		if err := t.drop(&waiting[i]); err != nil {
			return err
		}
	}
	if o.kind == protocol.Remove && len(waiting) == len(chain) && o.base.version == 0 {
		return nil // it was made and removed, and nobody ever knew
	}
	return t.save(o)
}

// absorb takes a change into an operation that no push has held, if one can say both.
func (o *op) absorb(next *op) bool {
	var s conflict.Side
	var ok bool
	switch {
	case o.kind == protocol.Set && (!next.kind.Intent() || o.base.version == 0): // in what nobody has, nothing is beside it
		made, err := next.apply(o.Side)
		s, ok = made, err == nil
	case o.kind == protocol.Patch && next.kind == protocol.Patch:
		s = next.beside(o.Side)
		s.Value, ok = composePatches(o.Value, next.Value)
	case o.kind.Intent():
		s = next.beside(o.Side)
		s.Value, ok = o.joinedWith(next)
	}
	if ok {
		o.Side, o.at = s, next.at
	}
	return ok
}

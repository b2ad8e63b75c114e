package client

import (
	"context"
	"encoding/json"
	"time"

	"tidemark/internal/fault"
)

// EventKind says what an event tells.
type EventKind string

// What syncing may bring.
const (
	Changed    EventKind = "changed"  // an item is another one by what came from the server
	Merged     EventKind = "merged"   // a write of this device was merged with another's
	Conflicted EventKind = "conflict" // a write of this device does not stand: see Client.Conflicts
	Refused    EventKind = "refused"  // the server will not have a write: see Client.Refused
)

// Event is something that syncing brought.
type Event struct {
	Kind       EventKind
	Collection string
	Key        string
	ID         string // of the conflict, or of the refused operation
}

func (c *Client) tell(events []Event) {
	if c.options.OnEvent == nil {
		return
	}
	for _, e := range events {
		c.options.OnEvent(e)
	}
}

// Operation is a write in the outbox.
type Operation struct {
	ID         string
	Collection string
	Key        string
	Op         string          // set, patch, remove, increment, addToSet, removeFromSet, insert or move
	Path       string          // of the latter five: JSON pointer into the value; empty: the whole
	Value      json.RawMessage // the value, the patch, or what the operation says
	Base       int64           // the version it was made over; 0: there was none
	At         time.Time       // by the device's clock
	Code       string          // why it was refused; empty: it was not
	Message    string          // the same for a person
}

func operationOf(o *op) Operation {
	return Operation{
		ID: o.id, Collection: o.collection, Key: o.key, Op: string(o.kind), Path: o.path, Value: json.RawMessage(o.Value), Base: o.base.version,
		At: time.UnixMilli(o.at).UTC(), Code: o.code, Message: o.message,
	}
}

// Pending gives what waits to be pushed, or for its answer, oldest first.
func (c *Client) Pending(ctx context.Context) ([]Operation, error) {
	return c.operations(ctx, selectOp+" WHERE state <> 'refused' ORDER BY n")
}

// Refused gives what the server will not have, oldest first. The items show
// nothing of it any more.
func (c *Client) Refused(ctx context.Context) ([]Operation, error) {
	return c.operations(ctx, selectOp+" WHERE state = 'refused' ORDER BY n")
}

func (c *Client) operations(ctx context.Context, query string) (list []Operation, err error) {
	err = c.replica.write(ctx, func(t *tx) error {
		ops, err := t.ops(query)
		for i := range ops {
			list = append(list, operationOf(&ops[i]))
		}
		return err
	})
	return list, err
}

// Retry puts a refused operation at the end of the outbox again, as a new one over
// the same base: `not_found` for one that is not refused.
func (c *Client) Retry(ctx context.Context, id string) error {
	err := c.replica.write(ctx, func(t *tx) error {
		o, err := t.refused(id)
		if err != nil {
			return err
		}
		if err := t.drop(&o); err != nil {
			return err
		}
		o.n, o.id, o.state, o.code, o.message = 0, c.newID(), fresh, "", ""
		return t.save(&o)
	})
	c.bell.ring()
	return err
}

// Discard gives a refused operation up: `not_found` for one that is not refused.
func (c *Client) Discard(ctx context.Context, id string) error {
	return c.replica.write(ctx, func(t *tx) error {
		o, err := t.refused(id)
		if err != nil {
			return err
		}
		return t.drop(&o)
	})
}

func (t *tx) refused(id string) (op, error) {
	o, err := t.op(id)
	if err == nil && o.state != refused {
		err = fault.New(fault.NotFound, "There is no such refused operation.")
	}
	return o, err
}

// Conflict is a write of this device that does not stand.
type Conflict struct {
	ID         string // the server's name for it
	OpID       string
	Collection string
	Key        string
	Open       bool            // when it was reported, it waited for a person; else a policy settled it
	Op         string          // set or remove; or patch and the like, where what it was made over is not known
	Mine       json.RawMessage // what the device wrote, of a set or a patch of a known base as a whole; nil: it removed the item
	Metadata   json.RawMessage
	Encrypted  bool            // Mine is, by the app: write it again with [Encrypted]
	Base       int64           // the version it was made over
	BaseValue  json.RawMessage // nil: there was none, or it is not known
	Stands     json.RawMessage // what stood instead; nil: not told
	Version    int64           // of that
	Message    string
	At         time.Time // by the device's clock
}

// Conflicts gives the writes of this device that do not stand, the oldest first,
// until they are acknowledged. The server keeps them as well.
func (c *Client) Conflicts(ctx context.Context) (list []Conflict, err error) {
	err = c.replica.write(ctx, func(t *tx) error {
		list, err = t.conflicts()
		return err
	})
	return list, err
}

func (t *tx) conflicts() (list []Conflict, err error) {
	rows, err := t.QueryContext(t.ctx, `SELECT id, op_id, collection, key, open, op, mine, metadata, base, base_value, stands, version, message, at, opaque
FROM conflicts ORDER BY at, id`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		k, at := Conflict{}, int64(0)
		if err := rows.Scan(&k.ID, &k.OpID, &k.Collection, &k.Key, &k.Open, &k.Op, (*[]byte)(&k.Mine), (*[]byte)(&k.Metadata), &k.Base,
			(*[]byte)(&k.BaseValue), (*[]byte)(&k.Stands), &k.Version, &k.Message, &at, &k.Encrypted); err != nil {
			return nil, err
		}
		k.At = time.UnixMilli(at).UTC()
		list = append(list, k)
	}
	return list, rows.Err()
}

// Acknowledge says that the app is done with a conflict: it is not reported any
// more. `not_found` where there is none.
func (c *Client) Acknowledge(ctx context.Context, id string) error {
	return c.replica.write(ctx, func(t *tx) error {
		done, err := t.ExecContext(ctx, "DELETE FROM conflicts WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return fault.New(fault.NotFound, "There is no such conflict.")
	})
}

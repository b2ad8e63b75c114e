package client

import (
	"context"
	"strings"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// Collection is a named group of items.
type Collection struct {
	c    *Client
	name string
}

// Named gives a collection of the replica; it comes into being with its first item.
func (c *Client) Named(collection string) Collection { return Collection{c, collection} }

// Set makes an item of a value, or puts it in the place of what is there: metadata,
// tags and the rest that no option names are none. `invalid` names what is wrong.
func (l Collection) Set(ctx context.Context, key string, value any, options ...Option) error {
	v, err := canonical(value)
	if err != nil {
		return err
	}
	d := draft{}
	d.kind, d.Value = protocol.Set, v
	return l.write(ctx, key, &d, options)
}

// Patch changes an item by a merge patch (RFC 7396): members of the patch take the
// place of the item's, and null takes them away. What no option names stays as it
// is. `not_found` where there is no item.
func (l Collection) Patch(ctx context.Context, key string, patch any, options ...Option) error {
	v, err := canonical(patch)
	if err != nil {
		return err
	}
	d := draft{}
	d.kind, d.Value = protocol.Patch, v
	return l.write(ctx, key, &d, options)
}

// Remove takes an item away: `not_found` where there is none.
func (l Collection) Remove(ctx context.Context, key string, options ...Option) error {
	d := draft{}
	d.kind = protocol.Remove
	return l.write(ctx, key, &d, options)
}

func (l Collection) write(ctx context.Context, key string, d *draft, options []Option) error {
	if err := l.check(key); err != nil {
		return err
	}
	d.place = place{l.name, key}
	for _, o := range options {
		if err := o(d); err != nil {
			return err
		}
	}
	if d.kind == protocol.Remove {
		d.Side = conflict.Side{}
	}
	if err := l.c.replica.write(ctx, func(t *tx) error { return l.c.record(t, d) }); err != nil {
		return err
	}
	l.c.bell.ring()
	return l.c.plant.Reach("recorded")
}

func (l Collection) check(key string) error {
	if err := protocol.CheckCollection(l.name); err != nil {
		return err
	}
	return protocol.CheckKey(key)
}

// Get reads an item: `not_found`.
func (l Collection) Get(ctx context.Context, key string) (Item, error) {
	if err := l.check(key); err != nil {
		return Item{}, err
	}
	var i Item
	err := l.c.replica.write(ctx, func(t *tx) error {
		var found bool
		var err error
		if i, found, err = l.c.item(t, place{l.name, key}); err == nil && !found {
			err = fault.New(fault.NotFound, "There is no such item.")
		}
		return err
	})
	return i, err
}

func (c *Client) item(t *tx, p place) (i Item, found bool, err error) {
	r, err := t.row(p)
	if err != nil {
		return i, false, err
	}
	chain, err := t.chain(p)
	if err != nil {
		return i, false, err
	}
	s := view(&r, chain)
	return itemOf(p, s, &r, chain), !gone(s, c.now()), nil
}

// MaxPage is how many items a page of List has at most.
const MaxPage = 1000

// Page says which items List gives.
type Page struct {
	Prefix string // literal; empty: every key
	After  string // the last key of the page before; empty: the first page
	Limit  int    // 0, and more than MaxPage: MaxPage
}

// List reads a page of items in byte order of their keys. One with fewer than
// Limit is the last.
func (l Collection) List(ctx context.Context, p Page) ([]Item, error) {
	if p.Limit <= 0 || p.Limit > MaxPage {
		p.Limit = MaxPage
	}
	var out []Item
	err := l.c.replica.write(ctx, func(t *tx) error {
		for after := p.After; ; {
			keys, err := t.keys(l.name, max(p.Prefix, after), after, p.Limit)
			if err != nil {
				return err
			}
			for _, key := range keys {
				if !strings.HasPrefix(key, p.Prefix) {
					return nil // keys are in order: none follows
				}
				i, found, err := l.c.item(t, place{l.name, key})
				if err != nil {
					return err
				}
				if found {
					out = append(out, i)
				}
				if len(out) == p.Limit {
					return nil
				}
			}
			if len(keys) < p.Limit {
				return nil
			}
			after = keys[len(keys)-1]
		}
	})
	return out, err
}

// keys reads keys that are from one on and above another, in order.
func (t *tx) keys(collection, from, above string, limit int) (keys []string, err error) {
	rows, err := t.QueryContext(t.ctx, `SELECT key FROM items WHERE collection = ?1 AND key >= ?2 AND key > ?3
UNION SELECT key FROM ops WHERE collection = ?1 AND key >= ?2 AND key > ?3 AND state <> 'refused' ORDER BY key LIMIT ?4`, collection, from, above, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

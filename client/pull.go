package client

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"tidemark/internal/fault"
)

const pullLimit = 500 // changes of a page

// pull follows the log to its end, and waits there for news for so long. A cursor
// that is no longer good is healed by a snapshot.
func (c *Client) pull(ctx context.Context, wait time.Duration) error {
	for range healings {
		cursor, err := c.cursor(ctx)
		if err == nil && cursor == "" {
			err = c.snapshot(ctx)
		}
		if err == nil {
			err = c.follow(ctx, wait)
		}
		if !lostPlace(err) {
			return err
		}
		if err := c.replica.write(ctx, func(t *tx) error { return t.setMeta(metaCursor, "") }); err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, "The log moved on faster than a snapshot of it could be read.").After(time.Second)
}

const healings = 4 // tries, in one pull

// lostPlace says that the server does not know a cursor any more, or has never made it.
func lostPlace(err error) bool {
	return fault.Is(err, fault.CursorExpired) || fault.Is(err, fault.Malformed)
}

func (c *Client) cursor(ctx context.Context) (cursor string, err error) {
	err = c.replica.write(ctx, func(t *tx) (err error) {
		cursor, err = t.meta(metaCursor)
		return err
	})
	return cursor, err
}

// follow reads pages from the cursor on. Only the last waits.
func (c *Client) follow(ctx context.Context, wait time.Duration) error {
	for {
		cursor, err := c.cursor(ctx)
		if err != nil {
			return err
		}
		q := url.Values{"since": {cursor}, "limit": {strconv.Itoa(pullLimit)}}
		if wait > 0 {
			q.Set("wait", strconv.FormatInt(wait.Milliseconds(), 10))
		}
		var page pulled
		if err := c.ask(ctx, request{method: http.MethodGet, path: eventsPath, query: q, within: wait + answerWithin}, &page); err != nil {
			return err
		}
		if err := c.turnPage(ctx, &page); err != nil {
			return err
		}
		if wait = 0; !page.HasMore {
			return nil
		}
	}
}

// turnPage commits a page of the log together with its cursor.
func (c *Client) turnPage(ctx context.Context, page *pulled) error {
	if err := c.plant.Reach("pulled"); err != nil {
		return err
	}
	if c.plant.CursorFirst {
		if err := c.replica.write(ctx, func(t *tx) error { return t.setMeta(metaCursor, page.Cursor) }); err != nil {
			return err
		}
		if err := c.plant.Reach("cursor saved"); err != nil {
			return err
		}
	}
	var told []Event
	err := c.replica.write(ctx, func(t *tx) error {
		for i := range page.Events {
			changed, err := c.takeEvent(t, &page.Events[i])
			if err != nil {
				return err
			}
			if changed {
				told = append(told, Event{Kind: Changed, Collection: page.Events[i].row().collection, Key: page.Events[i].Key})
			}
		}
		return t.setMeta(metaCursor, page.Cursor)
	})
	if err == nil {
		err = c.plant.Reach("page kept")
	}
	if err == nil {
		c.tell(told)
	}
	return err
}

const evict = "evict" // the event of an item that may not be seen any more

// takeEvent makes a change of the log what the server is known to have, and says
// whether the item is another one for it. Changes that are known already come again
// after a page was lost on the way: they change nothing.
func (c *Client) takeEvent(t *tx, e *event) (changed bool, err error) {
	r := e.row()
	was, err := t.row(r.place)
	switch {
	case err != nil:
		return false, err
	case e.Op == evict:
		return was.Value != nil, t.exec("DELETE FROM items WHERE collection = ? AND key = ?", r.collection, r.key)
	case c.older(&r, &was):
		return false, nil
	}
	return !same(&was, &r), t.put(insertItem, &r)
}

// older says whether a state of an item is from before another. The log's order decides, no clock.
func (c *Client) older(r, was *row) bool {
	if c.plant.LaterClock && was.seq > 0 && was.seq < r.seq {
		return r.timestamp < was.timestamp
	}
	return r.seq < was.seq
}

func same(a, b *row) bool {
	return sameValue(a.Side, b.Side) && bytes.Equal(a.Metadata, b.Metadata) && slices.Equal(a.Tags, b.Tags) && a.ExpiresAt == b.ExpiresAt && a.Priority == b.Priority
}

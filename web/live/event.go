package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// eventConnect is the opening of a connection in the permission table.
const eventConnect = "connect"

// handler serves an event of a caller who holds its permission for something at
// all, and gives the fields of the ack.
type handler func(ctx context.Context, c *conn, r request, who models.Caller) ([]byte, error)

// events are those that read, or say something about the connection itself.
var events = map[string]handler{
	protocol.EventGet:         get,
	protocol.EventGetAll:      getAll,
	protocol.EventSubscribe:   subscribe,
	protocol.EventUnsubscribe: unsubscribe,
	protocol.EventPush:        push,
	protocol.EventPull:        pull,
	protocol.EventAck:         ack,
	protocol.EventAuth:        reauth,
}

// writes are the events that are one operation each.
var writes = map[string]func(data []byte) (protocol.Op, error){
	protocol.EventSet:    protocol.DecodeSet,
	protocol.EventRemove: protocol.DecodeRemove,
}

// Events are the names of all events that clients may send, sorted.
func Events() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name := range maps.Keys(events) {
			if !yield(name) {
				return
			}
		}
		for name := range maps.Keys(writes) {
			if !yield(name) {
				return
			}
		}
	})
}

func get(ctx context.Context, c *conn, r request, who models.Caller) ([]byte, error) {
	collection, key, err := protocol.DecodeGet(r.data)
	if err != nil {
		return nil, err
	}
	if err := c.live.opt.Access.Allow(who, access.ItemsRead, collection, key); err != nil {
		return nil, err
	}
	item, err := c.live.opt.Engine.Get(ctx, who, collection, key)
	if err != nil {
		return nil, err
	}
	return protocol.AppendItem(nil, &item), nil
}

func getAll(ctx context.Context, c *conn, r request, who models.Caller) ([]byte, error) {
	q, err := protocol.DecodeGetAll(r.data)
	if err != nil {
		return nil, err
	}
	page, err := c.live.opt.Engine.List(ctx, who, engine.ListQuery{
		Collection: q.Collection, Prefix: q.Prefix, Limit: q.Limit, Page: q.Page,
	})
	if err != nil {
		return nil, err
	}
	return protocol.AppendItemPage(nil, page.Items, page.NextPage, page.Cursor), nil
}

func subscribe(_ context.Context, c *conn, r request, _ models.Caller) ([]byte, error) {
	return c.subscription(r, (*engine.Session).Subscribe)
}

func unsubscribe(_ context.Context, c *conn, r request, _ models.Caller) ([]byte, error) {
	return c.subscription(r, (*engine.Session).Unsubscribe)
}

func (c *conn) subscription(r request, change func(*engine.Session, []string) ([]string, error)) ([]byte, error) {
	keys, err := protocol.DecodeKeys(r.data)
	if err != nil {
		return nil, err
	}
	s, err := c.attached()
	if err != nil {
		return nil, err
	}
	now, err := change(s, keys)
	if err != nil {
		return nil, err
	}
	return protocol.AppendKeys(nil, now), nil
}

func ack(_ context.Context, c *conn, r request, _ models.Caller) ([]byte, error) {
	cursor, err := protocol.DecodeAck(r.data)
	if err != nil {
		return nil, err
	}
	s, err := c.attached()
	if err != nil {
		return nil, err
	}
	return nil, s.Ack(cursor)
}

// pull answers a page of the log. One that waits for news would hold up the
// events behind it, so it is answered beside them.
func pull(ctx context.Context, c *conn, r request, who models.Caller) ([]byte, error) {
	q, err := protocol.DecodePull(r.data)
	if err != nil {
		return nil, err
	}
	if q.Wait > 0 {
		return nil, c.await(r, who, q)
	}
	return c.page(ctx, who, q)
}

// await answers a pull when there is news, or its time is over. A connection has one at a time.
func (c *conn) await(r request, who models.Caller, q protocol.Pull) error {
	if c.pulls.Swap(true) {
		return fault.New(fault.RateLimited, "One pull at a time may wait on a connection.")
	}
	started := c.live.spawn(func() {
		defer c.rescue()
		fields, err := c.news(who, q)
		c.pulls.Store(false)
		c.reply(r, who.RequestID, fields, err)
	})
	if !started {
		return fault.New(fault.Unavailable, "The server is stopping.")
	}
	return errLater
}

// news reads a page when there is something in it; when the door closes first, what is there.
func (c *conn) news(who models.Caller, q protocol.Pull) ([]byte, error) {
	ctx, cancel := context.WithTimeout(c.ctx, requestTimeout+time.Duration(q.Wait)*time.Millisecond)
	defer cancel()
	waiting, hurry := context.WithCancel(ctx)
	defer hurry()
	defer context.AfterFunc(c.live.stopping, hurry)()
	fields, err := c.page(waiting, who, q)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		q.Wait = 0
		return c.page(ctx, who, q)
	}
	return fields, err
}

func (c *conn) page(ctx context.Context, who models.Caller, q protocol.Pull) (fields []byte, err error) {
	defer rescue(&err)
	page, err := c.live.opt.Engine.Pull(ctx, who, engine.PullQuery{
		Since: q.Since, Limit: q.Limit, Collections: q.Collections, Prefix: q.Prefix, Wait: q.Wait,
	})
	if err != nil {
		return nil, err
	}
	events := protocol.AppendEvents(nil, page.Events, c.live.opt.Engine.EventCursor)
	return protocol.AppendPullPage(nil, events, page.Cursor, page.HasMore, clock.Millis(c.live.opt.Clock)), nil
}

func push(ctx context.Context, c *conn, r request, who models.Caller) ([]byte, error) {
	p, err := protocol.DecodePush(r.data, 0)
	if err != nil {
		return nil, err
	}
	if p.InstanceID != "" && who.InstanceID != "" && p.InstanceID != who.InstanceID {
		return nil, fault.New(fault.Malformed, "The push names another instance than the connection.")
	}
	who.InstanceID = either(who.InstanceID, p.InstanceID)
	if p.Schema != 0 {
		who.Schema = p.Schema
	}
	results, err := c.live.opt.Engine.Push(ctx, who, p.Events, func(op *protocol.Op) error {
		return c.live.opt.Access.Allow(who, access.ItemsWrite, op.Collection, op.Key)
	})
	if err != nil {
		return nil, err
	}
	return protocol.AppendPushReply(nil, results, who.RequestID, clock.Millis(c.live.opt.Clock)), nil
}

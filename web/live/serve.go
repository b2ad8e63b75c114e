package live

import (
	"context"
	"errors"
	"strconv"
	"time"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	requestTimeout = 2400 * time.Millisecond // a database that is away is told within three seconds
	maxInFlight    = 64                      // writes of one connection waiting for their commit
)

// flight is the writes of a connection that are queued in the engine, oldest first.
type flight []flying

type flying struct {
	request request
	id      string // of the request
	pending *engine.Pending
	err     error // instead of pending
}

// errLater is what a handler says whose answer will come by itself.
var errLater = errors.New("answered later")

// serve works through the inbox in order. Writes are queued in the engine one
// behind the other and answered as they commit; anything else waits for them.
func (c *conn) serve() {
	defer c.rescue()
	var waiting flight
	for {
		r, ok := c.inbox.next(len(waiting) == 0)
		switch {
		case ok:
			waiting = c.handle(r, waiting)
		case len(waiting) > 0:
			waiting = c.land(waiting, 1)
		default:
			return
		}
	}
}

func (c *conn) handle(r request, waiting flight) flight {
	if r.begin {
		c.enter()
		return waiting
	}
	if _, err := c.live.opt.Limit.Take(context.Background(), c.who()); err != nil {
		r.err = err
	} else if r.event != protocol.EventAuth && r.err == nil {
		r.err = c.lapsed()
	}
	c.served++
	id := c.caller.RequestID + "-" + strconv.FormatUint(c.served, 10)
	if decode := writes[r.event]; decode != nil && r.err == nil {
		p, err := c.submit(r, id, decode)
		if waiting = append(waiting, flying{r, id, p, err}); len(waiting) < maxInFlight {
			return waiting
		}
		return c.land(waiting, 1)
	}
	waiting = c.land(waiting, len(waiting))
	if fields, err := c.run(r, id); !errors.Is(err, errLater) {
		c.reply(r, id, fields, err)
	}
	return waiting
}

// land waits for the n oldest writes and answers them.
func (c *conn) land(waiting flight, n int) flight {
	for _, w := range waiting[:n] {
		fields, err := c.outcome(w)
		c.reply(w.request, w.id, fields, err)
	}
	if n == len(waiting) {
		return nil
	}
	return waiting[n:]
}

func (c *conn) outcome(w flying) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	ctx, cancel := c.patience(w.request)
	defer cancel()
	results, err := w.pending.Wait(ctx)
	if err != nil {
		return nil, err
	}
	if results[0].Err != nil {
		return nil, results[0].Err
	}
	return protocol.AppendWrite(nil, results[0]), nil
}

func (c *conn) submit(r request, id string, decode func([]byte) (protocol.Op, error)) (p *engine.Pending, err error) {
	defer rescue(&err)
	op, err := decode(r.data)
	if err != nil {
		return nil, err
	}
	who := c.as(id)
	if err := c.live.opt.Access.Allow(who, access.Events[r.event], op.Collection, op.Key); err != nil {
		return nil, err
	}
	return c.live.opt.Engine.Submit(who, []protocol.Op{op})
}

// run serves one request that is no single write.
func (c *conn) run(r request, id string) (fields []byte, err error) {
	defer rescue(&err)
	if r.err != nil {
		return nil, r.err
	}
	h := events[r.event]
	if h == nil {
		return nil, fault.New(fault.Malformed, "There is no event of this name.")
	}
	who := c.as(id)
	if err := c.live.opt.Access.Holds(who, access.Events[r.event]); err != nil {
		return nil, err
	}
	ctx, cancel := c.patience(r)
	defer cancel()
	return h(ctx, c, r, who)
}

// patience ends a while after a request came, however many were before it. It
// does not end with the connection: a client that left still gets its writes.
func (c *conn) patience(r request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), requestTimeout-c.live.opt.Clock.Now().Sub(r.at))
}

// as is the caller in a request of that id, as the engine knows it.
func (c *conn) as(id string) models.Caller {
	who := c.caller
	if s := c.engine(); s != nil {
		who = s.Caller()
	}
	who.RequestID = id
	return who
}

// reply acks a request, or tells what was wrong with one that asked for no ack.
func (c *conn) reply(r request, id string, fields []byte, err error) {
	who := c.caller
	who.RequestID = id
	c.live.opt.Access.Served(who, access.Events[r.event], err)
	f := c.live.noted(&c.caller, err, id)
	if c.over.Load() {
		return
	}
	switch {
	case r.id != nil && f == nil:
		c.link.Push(protocol.AckFrame(c.format, r.id, protocol.AppendOK(nil, fields)))
	case r.id != nil:
		c.link.Push(protocol.AckFrame(c.format, r.id, protocol.AppendNotOK(nil, f, id)))
	case f != nil:
		c.link.Push(c.errorFrame(f, id))
	}
	if f != nil && f.Code.Status() == 401 && r.event != protocol.EventAuth {
		c.hangUp(f)
		return
	}
	c.link.Wait()
}

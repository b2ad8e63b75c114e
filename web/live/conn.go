package live

import (
	"context"
	"sync"
	"sync/atomic"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/web/live/sio"
	"tidemark/web/live/ws"
)

// link is the transport below a connection: an Engine.IO session or a plain socket.
type link interface {
	Send(b []byte) bool // bounded
	Push(b []byte)
	Wait()
	Probe()
	Close(code int, reason string)
}

// conn is one client of the engine over a link; to the engine it is the wire.
// Its requests are served in order by a worker that lives while there are some.
type conn struct {
	live   *Live
	link   link
	format protocol.Format
	admit  func() bool   // the worker's first step: settles the caller, or refuses; nil: settled
	caller models.Caller // whom it was opened by; who says by what credential it goes on
	inbox  inbox
	served uint64 // requests so far; the worker's
	doubts atomic.Int32
	pulls  atomic.Bool // a pull waits for news
	over   atomic.Bool // refused, hung up or gone: nothing more is said

	ctx    context.Context // ends with the connection
	cancel context.CancelFunc

	greeting atomic.Pointer[chan struct{}] // closed when the first pending-updates is queued, or never will be; nil: nobody waits

	standing standing
	renewal  sync.Mutex // held while its rights are looked at and put in force

	mu      sync.Mutex
	session *engine.Session // nil until the engine has taken it
	gone    bool
}

func (l *Live) newConn(k link, f protocol.Format) *conn {
	c := &conn{live: l, link: k, format: f}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Format is the framing of the connection's link.
func (c *conn) Format() protocol.Format { return c.format }

// Send queues a frame of the engine's, if there is room.
func (c *conn) Send(f *protocol.Frame) bool {
	if c.over.Load() || !c.link.Send(f.Bytes(c.format)) {
		return false
	}
	if c.greeting.Load() != nil && f.Event() == protocol.EventPending {
		c.greet()
	}
	return true
}

// Probe asks the client to prove that it received all that was sent so far.
func (c *conn) Probe() { c.link.Probe() }

// Close ends the connection, showing the client the code.
func (c *conn) Close(code string) {
	f := fault.New(fault.Code(code), "%s", "The connection was closed.")
	if words, ok := closings[code]; ok {
		f.Message = words
	}
	c.hangUp(f)
}

const (
	codeShutdown = "shutdown"
	codeReplaced = "replaced"
)

var closings = map[string]string{
	codeShutdown:          "The server is stopping. Connect again.",
	codeReplaced:          "A newer connection of the same instance took over.",
	string(fault.Revoked): "This credential no longer lets you in.",
}

// hangUp tells the client why and ends the connection. Unless it may come back at
// once, a Socket.IO client is told to stay away until its program says otherwise.
func (c *conn) hangUp(f *fault.Error) {
	if c.over.Swap(true) {
		return
	}
	c.inbox.drop()
	c.greet()
	c.link.Push(c.errorFrame(f, c.caller.RequestID))
	status, again := ws.PolicyRefusal, f.Code == codeShutdown || f.Code.Retryable()
	if again {
		status = ws.GoingAway
	}
	if c.format == protocol.SocketIO && !again {
		c.link.Push(sio.Disconnected(namespace))
	}
	c.link.Close(status, string(f.Code))
}

// refuse hangs up for an error that has not ended the connection already.
func (c *conn) refuse(err error) {
	if !c.over.Load() {
		c.hangUp(c.live.noted(&c.caller, err, c.caller.RequestID))
	}
}

func (c *conn) errorFrame(f *fault.Error, requestID string) []byte {
	return protocol.NewFrame(protocol.EventError, protocol.AppendError(nil, f, requestID)).Bytes(c.format)
}

// start begins the connection: its worker lets it in before it serves anything.
func (c *conn) start() { c.take(request{begin: true}) }

// take queues a request of the client's, holding the client back when there are many.
func (c *conn) take(r request) {
	r.at = c.live.opt.Clock.Now()
	if c.inbox.put(r) && !c.live.spawn(c.serve) {
		c.inbox.drop()
	}
}

// Proved, Drained and Closed are what the transports tell a connection.

// Proved says that the client answered a probe.
func (c *conn) Proved() {
	if s := c.engine(); s != nil {
		s.Proved()
	}
}

// Drained says that all that was queued has left.
func (c *conn) Drained() {
	if s := c.engine(); s != nil {
		s.Writable()
	}
}

// Closed says that the client is gone. What it had asked for is still served.
func (c *conn) Closed() {
	c.over.Store(true)
	c.cancel()
	c.inbox.drain()
	c.mu.Lock()
	c.gone = true
	s := c.session
	c.mu.Unlock()
	if s != nil {
		s.Close()
	}
	c.live.conns.remove(c)
}

// lapsed is why a connection whose credential has ended is served no more, though it is not closed yet.
func (c *conn) lapsed() error {
	if !c.expired(clock.Millis(c.live.opt.Clock)) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
	defer cancel()
	return c.live.opt.Access.Recheck(ctx, c.who())
}

func (c *conn) expired(now int64) bool {
	at := c.who().ExpiresAt
	return at != 0 && at <= now
}

package live

import (
	"context"
	"sync"
	"sync/atomic"

	"tidemark/engine"
	"tidemark/engine/protocol"
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
	admit  func() bool // the worker's first step: settles the caller, or refuses; nil: settled
	caller models.Caller
	inbox  inbox
	served uint64 // requests so far; the worker's
	doubts atomic.Int32
	pulls  atomic.Bool // a pull waits for news
	over   atomic.Bool // refused, hung up or gone: nothing more is said

	ctx    context.Context // ends with the connection
	cancel context.CancelFunc

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
func (c *conn) Send(f *protocol.Frame) bool { return !c.over.Load() && c.link.Send(f.Bytes(c.format)) }

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

// enter makes the connection known and hands it to the engine.
func (c *conn) enter() {
	if c.admit != nil && !c.admit() {
		c.inbox.drop()
		return
	}
	if !c.live.conns.add(c) {
		c.Close(codeShutdown)
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, requestTimeout)
	defer cancel()
	err := c.live.opt.Access.Recheck(ctx, c.caller) // it may have ended before the registry knew the connection
	if err == nil {
		err = c.connect(ctx)
	}
	if err != nil {
		c.hangUp(c.live.noted(c, err, c.caller.RequestID))
	}
	c.forgetIfGone()
}

func (c *conn) connect(ctx context.Context) error {
	s, err := c.live.opt.Engine.Connect(ctx, c.caller, c)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.session = s
	gone := c.gone
	c.mu.Unlock()
	if gone {
		s.Close()
	}
	return nil
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

// forgetIfGone undoes an entry into the registry that came after the end.
func (c *conn) forgetIfGone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		c.live.conns.remove(c)
	}
}

// engine is the connection's session, nil until there is one.
func (c *conn) engine() *engine.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

func (c *conn) expired(now int64) bool { return c.caller.ExpiresAt != 0 && c.caller.ExpiresAt <= now }

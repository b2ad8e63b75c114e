package live

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/web/live/eio"
	"tidemark/web/live/sio"
	"tidemark/web/live/ws"
)

const namespace = "/sync"

// client is one Engine.IO session speaking Socket.IO. It has at most one connection, in the namespace /sync.
type client struct {
	live       *Live
	sess       *eio.Session
	credential access.Credential
	refusal    error       // of the handshake, told at connect; nil: none
	guard      *time.Timer // ends a session that joins no namespace

	parts  int      // binary messages that must still come
	binary *request // the event they belong to; nil: an ack

	mu     sync.Mutex
	conn   *conn
	closed bool
}

// openIO makes the owner of a new Engine.IO session.
func (l *Live) openIO(s *eio.Session, c *fiber.Ctx) (eio.Owner, error) {
	cr, refusal := l.credential(c, models.DoorSocketIO)
	if err := l.conns.enter(cr.Address); err != nil {
		return nil, err
	}
	k := &client{live: l, sess: s, credential: cr, refusal: refusal}
	k.guard = time.AfterFunc(l.opt.ConnectTimeout, k.idle)
	return k, nil
}

// idle ends a session without a namespace.
func (k *client) idle() {
	if k.joined() == nil {
		k.sess.Close(ws.Normal, "no namespace")
	}
}

func (k *client) joined() *conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conn
}

// Message takes one Engine.IO message. An error closes the session, as the protocol wants it.
func (k *client) Message(binary bool, b []byte) error {
	if binary {
		return k.part()
	}
	if k.parts > 0 {
		return sio.ErrPacket
	}
	p, err := sio.Parse(b)
	if err != nil {
		return err
	}
	if p.Type == sio.Connect {
		return k.connect(p)
	}
	c := k.joined()
	if c == nil || p.Namespace != namespace {
		return sio.ErrPacket
	}
	switch p.Type {
	case sio.Disconnect:
		k.leave(c)
		c.Closed()
	case sio.Event:
		c.take(event(p))
	case sio.Ack:
		c.acked(p.ID)
	default:
		k.begin(p)
	}
	return nil
}

// begin notes a packet whose binary parts follow.
func (k *client) begin(p sio.Packet) {
	k.parts, k.binary = p.Attachments, nil
	if p.Type == sio.BinaryEvent {
		k.binary = &request{id: p.ID, err: fault.New(fault.Malformed, "Values are JSON: binary data is refused.")}
	}
	if k.parts == 0 {
		k.refuseBinary()
	}
}

func (k *client) part() error {
	if k.parts == 0 {
		return sio.ErrPacket
	}
	if k.parts--; k.parts == 0 {
		k.refuseBinary()
	}
	return nil
}

func (k *client) refuseBinary() {
	if c := k.joined(); c != nil && k.binary != nil {
		c.take(*k.binary)
	}
	k.binary = nil
}

// event reads an event packet; what is wrong with it is answered in its turn.
func event(p sio.Packet) request {
	r := request{id: p.ID}
	name, args, err := protocol.DecodeEventArray(p.Data)
	switch {
	case err != nil:
		r.err = err
	case len(args) > 1:
		r.err = fault.New(fault.Malformed, "An event takes one argument, and an ack callback.")
	case len(args) == 1:
		r.data = args[0]
	}
	r.event = name
	return r
}

func (c *conn) acked(id []byte) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if s := c.engine(); s != nil && err == nil {
		s.AckPending(n)
	}
}

// connect takes a connect packet: the client may enter /sync, once at a time. It
// must have read enough of what earlier ones were told.
func (k *client) connect(p sio.Packet) error {
	k.sess.Wait()
	if p.Namespace != namespace {
		k.sess.Push(sio.Refused(p.Namespace, "Invalid namespace", nil))
		return nil
	}
	c := k.live.newConn(k.sess, protocol.SocketIO)
	c.caller = models.Caller{Address: k.credential.Address, RequestID: k.credential.RequestID} // a stranger still
	c.admit = func() bool { return k.admit(c, p.Data) }
	k.mu.Lock()
	taken := k.conn != nil || k.closed
	if !taken {
		k.conn = c
	}
	k.mu.Unlock()
	if taken {
		return sio.ErrPacket
	}
	k.guard.Stop()
	c.start()
	return nil
}

// admit settles whether the client may enter, and tells it.
func (k *client) admit(c *conn, auth []byte) bool {
	who, err := k.authenticate(auth)
	if err != nil {
		f := k.live.noted(&c.caller, err, k.credential.RequestID)
		k.leave(c)
		k.sess.Push(sio.Refused(namespace, string(f.Code), protocol.AppendError(nil, f, k.credential.RequestID)))
		return false
	}
	c.caller = who
	k.sess.Push(sio.Connected(namespace, rand.Text()))
	return true
}

func (k *client) authenticate(auth []byte) (models.Caller, error) {
	cr, err := k.credential, k.refusal
	if err == nil {
		cr, err = withAuth(cr, auth)
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	who, _, err := k.live.admit(ctx, cr, err)
	return who, err
}

// leave parts the session from a connection; without another it ends soon.
func (k *client) leave(c *conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn == c {
		k.conn = nil
		k.guard.Reset(k.live.opt.ConnectTimeout)
	}
}

// Proved passes on that the client answered a probe.
func (k *client) Proved() {
	if c := k.joined(); c != nil {
		c.Proved()
	}
}

// Drained passes on that all that was queued has left.
func (k *client) Drained() {
	if c := k.joined(); c != nil {
		c.Drained()
	}
}

// Closed ends the connection with its session.
func (k *client) Closed() {
	k.guard.Stop()
	k.mu.Lock()
	k.closed = true
	c := k.conn
	k.mu.Unlock()
	if c != nil {
		c.Closed()
	}
	k.live.conns.leave(k.credential.Address)
}

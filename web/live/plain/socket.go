package plain

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"tidemark/web/live/beat"
	"tidemark/web/live/outbox"
	"tidemark/web/live/ws"
)

// Socket is one client. Send, Push, Probe and Close are safe for concurrent use and never block.
type Socket struct {
	cfg   *Config
	conn  *ws.Conn
	owner Owner
	out   *outbox.Outbox
	beat  *beat.Beat

	mu      sync.Mutex
	grace   *time.Timer
	closing bool // the close frame is queued
	heard   bool // the peer's close frame has come
	ended   bool
}

// Send queues a text message if the bounds allow it.
func (s *Socket) Send(b []byte) bool { return s.out.Offer(ws.Message{Op: ws.Text, Data: b}) }

// Push queues a text message that answers the client, whatever the bounds.
func (s *Socket) Push(b []byte) { s.out.Push(ws.Message{Op: ws.Text, Data: b}) }

// Wait returns when the client has read enough of its answers to get another, or is gone.
func (s *Socket) Wait() { s.out.Wait() }

// Probe asks the client to prove that it received all that was sent so far.
func (s *Socket) Probe() { s.beat.Probe() }

// Close ends the socket after what is queued, with a close code and a reason.
func (s *Socket) Close(code int, reason string) {
	s.mu.Lock()
	if s.closing || s.ended {
		s.mu.Unlock()
		return
	}
	s.closing = true
	s.grace = time.AfterFunc(s.cfg.CloseTimeout, s.cut)
	s.mu.Unlock()
	s.out.Finish(ws.CloseMessage(code, reason))
}

// cut ends the socket at once. It may be called at any time, more than once.
func (s *Socket) cut() {
	s.mu.Lock()
	s.ended = true
	if s.grace != nil {
		s.grace.Stop()
	}
	s.mu.Unlock()
	s.beat.Stop()
	s.out.Close()
	s.conn.Shut()
}

func (s *Socket) read() {
	for {
		op, b, err := s.conn.Read()
		if err != nil {
			s.gone(err)
			return
		}
		switch op {
		case ws.Ping:
			s.out.Push(ws.Message{Op: ws.Pong, Data: b})
			s.out.Wait()
		case ws.Pong:
			s.pong(b)
		case ws.Text:
			s.owner.Message(b)
		default:
			s.gone(&ws.CloseError{Code: ws.Unsupported, Reason: "text messages only"})
			return
		}
	}
}

// gone says why the socket ends, where the peer can still hear, and waits for its last byte.
func (s *Socket) gone(err error) {
	var why *ws.CloseError
	if !errors.As(err, &why) {
		return
	}
	s.mu.Lock()
	s.heard = why.Peer
	over := why.Peer && s.closing
	s.mu.Unlock()
	if over {
		return
	}
	s.Close(why.Code, why.Reason)
	s.conn.Discard()
}

func (s *Socket) pong(b []byte) {
	if len(b) == 4 {
		s.beat.Pong(binary.BigEndian.Uint32(b))
	}
}

// events is the side of a socket that its outbox and its beat talk to.
type events Socket

func (e *events) Ping(n uint32) {
	e.out.Push(ws.Message{Op: ws.Ping, Data: binary.BigEndian.AppendUint32(nil, n)})
}

func (e *events) Proved() { e.owner.Proved() }
func (e *events) Dead()   { (*Socket)(e).cut() }
func (e *events) Failed() { (*Socket)(e).cut() }
func (e *events) Ready()  {} // the websocket is attached from the start

func (e *events) Drained() {
	e.mu.Lock()
	over := e.closing && e.heard
	e.mu.Unlock()
	if over {
		(*Socket)(e).cut()
		return
	}
	e.owner.Drained()
}

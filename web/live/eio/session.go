package eio

import (
	"sync"
	"time"

	"tidemark/web/live/beat"
	"tidemark/web/live/outbox"
	"tidemark/web/live/ws"
)

// Session is one client, over polling, a websocket, or on the way from one to the
// other. Send, Push, Probe and Close are safe for concurrent use and never block.
type Session struct {
	id     string
	server *Server
	owner  Owner
	out    *outbox.Outbox
	beat   *beat.Beat
	wake   chan struct{} // lets a waiting GET look again
	posts  sync.Mutex    // POST bodies of one session are taken in turn

	mu      sync.Mutex
	conn    *ws.Conn // set from the handshake or the end of the upgrade on
	getting bool     // a GET waits
	probing bool     // between "2probe" and "5"
	closing bool     // the last message is queued
	heard   bool     // the peer's close frame has come
	ended   bool
	final   []byte // what a GET that comes after the end is told, once; nil: nothing
	grace   *time.Timer
}

func newSession(server *Server, id string) *Session {
	s := &Session{id: id, server: server, wake: make(chan struct{}, 1)}
	s.out = outbox.New(server.cfg.Queue, (*events)(s))
	s.beat = beat.New(server.cfg.Beat, (*events)(s))
	return s
}

// Send queues a packet, its type digit first, if the bounds allow it.
func (s *Session) Send(packet []byte) bool { return s.out.Offer(text(packet)) }

// Push queues a packet that answers the client, whatever the bounds.
func (s *Session) Push(packet []byte) { s.out.Push(text(packet)) }

// Wait returns when the client has read enough of its answers to get another, or is gone.
func (s *Session) Wait() { s.out.Wait() }

// Probe asks the client to prove that it received all that was sent so far.
func (s *Session) Probe() { s.beat.Probe() }

// Close ends the session after what is queued, with a websocket close code and a reason.
func (s *Session) Close(code int, reason string) {
	s.mu.Lock()
	if s.closing || s.ended {
		s.mu.Unlock()
		return
	}
	s.closing = true
	s.grace = time.AfterFunc(s.server.cfg.CloseTimeout, s.end)
	socket := s.conn != nil
	s.mu.Unlock()
	if socket {
		s.out.Finish(ws.CloseMessage(code, reason))
		return
	}
	s.out.Finish(text([]byte{packetClose}))
}

func text(packet []byte) ws.Message { return ws.Message{Op: ws.Text, Data: packet} }

// events is the side of a session that its outbox and its beat talk to.
type events Session

var ping = []byte{packetPing}

func (e *events) Ping(uint32) { (*Session)(e).Push(ping) }
func (e *events) Proved()     { e.owner.Proved() }
func (e *events) Dead()       { (*Session)(e).end() }
func (e *events) Failed()     { (*Session)(e).end() }
func (e *events) Ready()      { (*Session)(e).look() }

func (e *events) Drained() {
	e.mu.Lock()
	over := e.closing && (e.conn == nil || e.heard)
	e.mu.Unlock()
	if over { // the last word has been fetched, or answered before it was said
		(*Session)(e).end()
		return
	}
	e.owner.Drained()
}

// look lets a waiting GET look again.
func (s *Session) look() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// end cuts the session. It may be called at any time, more than once.
func (s *Session) end() { s.endWith(nil) }

// endWith also leaves a word for a GET that is on its way.
func (s *Session) endWith(final []byte) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	s.final = final
	late := final != nil && !s.getting
	if s.getting && final == nil {
		s.final = []byte{packetNoop}
	}
	conn := s.conn
	if s.grace != nil {
		s.grace.Stop()
	}
	s.mu.Unlock()
	s.beat.Stop()
	s.out.Close()
	s.look()
	if conn != nil {
		s.server.sockets.Add(-1)
		conn.Shut()
	}
	s.leave(late)
}

// lateWord is how long a session that its client closed is remembered for a GET the close overtook.
const lateWord = time.Second

// leave forgets the session and tells its owner.
func (s *Session) leave(late bool) {
	if late {
		time.AfterFunc(lateWord, func() { s.server.forget(s.id) })
	} else {
		s.server.forget(s.id)
	}
	go func() {
		defer s.server.busy.Done()
		defer s.server.cfg.Sockets.Rescue()
		s.owner.Closed()
	}()
}

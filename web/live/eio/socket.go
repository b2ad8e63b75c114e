package eio

import (
	"errors"

	"tidemark/web/live/ws"
)

// websocket serves a session that began on a websocket.
func (s *Session) websocket(conn *ws.Conn) {
	if s.attach(conn) {
		s.read(conn)
	}
}

// upgrade moves a polling session to a websocket. A session that is already
// there keeps what it has; the newcomer is closed.
func (s *Session) upgrade(conn *ws.Conn) {
	conn.ReadWithin(s.server.cfg.UpgradeTimeout)
	if !s.probe(conn) {
		return
	}
	conn.ReadWithin(0)
	s.afterPosts()
	s.read(conn)
}

// afterPosts waits until the last POST has been taken, so that the socket's first message comes after it.
func (s *Session) afterPosts() {
	s.posts.Lock()
	defer s.posts.Unlock()
}

// probe goes through the upgrade: "2probe", "3probe", "5".
func (s *Session) probe(conn *ws.Conn) bool {
	if !s.polls() || !expect(conn, "2probe") || !s.claimProbe() {
		return false
	}
	s.look() // the waiting GET goes with a noop, so that the client can stop polling
	if conn.Write([]ws.Message{text([]byte("3probe"))}) != nil {
		s.endProbe()
		return false
	}
	ok := expect(conn, "5")
	s.endProbe()
	if !ok || !s.attach(conn) {
		return false
	}
	s.look()
	return true
}

func (s *Session) claimProbe() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.conn != nil || s.probing {
		return false
	}
	s.probing = true
	return true
}

func (s *Session) endProbe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probing = false
}

// attach makes the websocket the session's way in and out.
func (s *Session) attach(conn *ws.Conn) bool {
	s.mu.Lock()
	if s.ended || s.conn != nil {
		s.mu.Unlock()
		return false
	}
	s.conn = conn
	s.server.sockets.Add(1)
	s.mu.Unlock()
	s.out.Attach(conn)
	return true
}

// expect reads the next message and says whether it is this text. Pings before it are answered.
func expect(conn *ws.Conn, want string) bool {
	for {
		op, b, err := conn.Read()
		if err != nil {
			return false
		}
		switch op {
		case ws.Text:
			return string(b) == want
		case ws.Ping:
			if conn.Write([]ws.Message{{Op: ws.Pong, Data: b}}) != nil {
				return false
			}
		case ws.Pong:
		default:
			return false
		}
	}
}

// read serves the websocket until it ends, and the session with it.
func (s *Session) read(conn *ws.Conn) {
	defer s.end()
	for {
		op, b, err := conn.Read()
		if err != nil {
			s.gone(conn, err)
			return
		}
		if err := s.message(op, b); err != nil {
			s.gone(conn, &ws.CloseError{Code: ws.ProtocolError, Reason: err.Error()})
			return
		}
	}
}

func (s *Session) message(op ws.Op, b []byte) error {
	switch op {
	case ws.Ping:
		s.out.Push(ws.Message{Op: ws.Pong, Data: b})
		s.out.Wait()
		return nil
	case ws.Pong:
		return nil
	case ws.Binary:
		return s.owner.Message(true, b)
	}
	return s.packet(b)
}

// gone says why the session ends, where the peer can still hear it.
func (s *Session) gone(conn *ws.Conn, err error) {
	var why *ws.CloseError
	if errors.As(err, &why) {
		s.hear(why.Peer)
		s.Close(why.Code, why.Reason)
		conn.Discard()
	}
}

// hear notes that the peer has said its last word: ours need not be waited for once it is written.
func (s *Session) hear(last bool) {
	if !last {
		return
	}
	s.mu.Lock()
	s.heard = true
	over := s.closing
	s.mu.Unlock()
	if over {
		s.end()
	}
}

// Package plain carries text messages over a bare websocket: a bounded queue, a
// heartbeat of ping frames, and a close that lets the last words arrive.
package plain

import (
	"context"
	"sync"
	"time"

	"tidemark/web/live/beat"
	"tidemark/web/live/outbox"
	"tidemark/web/live/ws"
)

// Config is what the sockets of a server share.
type Config struct {
	CloseTimeout time.Duration // how long the last messages may take
	Beat         *beat.Config
	Queue        *outbox.Config
}

// Owner is what a socket serves. Message is called in order, by one goroutine; the bytes are the owner's.
type Owner interface {
	Opened() // once, before anything else
	Message(b []byte)
	Proved()  // for each Probe answered
	Drained() // what was queued has been written, after a Send was refused
	Closed()  // once, when nothing more comes
}

// Server holds the sockets of one path. It is safe for concurrent use.
type Server struct {
	cfg  Config
	busy sync.WaitGroup

	mu      sync.Mutex
	sockets map[*Socket]struct{}
	closed  bool
}

// New makes a server without sockets.
func New(cfg Config) *Server { return &Server{cfg: cfg, sockets: map[*Socket]struct{}{}} }

// Serve serves an upgraded connection until it ends. open is given its socket and
// says what it serves; its owner may send from Opened on.
func (s *Server) Serve(conn *ws.Conn, open func(*Socket) Owner) {
	sock := &Socket{conn: conn, cfg: &s.cfg}
	sock.out = outbox.New(s.cfg.Queue, (*events)(sock))
	sock.beat = beat.New(s.cfg.Beat, (*events)(sock))
	sock.owner = open(sock) // before anybody else knows the socket
	defer sock.cut()
	sock.out.Attach(conn)
	if !s.add(sock) {
		sock.owner.Closed()
		return
	}
	defer s.remove(sock)
	defer sock.owner.Closed()
	sock.owner.Opened()
	sock.beat.Start()
	sock.read()
}

// Count is how many sockets there are.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

func (s *Server) add(sock *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sockets[sock] = struct{}{}
	s.busy.Add(1)
	return true
}

func (s *Server) remove(sock *Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, sock)
	s.busy.Done()
}

// Close ends all sockets politely, takes no new ones, and waits for them until
// ctx is done; then it cuts them.
func (s *Server) Close(ctx context.Context) {
	for _, sock := range s.shut() {
		sock.Close(ws.GoingAway, "shutdown")
	}
	gone := make(chan struct{})
	go func() { s.busy.Wait(); close(gone) }()
	select {
	case <-gone:
		return
	case <-ctx.Done():
	}
	for _, sock := range s.shut() {
		sock.cut()
	}
	<-gone
}

func (s *Server) shut() []*Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	all := make([]*Socket, 0, len(s.sockets))
	for sock := range s.sockets {
		all = append(all, sock)
	}
	return all
}

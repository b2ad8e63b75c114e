// Package eio is the server's side of Engine.IO 4 on Fiber: long polling,
// websocket, and the upgrade from one to the other.
//
// Start with Server.Serve (one HTTP request), then Session (one client, whatever
// it speaks over). What is carried, and who may connect, is the owner's business.
// The protocol: https://socket.io/docs/v4/engine-io-protocol
package eio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/web/live/beat"
	"tidemark/web/live/outbox"
	"tidemark/web/live/ws"
)

// Config says how a server behaves.
type Config struct {
	UpgradeTimeout time.Duration // from the probe to the end of an upgrade
	CloseTimeout   time.Duration // how long the last messages of a session may take
	MaxPayload     int           // bytes of one incoming message or POST, and of one polling answer
	Beat           *beat.Config
	Queue          *outbox.Config
	Sockets        *ws.Config
	// Open is asked for the owner of a new session, before any message comes.
	// An error refuses the handshake and is returned from Serve.
	Open func(*Session, *fiber.Ctx) (Owner, error)
}

// Owner is what a session serves. Message is called in order, by one goroutine at
// a time; the bytes are the owner's. An error ends the session.
type Owner interface {
	Message(binary bool, b []byte) error
	Proved()  // for each Probe answered
	Drained() // what was queued has been taken, after a Send was refused
	Closed()  // once, when nothing more comes; from a goroutine of its own
}

// Server holds the sessions of one path. It is safe for concurrent use.
type Server struct {
	cfg     Config
	busy    sync.WaitGroup
	sockets atomic.Int64 // sessions with a websocket

	mu       sync.RWMutex
	sessions map[string]*Session
	closed   bool
}

// New makes a server without sessions.
func New(cfg Config) *Server {
	return &Server{cfg: cfg, sessions: map[string]*Session{}}
}

// refusal is an error of the Engine.IO protocol, as the reference server words it.
type refusal string

const (
	unknownTransport refusal = `{"code":0,"message":"Transport unknown"}`
	unknownSession   refusal = `{"code":1,"message":"Session ID unknown"}`
	badMethod        refusal = `{"code":2,"message":"Bad handshake method"}`
	badRequest       refusal = `{"code":3,"message":"Bad request"}`
	badVersion       refusal = `{"code":5,"message":"Unsupported protocol version"}`
)

func refuse(c *fiber.Ctx, r refusal) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(fiber.StatusBadRequest).SendString(string(r))
}

// Serve answers one request of the Engine.IO path.
func (s *Server) Serve(c *fiber.Ctx) error {
	if c.Query("EIO") != "4" {
		return refuse(c, badVersion)
	}
	id := c.Query("sid")
	sess := s.find(id)
	if id != "" && sess == nil {
		return refuse(c, unknownSession)
	}
	switch c.Query("transport") {
	case "polling":
		return s.polling(c, sess)
	case "websocket":
		return s.websocket(c, sess)
	}
	return refuse(c, unknownTransport)
}

func (s *Server) polling(c *fiber.Ctx, sess *Session) error {
	switch c.Method() {
	case fiber.MethodGet:
		if sess != nil {
			return sess.get(c)
		}
		return s.handshake(c)
	case fiber.MethodPost:
		if sess != nil {
			return sess.post(c)
		}
	}
	return refuse(c, badMethod)
}

func (s *Server) handshake(c *fiber.Ctx) error {
	sess, err := s.open(c, "websocket")
	if err != nil {
		return err
	}
	return sess.get(c)
}

func (s *Server) websocket(c *fiber.Ctx, sess *Session) error {
	if c.Method() != fiber.MethodGet || !ws.Requested(c) {
		return refuse(c, badRequest)
	}
	if sess != nil {
		return s.cfg.Sockets.Upgrade(c, sess.upgrade)
	}
	sess, err := s.open(c)
	if err != nil {
		return err
	}
	err = s.cfg.Sockets.Upgrade(c, sess.websocket)
	if err != nil {
		sess.end()
	}
	return err
}

// open makes a session known, its open packet queued.
func (s *Server) open(c *fiber.Ctx, upgrades ...string) (*Session, error) {
	sess := newSession(s, newID())
	owner, err := s.cfg.Open(sess, c)
	if err != nil {
		return nil, err
	}
	sess.owner = owner
	if !s.add(sess) {
		owner.Closed()
		return nil, fault.New(fault.Unavailable, "The server is stopping.").After(time.Second)
	}
	sess.out.Push(text(s.openPacket(sess.id, upgrades)))
	sess.beat.Start()
	return sess, nil
}

func (s *Server) openPacket(id string, upgrades []string) []byte {
	if upgrades == nil {
		upgrades = []string{}
	}
	b, _ := json.Marshal(struct { // strings and numbers always encode
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{id, upgrades, s.cfg.Beat.Interval.Milliseconds(), s.cfg.Beat.Timeout.Milliseconds(), s.cfg.MaxPayload})
	return append([]byte{'0'}, b...)
}

// newID draws 120 random bits: knowing a session's id is as good as being its client.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Count is how many sessions there are.
func (s *Server) Count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.sessions)
}

// Sockets is how many of the sessions have a websocket; the others poll.
func (s *Server) Sockets() int { return int(s.sockets.Load()) }

func (s *Server) find(id string) *Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sessions[id]
}

func (s *Server) add(sess *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[sess.id] = sess
	s.busy.Add(1)
	return true
}

func (s *Server) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, id)
}

// forgetAll also forgets the sessions that are over and wait to be asked for their last word.
func (s *Server) forgetAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// Close ends all sessions politely, takes no new ones, and waits for their owners
// until ctx is done; then it cuts them.
func (s *Server) Close(ctx context.Context) {
	defer s.forgetAll()
	for _, sess := range s.shut() {
		sess.Close(ws.GoingAway, "shutdown")
	}
	gone := make(chan struct{})
	go func() { s.busy.Wait(); close(gone) }()
	select {
	case <-gone:
		return
	case <-ctx.Done():
	}
	for _, sess := range s.shut() {
		sess.end()
	}
	<-gone
}

func (s *Server) shut() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	all := make([]*Session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		all = append(all, sess)
	}
	return all
}

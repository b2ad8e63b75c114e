package plain

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/web/live/beat"
	"tidemark/web/live/outbox"
	"tidemark/web/live/ws"
)

// owner counts how often it was told of its beginning and its end.
type owner struct{ opened, closed atomic.Int32 }

func (o *owner) Opened()        { o.opened.Add(1) }
func (o *owner) Message([]byte) {}
func (o *owner) Proved()        {}
func (o *owner) Drained()       {}
func (o *owner) Closed()        { o.closed.Add(1) }

// dial serves one websocket whose owner is made by open.
func dial(t *testing.T, s *Server, open func(*Socket) Owner) *websocket.Conn {
	t.Helper()
	cfg := &ws.Config{Clock: clock.System{}, MaxMessage: 1 << 10, WriteTimeout: 5 * time.Second}
	f := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	f.Server().KeepHijackedConns = true
	f.Get("/", func(c *fiber.Ctx) error {
		return cfg.Upgrade(c, func(conn *ws.Conn) { s.Serve(conn, open) })
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- f.Listener(ln) }()
	t.Cleanup(func() {
		s.Close(t.Context())
		if err := f.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+ln.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	return conn
}

func newServer() *Server {
	return New(Config{
		CloseTimeout: time.Second,
		Beat:         &beat.Config{Interval: time.Minute, Timeout: time.Minute},
		Queue:        &outbox.Config{MaxMessages: 16, MaxBytes: 1 << 10},
	})
}

// A socket that opens while the server closes has no owner yet to be told anything.
func TestASocketThatOpensWhileTheServerClosesIsCut(t *testing.T) {
	t.Parallel()
	s, o := newServer(), &owner{}
	conn := dial(t, s, func(*Socket) Owner {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Close(ctx)
		return o
	})
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("it got a message")
	}
	s.Close(t.Context())
	within(t, "its owner knows", func() bool { return o.closed.Load() == 1 })
	if o.opened.Load() != 0 || s.Count() != 0 {
		t.Errorf("opened %d times, %d are left", o.opened.Load(), s.Count())
	}
}

func TestAnOwnerIsToldOnceOfBeginningAndEnd(t *testing.T) {
	t.Parallel()
	s, o := newServer(), &owner{}
	conn := dial(t, s, func(*Socket) Owner { return o })
	within(t, "it begins", func() bool { return o.opened.Load() == 1 && s.Count() == 1 })
	s.Close(t.Context())
	_, _, err := conn.ReadMessage()
	if !websocket.IsCloseError(err, ws.GoingAway) || o.closed.Load() != 1 || o.opened.Load() != 1 {
		t.Errorf("%v, opened %d times, closed %d", err, o.opened.Load(), o.closed.Load())
	}
}

// within waits for something to become true.
func within(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 2000 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("not in time: " + what)
}

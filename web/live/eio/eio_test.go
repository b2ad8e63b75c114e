package eio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/web/live/beat"
	"tidemark/web/live/outbox"
	"tidemark/web/live/ws"
)

// app is a server whose sessions send back what they get.
type app struct {
	server *Server
	url    string // of the path, with EIO=4

	mu     sync.Mutex
	last   *Session
	proved int
	closed int
}

type echo struct {
	app  *app
	sess *Session
}

func (e echo) Message(binary bool, b []byte) error {
	if binary {
		e.sess.Push(fmt.Appendf(nil, "4binary %x", b))
		return nil
	}
	e.sess.Push(append([]byte{'4'}, b...))
	return nil
}
func (e echo) Proved()  { e.app.mu.Lock(); defer e.app.mu.Unlock(); e.app.proved++ }
func (e echo) Drained() {}
func (e echo) Closed()  { e.app.mu.Lock(); defer e.app.mu.Unlock(); e.app.closed++ }

func (a *app) session() *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

const maxPayload = 64 << 10

func start(t *testing.T, interval, timeout time.Duration) *app {
	t.Helper()
	a := &app{}
	a.server = New(Config{
		UpgradeTimeout: time.Second, CloseTimeout: time.Second, MaxPayload: maxPayload,
		Beat:    &beat.Config{Interval: interval, Timeout: timeout},
		Queue:   &outbox.Config{MaxMessages: 256, MaxBytes: 256 << 10},
		Sockets: &ws.Config{Clock: clock.System{}, MaxMessage: maxPayload, WriteTimeout: 5 * time.Second},
		Open: func(s *Session, _ *fiber.Ctx) (Owner, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.last = s
			return echo{a, s}, nil
		},
	})
	f := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, ErrorHandler: func(c *fiber.Ctx, err error) error {
		return c.Status(fault.CodeOf(err).Status()).SendString(err.Error())
	}})
	f.Server().KeepHijackedConns = true
	f.All("/engine.io/", a.server.Serve)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- f.Listener(ln) }()
	a.url = "http://" + ln.Addr().String() + "/engine.io/?EIO=4"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		a.server.Close(ctx)
		if err := f.ShutdownWithContext(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		within(t, "no session is left", func() bool { return a.server.Count() == 0 })
	})
	return a
}

func calm(t *testing.T) *app { return start(t, time.Minute, time.Minute) }

func fetch(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (a *app) poll(t *testing.T, id string) (int, string) {
	t.Helper()
	return fetch(t, "GET", a.url+"&transport=polling&sid="+id, "")
}

func (a *app) post(t *testing.T, id, body string) (int, string) {
	t.Helper()
	return fetch(t, "POST", a.url+"&transport=polling&sid="+id, body)
}

// handshake opens a polling session.
func (a *app) handshake(t *testing.T) string {
	t.Helper()
	status, body := fetch(t, "GET", a.url+"&transport=polling", "")
	if status != 200 || body[0] != '0' {
		t.Fatalf("handshake: %d %s", status, body)
	}
	var open struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}
	if err := json.Unmarshal([]byte(body[1:]), &open); err != nil {
		t.Fatal(err)
	}
	if len(open.Upgrades) != 1 || open.Upgrades[0] != "websocket" || open.PingInterval == 0 || open.PingTimeout == 0 || open.MaxPayload != maxPayload {
		t.Fatalf("open packet %s", body)
	}
	return open.SID
}

func (a *app) dial(t *testing.T, id string) *websocket.Conn {
	t.Helper()
	url := "ws" + strings.TrimPrefix(a.url, "http") + "&transport=websocket"
	if id != "" {
		url += "&sid=" + id
	}
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	return conn
}

func write(t *testing.T, c *websocket.Conn, packets ...string) {
	t.Helper()
	for _, p := range packets {
		if err := c.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

func expectNext(t *testing.T, c *websocket.Conn, want string) {
	t.Helper()
	_, b, err := c.ReadMessage()
	if err != nil || string(b) != want {
		t.Fatalf("got %q %v, want %q", b, err, want)
	}
}

func expectClosed(t *testing.T, c *websocket.Conn) {
	t.Helper()
	for {
		_, _, err := c.ReadMessage()
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatal("still open")
		}
		if err != nil {
			return
		}
	}
}

// within waits for something to become true.
func within(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 300 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("not in time: " + what)
}

package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/live"
)

// fixture is a server of its own over a fresh database.
type fixture struct {
	store  *store.Store
	engine *engine.Engine
	access *access.Access
	live   *live.Live
	tenant models.Tenant
	key    string // a server's key with all rights
	url    string
}

func start(t testing.TB, change func(*live.Options)) *fixture {
	t.Helper()
	return startOn(t, clock.System{}, change)
}

const tokenSecret = "not a secret, but long enough for a test"

// startOn is start where credentials end by another clock.
func startOn(t testing.TB, now clock.Clock, change func(*live.Options)) *fixture {
	t.Helper()
	ctx := context.Background()
	f := &fixture{}
	var err error
	if f.store, err = store.Open(ctx, store.Options{SQLite: filepath.Join(t.TempDir(), "live.db")}); err != nil {
		t.Fatal(err)
	}
	if err = f.store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if f.tenant, err = f.store.CreateTenant(ctx, models.Tenant{Slug: "acme", Name: "Acme", RetentionDays: 30}); err != nil {
		t.Fatal(err)
	}
	if f.engine, err = engine.New(ctx, engine.Options{Store: f.store, Node: "test"}); err != nil {
		t.Fatal(err)
	}
	f.access = access.New(access.Options{
		Store: f.store, APIKeysEnabled: true, KeyPrefix: "sk_test_", JWTSecret: []byte(tokenSecret), Clock: now,
	})
	f.key = f.mint(t, access.NewKey{Name: "server"})
	o := live.Options{Engine: f.engine, Access: f.access}
	if change != nil {
		change(&o)
	}
	f.live = live.New(o)
	f.serve(t)
	return f
}

func (f *fixture) mint(t testing.TB, n access.NewKey) string {
	t.Helper()
	n.TenantID = f.tenant.ID
	_, secret, err := f.access.CreateKey(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// serve listens until the test ends, then stops everything in the order of production.
func (f *fixture) serve(t testing.TB) {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, ErrorHandler: onError, BodyLimit: 8 << 20})
	live.Tune(app)
	app.Use("/socket.io/", f.live.SocketIO)
	app.Get("/sync", f.live.WebSocket)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.url = "http://" + ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		f.live.Close(ctx)
		err := errors.Join(app.ShutdownWithContext(ctx), <-served, f.engine.Close(ctx))
		f.access.Close()
		if err := errors.Join(err, f.store.Close()); err != nil {
			t.Error(err)
		}
		if n := f.live.Count(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

// onError is the shape of errors in miniature.
func onError(c *fiber.Ctx, err error) error {
	e := fault.From(err)
	return c.Status(e.Code.Status()).JSON(fiber.Map{"code": e.Code, "message": e.Message})
}

// client is a plain websocket.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

// message is what the server sends.
type message struct {
	Event string          `json:"event"`
	ID    json.RawMessage `json:"id"`
	Data  json.RawMessage `json:"data"`
}

// answer is the data of an ack.
type answer struct {
	OK    bool `json:"ok"`
	Error struct {
		Code      string         `json:"code"`
		Message   string         `json:"message"`
		Details   map[string]any `json:"details"`
		RequestID string         `json:"requestId"`
	} `json:"error"`
	Status  string          `json:"status"`
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`
	Version int64           `json:"version"`
	Seq     int64           `json:"seq"`
	Keys    []string        `json:"keys"`
	Cursor  string          `json:"cursor"`
}

func (f *fixture) wsURL(query string) string {
	return "ws" + strings.TrimPrefix(f.url, "http") + "/sync" + query
}

// dial opens a plain websocket as a user's instance and passes over its beginning.
func (f *fixture) dial(t testing.TB, user, instance string) *client {
	t.Helper()
	c := f.open(t, user, instance)
	c.expect("pending-updates")
	c.expect("sync:ready")
	return c
}

func (f *fixture) open(t testing.TB, user, instance string) *client {
	t.Helper()
	h := http.Header{"X-Api-Key": {f.key}, "X-User-Id": {user}}
	if instance != "" {
		h.Set("X-Instance-Id", instance)
	}
	c, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), h)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	return &client{t, c}
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) next() (message, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, b, err := c.conn.ReadMessage()
	if err != nil {
		return message{}, err
	}
	var m message
	return m, json.Unmarshal(b, &m)
}

// expect reads the next message, which must be this event.
func (c *client) expect(event string) message {
	c.t.Helper()
	m, err := c.next()
	if err != nil || m.Event != event {
		c.t.Fatalf("got %s %s %v, want %s", m.Event, m.Data, err, event)
	}
	return m
}

// ask sends an event and gives its ack, which must be the next message.
func (c *client) ask(event, data string) answer {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"event":%q,"id":1,"data":%s}`, event, data))
	return c.answer("1")
}

func (c *client) answer(id string) answer {
	c.t.Helper()
	m := c.expect("ack")
	var a answer
	if err := json.Unmarshal(m.Data, &a); err != nil || string(m.ID) != id {
		c.t.Fatalf("ack %s of %s, want %s: %v", m.Data, m.ID, id, err)
	}
	return a
}

// expectClose reads until the connection ends and gives its close code.
func (c *client) expectClose() (code int, reason string) {
	c.t.Helper()
	for {
		_, err := c.next()
		var why *websocket.CloseError
		if errors.As(err, &why) {
			return why.Code, why.Text
		}
		if err != nil {
			c.t.Fatalf("ended without a close: %v", err)
		}
	}
}

// within waits for something to become true.
func within(t testing.TB, what string, f func() bool) {
	t.Helper()
	for range 500 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("not in time: " + what)
}

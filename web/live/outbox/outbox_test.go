package outbox

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/web/live/ws"
)

// owner notes what an outbox tells it.
type owner struct{ drained, failed, ready chan struct{} }

func newOwner() *owner {
	return &owner{make(chan struct{}, 100), make(chan struct{}, 100), make(chan struct{}, 100)}
}

func (o *owner) Drained() { o.drained <- struct{}{} }
func (o *owner) Failed()  { o.failed <- struct{}{} }
func (o *owner) Ready()   { o.ready <- struct{}{} }

func told(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(5 * time.Second):
		t.Fatal("was not told: " + what)
	}
}

func text(s string) ws.Message { return ws.Message{Op: ws.Text, Data: []byte(s)} }

var small = &Config{MaxMessages: 3, MaxBytes: 10}

func TestOffersAreBoundedAndPushesAreNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		offers []string
		taken  int
	}{
		"by count":                        {[]string{"a", "b", "c", "d"}, 3},
		"by bytes":                        {[]string{"aaaaaa", "bbbb", "c"}, 2},
		"an empty one takes any one":      {[]string{strings.Repeat("a", 100), "b"}, 1},
		"a big one waits until it is due": {[]string{"a", strings.Repeat("b", 10)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := New(small, newOwner())
			n := 0
			for n < len(c.offers) && o.Offer(text(c.offers[n])) {
				n++
			}
			if n != c.taken {
				t.Fatalf("took %d, want %d", n, c.taken)
			}
			o.Push(text("answer"))
			if got := o.Take(1000, 1); len(got) != n+1 {
				t.Fatalf("%d were queued, want %d", len(got), n+1)
			}
		})
	}
}

func TestTheOwnerIsToldOfRoomOnlyAfterARefusal(t *testing.T) {
	t.Parallel()
	w := newOwner()
	o := New(small, w)
	o.Offer(text("a"))
	told(t, "something waits", w.ready)
	o.Take(1000, 1)
	if len(w.drained) != 0 {
		t.Fatal("told of room nobody missed")
	}
	for o.Offer(text("a")) {
	}
	o.Take(1000, 1)
	told(t, "there is room", w.drained)
	if !o.Offer(text("a")) {
		t.Fatal("and there was none")
	}
}

func TestTakeKeepsToItsBoundAndLeavesTheLastAlone(t *testing.T) {
	t.Parallel()
	o := New(&Config{MaxMessages: 100, MaxBytes: 1000}, newOwner())
	for _, s := range []string{"aaaa", "bbbb", "cccc", strings.Repeat("d", 50), "e"} {
		o.Push(text(s))
	}
	o.Finish(text("last"))
	o.Push(text("too late"))
	var got []string
	for {
		batch := o.Take(9, 1)
		if batch == nil {
			break
		}
		var parts [][]byte
		for _, m := range batch {
			parts = append(parts, m.Data)
		}
		got = append(got, string(bytes.Join(parts, []byte("+"))))
	}
	if want := "[aaaa+bbbb cccc " + strings.Repeat("d", 50) + " e last]"; fmt.Sprint(got) != want {
		t.Fatalf("got %v", got)
	}
}

func TestWaitHoldsUntilTheQueueIsRead(t *testing.T) {
	t.Parallel()
	o := New(small, newOwner())
	o.Wait() // nothing is queued
	for range 5 {
		o.Push(text("a"))
	}
	passed := make(chan struct{})
	go func() { o.Wait(); close(passed) }()
	select {
	case <-passed:
		t.Fatal("did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	o.Take(1000, 1)
	told(t, "there is room", passed)
	for range 5 {
		o.Push(text("a"))
	}
	closed := make(chan struct{})
	go func() { o.Wait(); close(closed) }()
	o.Close()
	told(t, "it closed", closed)
}

// socket gives both ends of a websocket.
func socket(t *testing.T, timeout time.Duration) (*ws.Conn, *websocket.Conn) {
	t.Helper()
	cfg := &ws.Config{Clock: clock.System{}, MaxMessage: 1000, WriteTimeout: timeout}
	conns, done := make(chan *ws.Conn, 1), make(chan struct{})
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Server().KeepHijackedConns = true
	app.Get("/", func(c *fiber.Ctx) error { return cfg.Upgrade(c, func(c *ws.Conn) { conns <- c; <-done }) })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	peer, res, err := websocket.DefaultDialer.Dial("ws://"+ln.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() {
		close(done)
		_ = peer.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := app.ShutdownWithContext(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Log(err)
		}
	})
	return <-conns, peer
}

func TestAWebsocketGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	conn, peer := socket(t, 5*time.Second)
	o := New(&Config{MaxMessages: 1000, MaxBytes: 1 << 20}, newOwner())
	o.Push(text("0")) // before the websocket
	o.Attach(conn)
	go func() {
		for i := 1; i < 500; i++ {
			o.Push(text(fmt.Sprint(i)))
		}
	}()
	for i := range 500 {
		if _, b, err := peer.ReadMessage(); err != nil || string(b) != fmt.Sprint(i) {
			t.Fatalf("got %s %v, want %d", b, err, i)
		}
	}
}

func TestAPeerThatDoesNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	conn, _ := socket(t, 200*time.Millisecond)
	w := newOwner()
	o := New(&Config{MaxMessages: 10, MaxBytes: 1 << 20}, w)
	o.Attach(conn)
	big := text(strings.Repeat("x", 1<<20))
	for range 1000 {
		select {
		case <-w.failed:
			return
		default:
			if !o.Offer(big) {
				time.Sleep(time.Millisecond)
			}
		}
	}
	told(t, "it failed", w.failed)
}

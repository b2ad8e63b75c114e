// Package live is the door for sockets: Socket.IO in the namespace /sync, and
// plain WebSocket at GET /sync, both speaking the same events.
//
// A request comes in through SocketIO or WebSocket (live.go), which hand it to a
// transport (eio, plain; both over ws). A conn (conn.go) is one authenticated
// client of the engine over either; its events are the table in event.go.
package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/web/live/beat"
	"tidemark/web/live/eio"
	"tidemark/web/live/outbox"
	"tidemark/web/live/plain"
	"tidemark/web/live/ws"
)

// Options say what the door works with. Zero bounds and times take their defaults.
type Options struct {
	Engine *engine.Engine
	Access *access.Access
	Limit  *access.Limiter // of requests, each event being one; nil: none
	Clock  clock.Clock
	Log    *slog.Logger
	Fault  func(code string) // told of each refusal or failure of a socket; nil: nobody

	AllowedOrigins []string // exact, such as https://app.example.com; * is any. The server's own is always allowed
	MaxItemBytes   int64    // of one item; a frame may have framing beside it
	PerAddress     int      // connections of one client address; 0: 4096
	PerUser        int      // of one user on this node; 0: 4096
	PerKey         int      // of one API key on this node; 0: 16384
	PerTenant      int      // of one tenant on this node; 0: 65536

	PingInterval   time.Duration // 0: 25 s
	PingTimeout    time.Duration // 0: 20 s
	ConnectTimeout time.Duration // from the Engine.IO handshake to the namespace; 0: 45 s
	WriteTimeout   time.Duration // of one write to a client that does not read; 0: 30 s
	QueueFrames    int           // frames queued per connection; 0: 256
	QueueBytes     int           // bytes of those; 0: 256 KB
}

const (
	frameSlack     = 4 << 10 // around an item, in one frame
	closeTimeout   = 5 * time.Second
	drainTimeout   = 3 * time.Second // for what clients had asked for when the door closes
	upgradeTimeout = 10 * time.Second
)

func (o Options) withDefaults() Options {
	orTime(&o.PingInterval, 25*time.Second)
	orTime(&o.PingTimeout, 20*time.Second)
	orTime(&o.ConnectTimeout, 45*time.Second)
	orTime(&o.WriteTimeout, 30*time.Second)
	orInt(&o.QueueFrames, 256)
	orInt(&o.QueueBytes, 256<<10)
	orInt(&o.PerAddress, 4096)
	orInt(&o.PerUser, 4096)
	orInt(&o.PerKey, 16384)
	orInt(&o.PerTenant, 65536)
	if o.MaxItemBytes <= 0 {
		o.MaxItemBytes = engine.DefaultLimits.MaxItemBytes
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Fault == nil {
		o.Fault = func(string) {}
	}
	return o
}

func orTime(d *time.Duration, v time.Duration) {
	if *d <= 0 {
		*d = v
	}
}

func orInt(n *int, v int) {
	if *n <= 0 {
		*n = v
	}
}

// Live holds the live connections of a node. It is safe for concurrent use.
type Live struct {
	opt      Options
	origins  origins
	sockets  *ws.Config
	io       *eio.Server
	plain    *plain.Server
	conns    registry
	stopping context.Context // ends when the door closes
	stop     context.CancelFunc

	mu      sync.Mutex
	work    sync.WaitGroup // workers of connections, and the sweeper
	stopped bool
}

// New makes the door and begins to watch for credentials that end; Close ends it.
func New(o Options) *Live {
	o = o.withDefaults()
	l := &Live{opt: o, origins: newOrigins(o.AllowedOrigins)}
	l.stopping, l.stop = context.WithCancel(context.Background())
	l.conns.init(o.PerAddress, shares{kindUser: o.PerUser, kindKey: o.PerKey, kindTenant: o.PerTenant})
	heart := &beat.Config{Interval: o.PingInterval, Timeout: o.PingTimeout}
	queue := &outbox.Config{MaxMessages: o.QueueFrames, MaxBytes: o.QueueBytes}
	frame := frameLimit(o.MaxItemBytes)
	l.sockets = &ws.Config{Clock: o.Clock, MaxMessage: frame, WriteTimeout: o.WriteTimeout, Panicked: l.panicked}
	l.plain = plain.New(plain.Config{CloseTimeout: closeTimeout, Beat: heart, Queue: queue})
	l.io = eio.New(eio.Config{
		UpgradeTimeout: upgradeTimeout, CloseTimeout: closeTimeout, MaxPayload: frame,
		Beat: heart, Queue: queue, Sockets: l.sockets, Open: l.openIO,
	})
	if o.Access != nil {
		o.Access.OnChange(l.recheck)
	}
	l.spawn(l.sweep)
	return l
}

// frameLimit is the item limit and room for what is around it, in whole kilobytes.
func frameLimit(item int64) int { return int((item+frameSlack+1023)/1024) * 1024 }

// Tune lets the server of an app hand sockets over for good, which saves each of
// them a request's context and buffers. It is for the app's owner, before it serves.
func Tune(app *fiber.App) { app.Server().KeepHijackedConns = true }

// SocketIO answers every request under /socket.io/.
func (l *Live) SocketIO(c *fiber.Ctx) error {
	if err := l.origins.check(c); err != nil {
		return err
	}
	if l.origins.share(c) {
		return c.SendStatus(fiber.StatusNoContent)
	}
	return l.io.Serve(c)
}

// WebSocket answers GET /sync: the credential, the origin and the connection
// count are checked before the upgrade, with faults of REST.
func (l *Live) WebSocket(c *fiber.Ctx) error {
	if !ws.Requested(c) {
		return fault.New(fault.Malformed, "This address speaks WebSocket: send an upgrade request.")
	}
	if err := l.origins.check(c); err != nil {
		return err
	}
	who, err := l.plainCaller(c)
	if err != nil {
		return err
	}
	if err := l.conns.room(who.Address); err != nil {
		return err
	}
	return l.sockets.Upgrade(c, func(conn *ws.Conn) {
		if l.conns.enter(who.Address) != nil {
			return
		}
		defer l.conns.leave(who.Address)
		l.plain.Serve(conn, func(s *plain.Socket) plain.Owner { return l.openPlain(s, who) })
	})
}

// spawn runs f on a goroutine that Close waits for; false when the door is closing.
func (l *Live) spawn(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return false
	}
	l.work.Go(func() {
		defer l.rescue()
		f()
	})
	return true
}

// halt ends the sweeper and the pulls that wait, and lets nothing new be spawned. The channel closes when all that was has ended.
func (l *Live) halt() <-chan struct{} {
	l.stop()
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	idle := make(chan struct{})
	go func() { l.work.Wait(); close(idle) }()
	return idle
}

// Count is how many clients are connected, over whatever transport.
func (l *Live) Count() int { return l.io.Count() + l.plain.Count() }

// Transports are the ways a client may be connected: Socket.IO over polling or over websocket, and a plain websocket.
var Transports = []string{"polling", "websocket", "plain"}

// CountOver is how many clients are connected over one of the Transports.
func (l *Live) CountOver(transport string) int {
	switch transport {
	case "polling":
		return max(0, l.io.Count()-l.io.Sockets()) // one may come between
	case "websocket":
		return l.io.Sockets()
	case "plain":
		return l.plain.Count()
	}
	return 0
}

// Close lets what clients have asked for finish, tells them to come back
// elsewhere or later, and ends all connections; when ctx is done it cuts them.
func (l *Live) Close(ctx context.Context) {
	all := l.conns.shut()
	for _, c := range all {
		c.inbox.drain()
	}
	idle := l.halt()
	patience, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	select {
	case <-idle:
	case <-patience.Done():
	}
	for _, c := range all {
		c.Close(codeShutdown)
	}
	l.io.Close(ctx)
	l.plain.Close(ctx)
	<-idle
}

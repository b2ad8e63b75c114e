package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"tidemark/access"
	"tidemark/analytics"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/telemetry"
	"tidemark/store"
	"tidemark/web/api"
	"tidemark/web/health"
	"tidemark/web/live"
)

// Options say what the server serves, to whom and where.
type Options struct {
	Engine  *engine.Engine
	Access  *access.Access
	Store   *store.Store
	Log     *slog.Logger
	Clock   clock.Clock
	Metrics *telemetry.Metrics

	Analytics *analytics.Analytics // nil: one of its own

	Host    string
	Port    int    // 0: any free one
	APIURL  string // where clients reach the server; empty: by its address
	Version string

	TrustedProxies  []netip.Prefix // whose X-Forwarded-* headers count
	CORSOrigins     []string       // exact, or * alone
	CORSCredentials bool
	RateLimit       int // requests of one credential, and of one user, per RateWindow, through whichever doors; 0: no limit
	AddressRate     int // requests of one address per RateWindow; 0: no limit
	RateWindow      time.Duration
	RequestTimeout  time.Duration // 0: 2.4 s; a long poll gets its wait on top, a clear has longer
	MaxItemBytes    int64
	DataDir         string // whose disk must not be full, unless the database is a file elsewhere
	Production      bool   // requests from this machine itself open nothing that others need a credential for
	MetricsToken    string // opens /metrics; empty: closed to all but this machine
	PublicDocs      bool   // anybody may read /api/docs and /api/openapi.json; else administrators, holders of a credential, and this machine
	RedirectPort    int    // with TLSCert: sends on to HTTPS; 0: nothing does
	PublicURL       string // where it sends them; empty: where they asked
	TLSCert         string // PEM files; both or none
	TLSKey          string

	Only    []Part         // what is served; none: all of it
	Console Console        // nil: none
	Health  *health.Health // nil: one is made of these options
}

// Console is the pages for administrators.
type Console interface {
	// Routes adds the pages, all under /console, and their files under /assets.
	Routes(r fiber.Router) error
	// Error renders a fault as a page or fragment.
	Error(c *fiber.Ctx, err error) error
	// SignedIn says whether an administrator's session comes with a request, whatever its path.
	SignedIn(c *fiber.Ctx) (bool, error)
}

// Bounds of the server.
const (
	readTimeout     = 30 * time.Second        // for a whole request to arrive
	idleTimeout     = 75 * time.Second        // between requests of a connection
	requestTimeout  = 2400 * time.Millisecond // a database that is away is told within three seconds
	clearTimeout    = 15 * time.Second        // of many steps
	firebaseTimeout = 2 * time.Second         // for its keys to come
	headBytes       = 6 << 10                 // of a request's head; a hijacked connection keeps as much
	batchBytes      = 1 << 20                 // of a push
	bodyMargin      = 64 << 10                // what surrounds the values in a body
)

// Server is the HTTP server. It is safe for concurrent use.
type Server struct {
	opt       Options
	app       *fiber.App
	fiber     fasthttp.RequestHandler
	api       *api.API
	live      *live.Live
	cors      cors
	trusted   proxies
	table     []*route
	faults    []error // of the table of routes
	unmatched *route

	base     context.Context // of all requests
	abandon  context.CancelFunc
	draining chan struct{}
	drain    sync.Once

	ln     net.Listener
	door   *listener
	plain  *http.Server // sends on to HTTPS; nil: nothing does
	served chan error
}

// New makes a server; it serves after Listen. A mistake in the options or a route without a permission is an error.
func New(o Options) (*Server, error) {
	if o.Health == nil {
		o.Health = health.New(health.Options{Store: o.Store, Clock: o.Clock, Version: o.Version, DataDir: o.DataDir})
	}
	if o.Analytics == nil {
		o.Analytics = analytics.New(o.Store, o.Clock)
	}
	s := &Server{opt: o, trusted: o.TrustedProxies, draining: make(chan struct{}), served: make(chan error, 1)}
	if !s.serves(PartConsole) {
		s.opt.Console = nil
	}
	s.base, s.abandon = context.WithCancel(context.Background())
	var err error
	if s.cors, err = newCORS(o.CORSOrigins, o.CORSCredentials); err != nil {
		return nil, err
	}
	s.app = fiber.New(fiber.Config{
		AppName: "Tidemark", DisableStartupMessage: true, Immutable: true, StrictRouting: true, CaseSensitive: true,
		ErrorHandler: s.onError, BodyLimit: s.bodyLimit(), ReadBufferSize: headBytes,
		ReadTimeout: readTimeout, IdleTimeout: idleTimeout, DisablePreParseMultipartForm: true,
	})
	srv := s.app.Server()
	s.fiber, srv.Handler = srv.Handler, s.serve
	srv.ErrorHandler, srv.CloseOnShutdown = s.onBadRequest, true
	srv.NoDefaultContentType = true
	live.Tune(s.app)
	limit := access.NewLimiter(o.Clock, access.Limits{Requests: o.RateLimit, PerAddress: o.AddressRate, Window: o.RateWindow}, o.Access)
	s.live = live.New(live.Options{
		Engine: o.Engine, Access: o.Access, Limit: limit, Clock: o.Clock, Log: o.Log, Fault: o.Metrics.Fault,
		AllowedOrigins: o.CORSOrigins, MaxItemBytes: o.MaxItemBytes,
	})
	s.api = api.New(api.Options{
		Store: o.Store, Analytics: o.Analytics, Engine: o.Engine, Access: o.Access, Limit: limit, Clock: o.Clock, Health: s.opt.Health, Version: o.Version, URL: o.APIURL,
		Draining: s.draining,
	})
	s.measure()
	s.routes()
	if len(s.faults) > 0 {
		s.live.Close(s.base)
		return nil, errors.Join(s.faults...)
	}
	return s, nil
}

// bodyLimit leaves room for an item of which everything is escaped: by percent signs in a form, or as \u in JSON.
func (s *Server) bodyLimit() int { return int(max(batchBytes, 3*s.opt.MaxItemBytes)) + bodyMargin }

// Listen takes the address and begins to serve in the background. A busy port is an error that says so.
func (s *Server) Listen(ctx context.Context) error {
	ln, err := listen(ctx, net.JoinHostPort(s.opt.Host, strconv.Itoa(s.opt.Port)))
	if err != nil {
		return err
	}
	s.ln = ln
	s.door = &listener{Listener: ln, trusted: s.trusted, max: connsPerClient, open: map[netip.Addr]int{}}
	bounded := net.Listener(s.door)
	if s.opt.TLSCert != "" {
		pair := &certificates{cert: s.opt.TLSCert, key: s.opt.TLSKey, clock: s.opt.Clock, log: s.opt.Log}
		if err := errors.Join(pair.open(), s.redirect(ctx)); err != nil {
			return errors.Join(err, ln.Close())
		}
		bounded = tls.NewListener(bounded, &tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12})
	}
	go func() { s.served <- s.app.Listener(bounded) }()
	return nil
}

// Addr is where the server listens, as host:port; empty before Listen.
func (s *Server) Addr() string {
	if s.ln == nil {
		return ""
	}
	return s.ln.Addr().String()
}

// Draining is closed when the server begins to stop; what streams should end then.
func (s *Server) Draining() <-chan struct{} { return s.draining }

// Wait returns when the server no longer serves: nil after Shutdown.
func (s *Server) Wait() error {
	err := <-s.served
	s.served <- err
	return err
}

// Shutdown stops taking connections, ends the sockets, and lets requests finish.
// When ctx ends first, those still running are abandoned and its error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.drain.Do(func() { close(s.draining); s.opt.Health.Stop() })
	defer s.abandon()
	s.live.Close(ctx)
	if s.ln == nil {
		return nil
	}
	s.door.hangUp()
	if s.plain != nil {
		defer func() { _ = s.plain.Close() }()
	}
	return s.app.ShutdownWithContext(ctx)
}

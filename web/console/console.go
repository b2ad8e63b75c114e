// Package console is the door for people: the pages under /console.
//
// Start with routes.go, the list of pages, and session.go, which says who is
// asking. A handler reads its input, asks a room, and renders a view
// (render.go); errors leave through Error. stream.go keeps pages live.
package console

import (
	"crypto/rand"
	"log/slog"
	"sync"

	"github.com/alexedwards/scs/v2"

	"tidemark/access"
	"tidemark/analytics"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/store"
)

// Options say what the console works with.
type Options struct {
	Store     *store.Store
	Access    *access.Access
	Engine    *engine.Engine
	Clock     clock.Clock
	Log       *slog.Logger
	Analytics *analytics.Analytics // nil: one of its own
	Secret    []byte               // signs the tokens of forms, the same on every node; empty: drawn for this process
	Dev       bool                 // serves the gallery
	Secure    bool                 // people reach it by TLS alone: __Host- cookies
	Version   string
	System    System // what the System pages tell
}

// Console serves the pages. It is safe for concurrent use.
type Console struct {
	opt      Options
	assets   assets
	sessions *scs.SessionManager
	streams  streams
	faults   []error // pages without a permission

	systemState systemState

	mu     sync.Mutex
	pulses map[string]*pulse // by tenant
	reels  map[reelName]*reel
}

// New makes a console; Routes puts it into a server, Close ends its streams.
func New(o Options) *Console {
	if len(o.Secret) == 0 {
		o.Secret = []byte(rand.Text() + rand.Text())
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Analytics == nil {
		o.Analytics = analytics.New(o.Store, o.Clock)
	}
	o.System.complete(&o)
	c := &Console{opt: o, assets: newAssets(), pulses: map[string]*pulse{}, reels: map[reelName]*reel{}}
	c.sessions = newSessions(o.Store)
	c.streams.done, c.streams.of = make(chan struct{}), map[string]int{}
	return c
}

// Close ends the live streams and waits for them. A server that stops calls it
// first, or it would wait for people to close their pages.
func (c *Console) Close() { c.streams.close() }

// cookie is the name of a cookie. Where TLS is certain, the browser holds it to this host alone.
func (c *Console) cookie(name string) string {
	if c.opt.Secure {
		return "__Host-" + name
	}
	return name
}

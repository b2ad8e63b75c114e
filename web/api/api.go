// Package api is the REST door: it reads a request, asks access, calls the
// engine once, and writes the answer. One noun, one file; guard.go is what stands before
// every handler, openapi.go describes them all.
package api

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/analytics"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/health"
)

// Options say what the door works with.
type Options struct {
	Engine    *engine.Engine
	Store     *store.Store // of policies
	Analytics *analytics.Analytics
	Access    *access.Access
	Limit     *access.Limiter // of requests; nil: none
	Health    *health.Health
	Clock     clock.Clock
	Version   string
	URL       string          // where clients reach the server, for the OpenAPI document
	Draining  <-chan struct{} // closed when the server stops: long polls answer at once
}

// API holds the handlers. It is safe for concurrent use.
type API struct {
	opt      Options
	document func() ([]byte, error) // of OpenAPI, made once
}

// New makes the door.
func New(o Options) *API {
	a := &API{opt: o}
	a.document = sync.OnceValues(a.describe)
	return a
}

// Handler answers a request of a caller who holds the route's permission for something at all.
type Handler func(c *fiber.Ctx, who models.Caller) error

// MaxWait bounds a long poll.
const MaxWait = 30 * time.Second

// polling is a context for a long poll: it ends when the server drains.
func (a *API) polling(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(drainContext{a.opt.Draining}, cancel)
	return ctx, func() { stop(); cancel() }
}

// drainContext makes a context of the channel that says the server drains.
type drainContext struct{ done <-chan struct{} }

func (d drainContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (d drainContext) Done() <-chan struct{}       { return d.done }
func (d drainContext) Value(any) any               { return nil }
func (d drainContext) Err() error {
	select {
	case <-d.done:
		return context.Canceled
	default:
		return nil
	}
}

// Package e2e makes a whole server in one process, over a fresh database, for tests that look at it from outside (web/console, web/e2e/browser).
// The program never imports it.
package e2e

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/geo"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web"
	"tidemark/web/console"
)

// Options say what house to build.
type Options struct {
	Dir     string        // of the database, where Store names none
	Store   store.Options // which database; zero: SQLite in Dir
	Log     io.Writer
	Tenants []string    // slugs; the name is the slug
	Clock   clock.Clock // of the console; nil: the system's
	Time    clock.Clock // of the engine; nil: the system's
	Secure  bool
	Shipped bool           // as in production: without the gallery
	Policy  string         // casbin rules of administrators; empty: those shipped
	System  console.System // what the System pages tell
	Assist  engine.AssistOptions
	Places  *geo.Countries        // where addresses are; nil: nobody knows
	KeyAge  int                   // days for which a key should have one secret
	People  func(*access.Options) // how people sign in; nil: without mail and second factors
}

// House is a running server and its rooms.
type House struct {
	URL     string
	Store   *store.Store
	Access  *access.Access
	Engine  *engine.Engine
	Console *console.Console
	Server  *web.Server
	Tenants []models.Tenant
	Keys    []string // one for each tenant
}

const stopWithin = 20 * time.Second

// Build makes a house and lets it listen on 127.0.0.1; Close ends it.
func Build(ctx context.Context, o Options) (*House, error) {
	h := &House{}
	if err := h.build(ctx, o); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *House) build(ctx context.Context, o Options) error {
	var err error
	if o.Store.SQLite == "" && o.Store.MySQL == nil {
		o.Store.SQLite = filepath.Join(o.Dir, "tidemark.db")
	}
	if o.Time == nil {
		o.Time = clock.System{}
	}
	if h.Store, err = store.Open(ctx, o.Store); err != nil {
		return err
	}
	if err = h.Store.Migrate(ctx); err != nil {
		return err
	}
	log, err := telemetry.NewLogger(o.Log, "debug", "json")
	if err != nil {
		return err
	}
	o.System.Metrics = telemetry.NewMetrics("test")
	if h.Engine, err = engine.New(ctx, engine.Options{Store: h.Store, Clock: o.Time, Limits: engine.DefaultLimits, Node: "test", Observe: web.Observe(o.System.Metrics), Assist: o.Assist}); err != nil {
		return err
	}
	rights := access.Options{Store: h.Store, Clock: clock.System{}, APIKeysEnabled: true, KeyPrefix: "sk_live_", BcryptCost: 10, Log: log, Policy: o.Policy, KeyMaxAge: o.KeyAge, Countries: o.Places}
	if o.People != nil {
		o.People(&rights)
	}
	h.Access = access.New(rights)
	if err = h.populate(ctx, o.Tenants); err != nil {
		return err
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	h.Console = console.New(console.Options{Store: h.Store, Access: h.Access, Engine: h.Engine, Clock: o.Clock, Log: log, Dev: !o.Shipped, Secure: o.Secure, Version: "test", System: o.System})
	h.Server, err = web.New(web.Options{
		Store: h.Store, Access: h.Access, Engine: h.Engine, Clock: clock.System{}, Log: log, Metrics: o.System.Metrics,
		Host: "127.0.0.1", MaxItemBytes: engine.DefaultLimits.MaxItemBytes, Version: "test", Console: h.Console,
	})
	if err != nil {
		return err
	}
	if err = h.Server.Listen(ctx); err == nil {
		h.URL = "http://" + h.Server.Addr()
	}
	return err
}

func (h *House) populate(ctx context.Context, slugs []string) error {
	for _, slug := range slugs {
		t, err := h.Store.CreateTenant(ctx, models.Tenant{Slug: slug, Name: slug})
		if err != nil {
			return err
		}
		_, key, err := h.Access.CreateKey(ctx, access.NewKey{TenantID: t.ID, Name: "test"})
		if err != nil {
			return err
		}
		h.Tenants, h.Keys = append(h.Tenants, t), append(h.Keys, key)
	}
	return nil
}

// Close stops the house: streams, requests, commits, and then the database.
func (h *House) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	var errs []error
	if h.Console != nil {
		h.Console.Close()
	}
	if h.Server != nil {
		errs = append(errs, h.Server.Shutdown(ctx))
	}
	if h.Access != nil {
		h.Access.Close()
	}
	if h.Engine != nil {
		errs = append(errs, h.Engine.Close(ctx))
	}
	if h.Store != nil {
		errs = append(errs, h.Store.Close())
	}
	return errors.Join(errs...)
}

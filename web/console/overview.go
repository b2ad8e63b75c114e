package console

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/overview"
)

const (
	recentRows  = 8
	pulseMillis = 1000 // how old shared numbers may be
	pastEvery   = 10_000
	pastGap     = 5 * 60_000
	pastKept    = 60
	pulseTicks  = 5 // ticks after which numbers are looked at though no change was heard of
)

func (c *Console) overview(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	now, err := c.pulse(t.ID).take(f.UserContext(), c, t)
	if err != nil {
		return err
	}
	base := tenantOf(t).Href()
	return c.page(f, place{title: "Overview", active: "overview"}, overview.Page(overview.Props{
		Base: base, Stream: base + "/stream", Paused: f.Query("paused") != "", Activity: base + "/activity", Suspended: t.Suspended,
		Numbers: now.numbers, Notices: now.notices, Recent: rowsOf(t.Slug, now.recent, now.numbers.Now), Example: example(f, t.Slug),
	}))
}

// ownAddress is where this server was reached.
func ownAddress(f *fiber.Ctx) string {
	scheme := "http"
	if telemetry.RequestOf(f.UserContext()).Secure {
		scheme = "https"
	}
	return scheme + "://" + string(f.Request().Host())
}

// example is a first write to copy, for the address the page was reached by.
func example(f *fiber.Ctx, slug string) string {
	return fmt.Sprintf("tidemark apikey create --tenant %s --name first\n\ncurl -X PUT %s/api/v1/sync-storage/item/hello \\\n  -H 'X-API-Key: <the key it printed>' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"value\": \"world\"}'",
		slug, ownAddress(f))
}

func (c *Console) overviewStream(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	changes, cancel := c.opt.Engine.Watch(t.ID)
	return c.stream(f, &numbersFeed{console: c, tenant: t, changes: changes, cancel: cancel, ticks: pulseTicks})
}

// pulse is a tenant's numbers, asked for once a second however many people watch.
type pulse struct {
	mu    sync.Mutex
	now   beat
	past  overview.Past
	kept  int64 // ms, when the past was last added to
	shown *event
}

// beat is how a tenant is doing at one moment.
type beat struct {
	numbers overview.Numbers
	notices []overview.Notice
	recent  []models.Change
	version int64 // of the tenant that it tells of
}

func (c *Console) pulse(tenantID string) *pulse {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pulses[tenantID]
	if p == nil {
		p = &pulse{}
		c.pulses[tenantID] = p
	}
	return p
}

// take is how the tenant is doing now, or was a moment ago, but not before it was changed to what the caller knows.
func (p *pulse) take(ctx context.Context, c *Console, known models.Tenant) (beat, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := clock.Millis(c.opt.Clock)
	if age := now - p.now.numbers.Now; age >= 0 && age < pulseMillis && p.now.version >= known.Version {
		return p.now, nil
	}
	t, err := c.opt.Store.TenantByID(ctx, known.ID) // a page that is long open knows it as it was
	if err != nil {
		return beat{}, err
	}
	o, err := c.opt.Store.Overview(ctx, t.ID, now)
	if err != nil {
		return beat{}, err
	}
	recent, err := c.opt.Store.Activity(ctx, store.ActivityQuery{TenantID: t.ID, Limit: recentRows})
	if err != nil {
		return beat{}, err
	}
	notices, err := c.notices(ctx, t, &o, now)
	if err != nil {
		return beat{}, err
	}
	live, lastAt := c.opt.Engine.Stats(t.ID), int64(0)
	if len(recent) > 0 {
		lastAt = recent[0].At
	}
	p.keep(&o, now)
	p.shown, p.now = nil, beat{version: t.Version, notices: notices, recent: recent, numbers: overview.Numbers{
		Now: now, Items: o.Items, Users: o.Users, Bytes: o.Bytes, OpenConflicts: o.OpenConflicts, Devices: o.Devices, Connected: o.Connected,
		Live: int64(live.Sessions), CatchingUp: int64(live.Lagging), Lagging: o.Lagging, Seq: o.Head.Seq, LastAt: lastAt, Floor: o.Head.Floor,
		PerMinute: o.PerMinute, Past: p.past,
	}}
	return p.now, nil
}

// keep adds to the numbers of the past, now and then. What is long ago is not beside what is now.
func (p *pulse) keep(o *store.Overview, now int64) {
	if now-p.kept > pastGap {
		p.past = overview.Past{}
	}
	if now-p.kept < pastEvery {
		return
	}
	p.kept = now
	add := func(series []int64, v int64) []int64 {
		all := append(slices.Clone(series), v) // pages may still show the one before
		return all[max(0, len(all)-pastKept):]
	}
	p.past = overview.Past{Items: add(p.past.Items, o.Items), Connected: add(p.past.Connected, o.Connected), OpenConflicts: add(p.past.OpenConflicts, o.OpenConflicts)}
}

// event is what pages are sent of the numbers at that moment, written once for all of them.
func (p *pulse) event(slug string, of beat) (*event, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown != nil && p.now.numbers.Now == of.numbers.Now {
		return p.shown, nil
	}
	e, err := (&event{name: "numbers", body: overview.Update(of.numbers, of.notices, rowsOf(slug, of.recent, of.numbers.Now))}).written(context.Background())
	if err == nil && p.now.numbers.Now == of.numbers.Now {
		p.shown = e
	}
	return e, err
}

// numbersFeed tells when a tenant's numbers have moved.
type numbersFeed struct {
	console *Console
	tenant  models.Tenant
	changes <-chan engine.WatchBatch
	cancel  func()
	ticks   int // since the numbers were last looked at
	shown   *beat
}

func (n *numbersFeed) close() { n.cancel() }

func (n *numbersFeed) pull(ctx context.Context) (*event, error) {
	if n.ticks++; !n.heard() && n.ticks < pulseTicks {
		return nil, nil
	}
	n.ticks = 0
	p := n.console.pulse(n.tenant.ID)
	now, err := p.take(ctx, n.console, n.tenant)
	if err != nil || n.shown != nil && same(*n.shown, now) {
		return nil, err
	}
	n.shown = &now
	return p.event(n.tenant.Slug, now) //nolint:contextcheck // what is written for many must not end with one of them
}

// heard takes what has been committed since, and says whether that was anything.
func (n *numbersFeed) heard() bool {
	some := false
	for {
		select {
		case _, ok := <-n.changes:
			if !ok {
				n.changes = nil // the numbers are still looked at now and then
				return some
			}
			some = true
		default:
			return some
		}
	}
}

func same(a, b beat) bool {
	a.numbers.Now, a.numbers.Past, b.numbers.Now, b.numbers.Past = 0, overview.Past{}, 0, overview.Past{}
	return slices.Equal(a.notices, b.notices) && fmt.Sprint(a.numbers) == fmt.Sprint(b.numbers)
}

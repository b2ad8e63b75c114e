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
	"tidemark/views/overview"
	"tidemark/views/ui"
)

const (
	recentRows  = 8
	pulseMillis = 1000 // how old shared numbers may be
	pulseTicks  = 5    // ticks after which numbers are looked at though no change was heard of
)

func (c *Console) overview(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	n, recent, err := c.pulse(t.ID).take(f.UserContext(), c, t.ID)
	if err != nil {
		return err
	}
	base := tenantOf(t).Href()
	return c.page(f, place{title: "Overview", active: "overview"}, overview.Page(overview.Props{
		Base: base, Stream: base + "/stream", Paused: f.Query("paused") != "", Activity: base + "/activity", Suspended: t.Suspended,
		Numbers: n, Recent: rowsOf(recent, n.Now), Example: example(f, t.Slug),
	}))
}

// example is a first write to copy, for the address the page was reached by.
func example(f *fiber.Ctx, slug string) string {
	scheme := "http"
	if telemetry.RequestOf(f.UserContext()).Secure {
		scheme = "https"
	}
	return fmt.Sprintf("tidemark apikey create --tenant %s --name first\n\ncurl -X PUT %s://%s/api/v1/sync-storage/item/hello \\\n  -H 'X-API-Key: <the key it printed>' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"value\": \"world\"}'",
		slug, scheme, f.Request().Host())
}

func (c *Console) overviewStream(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	changes, cancel := c.opt.Engine.Watch(t.ID)
	return c.stream(f, &numbersFeed{console: c, tenant: t.ID, changes: changes, cancel: cancel, ticks: pulseTicks})
}

// pulse is a tenant's numbers, asked for once a second however many people watch.
type pulse struct {
	mu      sync.Mutex
	numbers overview.Numbers
	recent  []models.Change
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

func (p *pulse) take(ctx context.Context, c *Console, tenantID string) (overview.Numbers, []models.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := clock.Millis(c.opt.Clock)
	if age := now - p.numbers.Now; age >= 0 && age < pulseMillis {
		return p.numbers, p.recent, nil
	}
	o, err := c.opt.Store.Overview(ctx, tenantID, now)
	if err != nil {
		return overview.Numbers{}, nil, err
	}
	recent, err := c.opt.Store.RecentChanges(ctx, tenantID, recentRows)
	if err != nil {
		return overview.Numbers{}, nil, err
	}
	live, lastAt := c.opt.Engine.Stats(tenantID), int64(0)
	if len(recent) > 0 {
		lastAt = recent[0].At
	}
	p.recent, p.numbers = recent, overview.Numbers{
		Now: now, Items: o.Items, Users: o.Users, Bytes: o.Bytes, OpenConflicts: o.OpenConflicts, Devices: o.Devices, Connected: o.Connected,
		Live: int64(live.Sessions), Lagging: int64(live.Lagging), Seq: o.Head.Seq, LastAt: lastAt, Floor: o.Head.Floor, PerMinute: o.PerMinute,
	}
	return p.numbers, p.recent, nil
}

// numbersFeed tells when a tenant's numbers have moved.
type numbersFeed struct {
	console *Console
	tenant  string
	changes <-chan engine.WatchBatch
	cancel  func()
	ticks   int // since the numbers were last looked at
	shown   *overview.Numbers
}

func (n *numbersFeed) close() { n.cancel() }

func (n *numbersFeed) pull(ctx context.Context) (*event, error) {
	if n.ticks++; !n.heard() && n.ticks < pulseTicks {
		return nil, nil
	}
	n.ticks = 0
	now, recent, err := n.console.pulse(n.tenant).take(ctx, n.console, n.tenant)
	if err != nil || n.shown != nil && same(*n.shown, now) {
		return nil, err
	}
	n.shown = &now
	return &event{name: "numbers", body: overview.Update(now, rowsOf(recent, now.Now))}, nil
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

func same(a, b overview.Numbers) bool {
	series := slices.Equal(a.PerMinute, b.PerMinute)
	a.Now, a.PerMinute, b.Now, b.PerMinute = 0, nil, 0, nil
	return series && fmt.Sprint(a) == fmt.Sprint(b)
}

func rowsOf(changes []models.Change, now int64) []ui.ActivityRowProps {
	rows := make([]ui.ActivityRowProps, 0, len(changes))
	for i := range changes {
		rows = append(rows, rowOf(&changes[i], now))
	}
	return rows
}

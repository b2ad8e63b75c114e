package console

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/setup"
)

const (
	setupTenants = 8 // that the setup offers to go on with
	firstKey     = "first client"
)

func (c *Console) setupRoutes(in fiber.Router) {
	in.Get("/setup/tenant", c.tenantStep)
	in.Post("/setup/tenant", c.makeTenant)
	in.Get("/t/:tenant/connect", c.ofTenant, c.connect)
	in.Post("/t/:tenant/connect", c.ofTenant, c.connectKey)
	in.Get("/t/:tenant/connect/stream", c.ofTenant, c.connectStream)
}

func (c *Console) tenantStep(f *fiber.Ctx) error { return c.tenantForm(f, setup.TenantProps{}) }

func (c *Console) tenantForm(f *fiber.Ctx, p setup.TenantProps) error {
	all, err := c.opt.Store.Tenants(f.UserContext())
	if err != nil {
		return err
	}
	p.CSRF, p.More = c.token(f), max(0, len(all)-setupTenants)
	for _, t := range all[:min(len(all), setupTenants)] {
		p.Tenants = append(p.Tenants, setup.Tenant{Name: t.Name, Slug: t.Slug, Action: connectPath(t)})
	}
	return c.page(f, place{title: "Set up", active: "tenants"}, setup.TenantPage(p))
}

func connectPath(t models.Tenant) string { return tenantOf(t).Href() + "/connect" }

// makeTenant makes the first tenant with its first key, and goes on to connect a client.
func (c *Console) makeTenant(f *fiber.Ctx) error {
	p := setup.TenantProps{Name: f.FormValue("name"), Slug: strings.TrimSpace(f.FormValue("slug"))}
	var t models.Tenant
	var err error
	if p.Slug, err = access.SlugFor(p.Slug, p.Name); err == nil {
		t, err = c.opt.Access.CreateTenant(as(f), models.Tenant{Slug: p.Slug, Name: p.Name})
	}
	if fl := fault.From(err); fault.Is(err, fault.Invalid) {
		p.Error, p.Fields = "The tenant was not made", fieldsOf(fl)
		return c.tenantForm(f.Status(fl.Code.Status()), p)
	}
	if err != nil {
		return err
	}
	return c.withKey(f, t, true)
}

// connectKey makes a key for the page to show.
func (c *Console) connectKey(f *fiber.Ctx) error {
	return c.withKey(f, visitOf(f).tenant, f.FormValue("setup") != "")
}

// withKey makes a key for a tenant and shows it on the page to connect with, once.
func (c *Console) withKey(f *fiber.Ctx, t models.Tenant, settingUp bool) error {
	k, secret, err := c.opt.Access.CreateKey(as(f), access.NewKey{TenantID: t.ID, Name: firstKey})
	if err != nil {
		return err
	}
	if err := c.keepSecret(f, k.ID, secret); err != nil {
		return err
	}
	q := url.Values{"key": {k.ID}}
	if settingUp {
		q.Set("setup", "1")
	}
	return f.Redirect(connectPath(t)+"?"+q.Encode(), fiber.StatusSeeOther)
}

func (c *Console) connect(f *fiber.Ctx) error {
	t, id := visitOf(f).tenant, f.Query("key")
	k, err := c.chosenKey(f.UserContext(), t.ID, id)
	if err != nil {
		return err
	}
	base := connectPath(t)
	p := setup.ConnectProps{
		CSRF: c.token(f), Setup: f.Query("setup") != "", Base: tenantOf(t).Href(), Action: base, Again: f.OriginalURL(), Stream: base + "/stream?key=" + url.QueryEscape(id),
		Server: socketAddress(f), Suspended: t.Suspended, Settings: tenantHref(t.ID),
	}
	if k.ID != "" {
		p.Key = &setup.Key{Name: k.Name, Shown: k.Prefix + "…" + k.Last4, Secret: c.takeSecret(f, k.ID), Save: p.Base + "/api-keys/" + k.ID + "/secret"}
	}
	if p.Client, err = c.client(f.UserContext(), t.ID, k); err != nil {
		return err
	}
	return c.page(f, place{title: "Connect a client"}, setup.ConnectPage(p))
}

// chosenKey is the key of the page; without one it is empty.
func (c *Console) chosenKey(ctx context.Context, tenantID, id string) (models.APIKey, error) {
	if id == "" {
		return models.APIKey{}, nil
	}
	return c.opt.Store.APIKey(ctx, tenantID, id)
}

// socketAddress is the server's address for clients, as the page was reached.
func socketAddress(f *fiber.Ctx) string {
	scheme := "ws://"
	if telemetry.RequestOf(f.UserContext()).Secure {
		scheme = "wss://"
	}
	return scheme + string(f.Request().Host())
}

// client is who connected since the key was made, or without a key ever; nil: nobody.
func (c *Console) client(ctx context.Context, tenantID string, k models.APIKey) (*setup.Client, error) {
	now := clock.Millis(c.opt.Clock)
	in, err := c.opt.Store.LatestInstance(ctx, tenantID, k.CreatedAt)
	if err == nil {
		return &setup.Client{Name: in.ID, User: in.UserID, How: doorNames[in.Door], At: in.ConnectedAt, Now: now}, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	recent, err := c.opt.Store.RecentChanges(ctx, tenantID, recentRows)
	if err != nil {
		return nil, err
	}
	for i := range recent {
		if ch := &recent[i]; k.ID == "" || ch.Actor == "key:"+k.ID {
			return &setup.Client{Name: cmp.Or(ch.Instance, k.Name, sourceOf(ch)), User: ch.Owner, How: doorNames[ch.Door], At: ch.At, Now: now}, nil
		}
	}
	return nil, nil
}

func (c *Console) connectStream(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	k, err := c.chosenKey(f.UserContext(), t.ID, f.Query("key"))
	if err != nil {
		return err
	}
	return c.stream(f, &clientFeed{console: c, tenant: t.ID, key: k})
}

// clientFeed tells when a client has connected, once.
type clientFeed struct {
	console *Console
	tenant  string
	key     models.APIKey
	told    bool
}

func (*clientFeed) close() {}

func (n *clientFeed) pull(ctx context.Context) (*event, error) {
	if n.told {
		return nil, nil
	}
	who, err := n.console.client(ctx, n.tenant, n.key)
	if err != nil || who == nil {
		return nil, err
	}
	n.told = true
	return &event{name: "client", body: setup.Connection(who)}, nil
}

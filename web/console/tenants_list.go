package console

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/layout"
	"tidemark/views/tenants"
)

func (c *Console) tenantsRoutes(in fiber.Router) {
	in.Get("/tenants", c.tenants)
	in.Get("/tenants/new", c.newTenant)
	in.Post("/tenants/new", c.createTenant)
	in.Get("/tenants/deletions/:job", c.tenantDeletion)
	in.Post("/tenants/deletions/:job/stop", c.stopDeletion)
	in.Get("/tenants/:id", c.editTenant)
	in.Post("/tenants/:id", c.saveTenant)
	in.Get("/tenants/:id/encryption", c.tenantEncryption)
	in.Post("/tenants/:id/encryption", c.saveEncryption)
	for name := range c.tenantVerbs() {
		in.Post("/tenants/:id/"+name, c.pressTenant(name))
	}
	in.Get("/tenants/:id/delete", c.askDeleteTenant)
	in.Post("/tenants/:id/delete", c.recently("Delete the tenant for good"), c.deleteTenant)
}

const (
	tenantsPerPage = 50
	tenantsHref    = "/console/tenants"
)

var tenantCrumbs = []layout.Crumb{{Label: "Tenants", Href: tenantsHref}}

func (c *Console) tenants(f *fiber.Ctx) error {
	ctx := f.UserContext()
	q := store.TenantQuery{Text: strings.TrimSpace(f.Query("q")), Trash: f.Query("trash") != "", After: f.Query("after"), Limit: tenantsPerPage + 1}
	mine, err := c.myTenants(f)
	if err != nil {
		return err
	}
	q.IDs, q.Trash = mine, q.Trash && mine == nil
	found, err := c.opt.Store.TenantPage(ctx, q)
	if err != nil {
		return err
	}
	p := tenants.Props{CSRF: c.token(f), Text: q.Text, Trash: q.Trash, Self: tenantsAt(q)}
	if p.Open, p.Gone, err = c.countTenants(ctx, mine); err != nil {
		return err
	}
	next := ""
	if len(found) > tenantsPerPage {
		found = found[:tenantsPerPage]
		next = found[len(found)-1].Slug
	}
	p.First, p.Prev, p.Next = pagesOf(f, q.After, next, func(place string) string {
		at := q
		at.After = place
		return tenantsAt(at)
	})
	now := clock.Millis(c.opt.Clock)
	for i := range found {
		j, err := c.deletionOf(f, found[i].Tenant)
		if err != nil {
			return err
		}
		row := tenantRow(found[i], now)
		row.Halted = j.ID != "" && j.Status.Ended()
		p.Rows = append(p.Rows, row)
	}
	return c.page(f, place{title: "Tenants", active: "tenants"}, tenants.Page(p))
}

// myTenants are the ids of the tenants that who is signed in has a place in; nil: all are.
func (c *Console) myTenants(f *fiber.Ctx) ([]string, error) {
	m := visitOf(f).account
	if m.Installation {
		return nil, nil
	}
	places, err := c.opt.Access.Places(f.UserContext(), m)
	ids := make([]string, 0, len(places))
	for _, p := range places {
		ids = append(ids, p.TenantID)
	}
	return ids, err
}

func (c *Console) countTenants(ctx context.Context, mine []string) (open, trash int64, err error) {
	if mine != nil {
		return int64(len(mine)), 0, nil
	}
	return c.opt.Store.CountTenants(ctx)
}

// tenantsAt is the address of a page of the list.
func tenantsAt(q store.TenantQuery) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": q.Text, "after": q.After} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Trash {
		v.Set("trash", "1")
	}
	if len(v) == 0 {
		return tenantsHref
	}
	return tenantsHref + "?" + v.Encode()
}

func tenantRow(r models.TenantRow, now int64) tenants.Row {
	out := tenants.Row{
		ID: r.ID, Slug: r.Slug, Name: r.Name, Href: tenantOf(r.Tenant).Href(), Version: r.Version, Suspended: r.Suspended, TrashedAt: r.DeletedAt,
		ChangedAt: r.LastChangeAt, Now: now, Usage: tenants.Usage{
			Items: r.Usage.Items, MaxItems: r.Limits.Items, Bytes: r.Usage.Bytes, MaxBytes: r.Limits.Bytes, Users: r.Usage.Users,
			Devices: min(r.Devices, store.MaxListed), ManyDevices: r.Devices > store.MaxListed,
		},
	}
	if r.DeleteJob != "" {
		out.Deleting = deletionAt(r.DeleteJob)
	}
	return out
}

func deletionAt(jobID string) string { return tenantsHref + "/deletions/" + jobID }

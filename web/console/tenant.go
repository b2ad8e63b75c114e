package console

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
	"tidemark/views/tenants"
)

// ofTenant finds the tenant whose page this is, and has it noted that the administrator sees its data.
func (c *Console) ofTenant(f *fiber.Ctx) error {
	t, err := c.opt.Store.TenantBySlug(f.UserContext(), f.Params("tenant"))
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return fault.Wrap(fault.NotFound, err, "There is no tenant at this address. It may have been removed, or the address has a typing error.")
	case err != nil:
		return err
	}
	v := visitOf(f)
	v.tenant = t
	if err := c.viewed(v); err != nil {
		return err
	}
	return f.Next()
}

func (c *Console) viewed(v *visit) error {
	return c.opt.Access.Viewed(v.base, access.View{Admin: v.admin, Session: v.token, TenantID: v.tenant.ID})
}

// home leads to a tenant; without one, to how the first is made.
func (c *Console) home(f *fiber.Ctx) error {
	all, err := c.opt.Store.Tenants(f.UserContext())
	if err != nil {
		return err
	}
	to := "/console/tenants"
	if len(all) > 0 {
		to = firstActive(all).Href()
	}
	return f.Redirect(to, http.StatusSeeOther)
}

func firstActive(all []models.Tenant) layout.Tenant {
	for _, t := range all {
		if !t.Suspended {
			return tenantOf(t)
		}
	}
	return tenantOf(all[0])
}

func (c *Console) tenants(f *fiber.Ctx) error {
	all, err := c.opt.Store.Tenants(f.UserContext())
	if err != nil {
		return err
	}
	now := clock.Millis(c.opt.Clock)
	rows := make([]tenants.Row, 0, len(all))
	for _, t := range all {
		rows = append(rows, tenants.Row{Slug: t.Slug, Name: t.Name, Href: tenantOf(t).Href(), Suspended: t.Suspended, CreatedAt: t.CreatedAt, Now: now})
	}
	return c.page(f, place{title: "Tenants", active: "tenants"}, tenants.Page(rows))
}

// palette answers the places that fit what is typed; without htmx it goes to the first of them.
func (c *Console) palette(f *fiber.Ctx) error {
	all, err := c.opt.Store.Tenants(f.UserContext())
	if err != nil {
		return err
	}
	groups, list := []layout.NavGroup{layout.InstallationNav()}, make([]layout.Tenant, 0, len(all))
	for _, t := range all {
		list = append(list, tenantOf(t))
		if t.Slug == f.Query("t") {
			groups = layout.TenantNav(t.Slug)
		}
	}
	items := layout.PaletteOf(groups, list, f.Query("q"))
	switch {
	case partial(f):
		return c.render(f, layout.PaletteList(items))
	case len(items) > 0:
		return f.Redirect(items[0].Href, http.StatusSeeOther)
	}
	return f.Redirect("/console/tenants", http.StatusSeeOther)
}

package console

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
)

// ofTenant finds the tenant whose page this is, and has it noted that the administrator sees its data.
func (c *Console) ofTenant(f *fiber.Ctx) error {
	t, err := c.tenantNamed(f, f.Params("tenant"))
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return fault.Wrap(fault.NotFound, err, "There is no tenant at this address. It may have been removed, or the address has a typing error.")
	case err != nil:
		return err
	}
	v := visitOf(f)
	v.tenant = t
	if err := c.viewed(f.UserContext(), v); err != nil {
		return err
	}
	return f.Next()
}

// viewed notes a look of the installation's administrators; members look at what is theirs.
func (c *Console) viewed(ctx context.Context, v *visit) error {
	if !v.account.Installation {
		return nil
	}
	return c.opt.Access.Viewed(ctx, access.View{Admin: v.account, Session: v.token, TenantID: v.tenant.ID})
}

// home leads to the first of the tenants that is not suspended; without one, to how the first is made.
func (c *Console) home(f *fiber.Ctx) error {
	all, err := c.tenantsFor(f, "", switcherTenants)
	if err != nil {
		return err
	}
	to := "/console/tenants"
	if len(all) > 0 {
		to = firstActive(all).Href()
	}
	return f.Redirect(to, http.StatusSeeOther)
}

func firstActive(all []layout.Tenant) layout.Tenant {
	for _, t := range all {
		if !t.Suspended {
			return t
		}
	}
	return all[0]
}

func tenantOf(t models.Tenant) layout.Tenant {
	return layout.Tenant{Slug: t.Slug, Name: t.Name, Suspended: t.Suspended}
}

const switcherTenants = 20

// switcher is the tenant of the page and the first of all tenants; a search finds the others.
func (c *Console) switcher(f *fiber.Ctx) (layout.Switcher, error) {
	var s layout.Switcher
	if t := visitOf(f).tenant; t.ID != "" {
		now := tenantOf(t)
		s.Now = &now
	}
	found, err := c.tenantsFor(f, "", switcherTenants+1)
	s.More = len(found) > switcherTenants
	s.Tenants = found[:min(len(found), switcherTenants)]
	return s, err
}

func tenantsOf(all []models.Tenant) []layout.Tenant {
	out := make([]layout.Tenant, 0, len(all))
	for _, t := range all {
		out = append(out, tenantOf(t))
	}
	return out
}

// switchTo answers the tenants that fit what is typed into the switcher.
func (c *Console) switchTo(f *fiber.Ctx) error {
	found, err := c.tenantsFor(f, paletteText(f), switcherTenants)
	if err != nil {
		return err
	}
	s := layout.Switcher{Tenants: found}
	for i, t := range found {
		if t.Slug == f.Query("t") {
			s.Now = &s.Tenants[i]
		}
	}
	return c.render(f, layout.SwitcherList(s))
}

package console

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
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

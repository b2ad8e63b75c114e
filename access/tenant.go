package access

import (
	"cmp"
	"context"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

// CreateTenant makes a tenant; without a slug that is made of the name. `invalid` names a field that will not do.
func (a *Access) CreateTenant(ctx context.Context, t models.Tenant) (models.Tenant, error) {
	var err error
	if t.From, err = a.CheckTenantRestrictions(t.From, models.Restrictions{}); err != nil {
		return t, err
	}
	if t.Slug, err = SlugFor(t.Slug, t.Name); err != nil {
		return t, err
	}
	t, err = a.opt.Store.CreateTenant(ctx, t)
	a.Forget()
	return t, err
}

// EditTenant changes a tenant's name, strategy, retention, limits and restrictions, against the version it carries; within a second
// connections are held to it. Faults: `not_found`, `stale_edit`, or `invalid`, which names the field.
func (a *Access) EditTenant(ctx context.Context, t models.Tenant) (models.Tenant, error) {
	before, err := a.opt.Store.TenantByID(ctx, t.ID)
	if err != nil {
		return t, err
	}
	if t.From, err = a.CheckTenantRestrictions(t.From, before.From); err != nil {
		return t, err
	}
	t, err = a.opt.Store.EditTenant(ctx, t)
	a.Forget()
	return t, err
}

// SlugFor is the slug of a new tenant: without one it is made of the name, which has to be there.
func SlugFor(slug, name string) (string, error) {
	if strings.TrimSpace(name) == "" {
		return slug, fault.OfField("name", "required", "must be 1 to 200 characters without line breaks")
	}
	return cmp.Or(slug, slugOf(name)), nil
}

// slugOf makes a slug of a name: its letters and digits, with a dash for what lies between.
func slugOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	return strings.TrimRight(slug[:min(len(slug), 63)], "-")
}

package access

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const maxFieldRules = 64

// RolePermissions are all that a role of a tenant can give, by area, with those to look first.
func (a *Access) RolePermissions() []Permission {
	out := make([]Permission, 0, len(a.roles.grants[RoleOwner]))
	for _, g := range a.roles.grants[RoleOwner] {
		out = append(out, named(g))
	}
	slices.Sort(out)
	return out
}

// Gives says whether a role gives a permission for the whole of its tenant, and whether for a part of it.
func Gives(r models.Role, p Permission) (whole, part bool) {
	grants := expanded(r.Grants)
	return anyCovers(grants, p, "", ""), anyHolds(grants, p)
}

// RoleOf is a role of a tenant; `not_found` when it has none of the name.
func (a *Access) RoleOf(ctx context.Context, tenantID, name string) (models.Role, error) {
	all, err := a.Roles(ctx, tenantID)
	for _, r := range all {
		if r.Name == name {
			return r, err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "There is no such role in this tenant.")
	}
	return models.Role{}, err
}

// AddRole adds a role of a tenant's own. Faults: `invalid`, also for what its maker does not hold.
func (a *Access) AddRole(ctx context.Context, r models.Role) (models.Role, error) {
	r, err := a.checkRole(ctx, r, nil)
	if err != nil {
		return r, err
	}
	r, err = a.opt.Store.AddRole(ctx, r)
	a.Forget()
	return r, err
}

// EditRole changes a role of a tenant's own against the version it carries: `invalid`, `stale_edit`, `not_found`.
func (a *Access) EditRole(ctx context.Context, r models.Role) (models.Role, error) {
	was, err := a.RoleOf(ctx, r.TenantID, r.Name)
	if err != nil {
		return r, err
	}
	if r, err = a.checkRole(ctx, r, &was); err != nil {
		return r, err
	}
	r, err = a.opt.Store.EditRole(ctx, r)
	a.Forget()
	return r, err
}

// DeleteRole moves a role of a tenant's own to the trash: `stale_edit`, `not_found`.
func (a *Access) DeleteRole(ctx context.Context, r models.Role) (models.Role, error) {
	r, err := a.opt.Store.DeleteRole(ctx, r)
	a.Forget()
	return r, err
}

// RestoreRole takes a role out of the trash: `stale_edit`, `not_found`; `invalid` for what its restorer does not hold.
func (a *Access) RestoreRole(ctx context.Context, r models.Role) (models.Role, error) {
	all, err := a.opt.Store.Roles(ctx, r.TenantID, true)
	if err != nil {
		return r, err
	}
	for _, kept := range all {
		if kept.Name == r.Name {
			if err := a.mayMakeRole(ctx, kept, nil); err != nil {
				return r, err
			}
		}
	}
	r, err = a.opt.Store.RestoreRole(ctx, r)
	a.Forget()
	return r, err
}

// CheckRole says whether a role could be saved: nil or `invalid`.
func (a *Access) CheckRole(ctx context.Context, r models.Role, was *models.Role) error {
	_, err := a.checkRole(ctx, r, was)
	return err
}

// checkRole refuses a role nobody could mean, and one that gives more than its maker holds.
func (a *Access) checkRole(ctx context.Context, r models.Role, was *models.Role) (models.Role, error) {
	r.Title = strings.TrimSpace(r.Title)
	slices.Sort(r.Grants)
	r.Grants = slices.Compact(r.Grants)
	if slices.ContainsFunc(shipped, func(s models.Role) bool { return s.Name == r.Name }) {
		return r, fault.OfField("name", "taken", "is that of a role that ships with Tidemark and cannot be changed")
	}
	if err := a.checkGrants(r.Grants); err != nil {
		return r, err
	}
	if err := checkFields(r.Fields); err != nil {
		return r, err
	}
	return r, a.mayMakeRole(ctx, r, was)
}

func (a *Access) checkGrants(grants []string) error {
	if len(grants) > maxScopes {
		return fault.OfField("grants", "max", "may be at most %d", maxScopes)
	}
	known := a.RolePermissions()
	for _, g := range grants {
		p := named(g)
		if !slices.Contains(known, p) || string(p) != g && !validScope(g) {
			return fault.OfField("grants", "known", "have “%s”, which no role can give", g)
		}
	}
	return nil
}

func checkFields(rules []models.FieldRule) error {
	if len(rules) > maxFieldRules {
		return fault.OfField("fields", "max", "may be at most %d", maxFieldRules)
	}
	for _, r := range rules {
		if r.Collection == "" || r.Key == "" || !strings.HasPrefix(r.Pointer, "/") {
			return fault.OfField("fields", "format", "need a collection, a key (or * at its end), and a pointer that begins with /")
		}
	}
	return nil
}

// mayMakeRole refuses what a role newly gives and its maker does not hold: `invalid`.
func (a *Access) mayMakeRole(ctx context.Context, r models.Role, was *models.Role) error {
	t, err := a.tenantNamed(ctx, r.TenantID)
	if err != nil {
		return err
	}
	h, err := a.author(ctx, t)
	if err != nil || h == nil {
		return err
	}
	had := &holding{}
	if was != nil {
		had.grants = expanded(was.Grants)
	}
	for _, right := range expanded(r.Grants) {
		if had.lacks([]string{right}) != "" && h.lacks([]string{right}) != "" {
			return fault.OfField("grants", "held", "have %s, which your own role does not give; nobody can give more than they hold", right)
		}
	}
	if !h.sees(r.Fields) {
		return fault.OfField("fields", "held", "must keep back what your own role keeps back from you")
	}
	return nil
}

// SetRegistration changes how people come into a tenant, against its version. Faults as the store's; `invalid` for a role that
// is none, or gives more than its giver holds.
func (a *Access) SetRegistration(ctx context.Context, tenantID string, r store.Registration, version int64) (models.Tenant, error) {
	t, err := a.tenantNamed(ctx, tenantID)
	if err != nil {
		return models.Tenant{}, err
	}
	for _, name := range append(slices.Clone(r.MFARoles), r.Role) {
		if name != "" {
			if err := a.knownRole(t, name); err != nil {
				return t.Tenant, err
			}
		}
	}
	if err := a.mayGiveRole(ctx, t, r.Role); err != nil {
		return t.Tenant, err
	}
	out, err := a.opt.Store.SetRegistration(ctx, tenantID, r, version)
	a.Forget()
	return out, err
}

// RolesToGive are the roles of a tenant that the author of the context may give.
func (a *Access) RolesToGive(ctx context.Context, tenantID string) ([]models.Role, error) {
	t, err := a.tenantNamed(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	all, err := a.Roles(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	var out []models.Role
	for _, r := range all {
		switch err := a.mayGiveRole(ctx, t, r.Name); fault.CodeOf(err) {
		case "":
			out = append(out, r)
		case fault.Invalid:
		default:
			return nil, err
		}
	}
	return out, nil
}

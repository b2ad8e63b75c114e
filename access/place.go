package access

import (
	"context"
	"slices"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Places are the tenants in which a person may use the console, by their names. Who administers the installation is in all of
// them, and not asked for here.
func (a *Access) Places(ctx context.Context, m models.Account) ([]models.Membership, error) {
	all, err := a.opt.Store.Memberships(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	var out []models.Membership
	for _, p := range all {
		switch err := a.AllowAccount(ctx, m, p.TenantID, Console); fault.CodeOf(err) {
		case "":
			out = append(out, p)
		case fault.ScopeMissing, fault.NotFound, fault.Revoked:
		default:
			return nil, err
		}
	}
	return out, nil
}

// RoleOfAccount is the title of a person's role in a tenant; `not_found` without a place there.
func (a *Access) RoleOfAccount(ctx context.Context, m models.Account, tenantID string) (string, error) {
	if m.Installation {
		return "Administrator", nil
	}
	who, err := a.place(ctx, m, tenantID)
	if err != nil {
		return "", err
	}
	t, err := a.tenantNamed(ctx, tenantID)
	if err != nil {
		return "", err
	}
	return a.roleOf(t, who.Role).Title, nil
}

// Reviewers are who may review conflicts of a tenant in the console, by name, at most so many.
func (a *Access) Reviewers(ctx context.Context, tenantID string, most int) ([]models.Account, error) {
	roles, err := a.rolesWith(ctx, tenantID, Console, ConflictsReview)
	if err != nil {
		return nil, err
	}
	return a.opt.Store.Colleagues(ctx, tenantID, roles, most)
}

// rolesWith are the names of a tenant's roles that give all of these for the whole tenant.
func (a *Access) rolesWith(ctx context.Context, tenantID string, all ...Permission) ([]string, error) {
	roles, err := a.Roles(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range roles {
		grants := expanded(r.Grants)
		if !slices.ContainsFunc(all, func(p Permission) bool { return !anyCovers(grants, p, "", "") }) {
			out = append(out, r.Name)
		}
	}
	return out, nil
}

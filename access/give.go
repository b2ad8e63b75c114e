package access

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

// MayGive says whether a caller holds all that some scopes or grants give, so that it may give them on: nil, or `scope_missing`.
func (a *Access) MayGive(c models.Caller, grants []string) error {
	for _, g := range expanded(grants) {
		p := named(g)
		collection, key, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(g, string(p)), ":"), "/")
		if !anyCovers(c.Scopes, p, collection, key) || c.Grants != nil && !anyCovers(c.Grants, p, collection, key) {
			return fault.New(fault.ScopeMissing, "You cannot give %s, which you do not hold yourself.", g).With("scope", g)
		}
	}
	return nil
}

// MayGiveRole says whether a caller holds all that a role of its tenant gives: nil, `invalid` for a role that is not there, or `scope_missing`.
func (a *Access) MayGiveRole(ctx context.Context, c models.Caller, role string) error {
	if role == "" {
		return nil
	}
	t, err := a.tenantNamed(ctx, c.TenantID)
	if err != nil {
		return err
	}
	if err := a.knownRole(t, role); err != nil {
		return err
	}
	return a.MayGive(c, a.roleOf(t, role).Grants)
}

// Grants are all that a role of a tenant can give, without those narrowed to some keys.
func (a *Access) Grants() []string { return slices.Clone(a.roles.grants[RoleOwner]) }

// checkGrants refuses what no role can give: `invalid`.
func (a *Access) checkGrants(grants []string) error {
	if len(grants) > maxScopes {
		return fault.OfField("grants", "max", "may be at most %d", maxScopes)
	}
	for _, g := range grants {
		if !validScope(g) && !slices.Contains(a.roles.grants[RoleOwner], g) {
			return fault.OfField("grants", "known", "has an unknown one; use read, write, or area:action[:collection/prefix*]")
		}
	}
	return nil
}

const (
	maxFieldRules = 64
	maxPointer    = 512
)

// checkFields refuses rules for fields that nobody could mean: `invalid`.
func checkFields(rules []models.FieldRule) error {
	if len(rules) > maxFieldRules {
		return fault.OfField("fields", "max", "may be at most %d", maxFieldRules)
	}
	for _, r := range rules {
		switch {
		case r.Collection == "" || len(r.Collection) > 64 || r.Key == "" || len(r.Key) > 513:
			return fault.OfField("fields", "place", "must name a collection and a key, or what keys begin with and *")
		case !strings.HasPrefix(r.Pointer, "/") || len(r.Pointer) > maxPointer:
			return fault.OfField("fields", "pointer", "must name a field by a JSON pointer such as /price")
		}
	}
	return nil
}

// AddRole adds a role of a tenant's own; it counts within a second on all nodes. `invalid`.
func (a *Access) AddRole(ctx context.Context, r models.Role) (models.Role, error) {
	if err := a.checkRole(r); err != nil {
		return r, err
	}
	defer a.Forget()
	return a.opt.Store.AddRole(ctx, r)
}

// EditRole changes what a role gives, at the version it carries, as AddRole does. `invalid`, `stale_edit`, `not_found`.
func (a *Access) EditRole(ctx context.Context, r models.Role) (models.Role, error) {
	if err := a.checkRole(r); err != nil {
		return r, err
	}
	defer a.Forget()
	return a.opt.Store.EditRole(ctx, r)
}

func (a *Access) checkRole(r models.Role) error {
	if slices.ContainsFunc(shipped, func(s models.Role) bool { return s.Name == r.Name }) {
		return fault.OfField("name", "taken", "is that of a role every tenant has")
	}
	if err := a.checkGrants(r.Grants); err != nil {
		return err
	}
	return checkFields(r.Fields)
}

// DeleteRole moves a role to the trash, and RestoreRole takes it out again; both count as AddRole does. `stale_edit`, `not_found`.
func (a *Access) DeleteRole(ctx context.Context, r models.Role) (models.Role, error) {
	defer a.Forget()
	return a.opt.Store.DeleteRole(ctx, r)
}

// RestoreRole takes a role out of the trash.
func (a *Access) RestoreRole(ctx context.Context, r models.Role) (models.Role, error) {
	defer a.Forget()
	return a.opt.Store.RestoreRole(ctx, r)
}

// AddMember makes a user of a tenant a member without an account of their own here. `invalid`.
func (a *Access) AddMember(ctx context.Context, m models.Member) (models.Member, error) {
	if err := checkMember(m); err != nil {
		return m, err
	}
	defer a.Forget()
	return a.opt.Store.AddMember(ctx, m)
}

// EditMember changes a member's role, and whether they are shut out, within a second on all nodes. `invalid`, `stale_edit`, `not_found`.
func (a *Access) EditMember(ctx context.Context, m models.Member) (models.Member, error) {
	defer a.Forget()
	return a.opt.Store.EditMember(ctx, m)
}

// RemoveMember takes a member out of the tenant, within a second on all nodes. `invalid`, `stale_edit`, `not_found`.
func (a *Access) RemoveMember(ctx context.Context, m models.Member) (models.Member, error) {
	defer a.Forget()
	return a.opt.Store.RemoveMember(ctx, m)
}

// RestoreMember takes back who was removed. `stale_edit`, `not_found`.
func (a *Access) RestoreMember(ctx context.Context, m models.Member) (models.Member, error) {
	defer a.Forget()
	return a.opt.Store.RestoreMember(ctx, m)
}

func checkMember(m models.Member) error {
	if m.UserID == "" {
		return fault.OfField("id", "required", "must be given")
	}
	return checkBound(m.UserID)
}

package access

import (
	"context"
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

// AddMember makes a user of a tenant a member without an account of their own here. `invalid`.
func (a *Access) AddMember(ctx context.Context, m models.Member) (models.Member, error) {
	if err := checkMember(m); err != nil {
		return m, err
	}
	defer a.Forget()
	return a.opt.Store.AddMember(ctx, m)
}

func checkMember(m models.Member) error {
	if m.UserID == "" {
		return fault.OfField("id", "required", "must be given")
	}
	return checkBound(m.UserID)
}

package access

import (
	"context"

	"tidemark/internal/fault"
	"tidemark/models"
)

// EditMember changes a member's role and whether they are shut out, against the version it carries; within a second their
// connections are held to it. Faults: `stale_edit`, `not_found`, `invalid`, also for a role, theirs or the new one, that gives more than the author holds.
func (a *Access) EditMember(ctx context.Context, m models.Member) (models.Member, error) {
	return a.withMember(ctx, m, m.Role, a.opt.Store.EditMember)
}

// RemoveMember takes a member out of a tenant. Faults as EditMember's.
func (a *Access) RemoveMember(ctx context.Context, m models.Member) (models.Member, error) {
	return a.withMember(ctx, m, "", a.opt.Store.RemoveMember)
}

// RestoreMember takes back who was removed. Faults as EditMember's.
func (a *Access) RestoreMember(ctx context.Context, m models.Member) (models.Member, error) {
	return a.withMember(ctx, m, "", a.opt.Store.RestoreMember)
}

func (a *Access) withMember(ctx context.Context, m models.Member, role string, do func(context.Context, models.Member) (models.Member, error)) (models.Member, error) {
	t, err := a.tenantNamed(ctx, m.TenantID)
	if err != nil {
		return m, err
	}
	was, err := a.opt.Store.Member(ctx, t.ID, m.UserID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return m, err
	}
	if role != "" && role != was.Role {
		if err := a.knownRole(t, role); err != nil {
			return m, err
		}
	}
	for _, name := range []string{was.Role, role} {
		if err := a.mayGiveRole(ctx, t, name); err != nil {
			return m, err
		}
	}
	m, err = do(ctx, m)
	a.Forget()
	return m, err
}

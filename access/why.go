package access

import (
	"context"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Reason says whether a role gives a permission in a tenant, and by which rule.
type Reason struct {
	Allowed bool
	Rule    string // in the form of a scope, such as items:read:orders/*; empty: there is none
	Role    models.Role
}

// Why says by which rule a role of a tenant gives a permission for a place (collection/key, collection/prefix*, or empty for
// everything). It asks casbin, which the rules that callers are held to are drawn from.
func (a *Access) Why(ctx context.Context, tenantID, role string, p Permission, where string) (Reason, error) {
	t, err := a.tenantNamed(ctx, tenantID)
	if err != nil {
		return Reason{}, err
	}
	e, err := a.roles.ofTenant(t.ID, t.Roles)
	if err != nil {
		return Reason{}, fault.Wrap(fault.Internal, err, "The policies cannot be read, so they allow nothing.")
	}
	out := Reason{Role: a.roleOf(t, role)}
	area, action, _ := strings.Cut(string(p), ":")
	allowed, rule, err := e.EnforceEx(role, t.ID, area, action, where)
	if err != nil {
		return Reason{}, err
	}
	if out.Allowed = allowed; allowed {
		out.Rule = grantOf(rule)
	}
	return out, nil
}

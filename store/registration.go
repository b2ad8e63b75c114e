package store

import (
	"context"

	"tidemark/models"
)

// Registration is how people come into a tenant, and what they sign in with.
type Registration struct {
	Role     string   // of who registers; empty: nobody may, but by an invitation
	MFARoles []string // roles whose members sign in with a second factor
}

// SetRegistration changes that, against a version of the tenant: `not_found`, `stale_edit`.
func (s *Store) SetRegistration(ctx context.Context, tenantID string, r Registration, version int64) (models.Tenant, error) {
	was, err := s.TenantByID(ctx, tenantID)
	if err != nil {
		return was, err
	}
	if r.MFARoles == nil {
		r.MFARoles = []string{}
	}
	changed := steps(fieldStep{"registration", was.Registration, r.Role}, fieldStep{"mfaRoles", append([]string{}, was.MFARoles...), r.MFARoles})
	if was.Version == version && len(changed) == 0 {
		return was, nil
	}
	return s.changeTenant(ctx, tenantChange{
		id: tenantID, version: version, action: "tenant.edit", detail: map[string]any{"changed": changed},
		set: "registration = ?, mfa_roles = ?", args: []any{r.Role, asJSON(r.MFARoles)},
	})
}

package access

import (
	"cmp"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	stringadapter "github.com/casbin/casbin/v2/persist/string-adapter"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/policies"
)

// roleAdmin is the role of every administrator, and installation the domain it holds in:
// roles in tenants get the tenant as their domain.
const (
	roleAdmin    = "installation_admin"
	installation = "installation"
)

// roles holds people to the shipped policy. It is read-only after newRoles, so safe for concurrent use.
type roles struct{ enforcer *casbin.Enforcer }

// newRoles reads a policy, the embedded one when it is empty; one that cannot be read allows nothing.
func newRoles(policy string) *roles {
	m, err := model.NewModelFromString(policies.Model)
	if err != nil {
		return &roles{}
	}
	e, err := casbin.NewEnforcer(m, stringadapter.NewAdapter(cmp.Or(policy, policies.Policy)))
	if err != nil {
		return &roles{}
	}
	return &roles{enforcer: e}
}

// AllowAdmin says whether an administrator may do what the permission names, in
// the console: `revoked` for a disabled one, `scope_missing` for what the role does not give.
func (a *Access) AllowAdmin(m models.Admin, p Permission) error {
	if m.ID == "" || m.Disabled {
		return fault.New(fault.Revoked, "You have been signed out.")
	}
	area, action, ok := strings.Cut(string(p), ":")
	if !ok || a.roles.enforcer == nil {
		return missing(p)
	}
	allowed, err := a.roles.enforcer.Enforce(roleAdmin, installation, area, action)
	if err != nil {
		return fault.Wrap(fault.ScopeMissing, err, "Your role does not allow this.")
	}
	if !allowed {
		return missing(p)
	}
	return nil
}

package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	stringadapter "github.com/casbin/casbin/v2/persist/string-adapter"

	"tidemark/models"
	"tidemark/policies"
)

// roleAdmin is the role of the installation's administrators, and installation the domain it holds in.
// What the shipped policy says of the domain anyTenant holds in each tenant, under its own id.
const (
	roleAdmin    = "installation_admin"
	installation = "installation"
	anyTenant    = "tenant"
	everywhere   = "*"

	withoutWhere = 5 // fields of a rule that holds everywhere and does not say so
)

// The shipped roles of tenants.
const (
	RoleOwner     = "owner"
	RoleAdmin     = "admin"
	RoleReviewer  = "reviewer"
	RoleAnalyst   = "analyst"
	RoleDeveloper = "developer"
	RoleViewer    = "viewer"
	RoleMember    = "member"
)

// shipped are the roles that every tenant has, in the order people see them.
var shipped = []models.Role{
	{Name: RoleOwner, Title: "Owner"},
	{Name: RoleAdmin, Title: "Administrator"},
	{Name: RoleReviewer, Title: "Reviewer"},
	{Name: RoleAnalyst, Title: "Analyst"},
	{Name: RoleDeveloper, Title: "Developer"},
	{Name: RoleViewer, Title: "Viewer"},
	{Name: RoleMember, Title: "Member"},
}

// roles hold people to policies. It is read-only after newRoles, so safe for concurrent use.
type roles struct {
	rows     [][]string          // of the shipped policy
	grants   map[string][]string // of its roles in tenants
	enforcer *casbin.Enforcer    // of what concerns the installation
}

// newRoles reads a policy, the embedded one when it is empty; one that cannot be read allows nothing.
func newRoles(policy string) *roles {
	rows := rowsOf(cmp.Or(policy, policies.Policy))
	e, err := enforcerOf(rows)
	if err != nil {
		return &roles{}
	}
	r := &roles{rows: rows, enforcer: e, grants: map[string][]string{}}
	for _, role := range shipped {
		r.grants[role.Name] = grantsOf(e, role.Name, anyTenant)
	}
	return r
}

// rowsOf are the rules of a policy in the form of casbin's CSV, without the leading p.
func rowsOf(policy string) [][]string {
	var out [][]string
	for line := range strings.Lines(policy) {
		fields := strings.Split(line, ",")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if len(fields) == withoutWhere {
			fields = append(fields, everywhere)
		}
		if len(fields) > withoutWhere && fields[0] == "p" {
			out = append(out, fields[1:])
		}
	}
	return out
}

// enforcerOf makes an enforcer of rules: role, domain, area, action, where.
func enforcerOf(rows [][]string) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(policies.Model)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, row := range rows {
		text.WriteString("p, " + strings.Join(row, ", ") + "\n")
	}
	e, err := casbin.NewEnforcer(m, stringadapter.NewAdapter(text.String()))
	if err != nil {
		return nil, err
	}
	e.AddFunction("within", func(args ...any) (any, error) {
		asked, _ := args[0].(string)
		given, _ := args[1].(string)
		return within(asked, given), nil
	})
	return e, nil
}

// within says whether all that is asked for lies where a rule gives it. Asked is
// collection/key or collection/prefix*, or empty for everything.
func within(asked, given string) bool {
	if given == everywhere {
		return true
	}
	collection, key, _ := strings.Cut(asked, "/")
	in, pattern, ok := strings.Cut(given, "/")
	if !ok || asked == "" || in != collection {
		return false
	}
	if prefix, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(key, prefix)
	}
	return pattern == key
}

// grantsOf are the rules of a role in a domain, in the form of scopes.
func grantsOf(e *casbin.Enforcer, role, domain string) []string {
	rows, err := e.GetFilteredPolicy(0, role, domain)
	if err != nil {
		return []string{}
	}
	out := make([]string, 0, len(rows))
	for _, row := range rows {
		out = append(out, grantOf(row))
	}
	return out
}

// grantOf is a rule in the form of a scope.
func grantOf(row []string) string {
	grant := row[2] + ":" + row[3]
	if row[4] != everywhere {
		grant += ":" + row[4]
	}
	return grant
}

// rowsOfRole are a tenant's own role as rules of its domain.
func rowsOfRole(r models.Role) [][]string {
	var out [][]string
	for _, grant := range expanded(r.Grants) {
		p := named(grant)
		area, action, _ := strings.Cut(string(p), ":")
		where := strings.TrimPrefix(strings.TrimPrefix(grant, string(p)), ":")
		out = append(out, []string{r.Name, r.TenantID, area, action, cmp.Or(where, everywhere)})
	}
	return out
}

// expanded are grants with the bundles among them written out.
func expanded(grants []string) []string {
	out := []string{}
	for _, g := range grants {
		if set, ok := bundles[g]; ok {
			for _, p := range set {
				out = append(out, string(p))
			}
			continue
		}
		out = append(out, g)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ofTenant are the shipped rules and a tenant's own, all under its id, ready to be asked why.
func (r *roles) ofTenant(tenantID string, own []models.Role) (*casbin.Enforcer, error) {
	var rows [][]string
	for _, row := range r.rows {
		if row[1] != anyTenant {
			continue
		}
		row = slices.Clone(row)
		row[1] = tenantID
		rows = append(rows, row)
	}
	for _, role := range own {
		rows = append(rows, rowsOfRole(role)...)
	}
	return enforcerOf(rows)
}

// admits says whether the shipped policy gives the installation's administrators a permission.
func (r *roles) admits(p Permission) (bool, error) {
	area, action, ok := strings.Cut(string(p), ":")
	if !ok || r.enforcer == nil {
		return false, nil
	}
	return r.enforcer.Enforce(roleAdmin, installation, area, action, "")
}

package access

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

// member is what a tenant has to say of one of its users; the zero one: nothing.
type member struct {
	models.Member
	known  bool
	grants []string // of the role; nil: there is none, and the credential alone counts
	reads  []models.Reach
	fields []models.FieldRule
	mfa    bool
}

// memberName is what a member is looked up by: the user, or the account.
type memberName struct {
	tenantID, id string
	account      bool
}

// member gives what is known of a tenant's user. It reads from the cache, and from the database only what changed since.
func (a *Access) member(ctx context.Context, t *tenant, userID string) (*member, error) {
	return a.memberNamed(ctx, t, memberName{tenantID: t.ID, id: userID}, func(ctx context.Context) (models.Member, error) {
		return a.opt.Store.Member(ctx, t.ID, userID)
	})
}

// memberOfAccount gives an account's place in a tenant.
func (a *Access) memberOfAccount(ctx context.Context, t *tenant, accountID string) (*member, error) {
	return a.memberNamed(ctx, t, memberName{tenantID: t.ID, id: accountID, account: true}, func(ctx context.Context) (models.Member, error) {
		return a.opt.Store.MemberByAccount(ctx, t.ID, accountID)
	})
}

func (a *Access) memberNamed(ctx context.Context, t *tenant, name memberName, read func(context.Context) (models.Member, error)) (*member, error) {
	c := a.cache.Load()
	if m := c.member(name); m != nil {
		return m, nil
	}
	kept, err := read(ctx)
	if fault.Is(err, fault.NotFound) {
		return c.addMember(name, &member{}), nil
	}
	if err != nil {
		return nil, err
	}
	return c.addMember(name, a.memberWith(t, kept)), nil
}

// memberWith is a member of a tenant with what their role there gives.
func (a *Access) memberWith(t *tenant, kept models.Member) *member {
	m := &member{Member: kept, known: true}
	if kept.Role != "" {
		role := a.roleOf(t, kept.Role)
		m.grants, m.fields = role.Grants, role.Fields
		m.mfa = role.MFA || slices.Contains(t.MFARoles, kept.Role)
		m.reads = readsOf(m.grants)
	}
	return m
}

// roleOf is a role of a tenant, with its grants written out; one that is not there gives nothing.
func (a *Access) roleOf(t *tenant, name string) models.Role {
	for _, r := range shipped {
		if r.Name == name {
			r.TenantID, r.BuiltIn, r.Grants = t.ID, true, a.roles.grants[name]
			if r.Grants == nil {
				r.Grants = []string{}
			}
			return r
		}
	}
	for _, r := range t.Roles {
		if r.Name == name {
			r.Grants = expanded(r.Grants)
			return r
		}
	}
	return models.Role{TenantID: t.ID, Name: name, Grants: []string{}}
}

// admit says whether a user may come in at all: nil, or `revoked`.
func (m *member) admit() error {
	if m.known && m.Out() {
		return fault.New(fault.Revoked, "This user is shut out of the tenant.")
	}
	return nil
}

// bind holds a caller to the user's role, beside what its credential gives.
func (m *member) bind(c *models.Caller) {
	c.Role, c.Grants, c.Fields = m.Role, m.grants, m.fields
	if c.AccountID != "" && m.grants != nil {
		c.Scopes = m.grants // a token of ours gives what its user's role does
	}
	c.Reads = readsOf(c.Scopes)
	if m.grants != nil {
		c.Reads = meet(c.Reads, m.reads)
	}
}

// meet is what lies in both parts of a tenant's keys; nil is everything.
func meet(a, b []models.Reach) []models.Reach {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := []models.Reach{}
	for _, x := range a {
		for _, y := range b {
			if both, ok := overlap(x, y); ok && !slices.Contains(out, both) {
				out = append(out, both)
			}
		}
	}
	return out
}

// overlap is the narrower of two reaches, one of which lies in the other, as they do or have nothing in common.
func overlap(x, y models.Reach) (models.Reach, bool) {
	switch {
	case x.Collection != y.Collection:
	case x.Open && strings.HasPrefix(y.Key, x.Key):
		return y, true
	case y.Open && strings.HasPrefix(x.Key, y.Key):
		return x, true
	case x == y:
		return x, true
	}
	return models.Reach{}, false
}

// AllowAccount says whether a person may do what the permission names, in a tenant or, with an empty id, in the
// installation: `revoked` for a disabled one, `not_found` for a tenant they have no place in, `scope_missing` for what their
// role does not give for the whole of the tenant.
func (a *Access) AllowAccount(ctx context.Context, m models.Account, tenantID string, p Permission) error {
	if m.ID == "" || m.Disabled {
		return fault.New(fault.Revoked, "You have been signed out.")
	}
	if m.Installation {
		allowed, err := a.roles.admits(p)
		if err != nil {
			return fault.Wrap(fault.ScopeMissing, err, "Your role does not allow this.")
		}
		if !allowed {
			return missing(p)
		}
		return nil
	}
	if tenantID == "" {
		return missing(p)
	}
	who, err := a.place(ctx, m, tenantID)
	if err != nil {
		return err
	}
	if !anyCovers(who.grants, p, "", "") {
		return missing(p)
	}
	return nil
}

// place is a person's place in a tenant; `not_found` without one.
func (a *Access) place(ctx context.Context, m models.Account, tenantID string) (*member, error) {
	t, err := a.tenantNamed(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	who, err := a.memberOfAccount(ctx, t, m.ID)
	if err != nil {
		return nil, err
	}
	if !who.known || who.Out() {
		return nil, fault.New(fault.NotFound, "There is no tenant at this address.")
	}
	return who, nil
}

// MayEnter says whether a person may use the console, in whatever tenant: nil, `revoked`, or `scope_missing`.
func (a *Access) MayEnter(ctx context.Context, m models.Account) error {
	if m.Installation || m.Disabled || m.ID == "" {
		return a.AllowAccount(ctx, m, "", Console)
	}
	places, err := a.opt.Store.Memberships(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, p := range places {
		if err := a.AllowAccount(ctx, m, p.TenantID, Console); err == nil || fault.Is(err, fault.Unavailable) {
			return err
		}
	}
	return missing(Console)
}

// Roles are those of a tenant: the shipped ones, and its own.
func (a *Access) Roles(ctx context.Context, tenantID string) ([]models.Role, error) {
	own, err := a.opt.Store.Roles(ctx, tenantID, false)
	if err != nil {
		return nil, err
	}
	t := &tenant{Tenant: models.Tenant{ID: tenantID, Roles: own}}
	out := make([]models.Role, 0, len(shipped)+len(own))
	for _, r := range shipped {
		out = append(out, a.roleOf(t, r.Name))
	}
	return append(out, own...), nil
}

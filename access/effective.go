package access

import (
	"context"
	"strings"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Question asks whether a user of a tenant, by a key or else by signing in, may do something somewhere.
type Question struct {
	TenantID   string
	UserID     string // with a bound key: may be left out
	KeyID      string // empty: by no key
	Permission Permission
	Where      string // collection/key, collection/prefix*, or empty: everywhere
}

// Answer says whether, and what each of the things that have to hold says.
type Answer struct {
	Allowed bool
	User    Part // they are let in
	Key     Part // it lets in, where one was asked for
	Flags   Part // reading or writing, of the key
	Scopes  Part // of the key
	Role    Part // of the user
}

// Part is what one of the things that have to hold says.
type Part struct {
	Asked bool
	OK    bool
	Rule  string // that gives it; empty: none
	Of    string // the role's title, or why not
}

// Effective answers with the code that decides. Faults: `not_found`, `invalid` for a key of another user.
func (a *Access) Effective(ctx context.Context, q Question) (Answer, error) {
	t, err := a.tenantNamed(ctx, q.TenantID)
	if err != nil {
		return Answer{}, err
	}
	out, c := Answer{}, tokenOf(&member{})
	p := q.Permission
	collection, key, _ := strings.Cut(q.Where, "/")
	if q.KeyID != "" {
		k, err := a.opt.Store.APIKey(ctx, t.ID, q.KeyID)
		if err != nil {
			return out, err
		}
		if k.UserID != "" && q.UserID != "" && k.UserID != q.UserID {
			return out, fault.OfField("user", "bound", "is not the one that the key is bound to")
		}
		if k.UserID != "" {
			q.UserID = k.UserID
		}
		c = newEntry(k, *t, nil, nil).caller
		state := k.State(clock.Millis(a.opt.Clock))
		out.Key = Part{Asked: true, OK: state == models.KeyActive, Of: string(state)}
		out.Flags = Part{Asked: true, OK: flags(c, p) == nil}
		out.Scopes = Part{Asked: true, Rule: ruleFor(c.Scopes, p, collection, key)}
		out.Scopes.OK = out.Scopes.Rule != ""
	}
	who, err := a.member(ctx, t, q.UserID)
	if err != nil {
		return out, err
	}
	// A key that is bound to nobody acts for its users as itself: their roles do not count, but that they are let in does.
	bound := q.KeyID == "" || c.UserID != ""
	if q.UserID != "" {
		out.User = Part{Asked: true, OK: who.admit() == nil}
	}
	if bound && who.grants != nil {
		if q.KeyID == "" {
			c = tokenOf(who)
		}
		who.bind(&c)
		why, err := a.Why(ctx, t.ID, who.Role, p, q.Where)
		if err != nil {
			return out, err
		}
		out.Role = Part{Asked: true, OK: why.Allowed, Rule: why.Rule, Of: why.Role.Title}
	}
	if q.KeyID == "" && who.grants == nil {
		out.Scopes = Part{Asked: true, Rule: ruleFor(c.Scopes, p, collection, key)}
		out.Scopes.OK = out.Scopes.Rule != ""
	}
	out.Allowed = a.Allow(c, p, collection, key) == nil && (!out.User.Asked || out.User.OK) && (!out.Key.Asked || out.Key.OK)
	return out, nil
}

// ruleFor is the scope among some that gives a permission for a place; empty: none does.
func ruleFor(scopes []string, p Permission, collection, key string) string {
	for _, s := range scopes {
		if covers(s, p, collection, key) {
			return s
		}
	}
	return ""
}

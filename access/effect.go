package access

import (
	"context"
	"slices"
	"strings"

	"tidemark/models"
	"tidemark/store"
)

const (
	effectUsers = 8    // named in an effect
	effectKeys  = 1000 // looked at for one
)

// Change is what somebody is about to do to who may do what in a tenant: to a member, or else to a role.
type Change struct {
	TenantID string
	Member   models.Member // as they would be; without a user id: no member changes
	Role     models.Role   // as it would be; in the trash: it would be gone
}

// Effect is what a change would do, found with the code that decides. Rights are in the form of scopes.
type Effect struct {
	Users        int64           // whose rights the change is about
	First        []models.Member // the first of them
	Gains, Loses []string        // what each of them does
	Out, In      bool            // they are shut out, or let in again
	Keys         []KeyEffect     // bound to them, of which the rights change
	Devices      int64           // of theirs, connected now
}

// Nothing says whether nobody would notice.
func (e Effect) Nothing() bool {
	return len(e.Gains)+len(e.Loses)+len(e.Keys) == 0 && !e.Out && !e.In
}

// KeyEffect is what a change would do to a key.
type KeyEffect struct {
	Key          models.APIKey
	Gains, Loses []string
}

// EffectOf says what a change would do, and does nothing.
func (a *Access) EffectOf(ctx context.Context, ch Change) (Effect, error) {
	t, err := a.tenantNamed(ctx, ch.TenantID)
	if err != nil {
		return Effect{}, err
	}
	if ch.Member.UserID != "" {
		return a.effectOfMember(ctx, t, ch.Member)
	}
	then := *t
	then.Roles = slices.DeleteFunc(slices.Clone(t.Roles), func(r models.Role) bool { return r.Name == ch.Role.Name })
	if ch.Role.DeletedAt == 0 {
		then.Roles = append(then.Roles, ch.Role)
	}
	held := store.Held{Tenant: t.ID, Role: ch.Role.Name}
	e := Effect{}
	if e.First, e.Users, err = a.opt.Store.HeldMembers(ctx, held, effectUsers); err != nil {
		return e, err
	}
	one := models.Member{TenantID: t.ID, Role: ch.Role.Name}
	return a.effect(ctx, e, held, a.memberWith(t, one), a.memberWith(&then, one))
}

func (a *Access) effectOfMember(ctx context.Context, t *tenant, next models.Member) (Effect, error) {
	now, err := a.member(ctx, t, next.UserID)
	if err != nil {
		return Effect{}, err
	}
	next.AccountID, next.AccountDisabled = now.AccountID, now.AccountDisabled
	then := a.memberWith(t, next)
	e := Effect{Users: 1, First: []models.Member{next}, Out: then.Out() && now.admit() == nil, In: !then.Out() && now.admit() != nil}
	return a.effect(ctx, e, store.Held{Tenant: t.ID, User: next.UserID}, now, then)
}

// effect fills in what changes from one state of a member, or of all who are like them, to another.
func (a *Access) effect(ctx context.Context, e Effect, held store.Held, now, then *member) (Effect, error) {
	e.Gains, e.Loses = a.differ(tokenOf, now, then)
	keys, err := a.opt.Store.HeldKeys(ctx, held, effectKeys)
	if err != nil {
		return e, err
	}
	for _, k := range keys {
		gains, loses := a.differ(func(*member) models.Caller {
			return newEntry(k, tenant{Tenant: models.Tenant{ID: k.TenantID}}, nil, nil).caller
		}, now, then)
		if len(gains)+len(loses) > 0 {
			e.Keys = append(e.Keys, KeyEffect{k, gains, loses})
		}
	}
	e.Devices, err = a.opt.Store.HeldDevices(ctx, held)
	return e, err
}

// tokenOf is what a member may do at most: by an app's token where no role is known, and by the role, which the console gives whole.
func tokenOf(m *member) models.Caller {
	c := models.Caller{CanRead: true, CanWrite: true, Scopes: fullScopes}
	if m.grants != nil {
		c.Scopes = m.grants
	}
	return c
}

// differ is what a credential gives in one of two states of its user, and not in the other.
func (a *Access) differ(by func(*member) models.Caller, now, then *member) (gains, loses []string) {
	was, is := by(now), by(then)
	now.bind(&was)
	then.bind(&is)
	for _, right := range probes(was.Scopes, is.Scopes, now.grants, then.grants) {
		had := now.admit() == nil && a.gives(was, right)
		has := then.admit() == nil && a.gives(is, right)
		switch {
		case has && !had:
			gains = append(gains, right)
		case had && !has:
			loses = append(loses, right)
		}
	}
	return gains, loses
}

// gives says whether a caller holds a right, in the form of a scope.
func (a *Access) gives(c models.Caller, right string) bool {
	p, collection, key := partsOf(right)
	return a.Allow(c, p, collection, key) == nil
}

// partsOf is the permission of a right and the place it is narrowed to.
func partsOf(right string) (p Permission, collection, key string) {
	p = named(right)
	collection, key, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(right, string(p)), ":"), "/")
	return p, collection, key
}

// probes are all rights that any of these name.
func probes(all ...[]string) []string { return expanded(slices.Concat(all...)) }

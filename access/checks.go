package access

import (
	"regexp"
	"slices"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Check names a question that a request with an API key has to pass.
type Check string

// The checks, in the order in which a request meets them.
const (
	CheckRoute   Check = "route"
	CheckSecret  Check = "secret"
	CheckState   Check = "state"
	CheckExpiry  Check = "expiry"
	CheckTenant  Check = "tenant"
	CheckMember  Check = "member"
	CheckAddress Check = "address"
	CheckCountry Check = "country"
	CheckOrigin  Check = "origin"
	CheckAgent   Check = "agent"
	CheckUser    Check = "user"
	CheckRate    Check = "rate"
	CheckQuota   Check = "quota"
	CheckFlags   Check = "flags"
	CheckScope   Check = "scope"
)

// standing are the checks of a key itself, at now (ms), by the secret of a rotation.
var standing = []struct {
	name Check
	ask  func(e *entry, now, rotation int64) error
}{
	{CheckState, func(e *entry, _, _ int64) error { return e.on() }},
	{CheckExpiry, func(e *entry, now, rotation int64) error { return e.current(now, rotation) }},
	{CheckTenant, func(e *entry, _, _ int64) error { return e.tenant.standing() }},
	{CheckMember, func(e *entry, _, _ int64) error { return e.member() }},
}

func (e *entry) on() error {
	switch {
	case e.key.RevokedAt != 0:
		return fault.New(fault.Revoked, "This API key was revoked.")
	case !e.key.Active:
		return fault.New(fault.APIKeyInactive, "This API key is switched off.")
	}
	return nil
}

func (e *entry) current(now, rotation int64) error {
	switch {
	case e.key.ExpiresAt != 0 && e.key.ExpiresAt <= now:
		return fault.New(fault.APIKeyExpired, "This API key has expired.")
	case e.replaced(rotation, now):
		return fault.New(fault.APIKeyExpired, "This secret of the API key was replaced by another.")
	}
	return nil
}

// member says whether the user that the key is bound to is let in.
func (e *entry) member() error {
	if e.user == nil {
		return nil
	}
	return e.user.admit()
}

// origins are the checks of where a request comes from.
var origins = []struct {
	name Check
	ask  func(r *rules, from source) error
}{
	{CheckAddress, (*rules).byAddress},
	{CheckCountry, (*rules).byCountry},
	{CheckOrigin, (*rules).byOrigin},
	{CheckAgent, (*rules).byAgent},
}

// admit says whether a request from there is let through, by the tenant and by the key.
func (e *entry) admit(from source) error {
	for _, c := range origins {
		if err := e.asked(c.ask, from); err != nil {
			return err
		}
	}
	return nil
}

// asked asks the tenant's restrictions, and then the key's own.
func (e *entry) asked(ask func(*rules, source) error, from source) error {
	if err := ask(e.tenant.rules, from); err != nil {
		return err
	}
	return ask(e.rules, from)
}

// readable says that restrictions could be read: those that cannot let nobody in.
func (r *rules) readable() error {
	if r == nil {
		return fault.New(fault.APIKeyInactive, "The restrictions of this API key or its tenant cannot be read, so nobody is let in.")
	}
	return nil
}

func (r *rules) byAddress(from source) error {
	if err := r.readable(); err != nil || len(r.networks) == 0 || r.near(from.address) {
		return err
	}
	return fault.New(fault.IPNotAllowed, "%s may not be used from the address %s.", r.whose, from.address)
}

func (r *rules) byCountry(from source) error {
	if err := r.readable(); err != nil || len(r.countries) == 0 {
		return err
	}
	return r.inside(from.address)
}

func (r *rules) byOrigin(from source) error {
	if err := r.readable(); err != nil || len(r.sites) == 0 || r.home(from.origin) {
		return err
	}
	return fault.New(fault.OriginNotAllowed, "%s may be used by pages of its own domains alone, which say so by their Origin.", r.whose)
}

func (r *rules) byAgent(from source) error {
	if err := r.readable(); err != nil || len(r.agents) == 0 || slices.ContainsFunc(r.agents, func(p *regexp.Regexp) bool { return p.MatchString(from.agent) }) {
		return err
	}
	return fault.New(fault.UserAgentNotAllowed, "%s may not be used by this program (its User-Agent).", r.whose)
}

// held says whether a caller's scopes and its role give the permission for anything at all.
func held(c models.Caller, p Permission) error {
	if !anyHolds(c.Scopes, p) {
		return missing(p)
	}
	if c.Grants != nil && !anyHolds(c.Grants, p) {
		return lacking(c, p)
	}
	return nil
}

// covered says whether a caller's scopes and its role give the permission for all that is asked for.
func covered(c models.Caller, p Permission, collection, key string) error {
	if !anyCovers(c.Scopes, p, collection, key) {
		return missing(p)
	}
	if c.Grants != nil && !anyCovers(c.Grants, p, collection, key) {
		return lacking(c, p)
	}
	return nil
}

package access

import (
	"context"
	"crypto/subtle"
	"slices"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	shownDigits = 4 // of a key, in lists
	maxKeyDays  = 36_500
	dayMillis   = int64(24 * time.Hour / time.Millisecond)
)

// NewKey is what a key is made with.
type NewKey struct {
	TenantID  string
	Name      string
	UserID    string // the user it is bound to; empty: a server's key, for any user
	ReadOnly  bool
	WriteOnly bool
	Scopes    []string // nil: the installation's default
	From      models.Restrictions
	Quotas    models.Quotas
	Days      *int  // until it expires, 0: never; nil: the installation's default
	ExpiresAt int64 // ms; over Days; 0: as Days says
}

// CreateKey makes a key and gives its secret, which cannot be had again. Faults: `invalid`, `not_found` for the tenant.
func (a *Access) CreateKey(ctx context.Context, n NewKey) (models.APIKey, string, error) {
	k, err := a.newKey(n)
	if err == nil {
		err = a.mayGiveKey(ctx, k, models.APIKey{})
	}
	if err != nil {
		return models.APIKey{}, "", err
	}
	secret, err := a.giveSecret(&k)
	if err != nil {
		return models.APIKey{}, "", err
	}
	if k, err = a.opt.Store.CreateAPIKey(ctx, k); err != nil {
		return models.APIKey{}, "", err
	}
	a.Forget()
	return k, secret, nil
}

func (a *Access) newKey(n NewKey) (models.APIKey, error) {
	k := models.APIKey{TenantID: n.TenantID, Name: n.Name, UserID: n.UserID, CanRead: !n.WriteOnly, CanWrite: !n.ReadOnly, Scopes: n.Scopes, Quotas: n.Quotas}
	if k.Scopes == nil {
		k.Scopes = a.opt.KeyScopes
	}
	if err := checkRights(k); err != nil {
		return k, err
	}
	err := checkBound(k.UserID)
	if err == nil {
		k.From, err = checkRestrictions(n.From)
	}
	if err == nil {
		err = a.checkPlaces(k.From, models.Restrictions{})
	}
	if err == nil {
		err = checkQuotas(k.Quotas)
	}
	if err != nil {
		return k, err
	}
	k.ExpiresAt, err = a.expiry(n)
	return k, err
}

// checkRights refuses rights nobody could mean, and a key that may do nothing: `invalid`.
func checkRights(k models.APIKey) error {
	switch {
	case !k.CanRead && !k.CanWrite:
		return fault.OfField("canRead", "required", "or write must be allowed")
	case len(k.Scopes) == 0:
		return fault.OfField("scopes", "required", "must be at least one")
	}
	if err := CheckScopes(k.Scopes); err != nil {
		return err
	}
	if r := RightsOf(k); len(r.Scopes) == 0 {
		return fault.OfField("scopes", "effect", "give nothing that canRead and canWrite allow")
	}
	return nil
}

func checkBound(user string) error {
	switch user {
	case "":
		return nil
	case allUsers:
		return fault.OfField("userId", "format", "cannot be *; give the key the scope users:all instead")
	}
	return protocol.CheckOwner(user)
}

// expiry is when a new key ends, in ms; 0 is never.
func (a *Access) expiry(n NewKey) (int64, error) {
	if n.ExpiresAt != 0 {
		return n.ExpiresAt, a.checkExpiry(n.ExpiresAt)
	}
	days := a.opt.KeyDays
	if n.Days != nil {
		days = *n.Days
	}
	if days < 0 || days > maxKeyDays {
		return 0, fault.OfField("days", "range", "must be 0 to %d", maxKeyDays)
	}
	if days == 0 {
		return 0, nil
	}
	return clock.Millis(a.opt.Clock) + int64(days)*dayMillis, nil
}

// checkExpiry refuses an end that is no moment to come within a hundred years: `invalid`.
func (a *Access) checkExpiry(at int64) error {
	if now := clock.Millis(a.opt.Clock); at <= now || at > now+maxKeyDays*dayMillis {
		return fault.OfField("expiresAt", "range", "must be a moment to come")
	}
	return nil
}

// Keys lists a tenant's keys, newest first, revoked ones too.
func (a *Access) Keys(ctx context.Context, tenantID string) ([]models.APIKey, error) {
	return a.opt.Store.APIKeys(ctx, tenantID)
}

// RevokeKey ends a key for good: here at once, in every process within a second. Unknown is `not_found`.
func (a *Access) RevokeKey(ctx context.Context, id string) (models.APIKey, error) {
	k, err := a.opt.Store.RevokeAPIKey(ctx, id)
	a.Forget()
	return k, err
}

// SetKeyActive switches a key off or on again, as RevokeKey does. Another version than the key's is `stale_edit`.
func (a *Access) SetKeyActive(ctx context.Context, id string, active bool, version int64) (models.APIKey, error) {
	k, err := a.opt.Store.SetAPIKeyActive(ctx, id, active, version)
	a.Forget()
	return k, err
}

// EditKey gives a key the name, rights, scopes, restrictions, quotas and expiry of k, whose version is the
// one they were edited from; it counts as RevokeKey does. Faults: `invalid`, `stale_edit`, `revoked`, `not_found`.
func (a *Access) EditKey(ctx context.Context, k models.APIKey) (models.APIKey, error) {
	if err := checkRights(k); err != nil {
		return models.APIKey{}, err
	}
	var err error
	if k.From, err = checkRestrictions(k.From); err == nil {
		err = checkQuotas(k.Quotas)
	}
	if err == nil {
		err = a.keptOrGood(ctx, k)
	}
	if err != nil {
		return models.APIKey{}, err
	}
	if err := a.mayEditKey(ctx, k); err != nil {
		return models.APIKey{}, err
	}
	k, err = a.opt.Store.EditAPIKey(ctx, k)
	a.Forget()
	return k, err
}

// mayEditKey refuses rights that the key did not have and its editor does not hold: `invalid`.
func (a *Access) mayEditKey(ctx context.Context, k models.APIKey) error {
	before, err := a.opt.Store.APIKeyByID(ctx, k.ID)
	if err != nil {
		return err
	}
	k.TenantID, k.UserID = before.TenantID, before.UserID
	return a.mayGiveKey(ctx, k, before)
}

// keptOrGood lets stay what could not be given to a key now: an expiry that has passed, and
// countries where nothing tells any more in which an address is.
func (a *Access) keptOrGood(ctx context.Context, k models.APIKey) error {
	if k.ExpiresAt == 0 && len(k.From.Countries) == 0 {
		return nil
	}
	was, err := a.opt.Store.APIKeyByID(ctx, k.ID)
	if err == nil {
		err = a.checkPlaces(k.From, was.From)
	}
	if err != nil || k.ExpiresAt == 0 || was.ExpiresAt == k.ExpiresAt {
		return err
	}
	return a.checkExpiry(k.ExpiresAt)
}

// NewKeyDefaults are the scopes and the days until it expires (0: never) that a new key gets unless told otherwise.
func (a *Access) NewKeyDefaults() (scopes []string, days int) {
	return slices.Clone(a.opt.KeyScopes), a.opt.KeyDays
}

// Scopes are all scopes a key can hold, without those narrowed to some keys.
func Scopes() []string {
	all := slices.Clone(fullScopes)
	for _, p := range grantable {
		all = append(all, string(p))
	}
	return all
}

// Narrowable says whether a scope may be narrowed to a part of the items, as in items:read:storage/orders/*.
func Narrowable(scope string) bool { return slices.Contains(narrowable, Permission(scope)) }

// Opens says whether the secret is the key's.
func Opens(k models.APIKey, secret string) bool {
	hash := hashSecret(secret)
	return subtle.ConstantTimeCompare(hash[:], k.Hash) == 1
}

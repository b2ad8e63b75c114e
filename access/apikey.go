package access

import (
	"context"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	shownDigits = 4 // of a key, in lists
	maxKeyDays  = 36_500
)

// NewKey is what a key is made with.
type NewKey struct {
	TenantID string
	Name     string
	UserID   string // the user it is bound to; empty: a server's key, for any user
	ReadOnly bool
	Scopes   []string // nil: the installation's default
	Days     *int     // until it expires, 0: never; nil: the installation's default
}

// CreateKey makes a key and gives its secret, which cannot be had again. Faults: `invalid`, `not_found` for the tenant.
func (a *Access) CreateKey(ctx context.Context, n NewKey) (models.APIKey, string, error) {
	k, err := a.newKey(n)
	if err != nil {
		return models.APIKey{}, "", err
	}
	secret, err := newSecret(a.opt.KeyPrefix)
	if err != nil {
		return models.APIKey{}, "", err
	}
	hash := hashSecret(secret)
	k.Hash, k.Prefix, k.Last4 = hash[:], a.opt.KeyPrefix, secret[len(secret)-shownDigits:]
	if k, err = a.opt.Store.CreateAPIKey(ctx, k); err != nil {
		return models.APIKey{}, "", err
	}
	a.forget()
	return k, secret, nil
}

func (a *Access) newKey(n NewKey) (models.APIKey, error) {
	k := models.APIKey{TenantID: n.TenantID, Name: n.Name, UserID: n.UserID, CanRead: true, CanWrite: !n.ReadOnly, Scopes: n.Scopes}
	if k.Scopes == nil {
		k.Scopes = a.opt.KeyScopes
	}
	if err := CheckScopes(k.Scopes); err != nil {
		return k, err
	}
	if k.UserID != "" {
		if k.UserID == allUsers {
			return k, fault.OfField("userId", "format", "cannot be *; give the key the scope users:all instead")
		}
		if err := protocol.CheckOwner(k.UserID); err != nil {
			return k, err
		}
	}
	days := a.opt.KeyDays
	if n.Days != nil {
		days = *n.Days
	}
	if days < 0 || days > maxKeyDays {
		return k, fault.OfField("days", "range", "must be 0 to %d", maxKeyDays)
	}
	if days > 0 {
		k.ExpiresAt = clock.Millis(a.opt.Clock) + int64(days)*24*time.Hour.Milliseconds()
	}
	return k, nil
}

// Keys lists a tenant's keys, newest first, revoked ones too.
func (a *Access) Keys(ctx context.Context, tenantID string) ([]models.APIKey, error) {
	return a.opt.Store.APIKeys(ctx, tenantID)
}

// RevokeKey ends a key for good: here at once, in every process within a second. Unknown is `not_found`.
func (a *Access) RevokeKey(ctx context.Context, id string) (models.APIKey, error) {
	k, err := a.opt.Store.RevokeAPIKey(ctx, id)
	a.forget()
	return k, err
}

// SetKeyActive switches a key off or on again, as RevokeKey does. Another version than the key's is `stale_edit`.
func (a *Access) SetKeyActive(ctx context.Context, id string, active bool, version int64) (models.APIKey, error) {
	k, err := a.opt.Store.SetAPIKeyActive(ctx, id, active, version)
	a.forget()
	return k, err
}

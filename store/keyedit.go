package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// RevokeAPIKey ends a key for good; one revoked before stays as it is.
func (s *Store) RevokeAPIKey(ctx context.Context, id string) (models.APIKey, error) {
	var k models.APIKey
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		now := clock.Millis(s.clock)
		was, err := scanOne(tx, scanKey, keySelect+" WHERE id = ?"+s.dialect.forUpdate, id)
		if err != nil {
			return models.AuditEntry{}, err
		}
		err = tx.Exec("UPDATE api_keys SET revoked_at = ?, version = version + 1, updated_at = ? WHERE id = ? AND revoked_at = 0", now, now, id).Error
		if err != nil {
			return models.AuditEntry{}, err
		}
		k, err = scanOne(tx, scanKey, keySelect+" WHERE id = ?", id)
		return keyAudit(was, k, "apikey.revoke"), err
	})
	return k, err
}

// SetAPIKeyActive switches a key off or on again: `not_found`, `stale_edit` when the
// version is no longer the key's, `revoked` when there is nothing to switch any more.
func (s *Store) SetAPIKeyActive(ctx context.Context, id string, active bool, version int64) (models.APIKey, error) {
	action := "apikey.disable"
	if active {
		action = "apikey.enable"
	}
	return s.changeKey(ctx, models.APIKey{ID: id, Version: version}, action, map[string]any{"active": asInt(active)})
}

// EditAPIKey gives a key the name, rights, scopes, restrictions, quotas and expiry of k, whose version is
// the one they were edited from. Faults are those of SetAPIKeyActive, and `invalid` for the name.
func (s *Store) EditAPIKey(ctx context.Context, k models.APIKey) (models.APIKey, error) {
	if err := nameKey(&k); err != nil {
		return models.APIKey{}, err
	}
	scopes, err := scopesOf(k)
	if err != nil {
		return models.APIKey{}, err
	}
	from, quotas, err := boundsOf(k)
	if err != nil {
		return models.APIKey{}, err
	}
	return s.changeKey(ctx, k, "apikey.edit", map[string]any{
		"name": k.Name, "can_read": asInt(k.CanRead), "can_write": asInt(k.CanWrite), "scopes": scopes, "restrictions": orNil(from),
		"quotas": orNil(quotas), "expires_at": k.ExpiresAt,
	})
}

// changeKey sets columns of a key that still stands at the version of base.
func (s *Store) changeKey(ctx context.Context, base models.APIKey, action string, set map[string]any) (models.APIKey, error) {
	var k models.APIKey
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := scanOne(tx, scanKey, keySelect+" WHERE id = ?", base.ID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		set["version"], set["updated_at"] = base.Version+1, clock.Millis(s.clock)
		res := tx.Table("api_keys").Where("id = ? AND version = ? AND revoked_at = 0", base.ID, base.Version).Updates(set)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		if k, err = scanOne(tx, scanKey, keySelect+" WHERE id = ?", base.ID); err != nil {
			return models.AuditEntry{}, err
		}
		switch {
		case res.RowsAffected == 1:
			return keyAudit(was, k, action), nil
		case k.RevokedAt != 0:
			return models.AuditEntry{}, fault.New(fault.Revoked, "This key was revoked, which cannot be taken back.")
		}
		return models.AuditEntry{}, errStale()
	})
	return k, err
}

package store

import (
	"context"
	"encoding/json"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const keySelect = `SELECT id, tenant_id, name, hash, prefix, last4, user_id, active, can_read, can_write, scopes, expires_at, revoked_at,
last_used_at, version, created_at, updated_at FROM api_keys`

func scanKey(row scanner, k *models.APIKey) error {
	var scopes []byte
	err := row.Scan(&k.ID, &k.TenantID, &k.Name, &k.Hash, &k.Prefix, &k.Last4, &k.UserID, &k.Active, &k.CanRead, &k.CanWrite, &scopes,
		&k.ExpiresAt, &k.RevokedAt, &k.LastUsedAt, &k.Version, &k.CreatedAt, &k.UpdatedAt)
	if err != nil {
		return err
	}
	return json.Unmarshal(scopes, &k.Scopes)
}

// CreateAPIKey adds a key, active, and fills in its id and times. An unknown tenant is `not_found`.
func (s *Store) CreateAPIKey(ctx context.Context, k models.APIKey) (models.APIKey, error) {
	if k.Name = strings.TrimSpace(k.Name); !plainText(k.Name) {
		return models.APIKey{}, fault.OfField("name", "format", "must be 1 to %d characters without line breaks", maxNameLen)
	}
	now := clock.Millis(s.clock)
	k.ID, k.Active, k.Version, k.CreatedAt, k.UpdatedAt = clock.NewID(s.clock), true, 1, now, now
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		if _, err := scanOne(tx, scanTenant, tenantSelect+" AND id = ?", k.TenantID); err != nil {
			return models.AuditEntry{}, err
		}
		return keyAudit(k, "apikey.create"), insertKey(tx, k)
	})
	if err != nil {
		return models.APIKey{}, err
	}
	return k, nil
}

func insertKey(tx *gorm.DB, k models.APIKey) error {
	scopes := k.Scopes
	if scopes == nil {
		scopes = []string{}
	}
	encoded, err := json.Marshal(scopes)
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO api_keys (id, tenant_id, name, hash, prefix, last4, user_id, active, can_read, can_write, scopes,
expires_at, revoked_at, last_used_at, version, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,0,0,?,?,?)`,
		k.ID, k.TenantID, k.Name, k.Hash, k.Prefix, k.Last4, k.UserID, asInt(k.Active), asInt(k.CanRead), asInt(k.CanWrite), encoded,
		k.ExpiresAt, k.Version, k.CreatedAt, k.UpdatedAt).Error
}

func keyAudit(k models.APIKey, action string) models.AuditEntry {
	return models.AuditEntry{TenantID: k.TenantID, Action: action, Object: k.ID, Detail: detail(map[string]any{
		"name": k.Name, "userId": k.UserID, "canRead": k.CanRead, "canWrite": k.CanWrite, "scopes": k.Scopes, "expiresAt": k.ExpiresAt,
	})}
}

// APIKeys reads a tenant's keys, revoked ones too, newest first.
func (s *Store) APIKeys(ctx context.Context, tenantID string) ([]models.APIKey, error) {
	out, err := scanAll(s.read(ctx), scanKey, keySelect+" WHERE tenant_id = ? ORDER BY id DESC", tenantID)
	return out, s.fault(err)
}

// APIKeyByHash reads the key whose secret has the hash; unknown is `not_found`.
func (s *Store) APIKeyByHash(ctx context.Context, hash []byte) (models.APIKey, error) {
	k, err := scanOne(s.read(ctx), scanKey, keySelect+" WHERE hash = ?", hash)
	return k, s.fault(err)
}

// APIKeyByID reads a key; unknown is `not_found`.
func (s *Store) APIKeyByID(ctx context.Context, id string) (models.APIKey, error) {
	k, err := scanOne(s.read(ctx), scanKey, keySelect+" WHERE id = ?", id)
	return k, s.fault(err)
}

// RevokeAPIKey ends a key for good; one revoked before stays as it is.
func (s *Store) RevokeAPIKey(ctx context.Context, id string) (models.APIKey, error) {
	var k models.APIKey
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		now := clock.Millis(s.clock)
		err := tx.Exec("UPDATE api_keys SET revoked_at = ?, version = version + 1, updated_at = ? WHERE id = ? AND revoked_at = 0", now, now, id).Error
		if err != nil {
			return models.AuditEntry{}, err
		}
		k, err = scanOne(tx, scanKey, keySelect+" WHERE id = ?", id)
		return keyAudit(k, "apikey.revoke"), err
	})
	return k, err
}

// SetAPIKeyActive switches a key off or on again: `not_found`, or `stale_edit` when the version is no longer the key's.
func (s *Store) SetAPIKeyActive(ctx context.Context, id string, active bool, version int64) (models.APIKey, error) {
	var k models.APIKey
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		res := tx.Exec("UPDATE api_keys SET active = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
			asInt(active), clock.Millis(s.clock), id, version)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		var err error
		if k, err = scanOne(tx, scanKey, keySelect+" WHERE id = ?", id); err != nil {
			return models.AuditEntry{}, err
		}
		if res.RowsAffected == 0 {
			return models.AuditEntry{}, errStale()
		}
		action := "apikey.disable"
		if active {
			action = "apikey.enable"
		}
		return keyAudit(k, action), nil
	})
	return k, err
}

const maxTouched = 500 // keys per statement

// TouchAPIKeys notes when keys were last used, in few statements. It does not count as a change of the keys.
func (s *Store) TouchAPIKeys(ctx context.Context, usedAt map[string]int64) error {
	ids := make([]string, 0, len(usedAt))
	for id := range usedAt {
		ids = append(ids, id)
	}
	for len(ids) > 0 {
		n := min(len(ids), maxTouched)
		if err := s.touchKeys(ctx, ids[:n], usedAt); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func (s *Store) touchKeys(ctx context.Context, ids []string, usedAt map[string]int64) error {
	var when strings.Builder
	var args []any
	for _, id := range ids {
		when.WriteString(" WHEN ? THEN ?")
		args = append(args, id, usedAt[id])
	}
	args = append(args, ids)
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE api_keys SET last_used_at = CASE id"+when.String()+" ELSE last_used_at END WHERE id IN ?", args...).Error
	})
}

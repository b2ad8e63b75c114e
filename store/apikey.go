package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const keySelect = `SELECT id, tenant_id, name, hash, prefix, last4, user_id, active, can_read, can_write, scopes, restrictions, quotas,
rotation, rotated_at, former_hash, former_last4, former_until, expires_at, revoked_at, last_used_at, version, created_at, updated_at FROM api_keys`

func scanKey(row scanner, k *models.APIKey) error {
	var scopes, from, quotas []byte
	err := row.Scan(&k.ID, &k.TenantID, &k.Name, &k.Hash, &k.Prefix, &k.Last4, &k.UserID, &k.Active, &k.CanRead, &k.CanWrite, &scopes, &from, &quotas,
		&k.Rotation, &k.RotatedAt, &k.Former.Hash, &k.Former.Last4, &k.Former.Until,
		&k.ExpiresAt, &k.RevokedAt, &k.LastUsedAt, &k.Version, &k.CreatedAt, &k.UpdatedAt)
	if err != nil {
		return err
	}
	if from != nil {
		err = json.Unmarshal(from, &k.From)
	}
	if quotas != nil {
		err = errors.Join(err, json.Unmarshal(quotas, &k.Quotas))
	}
	return errors.Join(err, json.Unmarshal(scopes, &k.Scopes))
}

// CreateAPIKey adds a key, active, and fills in its id and times. An unknown tenant is `not_found`.
func (s *Store) CreateAPIKey(ctx context.Context, k models.APIKey) (models.APIKey, error) {
	if err := nameKey(&k); err != nil {
		return models.APIKey{}, err
	}
	now := clock.Millis(s.clock)
	k.ID, k.Active, k.Version, k.CreatedAt, k.UpdatedAt = clock.NewID(s.clock), true, 1, now, now
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		if _, err := scanOne(tx, scanTenant, tenantSelect+" AND id = ?", k.TenantID); err != nil {
			return models.AuditEntry{}, err
		}
		return keyAudit(models.APIKey{}, k, "apikey.create"), insertKey(tx, k)
	})
	if err != nil {
		return models.APIKey{}, err
	}
	return k, nil
}

// nameKey tidies the name of a key: `invalid` when it will not do.
func nameKey(k *models.APIKey) error {
	if k.Name = strings.TrimSpace(k.Name); !plainText(k.Name) {
		return fault.OfField("name", "format", "must be 1 to %d characters without line breaks", maxNameLen)
	}
	return nil
}

// scopesOf are the scopes of a key as they are stored.
func scopesOf(k models.APIKey) ([]byte, error) {
	if k.Scopes == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(k.Scopes)
}

// boundsOf are the restrictions and the quotas of a key as they are stored; nil: none.
func boundsOf(k models.APIKey) (from, quotas []byte, err error) {
	if !k.From.Empty() {
		from, err = json.Marshal(k.From)
	}
	if err == nil && !k.Quotas.Empty() {
		quotas, err = json.Marshal(k.Quotas)
	}
	return from, quotas, err
}

func insertKey(tx *gorm.DB, k models.APIKey) error {
	encoded, err := scopesOf(k)
	if err != nil {
		return err
	}
	from, quotas, err := boundsOf(k)
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO api_keys (id, tenant_id, name, hash, prefix, last4, user_id, active, can_read, can_write, scopes,
restrictions, quotas, expires_at, revoked_at, last_used_at, version, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,0,?,?,?)`,
		k.ID, k.TenantID, k.Name, k.Hash, k.Prefix, k.Last4, k.UserID, asInt(k.Active), asInt(k.CanRead), asInt(k.CanWrite), encoded,
		orNil(from), orNil(quotas), k.ExpiresAt, k.Version, k.CreatedAt, k.UpdatedAt).Error
}

func keyAudit(was, k models.APIKey, action string) models.AuditEntry {
	return models.AuditEntry{TenantID: k.TenantID, Action: action, Object: k.ID, Detail: detail(map[string]any{
		"name": k.Name, "userId": k.UserID, "canRead": k.CanRead, "canWrite": k.CanWrite, "scopes": k.Scopes, "restrictions": k.From, "quotas": k.Quotas, "expiresAt": k.ExpiresAt,
		"rotation": k.Rotation, "formerUntil": k.Former.Until, "changed": keyChanges(was, k),
	})}
}

// APIKeys reads a tenant's keys, revoked ones too, newest first.
func (s *Store) APIKeys(ctx context.Context, tenantID string) ([]models.APIKey, error) {
	out, err := scanAll(s.read(ctx), scanKey, keySelect+" WHERE tenant_id = ? ORDER BY id DESC", tenantID)
	return out, s.fault(err)
}

// APIKey reads a tenant's key; unknown is `not_found`.
func (s *Store) APIKey(ctx context.Context, tenantID, id string) (models.APIKey, error) {
	k, err := scanOne(s.read(ctx), scanKey, keySelect+" WHERE tenant_id = ? AND id = ?", tenantID, id)
	return k, s.fault(err)
}

// APIKeyByHash reads the key whose secret has the hash, now or before its last rotation; unknown is `not_found`.
func (s *Store) APIKeyByHash(ctx context.Context, hash []byte) (models.APIKey, error) {
	k, err := scanOne(s.read(ctx), scanKey, keySelect+" WHERE hash = ?", hash)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		k, err = scanOne(s.read(ctx), scanKey, keySelect+" WHERE former_hash = ?", hash)
	}
	return k, s.fault(err)
}

// APIKeyByID reads a key; unknown is `not_found`.
func (s *Store) APIKeyByID(ctx context.Context, id string) (models.APIKey, error) {
	k, err := scanOne(s.read(ctx), scanKey, keySelect+" WHERE id = ?", id)
	return k, s.fault(err)
}

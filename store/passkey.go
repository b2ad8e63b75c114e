package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	authenticators = "SELECT id, account_id, name, credential, created_at, last_used_at FROM passkeys"
	maxPasskeys    = 20 // of an account
)

func scanPasskey(row scanner, k *models.Passkey) error {
	return row.Scan(&k.ID, &k.AccountID, &k.Name, &k.Credential, &k.CreatedAt, &k.LastUsedAt)
}

// Passkeys reads those of an account, the oldest first.
func (s *Store) Passkeys(ctx context.Context, accountID string) ([]models.Passkey, error) {
	out, err := scanAll(s.read(ctx), scanPasskey, authenticators+" WHERE account_id = ? ORDER BY created_at, id LIMIT ?", accountID, maxPasskeys)
	return out, s.fault(err)
}

// AddPasskey adds one to an account: `invalid` when it has as many as it may have, or the passkey is there already.
func (s *Store) AddPasskey(ctx context.Context, m models.Account, k models.Passkey) error {
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		var n int64
		if err := tx.Raw("SELECT COUNT(*) FROM passkeys WHERE account_id = ?", m.ID).Row().Scan(&n); err != nil {
			return models.AuditEntry{}, err
		}
		if n >= maxPasskeys {
			return models.AuditEntry{}, fault.OfField("passkey", "max", "cannot be added: %d are there, remove one first", n)
		}
		err := tx.Exec("INSERT INTO passkeys (account_id, id, name, credential, created_at, last_used_at) VALUES (?,?,?,?,?,0)", m.ID, k.ID, k.Name, k.Credential, clock.Millis(s.clock)).Error
		return accountAudit(m, "account.passkey_add", became("passkey", nil, k.Name)...), err
	})
	if s.Duplicate(err) {
		return fault.OfField("passkey", "taken", "is there already")
	}
	return err
}

// UsePasskey keeps what a sign-in changed of a passkey; `not_found` when it was removed meanwhile.
func (s *Store) UsePasskey(ctx context.Context, k models.Passkey) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return changedOne(tx.Exec("UPDATE passkeys SET credential = ?, last_used_at = ? WHERE account_id = ? AND id = ?", k.Credential, clock.Millis(s.clock), k.AccountID, k.ID))
	})
}

// RemovePasskey takes one from an account; `not_found` when it has none such.
func (s *Store) RemovePasskey(ctx context.Context, m models.Account, id []byte) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		k, err := scanOne(tx, scanPasskey, authenticators+" WHERE account_id = ? AND id = ?", m.ID, id)
		if err != nil {
			return models.AuditEntry{}, err
		}
		return accountAudit(m, "account.passkey_remove", became("passkey", k.Name, nil)...), tx.Exec("DELETE FROM passkeys WHERE account_id = ? AND id = ?", m.ID, id).Error
	})
}

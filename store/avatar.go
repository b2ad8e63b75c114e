package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

// Avatar reads the picture of an account; nil: there is none.
func (s *Store) Avatar(ctx context.Context, accountID string) ([]byte, error) {
	picture, err := scanOne(s.read(ctx), func(row scanner, b *[]byte) error { return row.Scan(b) }, "SELECT avatar FROM accounts WHERE id = ?", accountID)
	return picture, s.fault(err)
}

// SetAvatar replaces the picture of an account; nil takes it away. The version names what was changed: `stale_edit` when it is no longer theirs.
func (s *Store) SetAvatar(ctx context.Context, m models.Account, picture []byte) (models.Account, error) {
	return s.editAccount(ctx, m, func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE accounts SET version = version + 1, updated_at = ?, avatar = ? WHERE id = ? AND version = ?", clock.Millis(s.clock), orNil(picture), m.ID, m.Version)
	}, func(was, is models.Account) models.AuditEntry {
		if was.Avatar && is.Avatar {
			return changedAccount(was, is, "account.avatar", replaced("avatar"))
		}
		return changedAccount(was, is, "account.avatar")
	})
}

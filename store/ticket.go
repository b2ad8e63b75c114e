package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

// AddTicket keeps a one-time ticket by its hash, with what it stands for.
func (s *Store) AddTicket(ctx context.Context, hash []byte, tenantID string, caller []byte, expiresAt int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		// The hash is not the first value: GORM spreads bytes that follow a parenthesis.
		return tx.Exec("INSERT INTO tickets (tenant_id, hash, caller, expires_at) VALUES (?,?,?,?)", tenantID, hash, caller, expiresAt).Error
	})
}

// TakeTicket uses a ticket up and gives what it stands for, to one taker only.
// Unknown or used before is `not_found`, too late `token_expired`.
func (s *Store) TakeTicket(ctx context.Context, hash []byte) ([]byte, error) {
	var caller []byte
	var expiresAt int64
	err := s.write(ctx, func(tx *gorm.DB) error {
		row := tx.Raw("SELECT caller, expires_at FROM tickets WHERE hash = ?"+s.dialect.forUpdate, hash).Row()
		if err := row.Scan(&caller, &expiresAt); err != nil {
			return err
		}
		res := tx.Exec("DELETE FROM tickets WHERE hash = ?", hash)
		if res.Error == nil && res.RowsAffected != 1 {
			return gorm.ErrRecordNotFound
		}
		return res.Error
	})
	if err != nil {
		return nil, err
	}
	if expiresAt <= clock.Millis(s.clock) {
		return nil, fault.New(fault.TokenExpired, "The ticket has expired. Get a new one.")
	}
	return caller, nil
}

// SweepExpired removes what has passed: tickets, sessions, links of mails and the sign-ins of apps.
func (s *Store) SweepExpired(ctx context.Context) error {
	now := clock.Millis(s.clock)
	return s.write(ctx, func(tx *gorm.DB) error {
		for _, table := range []string{"tickets", "sessions", "account_tokens", "token_families"} {
			if err := tx.Exec("DELETE FROM "+table+" WHERE expires_at <= ?", now).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"gorm.io/gorm"

	"tidemark/internal/clock"
)

// sessionKey is what the database knows of a session's token.
func sessionKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// SessionFind reads the data of a console session; false when there is none, or it has expired.
func (s *Store) SessionFind(ctx context.Context, token string) ([]byte, bool, error) {
	scan := func(row scanner, b *[]byte) error { return row.Scan(b) }
	b, err := scanOne(s.read(ctx), scan, "SELECT data FROM sessions WHERE token = ? AND expires_at > ?", sessionKey(token), clock.Millis(s.clock))
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, false, nil
	}
	return b, err == nil, s.fault(err)
}

// SessionCommit keeps the data of a session until expiry.
func (s *Store) SessionCommit(ctx context.Context, token string, data []byte, expiry time.Time) error {
	key := sessionKey(token)
	return s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE sessions SET data = ?, expires_at = ? WHERE token = ?", data, expiry.UnixMilli(), key)
		if res.Error != nil || res.RowsAffected > 0 {
			return res.Error
		}
		return tx.Exec("INSERT INTO sessions (token, data, expires_at) VALUES (?,?,?)", key, data, expiry.UnixMilli()).Error
	})
}

// SessionDelete ends a session.
func (s *Store) SessionDelete(ctx context.Context, token string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM sessions WHERE token = ?", sessionKey(token)).Error
	})
}

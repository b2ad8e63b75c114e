package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	maxUserAgent = 512 // bytes that are kept of one
	maxSessions  = 200 // of an account, in a list
)

// SessionID is what the database knows of a session's token.
func SessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// SessionFind reads the data of a console session; false when there is none, or it has expired.
func (s *Store) SessionFind(ctx context.Context, token string) ([]byte, bool, error) {
	scan := func(row scanner, b *[]byte) error { return row.Scan(b) }
	b, err := scanOne(s.read(ctx), scan, "SELECT data FROM sessions WHERE token = ? AND expires_at > ?", SessionID(token), clock.Millis(s.clock))
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, false, nil
	}
	return b, err == nil, s.fault(err)
}

// SessionAdd keeps a new session, or a newer state of it.
func (s *Store) SessionAdd(ctx context.Context, token string, m models.Session) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		there, err := updateSession(tx, token, m)
		if err != nil || there {
			return err
		}
		return tx.Exec("INSERT INTO sessions (token, account_id, data, created_at, seen_at, address, user_agent, expires_at) VALUES (?,?,?,?,?,?,?,?)",
			SessionID(token), m.AccountID, m.Data, m.CreatedAt, m.SeenAt, m.Address, clipAgent(m.UserAgent), m.ExpiresAt).Error
	})
}

// SessionSave keeps what has changed in a session; one that was ended meanwhile stays ended.
func (s *Store) SessionSave(ctx context.Context, token string, m models.Session) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		_, err := updateSession(tx, token, m)
		return err
	})
}

func updateSession(tx *gorm.DB, token string, m models.Session) (there bool, err error) {
	res := tx.Exec("UPDATE sessions SET account_id = ?, data = ?, seen_at = ?, address = ?, user_agent = ?, expires_at = ? WHERE token = ?",
		m.AccountID, m.Data, m.SeenAt, m.Address, clipAgent(m.UserAgent), m.ExpiresAt, SessionID(token))
	return res.RowsAffected > 0, res.Error
}

// clipAgent bounds what a browser says of itself, and makes it text.
func clipAgent(text string) string {
	text = strings.ToValidUTF8(text, "?")
	for i := range text {
		if i > maxUserAgent-4 {
			return text[:i]
		}
	}
	return text
}

// SessionDelete ends a session.
func (s *Store) SessionDelete(ctx context.Context, token string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM sessions WHERE token = ?", SessionID(token)).Error
	})
}

// Sessions lists an account's sessions that have not expired and were used since (ms), the last used first.
func (s *Store) Sessions(ctx context.Context, adminID string, since int64) ([]models.Session, error) {
	text := `SELECT token, account_id, created_at, seen_at, address, user_agent, expires_at FROM sessions
WHERE account_id = ? AND expires_at > ? AND seen_at >= ? ORDER BY seen_at DESC, token LIMIT ?`
	out, err := scanAll(s.read(ctx), scanSession, text, adminID, clock.Millis(s.clock), since, maxSessions)
	return out, s.fault(err)
}

func scanSession(row scanner, m *models.Session) error {
	return row.Scan(&m.ID, &m.AccountID, &m.CreatedAt, &m.SeenAt, &m.Address, &m.UserAgent, &m.ExpiresAt)
}

// EndSession ends one of an account's sessions by its id, from its next request on; `not_found` when there is none.
func (s *Store) EndSession(ctx context.Context, m models.Account, id string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("DELETE FROM sessions WHERE token = ? AND account_id = ?", id, m.ID)
		if res.Error == nil && res.RowsAffected == 0 {
			return fault.New(fault.NotFound, "This session has ended already.")
		}
		if res.Error != nil {
			return res.Error
		}
		return s.addAudit(ctx, tx, changedAccount(m, m, "session.end", became("session", "open", "ended")...))
	})
}

// EndOtherSessions ends all sessions of an account but the one with the token, and says how many.
func (s *Store) EndOtherSessions(ctx context.Context, m models.Account, token string) (ended int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		if ended, err = endOthers(tx, m, token); err != nil || ended == 0 {
			return err
		}
		e := models.AuditEntry{Action: "session.end_others", Object: m.ID, Detail: detail(map[string]any{"email": m.Email, "ended": ended, "changed": became("otherSessions", ended, 0)})}
		return s.addAudit(ctx, tx, e)
	})
	return ended, err
}

func endOthers(tx *gorm.DB, m models.Account, token string) (int64, error) {
	res := tx.Exec("DELETE FROM sessions WHERE account_id = ? AND token <> ?", m.ID, SessionID(token))
	return res.RowsAffected, res.Error
}

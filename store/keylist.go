package store

import (
	"context"
	"strings"

	"tidemark/internal/clock"
	"tidemark/models"
)

// KeyQuery asks for a page of a tenant's keys, newest first.
type KeyQuery struct {
	TenantID string
	Text     string          // part of the name, the user or the last digits, in any case; empty: all
	State    models.KeyState // empty: all
	Until    int64           // with KeyActive: only keys that expire before, ms; 0: all
	Before   string          // id of the last key of the page before; empty: the first page
	Limit    int
}

// KeyPage reads a page of a tenant's keys.
func (s *Store) KeyPage(ctx context.Context, q KeyQuery) ([]models.APIKey, error) {
	text, args := q.where(clock.Millis(s.clock))
	out, err := scanAll(s.read(ctx), scanKey, keySelect+text+" ORDER BY id DESC LIMIT ?", append(args, q.Limit)...)
	return out, s.fault(err)
}

func (q KeyQuery) where(now int64) (string, []any) {
	text, args := " WHERE tenant_id = ?", []any{q.TenantID}
	and := func(clause string, values ...any) { text, args = text+" AND "+clause, append(args, values...) }
	switch q.State {
	case models.KeyActive:
		and("revoked_at = 0 AND active = 1 AND (expires_at = 0 OR expires_at > ?)", now)
	case models.KeyDisabled:
		and("revoked_at = 0 AND active = 0")
	case models.KeyExpired:
		and("revoked_at = 0 AND active = 1 AND expires_at <> 0 AND expires_at <= ?", now)
	case models.KeyRevoked:
		and("revoked_at <> 0")
	}
	if q.Until != 0 {
		and("expires_at <> 0 AND expires_at < ?", q.Until)
	}
	if q.Text != "" {
		part := "%" + likeEscapes.Replace(strings.ToLower(q.Text)) + "%"
		like := " LIKE ?" + likeEscape
		and("(LOWER(name)"+like+" OR LOWER(CAST(user_id AS CHAR))"+like+" OR LOWER(CAST(last4 AS CHAR))"+like+")", part, part, part)
	}
	if q.Before != "" {
		and("id < ?", q.Before)
	}
	return text, args
}

const maxExpiring = 100

// ExpiringKeys reads the keys of a tenant that let in now and will not from a moment
// before the given one (ms) on, soonest first, at most a hundred.
func (s *Store) ExpiringKeys(ctx context.Context, tenantID string, before int64) ([]models.APIKey, error) {
	q := KeyQuery{TenantID: tenantID, State: models.KeyActive, Until: before}
	text, args := q.where(clock.Millis(s.clock))
	out, err := scanAll(s.read(ctx), scanKey, keySelect+text+" ORDER BY expires_at, id LIMIT ?", append(args, maxExpiring)...)
	return out, s.fault(err)
}

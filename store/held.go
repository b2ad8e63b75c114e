package store

import (
	"context"

	"tidemark/models"
)

// Held names users of a tenant who are not shut out: one, or all members with a role.
type Held struct {
	Tenant string
	User   string // empty: all with the role
	Role   string
}

// where is the condition that a column names one of them.
func (h Held) where(column string) (string, []any) {
	if h.User != "" {
		return column + " = ?", []any{h.User}
	}
	return column + ` IN (SELECT m.user_id FROM members m LEFT JOIN accounts a ON a.id = m.account_id
WHERE m.tenant_id = ? AND m.role = ? AND m.disabled = 0 AND m.deleted_at = 0 AND COALESCE(a.disabled, 0) = 0)`, []any{h.Tenant, h.Role}
}

// HeldMembers reads the first members with the role, by their ids, and counts all of them.
func (s *Store) HeldMembers(ctx context.Context, h Held, most int) (first []models.Member, all int64, err error) {
	text, args := h.where("m.user_id")
	args = append([]any{h.Tenant}, args...)
	first, err = scanAll(s.read(ctx), scanMember, memberSelect+" WHERE m.tenant_id = ? AND "+text+" ORDER BY m.user_id LIMIT ?", append(args, most)...)
	if err == nil {
		err = s.read(ctx).Raw("SELECT COUNT(*) FROM members m WHERE m.tenant_id = ? AND "+text, args...).Row().Scan(&all)
	}
	return first, all, s.fault(err)
}

// HeldKeys reads the keys bound to them that are not revoked, newest first, at most so many.
func (s *Store) HeldKeys(ctx context.Context, h Held, most int) ([]models.APIKey, error) {
	text, args := h.where("user_id")
	args = append(append([]any{h.Tenant}, args...), most)
	out, err := scanAll(s.read(ctx), scanKey, keySelect+" WHERE tenant_id = ? AND revoked_at = 0 AND "+text+" ORDER BY id DESC LIMIT ?", args...)
	return out, s.fault(err)
}

// HeldDevices counts their devices that are connected.
func (s *Store) HeldDevices(ctx context.Context, h Held) (n int64, err error) {
	text, args := h.where("user_id")
	err = s.read(ctx).Raw("SELECT COUNT(*) FROM instances WHERE tenant_id = ? AND forgotten_at = 0 AND conn_id <> 0 AND "+text, append([]any{h.Tenant}, args...)...).Row().Scan(&n)
	return n, s.fault(err)
}

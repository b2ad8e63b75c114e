package store

import (
	"context"

	"tidemark/models"
)

const userSelect = "SELECT tenant_id, user_id, bytes, items, created_at FROM users WHERE tenant_id = ?"

func scanUser(row scanner, u *models.User) error {
	return row.Scan(&u.TenantID, &u.ID, &u.Bytes, &u.Items, &u.CreatedAt)
}

// Users reads a tenant's users in byte order of their ids, those above after.
func (s *Store) Users(ctx context.Context, tenantID, after string, limit int) ([]models.User, error) {
	out, err := scanAll(s.read(ctx), scanUser, userSelect+" AND user_id > ? ORDER BY user_id LIMIT ?", tenantID, after, limit)
	return out, s.fault(err)
}

// User reads a user of a tenant; one who never wrote is `not_found`.
func (s *Store) User(ctx context.Context, tenantID, id string) (models.User, error) {
	u, err := scanOne(s.read(ctx), scanUser, userSelect+" AND user_id = ?", tenantID, id)
	return u, s.fault(err)
}

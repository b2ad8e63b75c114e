package store

import (
	"context"

	"tidemark/models"
)

func scanUser(row scanner, u *models.User) error {
	return row.Scan(&u.TenantID, &u.ID, &u.Bytes, &u.Items, &u.CreatedAt)
}

// User reads a user of a tenant; one who never wrote is `not_found`.
func (s *Store) User(ctx context.Context, tenantID, id string) (models.User, error) {
	u, err := scanOne(s.read(ctx), scanUser, "SELECT tenant_id, user_id, bytes, items, created_at FROM users WHERE tenant_id = ? AND user_id = ?", tenantID, id)
	return u, s.fault(err)
}

package store

import (
	"context"
	"strings"
)

// KnownDevices says which of these ids are devices of a user: seen once, and not forgotten since.
func (s *Store) KnownDevices(ctx context.Context, tenantID, userID string, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	args := []any{tenantID, userID}
	for _, id := range ids {
		args = append(args, id)
	}
	text := "SELECT instance_id FROM instances WHERE tenant_id = ? AND user_id = ? AND forgotten_at = 0 AND instance_id IN (?" + strings.Repeat(", ?", len(ids)-1) + ")"
	found, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) }, text, args...)
	for _, id := range found {
		known[id] = true
	}
	return known, s.fault(err)
}

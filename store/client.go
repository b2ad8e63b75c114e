package store

import (
	"context"

	"tidemark/internal/fault"
	"tidemark/models"
)

// LatestInstance reads the instance of a tenant that connected last, if that was since a
// moment (ms); `not_found` otherwise.
func (s *Store) LatestInstance(ctx context.Context, tenantID string, since int64) (models.Instance, error) {
	rows, err := s.query(ctx, instanceSelect+" WHERE tenant_id = ? AND forgotten_at = 0 AND connected_at >= ? ORDER BY connected_at DESC LIMIT 1",
		tenantID, max(1, since)) // 0: it never connected
	if err != nil {
		return models.Instance{}, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var in models.Instance
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return in, s.fault(err)
		}
		return in, fault.New(fault.NotFound, "No client has connected.")
	}
	return in, s.fault(scanInstance(rows, &in))
}

package store

import "context"

// KnownDevices says which of these ids are devices of a user: seen once, and not forgotten since.
func (s *Store) KnownDevices(ctx context.Context, tenantID, userID string, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	text, args := s.knownDevices(tenantID, userID, ids)
	found, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) }, text, args...)
	for _, id := range found {
		known[id] = true
	}
	return known, s.fault(err)
}

// knownDevices finds each by its key: by forgotten_at a database would take all of the tenant's.
func (s *Store) knownDevices(tenantID, userID string, ids []string) (string, []any) {
	in, args := list([]any{tenantID, userID}, ids)
	byKey := ""
	if !s.dialect.rowValues {
		byKey = " FORCE INDEX (PRIMARY)"
	}
	return "SELECT instance_id FROM instances" + byKey + " WHERE tenant_id = ? AND user_id = ? AND instance_id IN " + in + " AND forgotten_at + 0 = 0", args
}

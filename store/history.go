package store

import (
	"context"
	"strings"

	"tidemark/models"
)

// history walks from one change of an item to the one before it, past values unread,
// and joins as written: SQLite would begin with all of the tenant's changes.
func (d *dialect) history() string {
	return `WITH RECURSIVE past (at_seq, before_seq, n) AS (
SELECT seq, prev_seq, 1 FROM changes WHERE tenant_id = ? AND seq = ? AND owner = ? AND collection = ? AND item_key = ?
UNION ALL SELECT c.seq, c.prev_seq, p.n + 1 FROM past p` + d.inOrder() + `changes c ON c.tenant_id = ? AND c.seq = p.before_seq WHERE p.n < ?)
SELECT c.` + strings.Replace(strings.Join(changeColumns, ", c."), " c.value, c.metadata,", " NULL, NULL,", 1) + `
FROM past p` + d.inOrder() + `changes c ON c.tenant_id = ? AND c.seq = p.at_seq ORDER BY p.n`
}

// History reads the changes of an item that are kept, newest first, from one of
// them on, at most limit and without values. It is empty when that one is not
// kept, or is another item's.
func (s *Store) History(ctx context.Context, tenantID string, k ItemKey, from int64, limit int) ([]models.Change, error) {
	rows, err := s.query(ctx, s.dialect.history(), tenantID, from, k.Owner, k.Collection, k.Key, tenantID, limit, tenantID)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := s.scanChanges(rows, 0)
	return out, s.fault(err)
}

// Kept is how an item is kept, beyond what readers of its value need.
type Kept struct {
	Bytes       int64 // of the value as stored, after compression
	HLC         int64
	RunInstance string // the device of the unbroken run of writes that ended with the last one
	RunBase     int64  // the version before that run
}

// Kept says how an item is kept; `not_found` when the key never was.
func (s *Store) Kept(ctx context.Context, tenantID string, k ItemKey) (Kept, error) {
	var out Kept
	row, err := s.queryRow(ctx, "SELECT COALESCE(LENGTH(value), 0), hlc, run_instance, run_base FROM items WHERE tenant_id = ? AND owner = ? AND collection = ? AND item_key = ?",
		tenantID, k.Owner, k.Collection, k.Key)
	if err != nil {
		return out, s.fault(err)
	}
	var run models.Item
	err = row.Scan(&out.Bytes, &out.HLC, &out.RunInstance, &run.RunBase)
	out.RunBase = run.RunFrom()
	return out, s.fault(err)
}

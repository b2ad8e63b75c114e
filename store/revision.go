package store

import (
	"context"

	"gorm.io/gorm"
)

// Revision counts the changes of keys, tenants and administrators. As long as it
// stands still, what was read of them before is still true.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	row, err := s.queryRow(ctx, "SELECT n FROM revisions WHERE id = 1")
	if err != nil {
		return 0, s.fault(err)
	}
	var n int64
	return n, s.fault(row.Scan(&n))
}

// bumpRevision has the revision move when the transaction ends: every process waits for this one row.
func bumpRevision(tx *gorm.DB) error {
	n, err := notesOf(tx)
	if err == nil {
		n.moved = true
	}
	return err
}

func moveRevision(tx *gorm.DB) error {
	return tx.Exec("UPDATE revisions SET n = n + 1 WHERE id = 1").Error
}

package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"tidemark/models"
)

// RaiseFloor commits a new floor of a tenant's log before anything below it is
// deleted; a lower one changes nothing.
func (s *Store) RaiseFloor(ctx context.Context, tenantID string, floor int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE tenant_heads SET floor = ? WHERE tenant_id = ? AND floor < ?", floor, tenantID, floor).Error
	})
}

// NewEpoch says that a tenant's log is no longer the one its cursors came from.
func (s *Store) NewEpoch(ctx context.Context, tenantID, epoch string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE tenant_heads SET epoch = ? WHERE tenant_id = ?", epoch, tenantID).Error
	})
}

// Compacted is up to which row a tenant's log has been compacted; the transaction holds the head.
func (t *CommitTx) Compacted(tenantID string) (seq int64, err error) {
	err = t.tx.QueryRowContext(t.ctx, "SELECT compacted FROM tenant_heads WHERE tenant_id = ?", tenantID).Scan(&seq)
	return seq, err
}

// SetCompacted keeps how far compaction came; purged says that tombstones went with it.
func (t *CommitTx) SetCompacted(tenantID string, seq int64, purged bool) error {
	return t.exec("UPDATE tenant_heads SET compacted = ?, purges = purges + ? WHERE tenant_id = ?", seq, asInt(purged), tenantID)
}

// ChangesIn reads rows of the log within the transaction, without their values.
func (t *CommitTx) ChangesIn(tenantID string, after, upTo int64, limit int) ([]models.Change, error) {
	rows, err := t.tx.QueryContext(t.ctx, strings.Replace(changeSelect, " value, metadata,", " NULL, NULL,", 1)+" WHERE tenant_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?", tenantID, after, upTo, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Change
	for rows.Next() {
		var c models.Change
		if err := t.s.scanChange(rows, &c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// DeleteChanges removes rows of the log.
func (t *CommitTx) DeleteChanges(tenantID string, seqs []int64) error {
	for len(seqs) > 0 {
		n := min(len(seqs), maxStatementRows)
		args := []any{tenantID}
		for _, s := range seqs[:n] {
			args = append(args, s)
		}
		if _, err := t.tx.ExecContext(t.ctx, "DELETE FROM changes WHERE tenant_id = ? AND seq IN (?"+strings.Repeat(",?", n-1)+")", args...); err != nil {
			return err
		}
		seqs = seqs[n:]
	}
	return nil
}

// PurgeTombstone removes a tombstone and remembers its version in its bucket, so
// that the key never comes round to a version it had.
func (t *CommitTx) PurgeTombstone(it *models.Item, bucket int64) error {
	t.changes(it.TenantID, ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key})
	err := t.exec("INSERT INTO purged_versions (tenant_id, bucket, version) VALUES (?,?,?)"+t.s.dialect.upsertBucket, it.TenantID, bucket, it.Version)
	if err != nil {
		return err
	}
	return t.exec("DELETE FROM items WHERE tenant_id = ? AND owner = ? AND collection = ? AND item_key = ? AND deleted = 1", it.TenantID, it.Owner, it.Collection, it.Key)
}

// PurgeOps forgets operations of a tenant older than a time (ms), at most so many, and says how many.
func (s *Store) PurgeOps(ctx context.Context, tenantID string, before int64, limit int) (n int64, err error) {
	text := "DELETE FROM ops WHERE tenant_id = ? AND at < ? LIMIT ?"
	if s.dialect.name == "sqlite" {
		text = "DELETE FROM ops WHERE (tenant_id, user_id, sender, op_id) IN (SELECT tenant_id, user_id, sender, op_id FROM ops WHERE tenant_id = ? AND at < ? LIMIT ?)"
	}
	err = s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec(text, tenantID, before, limit)
		n = res.RowsAffected
		return res.Error
	})
	return n, err
}

// LiveKeys reads keys of live items last changed at or below a sequence number, in byte order.
func (s *Store) LiveKeys(ctx context.Context, tenantID, owner, collection, after string, upTo int64, limit int) ([]string, error) {
	items, err := s.keys(ctx, "SELECT owner, item_key FROM items WHERE tenant_id = ? AND owner = ? AND collection = ? AND item_key > ? AND deleted = 0 AND seq <= ? ORDER BY item_key LIMIT ?",
		[]any{tenantID, owner, collection, after, upTo, limit})
	out := make([]string, len(items))
	for i := range items {
		out[i] = items[i].Key
	}
	return out, err
}

// CountLive counts a user's live items of a collection.
func (s *Store) CountLive(ctx context.Context, tenantID, owner, collection string) (n int64, err error) {
	row, err := s.queryRow(ctx, "SELECT COUNT(*) FROM items WHERE tenant_id = ? AND owner = ? AND collection = ? AND deleted = 0", tenantID, owner, collection)
	if err != nil {
		return 0, s.fault(err)
	}
	return n, s.fault(row.Scan(&n))
}

// AllItems pages through the items of a tenant, tombstones included, by owner, collection and key.
func (s *Store) AllItems(ctx context.Context, tenantID string, after ItemKey, limit int) ([]models.Item, error) {
	where, place := s.dialect.after(after, false)
	rows, err := s.query(ctx, itemSelect+" WHERE tenant_id = ? AND "+where+" ORDER BY owner, collection, item_key LIMIT ?",
		append(append([]any{tenantID}, place...), limit)...)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := s.scanItems(rows, 0)
	return out, s.fault(err)
}

package store

import (
	"context"

	"tidemark/models"
)

// ItemSeqs reads which of the keys have an item, tombstones included, and the number of its last change.
func (s *Store) ItemSeqs(ctx context.Context, tenantID string, keys []ItemKey) (map[ItemKey]int64, error) {
	out := map[ItemKey]int64{}
	for len(keys) > 0 {
		n := min(len(keys), maxStatementRows)
		where, args, _ := keyCondition(tenantID, keys[:n])
		rows, err := s.rdb.QueryContext(ctx, "SELECT owner, collection, item_key, seq FROM items"+where, args...)
		if err != nil {
			return nil, s.fault(err)
		}
		for rows.Next() {
			var k ItemKey
			var seq int64
			if err := rows.Scan(&k.Owner, &k.Collection, &k.Key, &seq); err != nil {
				_ = rows.Close() // the scan's error matters
				return nil, s.fault(err)
			}
			out[k] = seq
		}
		if err := rows.Err(); err != nil {
			return nil, s.fault(err)
		}
		keys = keys[n:]
	}
	return out, nil
}

// LastChange reads the newest row of a key that the log keeps; `not_found` when there is none.
func (t *CommitTx) LastChange(tenantID string, k ItemKey) (models.Change, error) {
	var c models.Change
	row := t.tx.QueryRowContext(t.ctx, changeSelect+" WHERE tenant_id = ? AND owner = ? AND collection = ? AND item_key = ? ORDER BY seq DESC LIMIT 1", tenantID, k.Owner, k.Collection, k.Key)
	return c, t.s.fault(t.s.scanChange(row, &c))
}

// ReplaceItem puts an item with its tags in the place of whatever is there; nil leaves the place empty.
func (t *CommitTx) ReplaceItem(tenantID string, k ItemKey, it *models.Item) error {
	t.changes(tenantID, k)
	for _, table := range []string{"items", "item_tags"} {
		if err := t.exec("DELETE FROM "+table+" WHERE tenant_id = ? AND owner = ? AND collection = ? AND item_key = ?", tenantID, k.Owner, k.Collection, k.Key); err != nil {
			return err
		}
	}
	if it == nil {
		return nil
	}
	if err := t.UpsertItems([]*models.Item{it}); err != nil {
		return err
	}
	return t.ReplaceTags(it, nil, it.Tags)
}

// Recount sets a user's usage, and with it the tenant's, to what its items say, and
// makes every node forget what it remembers of the tenant.
func (t *CommitTx) Recount(tenantID, owner string) error {
	if err := t.addUser("-", tenantID, owner); err != nil {
		return err
	}
	err := t.exec(`UPDATE users SET bytes = (SELECT COALESCE(SUM(size), 0) FROM items WHERE tenant_id = ? AND owner = ?),
items = (SELECT COUNT(*) FROM items WHERE tenant_id = ? AND owner = ? AND deleted = 0) WHERE tenant_id = ? AND user_id = ?`,
		tenantID, owner, tenantID, owner, tenantID, owner)
	if err != nil {
		return err
	}
	return t.addUser("+", tenantID, owner)
}

// addUser adds a user's usage to the tenant's, or with - takes it away.
func (t *CommitTx) addUser(sign, tenantID, owner string) error {
	const of = " FROM users WHERE tenant_id = ? AND user_id = ?), 0)"
	return t.exec("UPDATE tenant_heads SET purges = purges + 1, items = items "+sign+" COALESCE((SELECT items"+of+", bytes = bytes "+sign+" COALESCE((SELECT bytes"+of+" WHERE tenant_id = ?",
		tenantID, owner, tenantID, owner, tenantID)
}

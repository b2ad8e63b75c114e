package store

import (
	"context"
	"encoding/json"
	"strings"

	"tidemark/models"
)

var conflictColumns = []string{
	"id", "tenant_id", "item_id", "owner", "collection", "item_key", "kind", "strategy", "policy_id", "status", "winner", "reason", "base_version",
	"base_seq", "base_value", "base_metadata", "current_version", "current_seq", "current_value", "current_metadata", "current_tags", "current_expires", "current_priority", "current_deleted", "current_instance", "current_hlc",
	"incoming_op", "incoming_value", "incoming_metadata", "incoming_tags", "incoming_expires", "incoming_priority", "incoming_timestamp", "incoming_hlc", "incoming_instance", "op_id",
	"result_seq", "actor", "address", "request_id", "created_at", "resolved_at", "resolved_by", "reopened", "fields", "suggestion", "meant", "opaque", "version",
}

var insertConflicts = map[string]*inserter{
	"sqlite": newInserter(insertOrFail, "conflicts", conflictColumns, ""),
	"mysql":  newInserter("INSERT", "conflicts", conflictColumns, ""),
}

// InsertConflicts keeps conflicts with both sides and the base.
func (t *CommitTx) InsertConflicts(rows []*models.Conflict) error {
	size := func(i int) int {
		return len(rows[i].BaseValue) + len(rows[i].CurrentValue) + len(rows[i].IncomingValue) + 1024
	}
	return insertConflicts[t.s.dialect.name].run(t, len(rows), size, func(args []any, i int) []any {
		c := rows[i]
		p := t.of(c.TenantID, c.Collection, c.Key)
		kept := func(b []byte, column string) any { return p.bytes(b, "conflicts", c.ID, column) }
		return append(args, c.ID, c.TenantID, c.ItemID, c.Owner, c.Collection, c.Key, string(c.Kind), string(c.Strategy), c.PolicyID, string(c.Status), c.Winner,
			p.reason(c.Reason), c.BaseVersion, c.BaseSeq, kept(c.BaseValue, "base_value"), kept(c.BaseMetadata, "base_metadata"), c.CurrentVersion, c.CurrentSeq, kept(c.CurrentValue, "current_value"), kept(c.CurrentMetadata, "current_metadata"),
			orNil(encodeTags(c.CurrentTags)), c.CurrentExpires, c.CurrentPriority, asInt(c.CurrentDeleted),
			c.CurrentInstance, c.CurrentHLC, int64(c.IncomingOp), kept(c.IncomingValue, "incoming_value"), kept(c.IncomingMetadata, "incoming_metadata"), orNil(encodeTags(c.IncomingTags)), c.IncomingExpires, c.IncomingPriority,
			c.IncomingTimestamp, c.IncomingHLC, c.IncomingInstance, c.OpID, c.ResultSeq, c.Actor, c.Address, c.RequestID, c.CreatedAt, c.ResolvedAt,
			c.ResolvedBy, c.Reopened, kept(encodeTags(c.Fields), "fields"), kept(encodeSuggestion(c.Suggestion), "suggestion"), kept(c.Meant, "meant"), opaqueSides(c), max(c.Version, 1))
	})
}

func encodeSuggestion(sug *models.Suggestion) []byte {
	if sug == nil {
		return nil
	}
	b, err := json.Marshal(sug)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return b
}

// ConflictNow reads a conflict as it stands, while the transaction holds the tenant's head; `not_found`.
func (t *CommitTx) ConflictNow(tenantID, id string) (models.Conflict, error) {
	var c models.Conflict
	err := t.s.scanConflict(t.tx.QueryRowContext(t.ctx, conflictSelect+" WHERE id = ? AND tenant_id = ?", id, tenantID), &c)
	return c, t.s.fault(err)
}

// SettleConflicts writes down what became of conflicts that were open, or opened again.
func (t *CommitTx) SettleConflicts(rows []*models.Conflict) error {
	for _, c := range rows {
		p := t.of(c.TenantID, c.Collection, c.Key)
		if _, err := t.tx.ExecContext(t.ctx, `UPDATE conflicts SET status = ?, winner = ?, strategy = ?, reason = ?, result_seq = ?, resolved_at = ?, resolved_by = ?,
reopened = ?, version = ?, suggestion = COALESCE(?, suggestion) WHERE id = ? AND tenant_id = ?`, string(c.Status), c.Winner, string(c.Strategy), p.reason(c.Reason), c.ResultSeq, c.ResolvedAt, c.ResolvedBy,
			c.Reopened, c.Version, p.bytes(encodeSuggestion(c.Suggestion), "conflicts", c.ID, "suggestion"), c.ID, c.TenantID); err != nil {
			return err
		}
	}
	return nil
}

// ConflictExists says whether a conflict was kept, and has come to a version; the transaction holds the tenant's head.
func (t *CommitTx) ConflictExists(tenantID, id string, version int64) (bool, error) {
	var n int
	err := t.tx.QueryRowContext(t.ctx, "SELECT COUNT(*) FROM conflicts WHERE id = ? AND tenant_id = ? AND version >= ?", id, tenantID, version).Scan(&n)
	return n > 0, err
}

// ConflictOf reads the conflict of an item that a change came of; nil when there is none.
func (l Log) ConflictOf(tenantID, itemID string, resultSeq int64) (*models.Conflict, error) {
	rows, err := l.query(conflictSelect+" WHERE tenant_id = ? AND item_id = ? AND result_seq = ?", tenantID, itemID, resultSeq)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	if !rows.Next() {
		return nil, rows.Err()
	}
	var c models.Conflict
	return &c, l.s.scanConflict(rows, &c)
}

var conflictSelect = "SELECT " + strings.Join(conflictColumns, ", ") + " FROM conflicts"

func (s *Store) scanConflict(row scanner, c *models.Conflict) error {
	var tags, currentTags, fields, suggestion []byte
	var sides int64
	err := row.Scan(&c.ID, &c.TenantID, &c.ItemID, &c.Owner, &c.Collection, &c.Key, &c.Kind, &c.Strategy, &c.PolicyID, &c.Status, &c.Winner, &c.Reason,
		&c.BaseVersion, &c.BaseSeq, &c.BaseValue, &c.BaseMetadata, &c.CurrentVersion, &c.CurrentSeq, &c.CurrentValue, &c.CurrentMetadata, &currentTags, &c.CurrentExpires, &c.CurrentPriority, &c.CurrentDeleted, &c.CurrentInstance,
		&c.CurrentHLC, &c.IncomingOp, &c.IncomingValue, &c.IncomingMetadata, &tags, &c.IncomingExpires, &c.IncomingPriority, &c.IncomingTimestamp, &c.IncomingHLC, &c.IncomingInstance,
		&c.OpID, &c.ResultSeq, &c.Actor, &c.Address, &c.RequestID, &c.CreatedAt, &c.ResolvedAt, &c.ResolvedBy, &c.Reopened, &fields, &suggestion, &c.Meant, &sides, &c.Version)
	if err != nil {
		return err
	}
	c.Schema = sides >> schemaAbove
	c.BaseOpaque, c.CurrentOpaque, c.IncomingOpaque = sides&opaqueBase != 0, sides&opaqueCurrent != 0, sides&opaqueIncoming != 0
	if sealed(fields) || sealed(suggestion) || sealed(c.Meant) || sealed(c.BaseValue) || sealed(c.BaseMetadata) || sealed(c.CurrentValue) ||
		sealed(c.CurrentMetadata) || sealed(c.IncomingValue) || sealed(c.IncomingMetadata) {
		err := s.revealConflict(c.TenantID, c.ID, map[string]*[]byte{
			"fields": &fields, "suggestion": &suggestion, "meant": &c.Meant, "base_value": &c.BaseValue, "base_metadata": &c.BaseMetadata,
			"current_value": &c.CurrentValue, "current_metadata": &c.CurrentMetadata, "incoming_value": &c.IncomingValue, "incoming_metadata": &c.IncomingMetadata,
		})
		if err != nil {
			return err
		}
	}
	if c.CurrentTags, err = decodeTags(currentTags); err != nil {
		return err
	}
	if c.IncomingTags, err = decodeTags(tags); err != nil {
		return err
	}
	if c.Fields, err = decodeTags(fields); err != nil || suggestion == nil {
		return err
	}
	c.Suggestion = new(models.Suggestion)
	return json.Unmarshal(suggestion, c.Suggestion)
}

// Conflict reads one conflict of a tenant; `not_found` for another's as for none.
func (s *Store) Conflict(ctx context.Context, tenantID, id string) (models.Conflict, error) {
	var c models.Conflict
	row, err := s.queryRow(ctx, conflictSelect+" WHERE id = ? AND tenant_id = ?", id, tenantID)
	if err != nil {
		return c, s.fault(err)
	}
	return c, s.fault(s.scanConflict(row, &c))
}

// OpenConflicts counts what waits in a tenant's review queue; owner empty means all users'.
func (s *Store) OpenConflicts(ctx context.Context, tenantID, owner string) (int64, error) {
	return s.CountReviews(ctx, ReviewFilter{TenantID: tenantID, Owner: owner}, 0)
}

// The sides of a conflict whose values their clients encrypted, as bits; above them is the version of the schema that the values fit.
const (
	opaqueBase = 1 << iota
	opaqueCurrent
	opaqueIncoming
	schemaAbove = iota
)

func opaqueSides(c *models.Conflict) (sides int64) {
	return asInt(c.BaseOpaque)*opaqueBase | asInt(c.CurrentOpaque)*opaqueCurrent | asInt(c.IncomingOpaque)*opaqueIncoming | c.Schema<<schemaAbove
}

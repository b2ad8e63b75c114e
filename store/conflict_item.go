package store

import (
	"context"

	"tidemark/models"
)

// ConflictsOfItem reads what is known of an item's conflicts but for the values of both sides, the newest first.
func (s *Store) ConflictsOfItem(ctx context.Context, tenantID, itemID string, limit int) ([]models.Conflict, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, c *models.Conflict) error {
		var fields []byte
		err := row.Scan(&c.ID, &c.TenantID, &c.ItemID, &c.Owner, &c.Collection, &c.Key, &c.Kind, &c.Strategy, &c.PolicyID, &c.Status, &c.Winner, &c.BaseVersion, &c.CurrentVersion,
			&c.CurrentInstance, &c.IncomingInstance, &c.IncomingTimestamp, &c.CreatedAt, &c.ResolvedAt, &c.ResolvedBy, &c.Reopened, &fields)
		if err == nil {
			err = s.revealConflict(c.TenantID, c.ID, map[string]*[]byte{"fields": &fields})
		}
		if err == nil {
			c.Fields, err = decodeTags(fields)
		}
		return err
	}, `SELECT id, tenant_id, item_id, owner, collection, item_key, kind, strategy, policy_id, status, winner, base_version, current_version,
current_instance, incoming_instance, incoming_timestamp, created_at, resolved_at, resolved_by, reopened, fields
FROM conflicts WHERE tenant_id = ? AND item_id = ? ORDER BY id DESC LIMIT ?`, tenantID, itemID, limit)
	return out, s.fault(err)
}

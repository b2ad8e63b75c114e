package store

import (
	"context"
	"database/sql"
	"strings"

	"tidemark/models"
)

const headSelect = "SELECT tenant_id, seq, floor, purges, epoch, items, bytes, users, max_items, max_bytes, max_user_bytes, encryption, schema_version FROM tenant_heads"

// Head reads where a tenant's log stands.
func (s *Store) Head(ctx context.Context, tenantID string) (models.Head, error) {
	var h models.Head
	row, err := s.queryRow(ctx, headSelect+" WHERE tenant_id = ?", tenantID)
	if err != nil {
		return h, s.fault(err)
	}
	return h, s.fault(scanHeadRow(row, &h))
}

func scanHeadRow(row scanner, h *models.Head) error {
	return row.Scan(&h.TenantID, &h.Seq, &h.Floor, &h.Purges, &h.Epoch,
		&h.Usage.Items, &h.Usage.Bytes, &h.Usage.Users, &h.Limits.Items, &h.Limits.Bytes, &h.Limits.UserBytes, &h.Encryption, &h.Schema)
}

// Heads reads the heads of several tenants; unknown ones are absent. No ids means all tenants.
func (s *Store) Heads(ctx context.Context, tenantIDs ...string) ([]models.Head, error) {
	text, args := headSelect, []any{}
	if len(tenantIDs) > 0 {
		text += " WHERE tenant_id IN (?" + strings.Repeat(",?", len(tenantIDs)-1) + ")"
		for _, id := range tenantIDs {
			args = append(args, id)
		}
	}
	rows, err := s.rdb.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, s.fault(err)
	}
	heads, err := scanHeads(rows)
	return heads, s.fault(err)
}

// scanHead is the one head that was asked for.
func scanHead(rows *sql.Rows, err error) (models.Head, error) {
	if err != nil {
		return models.Head{}, err
	}
	heads, err := scanHeads(rows)
	if err == nil && len(heads) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return models.Head{}, err
	}
	return heads[0], nil
}

func scanHeads(rows *sql.Rows) ([]models.Head, error) {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Head
	for rows.Next() {
		var h models.Head
		if err := scanHeadRow(rows, &h); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

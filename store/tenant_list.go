package store

import (
	"context"
	"strings"

	"tidemark/models"
)

// TenantQuery asks for a page of tenants, by slug.
type TenantQuery struct {
	Text  string   // part of the slug or the name; empty: all
	Trash bool     // those in the trash instead of the others
	IDs   []string // of these alone; nil: of all
	After string   // slug of the last one of the page before
	Limit int
}

// How far is counted: one more stands for any number of more.
const (
	MaxListed  = 1_000   // devices of each tenant in a list
	MaxCounted = 100_000 // of each kind that goes with a tenant
)

// TenantPage reads tenants with what a list shows of them. It costs the same however much they keep.
func (s *Store) TenantPage(ctx context.Context, q TenantQuery) ([]models.TenantRow, error) {
	where := " WHERE deleted_at = 0"
	if q.Trash {
		where = " WHERE deleted_at <> 0"
	}
	fits, args := tenantsWith(q.Text)
	if q.IDs != nil {
		if len(q.IDs) == 0 {
			return nil, nil
		}
		in, more := list(nil, q.IDs)
		fits, args = fits+" AND id IN "+in, append(args, more...)
	}
	text := strings.Replace(tenantColumns, " FROM ", ", COALESCE((SELECT at FROM changes c WHERE c.tenant_id = tenants.id AND c.seq = tenant_heads.seq), 0) FROM ", 1)
	scan := func(row scanner, r *models.TenantRow) error {
		return row.Scan(append(tenantFields(&r.Tenant), &r.LastChangeAt)...)
	}
	out, err := scanAll(s.read(ctx), scan, text+where+fits+" AND slug > ? ORDER BY slug LIMIT ?", append(args, q.After, q.Limit)...)
	if err != nil {
		return nil, s.fault(err)
	}
	return out, s.fault(s.countDevices(ctx, out))
}

// countDevices counts all in one question, each up to the bound.
func (s *Store) countDevices(ctx context.Context, rows []models.TenantRow) error {
	if len(rows) == 0 {
		return nil
	}
	var parts []string
	var args []any
	for i := range rows {
		parts = append(parts, "SELECT "+upTo("instances", "tenant_id = ?"))
		args = append(args, rows[i].ID, MaxListed+1)
	}
	counts, err := scanAll(s.read(ctx), func(row scanner, n *int64) error { return row.Scan(n) }, strings.Join(parts, " UNION ALL "), args...)
	for i := range counts {
		rows[i].Devices = counts[i]
	}
	return err
}

// upTo counts rows up to a bound, the last argument.
func upTo(table, where string) string {
	return "(SELECT COUNT(*) FROM (SELECT 1 FROM " + table + " WHERE " + where + " LIMIT ?) AS n)"
}

// CountTenants says how many tenants there are, and how many are in the trash.
func (s *Store) CountTenants(ctx context.Context) (open, trash int64, err error) {
	err = s.read(ctx).Raw("SELECT COUNT(*), COALESCE(SUM(CASE WHEN deleted_at <> 0 THEN 1 ELSE 0 END), 0) FROM tenants").Row().Scan(&open, &trash)
	return open - trash, trash, s.fault(err)
}

// TenantEffect counts what would go with a tenant.
func (s *Store) TenantEffect(ctx context.Context, t models.Tenant) (models.TenantEffect, error) {
	e := models.TenantEffect{Items: t.Usage.Items, Users: t.Usage.Users}
	text := "SELECT " + upTo("api_keys", "tenant_id = ? AND revoked_at = 0") + ", " + upTo("instances", "tenant_id = ?") + ", " + upTo("conflicts", "tenant_id = ?")
	err := s.read(ctx).Raw(text, t.ID, MaxCounted+1, t.ID, MaxCounted+1, t.ID, MaxCounted+1).Row().Scan(&e.Keys, &e.Devices, &e.Conflicts)
	return e, s.fault(err)
}

// TenantExpired reads items of a tenant, of all its users, whose time to live has passed, within the transaction.
func (t *CommitTx) TenantExpired(tenantID string, now int64, limit int) ([]models.Item, error) {
	rows, err := t.tx.QueryContext(t.ctx, itemStateSelect+" WHERE expires_at IS NOT NULL AND expires_at <= ? AND +tenant_id = ? ORDER BY expires_at LIMIT ?", now, tenantID, limit)
	if err != nil {
		return nil, err
	}
	return t.s.scanItems(rows, 0)
}

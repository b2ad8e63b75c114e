package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

// tenantTables are what a tenant's data lies in, and what names a row of each.
// The audit stays, and the tenant itself with its head goes last.
var tenantTables = []struct{ name, key string }{
	{"items", "tenant_id, owner, collection, item_key"},
	{"item_tags", "tenant_id, owner, tag, collection, item_key"},
	{"changes", "tenant_id, seq"},
	{"ops", "tenant_id, user_id, sender, op_id"},
	{"conflicts", "id"},
	{"instances", "tenant_id, user_id, instance_id"},
	{"purged_versions", "tenant_id, bucket"},
	{"tickets", "hash"},
	{"api_key_usage", "tenant_id, key_id, at"},
	{"api_keys", "id"},
	{"api_key_usage", "tenant_id, key_id, at"},
	{"job_errors", "job_id, n"},
	{"job_parts", "job_id, n"},
	{"jobs", "id"},
	{"users", "tenant_id, user_id"},
}

// BeginTenantDelete writes down, with the job that will do it, that a tenant of the
// trash goes for good; from then on it cannot be restored. The effect is for the
// audit. `not_found`, or `stale_edit` when it changed, left the trash or is being deleted already.
func (s *Store) BeginTenantDelete(ctx context.Context, t models.Tenant, j models.Job, e models.TenantEffect) (models.Tenant, error) {
	now, by := clock.Millis(s.clock), authorOf(ctx).Actor
	return s.changeTenant(ctx, tenantChange{
		id: t.ID, version: t.Version, action: "tenant.delete", set: "delete_job = ?", args: []any{j.ID}, where: deletable,
		detail: map[string]any{"slug": t.Slug, "items": e.Items, "users": e.Users, "keys": e.Keys, "devices": e.Devices, "conflicts": e.Conflicts},
		also: func(tx *gorm.DB) error {
			return tx.Exec(`INSERT INTO jobs (id, tenant_id, kind, status, input, done, total, error, actor, created_at, updated_at)
VALUES (?,?,?,?,?,0,?,'',?,?,?)`, j.ID, j.TenantID, j.Kind, string(models.JobOpen), j.Input, j.Total, by, now, now).Error
		},
	})
}

// deletable is in the trash and not being deleted, unless that failed.
const deletable = "deleted_at <> 0 AND (delete_job = '' OR delete_job IN (SELECT id FROM jobs WHERE status = 'failed'))"

// DeleteTenantRows takes away a step of what a tenant keeps, at most so many rows, and says how many; none are left at 0.
func (s *Store) DeleteTenantRows(ctx context.Context, tenantID string, limit int) (n int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		for _, t := range tenantTables {
			text := "DELETE FROM " + t.name + " WHERE tenant_id = ? LIMIT ?"
			if s.dialect.name == "sqlite" {
				text = "DELETE FROM " + t.name + " WHERE (" + t.key + ") IN (SELECT " + t.key + " FROM " + t.name + " WHERE tenant_id = ? LIMIT ?)"
			}
			res := tx.Exec(text, tenantID, limit)
			if n = res.RowsAffected; n > 0 || res.Error != nil {
				return res.Error
			}
		}
		return nil
	})
	return n, err
}

// FinishTenantDelete takes away the tenant itself and ends its job, which then is of no
// tenant. It holds the head: false, with nothing done, when something was written meanwhile.
func (s *Store) FinishTenantDelete(ctx context.Context, tenantID string, j models.Job) (gone bool, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		e := models.AuditEntry{TenantID: tenantID, Action: "tenant.deleted", Object: tenantID, Detail: detail(map[string]any{"rows": j.Done})}
		if gone, err = s.tenantEmpty(tx, tenantID); err != nil {
			return e, err
		}
		if !gone {
			return e, errNotEmpty
		}
		for _, text := range []string{"DELETE FROM tenant_heads WHERE tenant_id = ?", "DELETE FROM tenants WHERE id = ?"} {
			if err := tx.Exec(text, tenantID).Error; err != nil {
				return e, err
			}
		}
		return e, tx.Exec("UPDATE jobs SET status = ?, done = ?, total = ?, updated_at = ? WHERE id = ?",
			string(models.JobDone), j.Done, j.Done, clock.Millis(s.clock), j.ID).Error
	})
	if errors.Is(err, errNotEmpty) {
		return false, nil
	}
	return gone, err
}

var errNotEmpty = errors.New("the tenant still keeps something")

func (s *Store) tenantEmpty(tx *gorm.DB, tenantID string) (bool, error) {
	first := func(row scanner, n *int64) error { return row.Scan(n) }
	if _, err := scanAll(tx, first, "SELECT seq FROM tenant_heads WHERE tenant_id = ?"+s.dialect.forUpdate, tenantID); err != nil {
		return false, err
	}
	for _, t := range tenantTables {
		found, err := scanAll(tx, first, "SELECT 1 FROM "+t.name+" WHERE tenant_id = ? LIMIT 1", tenantID)
		if err != nil || len(found) > 0 {
			return false, err
		}
	}
	return true, nil
}

package store

import (
	"context"
	"encoding/json"
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
	{"reviews", "conflict_id"},
	{"conflicts", "id"},
	{"conflict_policies", "id"},
	{"data_revisions", "tenant_id, table_id, revision"},
	{"data_counters", "tenant_id, table_id, field_id"},
	{"data_fields", "tenant_id, table_id, id"},
	{"data_tables", "tenant_id, id"},
	{"assistants", "tenant_id"},
	{"assistant_uses", "tenant_id, day"},
	{"policy_dismissals", "tenant_id, offer"},
	{"instances", "tenant_id, user_id, instance_id"},
	{"purged_versions", "tenant_id, bucket"},
	{"tickets", "hash"},
	{"api_key_usage", "tenant_id, key_id, at"},
	{"api_keys", "id"},
	{"api_key_requests", "tenant_id, key_id, day, shape"},
	{"api_key_quota", "tenant_id, key_id, span"},
	{"account_tokens", "hash"},
	{"token_families", "id"},
	{"members", "tenant_id, user_id"},
	{"roles", "tenant_id, name"},
	{"job_errors", "job_id, n"},
	{"job_parts", "job_id, n"},
	{"jobs", "id"},
	{"users", "tenant_id, user_id"},
}

// BeginTenantDelete writes down, with the job that will do it, that a tenant of the
// trash goes for good; from then on it cannot be restored. The effect is for the
// audit. `not_found`, or `stale_edit` when it changed, left the trash or is being deleted already.
func (s *Store) BeginTenantDelete(ctx context.Context, t models.Tenant, j models.Job, e models.TenantEffect) (models.Tenant, error) {
	j.Status, j.Actor = models.JobOpen, authorOf(ctx).Actor
	return s.changeTenant(ctx, tenantChange{
		id: t.ID, version: t.Version, action: "tenant.delete", set: "delete_job = ?", args: []any{j.ID}, where: deletable,
		detail: map[string]any{"slug": t.Slug, "items": e.Items, "users": e.Users, "keys": e.Keys, "devices": e.Devices, "conflicts": e.Conflicts},
		also:   func(tx *gorm.DB) error { return tx.Exec(jobInsert, s.jobRow(j)...).Error },
	})
}

// deletable is in the trash and not being deleted, unless that failed or was stopped.
const deletable = "deleted_at <> 0 AND (delete_job = '' OR delete_job IN (SELECT id FROM jobs WHERE status IN ('failed', 'cancelled')))"

// DeleteTenantRows takes away a step of what a tenant keeps, at most so many rows, and gives
// the job that deletes it as it stands then, its Done and State kept in the same transaction.
// It takes nothing away when nothing is left, and when the job is to stop. `not_found` says
// that the job is no longer its node's, or the tenant no longer to be deleted by it.
func (s *Store) DeleteTenantRows(ctx context.Context, tenantID string, j models.Job, limit int) (out models.Job, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		out = j
		if out.Stopping, err = s.deletes(tx, tenantID, j); err != nil || out.Stopping {
			return err
		}
		table, n, err := s.deleteSome(tx, tenantID, limit)
		if err != nil || n == 0 {
			return err
		}
		if out.State, err = countGone(j.State, table, n); err != nil {
			return err
		}
		out.Done += n
		out.Total = max(out.Total, out.Done)
		return s.keepJob(tx, out)
	})
	return out, err
}

// deletes holds a job that its node works on and that deletes the tenant, and says whether it is to stop.
func (s *Store) deletes(tx *gorm.DB, tenantID string, j models.Job) (stopping bool, err error) {
	return scanOne(tx, func(row scanner, b *bool) error { return row.Scan(b) },
		"SELECT stopping FROM jobs WHERE id = ? AND node = ? AND status = ? AND EXISTS (SELECT 1 FROM tenants WHERE id = ? AND delete_job = jobs.id)"+s.dialect.forUpdate,
		j.ID, j.Node, string(models.JobOpen), tenantID)
}

// deleteSome takes rows away from the first table that has any.
func (s *Store) deleteSome(tx *gorm.DB, tenantID string, limit int) (table string, n int64, err error) {
	for _, t := range tenantTables {
		text := "DELETE FROM " + t.name + " WHERE tenant_id = ? LIMIT ?"
		if s.dialect.name == "sqlite" {
			text = "DELETE FROM " + t.name + " WHERE (" + t.key + ") IN (SELECT " + t.key + " FROM " + t.name + " WHERE tenant_id = ? LIMIT ?)"
		}
		res := tx.Exec(text, tenantID, limit)
		if res.RowsAffected > 0 || res.Error != nil {
			return t.name, res.RowsAffected, res.Error
		}
	}
	return "", 0, nil
}

// countGone adds to the rows that are gone, by table.
func countGone(state []byte, table string, n int64) ([]byte, error) {
	gone := map[string]int64{}
	if len(state) > 0 {
		if err := json.Unmarshal(state, &gone); err != nil {
			return nil, err
		}
	}
	gone[table] += n
	return json.Marshal(gone)
}

// FinishTenantDelete takes away the tenant itself and ends its job. It holds the head: false,
// with nothing done, when something was written meanwhile or the job is to stop. `not_found` as
// DeleteTenantRows has it.
func (s *Store) FinishTenantDelete(ctx context.Context, tenantID string, j models.Job) (gone bool, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		e := models.AuditEntry{TenantID: tenantID, Action: "tenant.deleted", Object: tenantID, Detail: detail(map[string]any{"rows": j.Done, "changed": became("tenant", "in the trash", "deleted for good")})}
		stopping, err := s.deletes(tx, tenantID, j)
		if err != nil {
			return e, err
		}
		empty, err := s.tenantEmpty(tx, tenantID)
		if err != nil {
			return e, err
		}
		if stopping || !empty {
			return e, errNotEmpty
		}
		for _, text := range []string{"DELETE FROM tenant_heads WHERE tenant_id = ?", "DELETE FROM tenants WHERE id = ?"} {
			if err := tx.Exec(text, tenantID).Error; err != nil {
				return e, err
			}
		}
		j.Status, j.Total = models.JobDone, j.Done
		if err := s.keepJob(tx, j); err != nil {
			return e, err
		}
		there := e
		there.TenantID = "" // so that the installation's chain says that this one must be there
		return e, s.addAudit(ctx, tx, there)
	})
	if errors.Is(err, errNotEmpty) {
		return false, nil
	}
	return err == nil, err
}

var errNotEmpty = errors.New("the tenant still keeps something")

// StopTenantDelete asks for the end of a deletion; one that is over is `already_resolved`.
func (s *Store) StopTenantDelete(ctx context.Context, tenantID, jobID string) error {
	e := models.AuditEntry{TenantID: tenantID, Action: "tenant.delete_stop", Object: tenantID, Detail: detail(map[string]any{"changed": became("stopping", false, true)})}
	return s.steer(ctx, e, func(tx *gorm.DB) *gorm.DB { return s.stopJob(tx, "", jobID) })
}

// LeaveTenant ends a deletion that was to stop. A tenant of which nothing is gone can be restored from then on.
func (s *Store) LeaveTenant(ctx context.Context, tenantID string, j models.Job) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		e := models.AuditEntry{TenantID: tenantID, Action: "tenant.delete_stopped", Object: tenantID, Detail: detail(map[string]any{"rows": j.Done, "changed": became("deletion", models.JobOpen, models.JobCancelled)})}
		j.Status = models.JobCancelled
		if err := s.keepJob(tx, j); err != nil || j.Done > 0 {
			return e, err
		}
		return e, tx.Exec("UPDATE tenants SET delete_job = '', version = version + 1, updated_at = ? WHERE id = ? AND delete_job = ?",
			clock.Millis(s.clock), tenantID, j.ID).Error
	})
}

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

package store

import (
	"context"
	"encoding/json"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// tenantChange is a change of a tenant, made against a version of it.
type tenantChange struct {
	id      string
	version int64
	action  string         // in the audit
	detail  map[string]any // in the audit, beside the new version
	set     string         // columns, with their values in args
	args    []any
	where   string // what must hold beside the version; empty: it is not in the trash
	also    func(tx *gorm.DB) error
}

// changeTenant makes a change with its audit row: `not_found`, or `stale_edit`
// when the version is no longer the tenant's.
func (s *Store) changeTenant(ctx context.Context, c tenantChange) (out models.Tenant, err error) {
	if c.where == "" {
		c.where = "deleted_at = 0"
	}
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := scanOne(tx, scanTenant, tenantColumns+" WHERE id = ?", c.id)
		if err != nil {
			return models.AuditEntry{}, err
		}
		args := append(append([]any{}, c.args...), clock.Millis(s.clock), c.id, c.version)
		res := tx.Exec("UPDATE tenants SET "+c.set+", version = version + 1, updated_at = ? WHERE id = ? AND version = ? AND "+c.where, args...)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		if c.also != nil && res.RowsAffected > 0 {
			if err := c.also(tx); err != nil {
				return models.AuditEntry{}, err
			}
		}
		if out, err = scanOne(tx, scanTenant, tenantColumns+" WHERE id = ?", c.id); err != nil {
			return models.AuditEntry{}, err
		}
		if res.RowsAffected == 0 {
			return models.AuditEntry{}, errStale()
		}
		return tenantAudit(was, out, c.action, c.detail), nil
	})
	return out, err
}

func tenantAudit(was, t models.Tenant, action string, more map[string]any) models.AuditEntry {
	changed := tenantChanges(was, t)
	if was.ID == "" {
		changed = fresh(changed)
	}
	d := map[string]any{"version": t.Version, "changed": changed}
	for k, v := range more {
		d[k] = v
	}
	return models.AuditEntry{TenantID: t.ID, Action: action, Object: t.ID, Detail: detail(d)}
}

// SetTenantSuspended shuts a tenant out, or lets it in again: `not_found`, or
// `stale_edit` when the version is no longer the tenant's.
func (s *Store) SetTenantSuspended(ctx context.Context, id string, suspended bool, version int64) (models.Tenant, error) {
	action := "tenant.resume"
	if suspended {
		action = "tenant.suspend"
	}
	return s.changeTenant(ctx, tenantChange{id: id, version: version, action: action, set: "suspended = ?", args: []any{asInt(suspended)}})
}

// TrashTenant moves a tenant to the trash: it is shut out, and keeps its data and its slug. `not_found`, `stale_edit`.
func (s *Store) TrashTenant(ctx context.Context, id string, version int64) (models.Tenant, error) {
	return s.changeTenant(ctx, tenantChange{id: id, version: version, action: "tenant.trash", set: "deleted_at = ?", args: []any{clock.Millis(s.clock)}})
}

// RestoreTenant takes a tenant out of the trash as it was, unless it is being deleted for good: `not_found`, `stale_edit`.
func (s *Store) RestoreTenant(ctx context.Context, id string, version int64) (models.Tenant, error) {
	return s.changeTenant(ctx, tenantChange{id: id, version: version, action: "tenant.restore", set: "deleted_at = 0", where: inTrash})
}

const inTrash = "deleted_at <> 0 AND delete_job = ''"

// EditTenant changes a tenant's name, strategy, retention, limits and restrictions, against the
// version it carries: `not_found`, `stale_edit`, or `invalid`, which names the field. Restrictions are as access tidied them.
// Limits count from the next write on, whatever a committer remembers.
func (s *Store) EditTenant(ctx context.Context, t models.Tenant) (models.Tenant, error) {
	before, err := s.TenantByID(ctx, t.ID)
	if err != nil {
		return models.Tenant{}, err
	}
	assistant, err := s.Assistant(ctx, t.ID)
	if err != nil {
		return models.Tenant{}, err
	}
	t.Slug, t.Name = before.Slug, strings.TrimSpace(t.Name)
	t.Assisted = assistant.Enabled || before.Strategy == models.StrategyAssisted // who opted out since may leave it
	if err := checkTenant(t); err != nil {
		return models.Tenant{}, err
	}
	if before.Version != t.Version {
		return models.Tenant{}, errStale()
	}
	if len(differences(before, t)) == 0 {
		return before, nil
	}
	from, err := storedRestrictions(t.From)
	if err != nil {
		return models.Tenant{}, err
	}
	return s.changeTenant(ctx, tenantChange{
		id: t.ID, version: t.Version, action: "tenant.edit",
		set: "name = ?, strategy = ?, retention_days = ?, restrictions = ?", args: []any{t.Name, string(t.Strategy), t.RetentionDays, from},
		also: func(tx *gorm.DB) error { return setLimits(tx, before, t) },
	})
}

// setLimits makes committers read the head again, and with it the limits.
func setLimits(tx *gorm.DB, before, t models.Tenant) error {
	if before.Limits == t.Limits {
		return nil
	}
	return tx.Exec("UPDATE tenant_heads SET max_items = ?, max_bytes = ?, max_user_bytes = ?, purges = purges + 1 WHERE tenant_id = ?",
		t.Limits.Items, t.Limits.Bytes, t.Limits.UserBytes, t.ID).Error
}

// differences are the fields of an edit that are not as they were.
func differences(was, is models.Tenant) []models.FieldChange {
	var out []models.FieldChange
	note := func(field string, from, to any) {
		if from != to {
			out = append(out, models.FieldChange{Field: field, From: from, To: to})
		}
	}
	note("name", was.Name, is.Name)
	note("strategy", string(was.Strategy), string(is.Strategy))
	note("retentionDays", was.RetentionDays, is.RetentionDays)
	note("maxItems", was.Limits.Items, is.Limits.Items)
	note("maxBytes", was.Limits.Bytes, is.Limits.Bytes)
	note("maxUserBytes", was.Limits.UserBytes, is.Limits.UserBytes)
	return append(out, restrictionDifferences(was.From, is.From)...)
}

const historyRows = 20

// TenantChanges reads from the audit what was done to a tenant after a version of it, newest first.
func (s *Store) TenantChanges(ctx context.Context, id string, after int64) ([]models.TenantChange, error) {
	entries, err := scanAll(s.read(ctx), scanAudit, auditSelect+` WHERE tenant_id = ? AND object = ? AND action LIKE 'tenant.%' AND action <> 'tenant.view' ORDER BY id DESC LIMIT ?`, id, id, historyRows)
	if err != nil {
		return nil, s.fault(err)
	}
	var out []models.TenantChange
	for _, e := range entries {
		c := models.TenantChange{Actor: e.Actor, Action: strings.TrimPrefix(e.Action, "tenant."), At: e.At}
		if json.Unmarshal(e.Detail, &c) == nil && c.Version > after {
			out = append(out, c)
		}
	}
	return out, nil
}

func errStale() error {
	return fault.New(fault.StaleEdit, "Somebody changed this in the meantime. Look at it again.")
}

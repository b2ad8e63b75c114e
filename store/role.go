package store

import (
	"context"
	"reflect"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const roleSelect = `SELECT tenant_id, name, title, grants, fields, mfa, version, created_at, updated_at, deleted_at FROM roles`

func scanRole(row scanner, r *models.Role) error {
	return row.Scan(&r.TenantID, &r.Name, &r.Title, jsonOf(&r.Grants), jsonOf(&r.Fields), &r.MFA, &r.Version, &r.CreatedAt, &r.UpdatedAt, &r.DeletedAt)
}

// Roles reads the roles that a tenant has made for itself, by name; with trash also those it deleted.
func (s *Store) Roles(ctx context.Context, tenantID string, trash bool) ([]models.Role, error) {
	out, err := scanAll(s.read(ctx), scanRole, roleSelect+" WHERE tenant_id = ? AND (deleted_at = 0 OR ? = 1) ORDER BY name", tenantID, asInt(trash))
	return out, s.fault(err)
}

// AddRole adds a role: `invalid` names a field that will not do, as does a name that is taken.
func (s *Store) AddRole(ctx context.Context, r models.Role) (models.Role, error) {
	if err := checkRole(r); err != nil {
		return r, err
	}
	now := clock.Millis(s.clock)
	r.Version, r.CreatedAt, r.UpdatedAt, r.DeletedAt = 1, now, now, 0
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		return roleAudit(models.Role{}, r, "role.create"), tx.Exec("INSERT INTO roles (tenant_id, name, title, grants, fields, mfa, version, created_at, updated_at, deleted_at) VALUES (?,?,?,?,?,?,1,?,?,0)",
			r.TenantID, r.Name, r.Title, asJSON(r.Grants), asJSON(r.Fields), asInt(r.MFA), now, now).Error
	})
	if s.Duplicate(err) {
		return r, fault.OfField("name", "taken", "is that of another role, or of one in the trash")
	}
	return r, s.fault(err)
}

// EditRole changes what a role gives, against the version it carries: `stale_edit`, `not_found`, `invalid`.
func (s *Store) EditRole(ctx context.Context, r models.Role) (models.Role, error) {
	if err := checkRole(r); err != nil {
		return r, err
	}
	return s.changeRole(ctx, r, "role.edit", func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE roles SET title = ?, grants = ?, fields = ?, mfa = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND name = ? AND version = ? AND deleted_at = 0",
			r.Title, asJSON(r.Grants), asJSON(r.Fields), asInt(r.MFA), clock.Millis(s.clock), r.TenantID, r.Name, r.Version)
	})
}

// DeleteRole moves a role to the trash; who holds it is a member without rights until it is restored or they get another. Faults as EditRole's.
func (s *Store) DeleteRole(ctx context.Context, r models.Role) (models.Role, error) {
	now := clock.Millis(s.clock)
	return s.changeRole(ctx, r, "role.delete", func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE roles SET deleted_at = ?, version = version + 1, updated_at = ? WHERE tenant_id = ? AND name = ? AND version = ? AND deleted_at = 0", now, now, r.TenantID, r.Name, r.Version)
	})
}

// RestoreRole takes a role out of the trash. Faults as EditRole's.
func (s *Store) RestoreRole(ctx context.Context, r models.Role) (models.Role, error) {
	return s.changeRole(ctx, r, "role.restore", func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE roles SET deleted_at = 0, version = version + 1, updated_at = ? WHERE tenant_id = ? AND name = ? AND version = ? AND deleted_at <> 0", clock.Millis(s.clock), r.TenantID, r.Name, r.Version)
	})
}

func (s *Store) changeRole(ctx context.Context, r models.Role, action string, change func(tx *gorm.DB) *gorm.DB) (out models.Role, err error) {
	const one = roleSelect + " WHERE tenant_id = ? AND name = ?"
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := scanOne(tx, scanRole, one, r.TenantID, r.Name)
		if err != nil {
			return models.AuditEntry{}, err
		}
		if err := changedNow(change(tx)); err != nil {
			return models.AuditEntry{}, err
		}
		out, err = scanOne(tx, scanRole, one, r.TenantID, r.Name)
		return roleAudit(was, out, action), err
	})
	return out, s.fault(err)
}

// changedNow is `stale_edit` when a change against a version met no row.
func changedNow(res *gorm.DB) error {
	if res.Error == nil && res.RowsAffected != 1 {
		return errStale()
	}
	return res.Error
}

func checkRole(r models.Role) error {
	switch {
	case !roleForm.MatchString(r.Name):
		return fault.OfField("name", "format", "must be 1 to 63 of a-z, 0-9 and -, and begin with a letter")
	case !plainText(r.Title):
		return fault.OfField("title", "format", "must be 1 to %d characters without line breaks", maxNameLen)
	}
	return nil
}

func roleAudit(was, is models.Role, action string) models.AuditEntry {
	var changed []models.FieldChange
	note := func(field string, from, to any) {
		if !reflect.DeepEqual(from, to) {
			changed = append(changed, models.FieldChange{Field: field, From: from, To: to})
		}
	}
	note("title", was.Title, is.Title)
	note("grants", was.Grants, is.Grants)
	note("fields", was.Fields, is.Fields)
	note("mfa", was.MFA, is.MFA)
	note("deleted", was.DeletedAt != 0, is.DeletedAt != 0)
	if was.Name == "" {
		changed = fresh(changed)
	}
	return models.AuditEntry{TenantID: is.TenantID, Action: action, Object: is.Name, Detail: detail(map[string]any{"version": is.Version, "changed": changed})}
}

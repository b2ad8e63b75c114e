package store

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	defaultRetentionDays = 30
	maxRetentionDays     = 3650
	maxNameLen           = 200 // characters of a name people read
)

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const tenantSelect = `SELECT id, slug, name, suspended, strategy, retention_days, version, created_at, updated_at, deleted_at
FROM tenants WHERE deleted_at = 0`

func scanTenant(row scanner, t *models.Tenant) error {
	return row.Scan(&t.ID, &t.Slug, &t.Name, &t.Suspended, &t.Strategy, &t.RetentionDays, &t.Version, &t.CreatedAt, &t.UpdatedAt, &t.DeletedAt)
}

// Tenants reads all tenants, by slug.
func (s *Store) Tenants(ctx context.Context) ([]models.Tenant, error) {
	out, err := scanAll(s.read(ctx), scanTenant, tenantSelect+" ORDER BY slug")
	return out, s.fault(err)
}

// TenantBySlug reads a tenant; unknown is `not_found`.
func (s *Store) TenantBySlug(ctx context.Context, slug string) (models.Tenant, error) {
	t, err := scanOne(s.read(ctx), scanTenant, tenantSelect+" AND slug = ?", slug)
	return t, s.fault(err)
}

// TenantByID reads a tenant; unknown is `not_found`.
func (s *Store) TenantByID(ctx context.Context, id string) (models.Tenant, error) {
	t, err := scanOne(s.read(ctx), scanTenant, tenantSelect+" AND id = ?", id)
	return t, s.fault(err)
}

// CreateTenant adds a tenant and the head of its log, and fills in what was left
// empty: the id, the name (its slug) and the retention (30 days). `invalid` names a field that will not do.
func (s *Store) CreateTenant(ctx context.Context, t models.Tenant) (models.Tenant, error) {
	if t.Name = strings.TrimSpace(t.Name); t.Name == "" {
		t.Name = t.Slug
	}
	if t.RetentionDays == 0 {
		t.RetentionDays = defaultRetentionDays
	}
	if err := checkTenant(t); err != nil {
		return models.Tenant{}, err
	}
	now := clock.Millis(s.clock)
	t.ID, t.Version, t.CreatedAt, t.UpdatedAt, t.DeletedAt = clock.NewID(s.clock), 1, now, now, 0
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		e := models.AuditEntry{TenantID: t.ID, Action: "tenant.create", Object: t.ID, Detail: detail(map[string]any{"slug": t.Slug, "name": t.Name})}
		return e, s.insertTenant(tx, t)
	})
	if s.Duplicate(err) {
		return models.Tenant{}, fault.OfField("slug", "taken", "is taken by another tenant")
	}
	if err != nil {
		return models.Tenant{}, err
	}
	return t, nil
}

func (s *Store) insertTenant(tx *gorm.DB, t models.Tenant) error {
	err := tx.Exec(`INSERT INTO tenants (id, slug, name, suspended, strategy, retention_days, version, created_at, updated_at, deleted_at)
VALUES (?,?,?,?,?,?,?,?,?,0)`, t.ID, t.Slug, t.Name, asInt(t.Suspended), string(t.Strategy), t.RetentionDays, t.Version, t.CreatedAt, t.UpdatedAt).Error
	if err != nil {
		return err
	}
	return tx.Exec("INSERT INTO tenant_heads (tenant_id, seq, floor, epoch) VALUES (?,0,0,?)", t.ID, clock.NewID(s.clock)).Error
}

func checkTenant(t models.Tenant) error {
	switch {
	case !slugForm.MatchString(t.Slug):
		return fault.OfField("slug", "format", "must be 1 to 63 of a-z, 0-9 and -, and not begin or end with -")
	case !plainText(t.Name):
		return fault.OfField("name", "format", "must be 1 to %d characters without line breaks", maxNameLen)
	case t.Strategy != models.StrategyNone && t.Strategy != models.StrategyLWW && t.Strategy != models.StrategyFWW:
		return fault.OfField("strategy", "known", "must be LAST_WRITE_WINS, FIRST_WRITE_WINS or empty")
	case t.RetentionDays < 1 || t.RetentionDays > maxRetentionDays:
		return fault.OfField("retentionDays", "range", "must be 1 to %d", maxRetentionDays)
	}
	return nil
}

// plainText says whether a name that people read will do.
func plainText(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= maxNameLen && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// SetTenantSuspended shuts a tenant out, or lets it in again: `not_found`, or
// `stale_edit` when the version is no longer the tenant's.
func (s *Store) SetTenantSuspended(ctx context.Context, id string, suspended bool, version int64) (models.Tenant, error) {
	var out models.Tenant
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		res := tx.Exec("UPDATE tenants SET suspended = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ? AND deleted_at = 0",
			asInt(suspended), clock.Millis(s.clock), id, version)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		var err error
		if out, err = scanOne(tx, scanTenant, tenantSelect+" AND id = ?", id); err != nil {
			return models.AuditEntry{}, err
		}
		if res.RowsAffected == 0 {
			return models.AuditEntry{}, errStale()
		}
		action := "tenant.resume"
		if suspended {
			action = "tenant.suspend"
		}
		return models.AuditEntry{TenantID: id, Action: action, Object: id}, nil
	})
	return out, err
}

func errStale() error {
	return fault.New(fault.StaleEdit, "Somebody changed this in the meantime. Look at it again.")
}

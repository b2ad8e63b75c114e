package store

import (
	"context"
	"regexp"
	"slices"
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
	maxTenantLimit       = 1 << 50
	maxNameLen           = 200 // characters of a name people read
)

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const tenantColumns = `SELECT id, slug, name, suspended, strategy, retention_days, version, created_at, updated_at, deleted_at, delete_job,
restrictions, max_items, max_bytes, max_user_bytes, items, bytes, users, registration, mfa_roles FROM tenants JOIN tenant_heads ON tenant_id = id`

const tenantSelect = tenantColumns + " WHERE deleted_at = 0"

func tenantFields(t *models.Tenant) []any {
	return []any{
		&t.ID, &t.Slug, &t.Name, &t.Suspended, &t.Strategy, &t.RetentionDays, &t.Version, &t.CreatedAt, &t.UpdatedAt, &t.DeletedAt, &t.DeleteJob,
		(*restrictions)(&t.From), &t.Limits.Items, &t.Limits.Bytes, &t.Limits.UserBytes, &t.Usage.Items, &t.Usage.Bytes, &t.Usage.Users, &t.Registration, jsonOf(&t.MFARoles),
	}
}

func scanTenant(row scanner, t *models.Tenant) error { return row.Scan(tenantFields(t)...) }

// Tenants reads all tenants but those in the trash, by slug.
func (s *Store) Tenants(ctx context.Context) ([]models.Tenant, error) {
	out, err := scanAll(s.read(ctx), scanTenant, tenantSelect+" ORDER BY slug")
	return out, s.fault(err)
}

// TenantBySlug reads a tenant; unknown, or in the trash, is `not_found`.
func (s *Store) TenantBySlug(ctx context.Context, slug string) (models.Tenant, error) {
	t, err := scanOne(s.read(ctx), scanTenant, tenantSelect+" AND slug = ?", slug)
	return t, s.fault(err)
}

// TenantByID reads a tenant; unknown, or in the trash, is `not_found`.
func (s *Store) TenantByID(ctx context.Context, id string) (models.Tenant, error) {
	t, err := scanOne(s.read(ctx), scanTenant, tenantSelect+" AND id = ?", id)
	return t, s.fault(err)
}

// TenantNamed reads the tenant with the id or the slug, which cannot be alike, also from the trash; unknown is `not_found`.
func (s *Store) TenantNamed(ctx context.Context, name string) (models.Tenant, error) {
	t, err := scanOne(s.read(ctx), scanTenant, tenantColumns+" WHERE id = ? OR slug = ?", name, name)
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
	t.ID, t.Version, t.CreatedAt, t.UpdatedAt = clock.NewID(s.clock), 1, now, now
	t.DeletedAt, t.DeleteJob, t.Usage = 0, "", models.Usage{}
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		e := tenantAudit(models.Tenant{}, t, "tenant.create", map[string]any{"slug": t.Slug})
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
	from, err := storedRestrictions(t.From)
	if err != nil {
		return err
	}
	err = tx.Exec(`INSERT INTO tenants (id, slug, name, suspended, strategy, retention_days, restrictions, version, created_at, updated_at, deleted_at)
VALUES (?,?,?,?,?,?,?,?,?,?,0)`, t.ID, t.Slug, t.Name, asInt(t.Suspended), string(t.Strategy), t.RetentionDays, from, t.Version, t.CreatedAt, t.UpdatedAt).Error
	if err != nil {
		return err
	}
	return tx.Exec("INSERT INTO tenant_heads (tenant_id, seq, floor, epoch, max_items, max_bytes, max_user_bytes) VALUES (?,0,0,?,?,?,?)",
		t.ID, clock.NewID(s.clock), t.Limits.Items, t.Limits.Bytes, t.Limits.UserBytes).Error
}

func checkTenant(t models.Tenant) error {
	switch {
	case !slugForm.MatchString(t.Slug):
		return fault.OfField("slug", "format", "must be 1 to 63 of a-z, 0-9 and -, and not begin or end with -")
	case !plainText(t.Name):
		return fault.OfField("name", "format", "must be 1 to %d characters without line breaks", maxNameLen)
	case t.Strategy == models.StrategyAssisted && !t.Assisted:
		return fault.OfField("strategy", "opt_in", "may be AI_ASSISTED only when the tenant has opted in to the assistant")
	case t.Strategy != models.StrategyNone && t.Strategy != models.StrategyAssisted && !slices.Contains(models.Strategies, t.Strategy):
		return fault.OfField("strategy", "known", "must be LAST_WRITE_WINS, FIRST_WRITE_WINS, MERGE, AI_ASSISTED or empty")
	case t.RetentionDays < 1 || t.RetentionDays > maxRetentionDays:
		return fault.OfField("retentionDays", "range", "must be 1 to %d", maxRetentionDays)
	}
	return checkLimits(t.Limits)
}

func checkLimits(l models.TenantLimits) error {
	for _, f := range []struct {
		name  string
		limit int64
	}{{"maxItems", l.Items}, {"maxBytes", l.Bytes}, {"maxUserBytes", l.UserBytes}} {
		if f.limit < 0 || f.limit > maxTenantLimit {
			return fault.OfField(f.name, "range", "must be 0 to %d", int64(maxTenantLimit))
		}
	}
	return nil
}

// plainText says whether a name that people read will do.
func plainText(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= maxNameLen && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

package store

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Bounds of a tenant's policies and of one of them.
const (
	maxPolicies    = 200
	maxPolicyKey   = 512
	maxPolicyPath  = 512
	maxPolicyDepth = 64
)

const policyColumns = "id, tenant_id, collection, pattern, path, strategy, fallback, kind, threshold, version, created_at, updated_at, deleted_at"

const policySelect = "SELECT " + policyColumns + " FROM conflict_policies"

func scanPolicy(row scanner, p *models.ConflictPolicy) error {
	return row.Scan(&p.ID, &p.TenantID, &p.Collection, &p.Pattern, &p.Path, &p.Strategy, &p.Fallback, &p.Kind, &p.Threshold, &p.Version, &p.CreatedAt, &p.UpdatedAt, &p.DeletedAt)
}

// Policies reads a tenant's policies for conflicts, the oldest first, without those in the trash.
func (s *Store) Policies(ctx context.Context, tenantID string) ([]models.ConflictPolicy, error) {
	out, err := scanAll(s.read(ctx), scanPolicy, policySelect+" WHERE tenant_id = ? AND deleted_at = 0 ORDER BY id", tenantID)
	return out, s.fault(err)
}

// PolicyTrash reads a tenant's policies that were deleted, the last one first.
func (s *Store) PolicyTrash(ctx context.Context, tenantID string) ([]models.ConflictPolicy, error) {
	out, err := scanAll(s.read(ctx), scanPolicy, policySelect+" WHERE tenant_id = ? AND deleted_at <> 0 ORDER BY deleted_at DESC, id DESC", tenantID)
	return out, s.fault(err)
}

// AddPolicy makes a policy: `invalid`, which names the field, also where there is one for the same keys and path.
func (s *Store) AddPolicy(ctx context.Context, p models.ConflictPolicy) (models.ConflictPolicy, error) {
	if err := checkPolicy(p); err != nil {
		return p, err
	}
	p.ID, p.Version, p.CreatedAt = clock.NewID(s.clock), 1, clock.Millis(s.clock)
	p.UpdatedAt, p.DeletedAt = p.CreatedAt, 0
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		if err := roomForPolicy(tx, p.TenantID); err != nil {
			return models.AuditEntry{}, err
		}
		err := tx.Exec("INSERT INTO conflict_policies ("+policyColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,0)", p.ID, p.TenantID, p.Collection, p.Pattern, p.Path,
			string(p.Strategy), string(p.Fallback), string(p.Kind), p.Threshold, p.Version, p.CreatedAt, p.UpdatedAt).Error
		return policyAudit(models.ConflictPolicy{}, p, "policy.create"), err
	})
	return p, s.samePolicy(err)
}

// roomForPolicy says whether a tenant may have one more.
func roomForPolicy(tx *gorm.DB, tenantID string) error {
	var n int
	err := tx.Raw("SELECT COUNT(*) FROM conflict_policies WHERE tenant_id = ? AND deleted_at = 0", tenantID).Row().Scan(&n)
	if err == nil && n >= maxPolicies {
		err = fault.OfField("policy", "max", "must be one of at most %d of a tenant", maxPolicies)
	}
	return err
}

// EditPolicy changes a policy against the version it carries: `not_found`, `stale_edit`, or `invalid`, which names the field.
func (s *Store) EditPolicy(ctx context.Context, p models.ConflictPolicy) (models.ConflictPolicy, error) {
	if err := checkPolicy(p); err != nil {
		return p, err
	}
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := policyIn(tx, p)
		if err != nil {
			return models.AuditEntry{}, err
		}
		p.UpdatedAt = clock.Millis(s.clock)
		res := tx.Exec(`UPDATE conflict_policies SET collection = ?, pattern = ?, path = ?, strategy = ?, fallback = ?, kind = ?, threshold = ?, updated_at = ?, version = version + 1
WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at = 0`, p.Collection, p.Pattern, p.Path, string(p.Strategy), string(p.Fallback), string(p.Kind), p.Threshold, p.UpdatedAt, p.TenantID, p.ID, p.Version)
		if err := policyDone(tx, res, p); err != nil {
			return models.AuditEntry{}, err
		}
		p.Version++
		return policyAudit(was, p, "policy.edit"), nil
	})
	return p, s.samePolicy(err)
}

// DeletePolicy moves a policy to the trash, at a version of it: it settles nothing there. `not_found`, `stale_edit`. The trash
// keeps as many as a tenant may have; the oldest go for good.
func (s *Store) DeletePolicy(ctx context.Context, p models.ConflictPolicy) (out models.ConflictPolicy, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := policyIn(tx, p)
		if err != nil {
			return models.AuditEntry{}, err
		}
		now := clock.Millis(s.clock)
		res := tx.Exec("UPDATE conflict_policies SET deleted_at = ?, trash = id, version = version + 1 WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at = 0", now, p.TenantID, p.ID, p.Version)
		if err := policyDone(tx, res, p); err != nil {
			return models.AuditEntry{}, err
		}
		out = was
		out.DeletedAt, out.Version = now, was.Version+1
		return policyAudit(was, models.ConflictPolicy{}, "policy.delete"), tidyPolicies(tx, p.TenantID)
	})
	return out, s.fault(err)
}

// tidyPolicies keeps the trash as long as it may be.
func tidyPolicies(tx *gorm.DB, tenantID string) error {
	ids, err := scanAll(tx, func(row scanner, id *string) error { return row.Scan(id) },
		"SELECT id FROM conflict_policies WHERE tenant_id = ? AND deleted_at <> 0 ORDER BY deleted_at DESC, id DESC LIMIT ? OFFSET ?", tenantID, maxPolicies, maxPolicies)
	if err != nil || len(ids) == 0 {
		return err
	}
	in, args := list([]any{tenantID}, ids)
	return tx.Exec("DELETE FROM conflict_policies WHERE tenant_id = ? AND id IN "+in, args...).Error
}

// RestorePolicy takes a policy out of the trash, at a version of it: `not_found`, `stale_edit`, or `already_exists` when there
// is one for the same keys and path meanwhile.
func (s *Store) RestorePolicy(ctx context.Context, p models.ConflictPolicy) (out models.ConflictPolicy, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		if _, err := trashedPolicy(tx, p); err != nil {
			return models.AuditEntry{}, err
		}
		if err := roomForPolicy(tx, p.TenantID); err != nil {
			return models.AuditEntry{}, err
		}
		res := tx.Exec("UPDATE conflict_policies SET deleted_at = 0, trash = '', version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ? AND deleted_at <> 0",
			clock.Millis(s.clock), p.TenantID, p.ID, p.Version)
		if err := changedNow(res); err != nil {
			return models.AuditEntry{}, err
		}
		out, err = policyIn(tx, p)
		return policyAudit(models.ConflictPolicy{}, out, "policy.restore"), err
	})
	if s.Duplicate(err) {
		return out, fault.New(fault.AlreadyExists, "A policy for the same keys was made meanwhile. Delete that one first, or leave this one in the trash.")
	}
	return out, s.fault(err)
}

// policyDone tells why a change of a policy did nothing, if it did nothing.
func policyDone(tx, res *gorm.DB, p models.ConflictPolicy) error {
	if res.Error != nil || res.RowsAffected > 0 {
		return res.Error
	}
	if _, err := policyIn(tx, p); err != nil {
		return err
	}
	return errStale()
}

func policyIn(tx *gorm.DB, p models.ConflictPolicy) (models.ConflictPolicy, error) {
	return scanOne(tx, scanPolicy, policySelect+" WHERE tenant_id = ? AND id = ? AND deleted_at = 0", p.TenantID, p.ID)
}

func trashedPolicy(tx *gorm.DB, p models.ConflictPolicy) (models.ConflictPolicy, error) {
	return scanOne(tx, scanPolicy, policySelect+" WHERE tenant_id = ? AND id = ? AND deleted_at <> 0", p.TenantID, p.ID)
}

func policyAudit(was, is models.ConflictPolicy, action string) models.AuditEntry {
	p := is
	if p.ID == "" {
		p = was
	}
	return models.AuditEntry{TenantID: p.TenantID, Action: action, Object: p.ID, Detail: detail(map[string]any{
		"collection": p.Collection, "pattern": p.Pattern, "path": p.Path, "strategy": string(p.Strategy), "fallback": string(p.Fallback), "kind": string(p.Kind), "threshold": p.Threshold, "version": p.Version,
		"changed": changes(policyFields(was), policyFields(is)),
	})}
}

func (s *Store) samePolicy(err error) error {
	if s.Duplicate(err) {
		return samePolicy()
	}
	return s.fault(err)
}

// CheckPolicy says what is wrong with a policy that is to be beside others, before it is saved: `invalid`, which names the field.
func CheckPolicy(p models.ConflictPolicy, others []models.ConflictPolicy) error {
	if err := checkPolicy(p); err != nil {
		return err
	}
	for i := range others {
		if o := &others[i]; o.ID != p.ID && o.Collection == p.Collection && o.Pattern == p.Pattern && o.Path == p.Path {
			return samePolicy()
		}
	}
	return nil
}

func samePolicy() error {
	return fault.OfField("pattern", "unique", "must differ from those of other policies: there is one for these keys")
}

func checkPolicy(p models.ConflictPolicy) error {
	switch {
	case len(p.Collection) > 64 || !plainOrEmpty(p.Collection):
		return fault.OfField("collection", "format", "must be a collection, or empty for all")
	case len(p.Pattern) > maxPolicyKey || !plainOrEmpty(p.Pattern) || strings.Contains(strings.TrimSuffix(p.Pattern, "*"), "*"):
		return fault.OfField("pattern", "format", "must be a key of at most %d bytes, with * only as the last character", maxPolicyKey)
	case p.Path == "":
		return checkItemPolicy(p)
	}
	return checkFieldPolicy(p)
}

func checkItemPolicy(p models.ConflictPolicy) error {
	switch {
	case !slices.Contains(models.PolicyStrategies, p.Strategy):
		return fault.OfField("strategy", "known", "must be one of LAST_WRITE_WINS, FIRST_WRITE_WINS, MERGE, AI_ASSISTED and MANUAL")
	case p.Threshold < 0 || p.Threshold > 100 || p.Threshold > 0 && p.Strategy != models.StrategyAssisted:
		return fault.OfField("threshold", "range", "must be a percentage from 0 to 100, and goes with AI_ASSISTED alone")
	case p.Fallback != models.StrategyNone && p.Strategy != models.StrategyMerge:
		return fault.OfField("fallback", "only", "goes with MERGE alone")
	case !settles(p.Fallback):
		return fault.OfField("fallback", "known", "must be LAST_WRITE_WINS, FIRST_WRITE_WINS, MANUAL or empty")
	case p.Kind != "":
		return fault.OfField("kind", "only", "goes with a path alone")
	}
	return nil
}

func checkFieldPolicy(p models.ConflictPolicy) error {
	switch {
	case len(p.Path) > maxPolicyPath || p.Path[0] != '/' || strings.Count(p.Path, "/") > maxPolicyDepth || !plainOrEmpty(p.Path):
		return fault.OfField("path", "format", "must be a JSON pointer such as /total, of at most %d bytes", maxPolicyPath)
	case p.Kind != "" && !slices.Contains(models.MergeKinds, p.Kind):
		return fault.OfField("kind", "known", "must be register, counter, set, list, text, rows, flag or empty")
	case !settles(p.Strategy):
		return fault.OfField("strategy", "known", "must be LAST_WRITE_WINS, FIRST_WRITE_WINS, MANUAL or empty")
	case p.Kind == "" && p.Strategy == models.StrategyNone:
		return fault.OfField("kind", "required", "must be there, or a strategy")
	case p.Fallback != models.StrategyNone:
		return fault.OfField("fallback", "only", "goes with an item alone")
	case p.Threshold != 0:
		return fault.OfField("threshold", "only", "goes with an item alone")
	}
	return nil
}

// plainOrEmpty says whether a name, if there is one, has nothing in it that names may not have.
func plainOrEmpty(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// settles says whether a strategy can settle what a merge could not.
func settles(s models.Strategy) bool {
	return s == models.StrategyNone || s == models.StrategyManual || s == models.StrategyLWW || s == models.StrategyFWW
}

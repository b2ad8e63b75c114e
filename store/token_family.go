package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	familySelect = `SELECT id, tenant_id, account_id, user_id, instance_id, generation, address, user_agent, created_at, seen_at, expires_at, revoked_at FROM token_families`
	maxFamilies  = 200 // of an account, in a list
)

func scanFamily(row scanner, f *models.TokenFamily) error {
	return row.Scan(&f.ID, &f.TenantID, &f.AccountID, &f.UserID, &f.InstanceID, &f.Generation, &f.Address, &f.UserAgent, &f.CreatedAt, &f.SeenAt, &f.ExpiresAt, &f.RevokedAt)
}

// AddTokenFamily notes that an app signed in, and fills in the id and times.
func (s *Store) AddTokenFamily(ctx context.Context, f models.TokenFamily) (models.TokenFamily, error) {
	now := clock.Millis(s.clock)
	f.ID, f.Generation, f.CreatedAt, f.SeenAt, f.RevokedAt = clock.NewID(s.clock), 1, now, now, 0
	f.UserAgent = clipAgent(f.UserAgent)
	err := s.write(ctx, func(tx *gorm.DB) error {
		err := tx.Exec("INSERT INTO token_families (id, tenant_id, account_id, user_id, instance_id, generation, address, user_agent, created_at, seen_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			f.ID, f.TenantID, f.AccountID, f.UserID, f.InstanceID, f.Generation, f.Address, f.UserAgent, f.CreatedAt, f.SeenAt, f.ExpiresAt).Error
		if err != nil {
			return err
		}
		return s.addAudit(ctx, tx, familyAudit(f, "token.issue", changes(nil, familyFields(f))))
	})
	return f, err
}

// TokenFamily reads a sign-in of an app; unknown, or long gone, is `not_found`.
func (s *Store) TokenFamily(ctx context.Context, id string) (models.TokenFamily, error) {
	f, err := scanOne(s.read(ctx), scanFamily, familySelect+" WHERE id = ?", id)
	return f, s.fault(err)
}

// TokenFamilies lists the sign-ins of an account's apps that are good, the last used first.
func (s *Store) TokenFamilies(ctx context.Context, accountID string) ([]models.TokenFamily, error) {
	out, err := scanAll(s.read(ctx), scanFamily, familySelect+" WHERE account_id = ? AND revoked_at = 0 AND expires_at > ? ORDER BY seen_at DESC, id LIMIT ?", accountID, clock.Millis(s.clock), maxFamilies)
	return out, s.fault(err)
}

// SignInQuery asks for a page of the good sign-ins of apps in a tenant, the newest first.
type SignInQuery struct {
	TenantID string
	UserID   string // empty: of all users
	Before   string // id of the last one of the page before
	Limit    int
}

// SignIns reads a page of the sign-ins of apps in a tenant that are good.
func (s *Store) SignIns(ctx context.Context, q SignInQuery) ([]models.TokenFamily, error) {
	text, args := familySelect+" WHERE tenant_id = ? AND revoked_at = 0 AND expires_at > ?", []any{q.TenantID, clock.Millis(s.clock)}
	if q.UserID != "" {
		text, args = text+" AND user_id = ?", append(args, q.UserID)
	}
	if q.Before != "" {
		text, args = text+" AND id < ?", append(args, q.Before)
	}
	out, err := scanAll(s.read(ctx), scanFamily, text+" ORDER BY id DESC LIMIT ?", append(args, q.Limit)...)
	return out, s.fault(err)
}

// Rotate makes the next generation of a family the good one. A generation that was replaced already is used again by somebody who
// should not have it: the family is revoked, and the fault is `revoked`, as for one that was revoked before or has passed.
func (s *Store) Rotate(ctx context.Context, f models.TokenFamily, expiresAt int64) (out models.TokenFamily, err error) {
	reused := false
	err = s.write(ctx, func(tx *gorm.DB) error {
		now := clock.Millis(s.clock)
		reused = false
		res := tx.Exec("UPDATE token_families SET generation = generation + 1, seen_at = ?, expires_at = ?, address = ?, user_agent = ? WHERE id = ? AND generation = ? AND revoked_at = 0 AND expires_at > ?",
			now, expiresAt, f.Address, clipAgent(f.UserAgent), f.ID, f.Generation, now)
		if res.Error != nil {
			return res.Error
		}
		if out, err = scanOne(tx, scanFamily, familySelect+" WHERE id = ?", f.ID); err != nil {
			return err
		}
		if res.RowsAffected == 1 || out.RevokedAt != 0 || out.ExpiresAt <= now {
			return nil
		}
		reused = true
		if err := tx.Exec("UPDATE token_families SET revoked_at = ? WHERE id = ?", now, f.ID).Error; err != nil {
			return err
		}
		out.RevokedAt = now
		if err := s.addAudit(ctx, tx, familyAudit(out, "token.reuse", became("ended", false, true))); err != nil {
			return err
		}
		return bumpRevision(tx)
	})
	switch {
	case fault.Is(s.fault(err), fault.NotFound):
		return out, fault.New(fault.Revoked, "This sign-in has ended. Sign in again.")
	case err != nil:
		return out, s.fault(err)
	case reused:
		return out, fault.New(fault.Revoked, "This refresh token was used before, so the sign-in has ended. Sign in again.")
	case out.Generation != f.Generation+1 || out.RevokedAt != 0:
		return out, fault.New(fault.Revoked, "This sign-in has ended. Sign in again.")
	}
	return out, nil
}

// RevokeFamily ends a sign-in of an account's app, its access tokens too; one that has ended already stays so.
func (s *Store) RevokeFamily(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		f, err := scanOne(tx, scanFamily, familySelect+" WHERE id = ? AND account_id = ?", id, accountID)
		if err != nil || f.RevokedAt != 0 {
			return err
		}
		res := tx.Exec("UPDATE token_families SET revoked_at = ? WHERE id = ? AND revoked_at = 0", clock.Millis(s.clock), id)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		if err := s.addAudit(ctx, tx, familyAudit(f, "token.revoke", became("ended", false, true))); err != nil {
			return err
		}
		return bumpRevision(tx)
	})
}

// EndEverywhere ends the console's sessions of an account but the one with the token (empty: all), and all sign-ins of its apps, and says how many.
func (s *Store) EndEverywhere(ctx context.Context, m models.Account, token string) (ended int64, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		if ended, err = endOthers(tx, m, token); err != nil {
			return models.AuditEntry{}, err
		}
		apps, err := s.revokeFamilies(tx, m.ID, "")
		ended += apps
		return models.AuditEntry{Action: "session.end_others", Object: m.ID, Detail: detail(map[string]any{"email": m.Email, "ended": ended, "changed": became("otherSessions", ended, 0)})}, err
	})
	return ended, err
}

// revokeFamilies ends the sign-ins of an account's apps, in one tenant or, where it is empty, in all.
func (s *Store) revokeFamilies(tx *gorm.DB, accountID, tenantID string) (int64, error) {
	res := tx.Exec("UPDATE token_families SET revoked_at = ? WHERE account_id = ? AND revoked_at = 0 AND (? = '' OR tenant_id = ?)", clock.Millis(s.clock), accountID, tenantID, tenantID)
	return res.RowsAffected, res.Error
}

// revokeOthers ends the sign-ins of an account's apps but one.
func (s *Store) revokeOthers(tx *gorm.DB, accountID, kept string) (int64, error) {
	res := tx.Exec("UPDATE token_families SET revoked_at = ? WHERE account_id = ? AND revoked_at = 0 AND id <> ?", clock.Millis(s.clock), accountID, kept)
	return res.RowsAffected, res.Error
}

func familyAudit(f models.TokenFamily, action string, changed []models.FieldChange) models.AuditEntry {
	return models.AuditEntry{TenantID: f.TenantID, Action: action, Object: f.UserID, Detail: detail(map[string]any{
		"family": f.ID, "accountId": f.AccountID, "instanceId": f.InstanceID, "changed": changed,
	})}
}

func familyFields(f models.TokenFamily) []auditField {
	return []auditField{{"family", f.ID}, {"instanceId", f.InstanceID}, {"address", f.Address}, {"userAgent", f.UserAgent}, {"expiresAt", f.ExpiresAt}}
}

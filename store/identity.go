package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// AccountByIdentity reads the account that somebody of a provider is; unknown is `not_found`.
func (s *Store) AccountByIdentity(ctx context.Context, issuer, subject string) (models.Account, error) {
	m, err := scanOne(s.read(ctx), scanAccount, accountSelect+" WHERE id = (SELECT account_id FROM identities WHERE issuer = ? AND subject = ?)", issuer, subject)
	return m, s.fault(err)
}

const (
	identitySelect = "SELECT issuer, subject, provider, email, account_id, created_at, last_used_at FROM identities"
	maxIdentities  = 20 // of an account
)

func scanIdentity(row scanner, i *models.Identity) error {
	return row.Scan(&i.Issuer, &i.Subject, &i.Provider, &i.Email, &i.AccountID, &i.CreatedAt, &i.LastUsedAt)
}

// Identities reads those of an account, the oldest first.
func (s *Store) Identities(ctx context.Context, accountID string) ([]models.Identity, error) {
	out, err := scanAll(s.read(ctx), scanIdentity, identitySelect+" WHERE account_id = ? ORDER BY created_at, issuer, subject LIMIT ?", accountID, maxIdentities)
	return out, s.fault(err)
}

// LinkIdentity lets somebody of a provider sign in as an account. Faults: `already_exists` when they sign in already, as this account or
// another, which is not told; `invalid` when the account has as many as it may have.
func (s *Store) LinkIdentity(ctx context.Context, m models.Account, i models.Identity) error {
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		var n int64
		if err := tx.Raw("SELECT COUNT(*) FROM identities WHERE account_id = ?", m.ID).Row().Scan(&n); err != nil {
			return models.AuditEntry{}, err
		}
		if n >= maxIdentities {
			return models.AuditEntry{}, fault.OfField("identity", "max", "cannot be linked: %d are there, remove one first", n)
		}
		return accountAudit(m, "account.identity_link", became("identity", nil, named(i))...), s.insertIdentity(tx, m.ID, i, clock.Millis(s.clock))
	})
	if s.Duplicate(err) {
		return fault.Wrap(fault.AlreadyExists, err, "Somebody signs in by it already, here.")
	}
	return err
}

// UnlinkIdentity ends that. What is left must let the account in: a password, a passkey, or an identity of one of the providers;
// otherwise it is `scope_missing`. `not_found` when the account has none such.
func (s *Store) UnlinkIdentity(ctx context.Context, m models.Account, i models.Identity, providers []string) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		now, err := scanOne(tx, scanAccount, accountSelect+" WHERE id = ?"+s.dialect.forUpdate, m.ID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		if i, err = scanOne(tx, scanIdentity, identitySelect+" WHERE account_id = ? AND issuer = ? AND subject = ?", m.ID, i.Issuer, i.Subject); err != nil {
			return models.AuditEntry{}, err
		}
		var ways int64
		count := "SELECT (SELECT COUNT(*) FROM passkeys WHERE account_id = ?) + (SELECT COUNT(*) FROM identities WHERE account_id = ? AND provider IN ? AND NOT (issuer = ? AND subject = ?))"
		if err := tx.Raw(count, m.ID, m.ID, providers, i.Issuer, i.Subject).Row().Scan(&ways); err != nil {
			return models.AuditEntry{}, err
		}
		if len(now.PasswordHash) == 0 && ways == 0 {
			return models.AuditEntry{}, fault.New(fault.ScopeMissing, "It is the only way in that this account has.")
		}
		return accountAudit(m, "account.identity_unlink", became("identity", named(i), nil)...), tx.Exec("DELETE FROM identities WHERE issuer = ? AND subject = ?", i.Issuer, i.Subject).Error
	})
}

// named is an identity as the audit tells it.
func named(i models.Identity) map[string]string {
	return map[string]string{"provider": i.Provider, "issuer": i.Issuer, "subject": i.Subject}
}

func (s *Store) insertIdentity(tx *gorm.DB, accountID string, i models.Identity, now int64) error {
	return tx.Exec("INSERT INTO identities (issuer, subject, account_id, provider, email, created_at, last_used_at) VALUES (?,?,?,?,?,?,0)",
		i.Issuer, i.Subject, accountID, i.Provider, i.Email, now).Error
}

// IdentityUsed notes a sign-in by a provider. Who has a second factor is not in yet.
func (s *Store) IdentityUsed(ctx context.Context, m models.Account, i models.Identity) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		now := clock.Millis(s.clock)
		was, err := scanAll(tx, func(row scanner, email *string) error { return row.Scan(email) }, "SELECT email FROM identities WHERE issuer = ? AND subject = ?", i.Issuer, i.Subject)
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE identities SET last_used_at = ?, email = ? WHERE issuer = ? AND subject = ?", now, i.Email, i.Issuer, i.Subject).Error; err != nil || m.TOTPAt != 0 {
			return err
		}
		if err := tx.Exec("UPDATE accounts SET last_login_at = ? WHERE id = ?", now, m.ID).Error; err != nil {
			return err
		}
		is, more := m, []models.FieldChange(nil)
		is.LastLoginAt = now
		if len(was) == 1 {
			more = steps(fieldStep{"identityEmail", was[0], i.Email})
		}
		return s.addAudit(ctx, tx, changedAccount(m, is, "account.signin", more...))
	})
}

// Enrolment makes somebody of a provider a member of a tenant.
type Enrolment struct {
	Account  models.Account // without an id it is made, for the identity
	Identity models.Identity
	Member   models.Member
	Invited  bool // by an invitation to the identity's e-mail, which is used up
}

// Enrol does that in one transaction. Faults: `invalid` when the e-mail is another account's, `token_invalid` when the
// invitation is no longer good, `already_exists` when somebody was quicker to do the same.
func (s *Store) Enrol(ctx context.Context, e Enrolment) (models.Account, error) {
	fresh := e.Account.ID == ""
	if fresh {
		e.Account = s.newAccount(e.Account)
		e.Account.Installation, e.Account.VerifiedAt = false, e.Account.CreatedAt
		if e.Member.UserID == "" {
			e.Member.UserID = e.Account.ID
		}
	}
	e.Member.AccountID = e.Account.ID
	ctx = As(ctx, byAccount(ctx, e.Account))
	err := s.write(ctx, func(tx *gorm.DB) error {
		if fresh {
			if err := s.insertIdentified(ctx, tx, e); err != nil {
				return err
			}
		}
		if e.Invited {
			res := tx.Exec("DELETE FROM account_tokens WHERE tenant_id = ? AND kind = ? AND email = ? AND expires_at > ?", e.Member.TenantID, string(models.TokenInvite), e.Identity.Email, clock.Millis(s.clock))
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected != 1 {
				return fault.New(fault.TokenInvalid, "This invitation is no longer good. Ask for another.")
			}
		}
		was, m, err := s.addMember(tx, e.Member)
		if err != nil {
			return s.quicker(err)
		}
		if err := s.addAudit(ctx, tx, memberAudit(was, m, "member.join")); err != nil {
			return err
		}
		return bumpRevision(tx)
	})
	return e.Account, s.fault(err)
}

func (s *Store) insertIdentified(ctx context.Context, tx *gorm.DB, e Enrolment) error {
	if err := s.insertIdentity(tx, e.Account.ID, e.Identity, e.Account.CreatedAt); err != nil {
		return s.quicker(err)
	}
	if err := insertAccount(tx, e.Account); err != nil {
		return s.takenEmail(err)
	}
	return s.addAudit(ctx, tx, changedAccount(models.Account{}, e.Account, "account.register", became("identity", nil, e.Identity.Issuer+" "+e.Identity.Subject)...))
}

func (s *Store) quicker(err error) error {
	if s.Duplicate(err) {
		return fault.Wrap(fault.AlreadyExists, err, "This user was made a moment ago. Sign in again.")
	}
	return err
}

// InvitationOf reads the invitation to an e-mail that waits in a tenant; `not_found` without one.
func (s *Store) InvitationOf(ctx context.Context, tenantID, email string) (models.AccountToken, error) {
	t, err := scanOne(s.read(ctx), scanAccountToken, linkSelect+" WHERE email = ? AND kind = ? AND tenant_id = ? AND expires_at > ?", email, string(models.TokenInvite), tenantID, clock.Millis(s.clock))
	return t, s.fault(err)
}

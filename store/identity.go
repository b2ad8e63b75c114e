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

// IdentityUsed notes a sign-in by a provider.
func (s *Store) IdentityUsed(ctx context.Context, m models.Account, i models.Identity) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		now := clock.Millis(s.clock)
		was, err := scanAll(tx, func(row scanner, email *string) error { return row.Scan(email) }, "SELECT email FROM identities WHERE issuer = ? AND subject = ?", i.Issuer, i.Subject)
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE identities SET last_used_at = ?, email = ? WHERE issuer = ? AND subject = ?", now, i.Email, i.Issuer, i.Subject).Error; err != nil {
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
	i := e.Identity
	err := tx.Exec("INSERT INTO identities (issuer, subject, account_id, provider, email, created_at, last_used_at) VALUES (?,?,?,?,?,?,0)",
		i.Issuer, i.Subject, e.Account.ID, i.Provider, i.Email, e.Account.CreatedAt).Error
	if err != nil {
		return s.quicker(err)
	}
	if err := insertAccount(tx, e.Account); err != nil {
		return s.takenEmail(err)
	}
	return s.addAudit(ctx, tx, changedAccount(models.Account{}, e.Account, "account.register", became("identity", nil, i.Issuer+" "+i.Subject)...))
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

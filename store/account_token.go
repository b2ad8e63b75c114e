package store

import (
	"cmp"
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const linkSelect = `SELECT hash, kind, account_id, tenant_id, email, name, user_id, role, password_hash, actor, created_at, expires_at FROM account_tokens`

func scanAccountToken(row scanner, t *models.AccountToken) error {
	return row.Scan(&t.Hash, &t.Kind, &t.AccountID, &t.TenantID, &t.Email, &t.Name, &t.UserID, &t.Role, &t.PasswordHash, &t.Actor, &t.CreatedAt, &t.ExpiresAt)
}

// AddAccountToken keeps a link; those of the same kind, tenant and e-mail that were sent before stop being good.
func (s *Store) AddAccountToken(ctx context.Context, t models.AccountToken) (models.AccountToken, error) {
	t.CreatedAt, t.Actor = clock.Millis(s.clock), authorOf(ctx).Actor
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := dropLinks(tx, t)
		if err != nil {
			return models.AuditEntry{}, err
		}
		err = tx.Exec("INSERT INTO account_tokens (kind, hash, account_id, tenant_id, email, name, user_id, role, actor, created_at, expires_at, password_hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
			string(t.Kind), t.Hash, t.AccountID, t.TenantID, t.Email, t.Name, t.UserID, t.Role, t.Actor, t.CreatedAt, t.ExpiresAt, orNil(t.PasswordHash)).Error
		return tokenAudit(was, t, "account."+string(t.Kind)+"_sent"), err
	})
	return t, err
}

// dropLinks takes the links of the same kind, tenant and e-mail away, and gives the one there was; a zero one without it.
func dropLinks(tx *gorm.DB, t models.AccountToken) (models.AccountToken, error) {
	const where = " WHERE email = ? AND kind = ? AND tenant_id = ?"
	found, err := scanAll(tx, scanAccountToken, linkSelect+where, t.Email, string(t.Kind), t.TenantID)
	if err != nil || len(found) == 0 {
		return models.AccountToken{}, err
	}
	return found[0], tx.Exec("DELETE FROM account_tokens"+where, t.Email, string(t.Kind), t.TenantID).Error
}

// AccountToken reads a link that is still good, without using it up: `token_invalid` otherwise.
func (s *Store) AccountToken(ctx context.Context, kind models.AccountTokenKind, hash []byte) (models.AccountToken, error) {
	return s.accountToken(s.read(ctx), kind, hash, "")
}

func (s *Store) accountToken(db *gorm.DB, kind models.AccountTokenKind, hash []byte, lock string) (models.AccountToken, error) {
	found, err := scanAll(db, scanAccountToken, linkSelect+" WHERE hash = ? AND kind = ? AND expires_at > ?"+lock, hash, string(kind), clock.Millis(s.clock))
	if err == nil && len(found) == 0 {
		return models.AccountToken{}, fault.New(fault.TokenInvalid, "This link is no longer good. Ask for another.")
	}
	if err != nil {
		return models.AccountToken{}, s.fault(err)
	}
	return found[0], nil
}

// Invitations reads those of a tenant that nobody has followed yet, the newest first.
func (s *Store) Invitations(ctx context.Context, tenantID string) ([]models.AccountToken, error) {
	out, err := scanAll(s.read(ctx), scanAccountToken, linkSelect+" WHERE tenant_id = ? AND kind = ? AND expires_at > ? ORDER BY created_at DESC, email", tenantID, string(models.TokenInvite), clock.Millis(s.clock))
	return out, s.fault(err)
}

// Invitation reads one of a tenant that nobody has followed yet; `not_found`.
func (s *Store) Invitation(ctx context.Context, tenantID, email string) (models.AccountToken, error) {
	t, err := scanOne(s.read(ctx), scanAccountToken, linkSelect+" WHERE tenant_id = ? AND kind = ? AND email = ? AND expires_at > ?", tenantID, string(models.TokenInvite), email, clock.Millis(s.clock))
	return t, s.fault(err)
}

// WithdrawInvitation makes an invitation no longer good; `not_found` when it is not.
func (s *Store) WithdrawInvitation(ctx context.Context, tenantID, email string) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		t := models.AccountToken{Kind: models.TokenInvite, TenantID: tenantID, Email: email}
		was, err := dropLinks(tx, t)
		if err == nil && was.Email == "" {
			err = gorm.ErrRecordNotFound
		}
		return tokenAudit(was, models.AccountToken{}, "account.invite_withdrawn"), err
	})
}

// Follow uses a link up: what it stands for is done in the same transaction, so it happens once. `token_invalid` when it is no longer good.
func (s *Store) Follow(ctx context.Context, kind models.AccountTokenKind, hash []byte, do func(f Followed) error) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		t, err := s.accountToken(tx, kind, hash, s.dialect.forUpdate)
		if err != nil {
			return err
		}
		if err := changedOne(tx.Exec("DELETE FROM account_tokens WHERE hash = ?", hash)); err != nil {
			return err
		}
		if err := do(Followed{Token: t, s: s, tx: tx}); err != nil {
			return err
		}
		return bumpRevision(tx)
	})
	return err
}

// Followed is a link that is being used up, and what may be done with it.
type Followed struct {
	Token models.AccountToken
	s     *Store
	tx    *gorm.DB
}

// Account reads the account that has the link's e-mail, or is named by it; `not_found` when there is none.
func (f Followed) Account() (models.Account, error) {
	var m models.Account
	var err error
	if f.Token.AccountID != "" {
		m, err = scanOne(f.tx, scanAccount, accountSelect+" WHERE id = ?", f.Token.AccountID)
	} else {
		m, err = scanOne(f.tx, scanAccount, accountSelect+" WHERE email = ?", f.Token.Email)
	}
	return m, f.s.fault(err)
}

// AddAccount adds the account of a person who proved the link's e-mail by following it.
func (f Followed) AddAccount(ctx context.Context, m models.Account) (models.Account, error) {
	m = f.s.newAccount(m)
	m.Installation, m.VerifiedAt = false, m.CreatedAt
	if err := insertAccount(f.tx, m); err != nil {
		return m, f.s.takenEmail(err)
	}
	return m, f.s.addAudit(As(ctx, byAccount(ctx, m)), f.tx, changedAccount(models.Account{}, m, "account.register"))
}

// AddMember makes an account a member of the link's tenant.
func (f Followed) AddMember(ctx context.Context, a models.Account, m models.Member) (models.Member, error) {
	was, m, err := f.s.addMember(f.tx, m)
	if err != nil {
		return m, f.s.takenMember(err)
	}
	return m, f.s.addAudit(As(ctx, byAccount(ctx, a)), f.tx, memberAudit(was, m, "member.join"))
}

// SetEmail gives the account its new e-mail, which the link proves.
func (f Followed) SetEmail(ctx context.Context, a models.Account) error {
	now := clock.Millis(f.s.clock)
	res := f.tx.Exec("UPDATE accounts SET email = ?, verified_at = ?, version = version + 1, updated_at = ? WHERE id = ?", f.Token.Email, now, now, a.ID)
	if err := changedNow(res); err != nil {
		return f.s.takenEmail(err)
	}
	is := a
	is.Email, is.VerifiedAt = f.Token.Email, now
	return f.s.addAudit(As(ctx, byAccount(ctx, a)), f.tx, changedAccount(a, is, "account.email"))
}

// SetPassword gives the account another password, and ends every session and sign-in of it.
func (f Followed) SetPassword(ctx context.Context, a models.Account, hash []byte) error {
	now := clock.Millis(f.s.clock)
	// The link came by mail, so the e-mail is proven as well.
	err := changedNow(f.tx.Exec("UPDATE accounts SET password_hash = ?, verified_at = CASE WHEN verified_at = 0 THEN ? ELSE verified_at END, version = version + 1, updated_at = ? WHERE id = ?", hash, now, now, a.ID))
	if err != nil {
		return err
	}
	ended, err := endOthers(f.tx, a, "")
	if err != nil {
		return err
	}
	apps, err := f.s.revokeFamilies(f.tx, a.ID, "")
	if err != nil {
		return err
	}
	is := a
	is.VerifiedAt = cmp.Or(a.VerifiedAt, now)
	more := append(steps(fieldStep{"sessions", ended + apps, 0}), replaced("password"))
	return f.s.addAudit(As(ctx, byAccount(ctx, a)), f.tx, changedAccount(a, is, "account.password_reset", more...))
}

// byAccount is the author of what an account does by a link, from where the context says.
func byAccount(ctx context.Context, a models.Account) Author {
	by := authorOf(ctx)
	by.Actor = a.Actor()
	return by
}

// tokenAudit tells of a link, but for what lets in by it.
func tokenAudit(was, is models.AccountToken, action string) models.AuditEntry {
	fields := func(t models.AccountToken) []auditField {
		if t.Email == "" {
			return nil
		}
		return []auditField{{"email", t.Email}, {"name", t.Name}, {"role", t.Role}, {"userId", t.UserID}, {"expiresAt", t.ExpiresAt}}
	}
	t := is
	if t.Email == "" {
		t = was
	}
	return models.AuditEntry{TenantID: t.TenantID, Action: action, Object: cmp.Or(t.AccountID, t.Email), Detail: detail(map[string]any{
		"email": t.Email, "role": t.Role, "userId": t.UserID, "changed": changes(fields(was), fields(is)),
	})}
}

package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const accountSelect = `SELECT id, email, name, password_hash, installation, disabled, verified_at, totp_secret, totp_at, totp_step,
version, created_at, updated_at, last_login_at, avatar IS NOT NULL FROM accounts`

const setupToken = "setup_token" // in meta: the hash of the one-time setup token

func scanAccount(row scanner, a *models.Account) error {
	return row.Scan(&a.ID, &a.Email, &a.Name, &a.PasswordHash, &a.Installation, &a.Disabled, &a.VerifiedAt, &a.TOTPSecret, &a.TOTPAt, &a.TOTPStep,
		&a.Version, &a.CreatedAt, &a.UpdatedAt, &a.LastLoginAt, &a.Avatar)
}

// CreateAccount adds an account and fills in the id and times. An e-mail that is taken is `invalid`.
func (s *Store) CreateAccount(ctx context.Context, m models.Account) (models.Account, error) {
	m = s.newAccount(m)
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		return changedAccount(models.Account{}, m, "account.create"), insertAccount(tx, m)
	})
	return m, s.takenEmail(err)
}

// SetUpAdmin adds the first administrator for the one who holds the setup token,
// which is used up: `token_invalid` when it is another one, or an administrator exists.
func (s *Store) SetUpAdmin(ctx context.Context, tokenHash []byte, m models.Account) (models.Account, error) {
	m = s.newAccount(m)
	m.Installation, m.VerifiedAt = true, m.CreatedAt
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		res := tx.Exec("DELETE FROM meta WHERE name = ? AND value = ?", setupToken, tokenHash)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		n, err := countAdmins(tx)
		if err != nil {
			return models.AuditEntry{}, err
		}
		if n > 0 || res.RowsAffected != 1 {
			return models.AuditEntry{}, errSetupLink()
		}
		return changedAccount(models.Account{}, m, "account.setup"), insertAccount(tx, m)
	})
	return m, s.takenEmail(err)
}

// CheckSetupToken says whether the hash is that of the setup token: `token_invalid` otherwise.
func (s *Store) CheckSetupToken(ctx context.Context, hash []byte) error {
	var n int64
	err := s.read(ctx).Raw("SELECT COUNT(*) FROM meta WHERE name = ? AND value = ?", setupToken, hash).Row().Scan(&n)
	if err == nil && n == 0 {
		return errSetupLink()
	}
	return s.fault(err)
}

func errSetupLink() error {
	return fault.New(fault.TokenInvalid, "This setup link is no longer good.")
}

// SetSetupToken replaces the setup token by the one with the hash: `already_resolved` when an administrator exists.
func (s *Store) SetSetupToken(ctx context.Context, hash []byte) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		n, err := countAdmins(tx)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.AlreadyResolved, "Tidemark is set up already. Sign in.")
		}
		if err := tx.Exec("DELETE FROM meta WHERE name = ?", setupToken).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO meta (name, value) VALUES (?,?)", setupToken, hash).Error
	})
}

// Admins counts the installation's administrators.
func (s *Store) Admins(ctx context.Context) (int64, error) {
	n, err := countAdmins(s.read(ctx))
	return n, s.fault(err)
}

func countAdmins(db *gorm.DB) (int64, error) {
	var n int64
	err := db.Raw("SELECT COUNT(*) FROM accounts WHERE installation = 1").Row().Scan(&n)
	return n, err
}

// Colleagues reads who may sign in and either administers the installation or is a member of the tenant with one of the roles, by name, at most so many.
func (s *Store) Colleagues(ctx context.Context, tenantID string, roles []string, most int) ([]models.Account, error) {
	members, args := "", []any(nil)
	if len(roles) > 0 {
		var in string
		in, args = list([]any{tenantID}, roles)
		members = " OR id IN (SELECT account_id FROM members WHERE tenant_id = ? AND role IN " + in + " AND account_id IS NOT NULL AND disabled = 0 AND deleted_at = 0)"
	}
	all, err := scanAll(s.read(ctx), scanAccount, accountSelect+" WHERE disabled = 0 AND (installation = 1"+members+") ORDER BY name, id LIMIT ?", append(args, most)...)
	return all, s.fault(err)
}

// AccountByID reads an account; unknown is `not_found`.
func (s *Store) AccountByID(ctx context.Context, id string) (models.Account, error) {
	m, err := scanOne(s.read(ctx), scanAccount, accountSelect+" WHERE id = ?", id)
	return m, s.fault(err)
}

// AccountByEmail reads an account; unknown is `not_found`.
func (s *Store) AccountByEmail(ctx context.Context, email string) (models.Account, error) {
	m, err := scanOne(s.read(ctx), scanAccount, accountSelect+" WHERE email = ?", email)
	return m, s.fault(err)
}

// AccountSignedIn notes a sign-in and, when one is given, a stronger hash of the same password.
func (s *Store) AccountSignedIn(ctx context.Context, m models.Account, stronger []byte) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		is := m
		is.LastLoginAt = clock.Millis(s.clock)
		if err := tx.Exec("UPDATE accounts SET last_login_at = ? WHERE id = ?", is.LastLoginAt, m.ID).Error; err != nil {
			return err
		}
		if err := strengthen(tx, m, stronger); err != nil {
			return err
		}
		return s.addAudit(ctx, tx, changedAccount(m, is, "account.signin"))
	})
}

// StrongerPassword keeps a stronger hash of the same password; nil: there is none.
func (s *Store) StrongerPassword(ctx context.Context, m models.Account, stronger []byte) error {
	if stronger == nil {
		return nil
	}
	return s.write(ctx, func(tx *gorm.DB) error { return strengthen(tx, m, stronger) })
}

func strengthen(tx *gorm.DB, m models.Account, stronger []byte) error {
	if stronger == nil {
		return nil
	}
	return tx.Exec("UPDATE accounts SET password_hash = ? WHERE id = ? AND password_hash = ?", stronger, m.ID, m.PasswordHash).Error
}

// AccountConfirmed notes that who is signed in gave their password once more, or a wrong one.
func (s *Store) AccountConfirmed(ctx context.Context, m models.Account, right bool) error {
	action := "account.confirm"
	if !right {
		action = "account.confirm_refused"
	}
	return s.write(ctx, func(tx *gorm.DB) error { return s.addAudit(ctx, tx, accountAudit(m, action)) })
}

// UpdateAccount changes an account's name and e-mail. The version names what
// was changed: `stale_edit` when it is no longer theirs, `invalid` when the e-mail is taken.
func (s *Store) UpdateAccount(ctx context.Context, m models.Account) (models.Account, error) {
	out, err := s.editAccount(ctx, m, func(tx *gorm.DB) *gorm.DB {
		return tx.Exec("UPDATE accounts SET email = ?, name = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
			m.Email, m.Name, clock.Millis(s.clock), m.ID, m.Version)
	}, func(was, is models.Account) models.AuditEntry { return changedAccount(was, is, "account.update") })
	return out, s.takenEmail(err)
}

// editAccount runs a statement that changes an account of a version, and notes it: `stale_edit` when it changed nothing.
func (s *Store) editAccount(ctx context.Context, m models.Account, edit func(*gorm.DB) *gorm.DB, note func(was, is models.Account) models.AuditEntry) (out models.Account, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := scanOne(tx, scanAccount, accountSelect+" WHERE id = ?", m.ID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		res := edit(tx)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		if res.RowsAffected == 0 {
			return models.AuditEntry{}, errStale()
		}
		if out, err = scanOne(tx, scanAccount, accountSelect+" WHERE id = ?", m.ID); err != nil {
			return models.AuditEntry{}, err
		}
		return note(was, out), nil
	})
	return out, err
}

// SetPassword replaces the hash of an account's password and ends
// their sessions, but the one with the token, and the sign-ins of their apps. `stale_edit` when the hash is not the one that m had.
func (s *Store) SetPassword(ctx context.Context, m models.Account, hash []byte, token string) (ended int64, err error) {
	return s.SetPasswordBy(ctx, m, hash, Keep{Session: token})
}

// Keep is what outlives a change of the password: the session, or the sign-in of an app, that it was made by.
type Keep struct{ Session, Family string }

// SetPasswordBy is SetPassword, which ends the sign-ins of the account's apps as well, but the one that is kept.
func (s *Store) SetPasswordBy(ctx context.Context, m models.Account, hash []byte, keep Keep) (ended int64, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		res := tx.Exec("UPDATE accounts SET password_hash = ?, version = version + 1, updated_at = ? WHERE id = ? AND password_hash = ?",
			hash, clock.Millis(s.clock), m.ID, m.PasswordHash)
		if res.Error == nil && res.RowsAffected == 0 {
			return models.AuditEntry{}, errStale()
		}
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		if ended, err = endOthers(tx, m, keep.Session); err != nil {
			return models.AuditEntry{}, err
		}
		apps, err := s.revokeOthers(tx, m.ID, keep.Family)
		ended += apps
		return changedAccount(m, m, "account.password", replaced("password"), models.FieldChange{Field: "otherSessions", From: ended, To: 0}), err
	})
	return ended, err
}

func (s *Store) newAccount(m models.Account) models.Account {
	now := clock.Millis(s.clock)
	m.ID, m.Version, m.CreatedAt, m.UpdatedAt = clock.NewID(s.clock), 1, now, now
	return m
}

func insertAccount(tx *gorm.DB, m models.Account) error {
	password := m.PasswordHash
	if password == nil {
		password = []byte{}
	}
	return tx.Exec(`INSERT INTO accounts (id, email, name, password_hash, installation, disabled, verified_at, version, created_at, updated_at, last_login_at)
VALUES (?,?,?,?,?,0,?,?,?,?,0)`, m.ID, m.Email, m.Name, password, asInt(m.Installation), m.VerifiedAt, m.Version, m.CreatedAt, m.UpdatedAt).Error
}

// accountAudit is the entry of what concerns an account; without changes nothing of it changed.
func accountAudit(m models.Account, action string, changed ...models.FieldChange) models.AuditEntry {
	d := map[string]any{"email": m.Email}
	if changed != nil {
		d["changed"] = changed
	}
	return models.AuditEntry{Action: action, Object: m.ID, Detail: detail(d)}
}

func (s *Store) takenEmail(err error) error {
	if s.Duplicate(err) {
		return fault.OfField("email", "taken", "belongs to an account already")
	}
	return err
}

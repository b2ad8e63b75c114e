package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// DrawTOTP keeps the sealed secret of a second factor that does not count yet: `already_resolved` when the account has one that does.
func (s *Store) DrawTOTP(ctx context.Context, m models.Account, sealed []byte) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE accounts SET totp_secret = ?, totp_step = 0 WHERE id = ? AND totp_at = 0", sealed, m.ID)
		if res.Error == nil && res.RowsAffected == 0 {
			return errFactorThere()
		}
		if res.Error != nil {
			return res.Error
		}
		return s.addAudit(ctx, tx, accountAudit(m, "account.mfa_begin", became("secondFactor", factorOff, "drawn; it does not count yet")...))
	})
}

// What the audit says of a second factor; what its secret is, nobody learns.
const factorOn, factorOff = "on", "off"

func errFactorThere() error {
	return fault.New(fault.AlreadyResolved, "This account has a second factor already.")
}

// EnableTOTP makes the drawn secret count, from the step on whose code proved it, gives the account its recovery codes, by
// their hashes, and ends its sessions but the one with the token. `already_resolved` when another was drawn or counts by now.
func (s *Store) EnableTOTP(ctx context.Context, m models.Account, step int64, codes [][]byte, token string) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		res := tx.Exec("UPDATE accounts SET totp_at = ?, totp_step = ? WHERE id = ? AND totp_at = 0 AND totp_secret = ?", clock.Millis(s.clock), step, m.ID, m.TOTPSecret)
		if res.Error == nil && res.RowsAffected == 0 {
			return models.AuditEntry{}, errFactorThere()
		}
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		ended, err := endOthers(tx, m, token)
		if err != nil {
			return models.AuditEntry{}, err
		}
		left, err := replaceCodes(tx, m.ID, codes)
		return accountAudit(m, "account.mfa_on", steps(fieldStep{"secondFactor", factorOff, factorOn}, fieldStep{"recoveryCodes", left, len(codes)}, fieldStep{"otherSessions", ended, 0})...), err
	})
}

// replaceCodes replaces an account's recovery codes, and says how many there were.
func replaceCodes(tx *gorm.DB, accountID string, codes [][]byte) (int, error) {
	res := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ?", accountID)
	if res.Error != nil {
		return 0, res.Error
	}
	for _, hash := range codes {
		if err := tx.Exec("INSERT INTO recovery_codes (account_id, hash) VALUES (?,?)", accountID, hash).Error; err != nil {
			return 0, err
		}
	}
	return int(res.RowsAffected), nil
}

// UseTOTP uses the code of a time step up; false when it, or a later one, was used before.
func (s *Store) UseTOTP(ctx context.Context, m models.Account, step int64) (fresh bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE accounts SET totp_step = ? WHERE id = ? AND totp_at > 0 AND totp_step < ?", step, m.ID, step)
		fresh = res.RowsAffected == 1
		return res.Error
	})
	return fresh, err
}

// UseRecoveryCode uses one up by its hash; false when the account has none such.
func (s *Store) UseRecoveryCode(ctx context.Context, m models.Account, hash []byte) (good bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ? AND hash = ?", m.ID, hash)
		if good = res.RowsAffected == 1; res.Error != nil || !good {
			return res.Error
		}
		var left int
		if err := tx.Raw("SELECT COUNT(*) FROM recovery_codes WHERE account_id = ?", m.ID).Row().Scan(&left); err != nil {
			return err
		}
		return s.addAudit(ctx, tx, accountAudit(m, "account.recovery_code", became("recoveryCodes", left+1, left)...))
	})
	return good, err
}

// RecoveryCodes counts those of an account that are left.
func (s *Store) RecoveryCodes(ctx context.Context, accountID string) (int64, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT COUNT(*) FROM recovery_codes WHERE account_id = ?", accountID).Row().Scan(&n)
	return n, s.fault(err)
}

// SetRecoveryCodes replaces an account's recovery codes by others, by their hashes.
func (s *Store) SetRecoveryCodes(ctx context.Context, m models.Account, codes [][]byte) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		left, err := replaceCodes(tx, m.ID, codes)
		return accountAudit(m, "account.recovery_codes", append(steps(fieldStep{"recoveryCodes", left, len(codes)}), replaced("codes"))...), err
	})
}

// DisableTOTP takes the second factor and its recovery codes from an account.
func (s *Store) DisableTOTP(ctx context.Context, m models.Account) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		changed, err := dropTOTP(tx, m.ID)
		return accountAudit(m, "account.mfa_off", changed...), err
	})
}

// dropTOTP takes the second factor and its recovery codes from an account, and says what that changed.
func dropTOTP(tx *gorm.DB, accountID string) ([]models.FieldChange, error) {
	was := factorOff
	res := tx.Exec("UPDATE accounts SET totp_secret = NULL, totp_at = 0, totp_step = 0 WHERE id = ? AND totp_at > 0", accountID)
	if res.RowsAffected > 0 {
		was = factorOn
	}
	if res.Error == nil {
		res = tx.Exec("UPDATE accounts SET totp_secret = NULL WHERE id = ?", accountID) // one that was drawn and does not count
	}
	if res.Error != nil {
		return nil, res.Error
	}
	left, err := replaceCodes(tx, accountID, nil)
	return steps(fieldStep{"secondFactor", was, factorOff}, fieldStep{"recoveryCodes", left, 0}), err
}

// ResetFactors takes every second factor from an account, passkeys too, and ends its sessions and the sign-ins of its apps.
func (s *Store) ResetFactors(ctx context.Context, m models.Account) error {
	return s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		changed, err := dropTOTP(tx, m.ID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		res := tx.Exec("DELETE FROM passkeys WHERE account_id = ?", m.ID)
		if res.Error != nil {
			return models.AuditEntry{}, res.Error
		}
		ended, err := endOthers(tx, m, "")
		if err != nil {
			return models.AuditEntry{}, err
		}
		apps, err := s.revokeFamilies(tx, m.ID, "")
		changed = append(changed, steps(fieldStep{"passkeys", res.RowsAffected, 0}, fieldStep{"sessions", ended + apps, 0})...)
		return accountAudit(m, "account.mfa_reset", changed...), err
	})
}

// FactorRefused notes that a wrong code, or one that was used before, was given for an account's second factor.
func (s *Store) FactorRefused(ctx context.Context, m models.Account) error {
	return s.write(ctx, func(tx *gorm.DB) error { return s.addAudit(ctx, tx, accountAudit(m, "account.mfa_refused")) })
}

// SealedAccounts reads the accounts that keep the secret of a second factor.
func (s *Store) SealedAccounts(ctx context.Context) ([]models.Account, error) {
	out, err := scanAll(s.read(ctx), scanAccount, accountSelect+" WHERE totp_secret IS NOT NULL ORDER BY id")
	return out, s.fault(err)
}

// ResealTOTP keeps the secret of a second factor sealed anew, unless another has come into its place.
func (s *Store) ResealTOTP(ctx context.Context, m models.Account, sealed []byte) (done bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE accounts SET totp_secret = ? WHERE id = ? AND totp_secret = ?", sealed, m.ID, m.TOTPSecret)
		done = res.RowsAffected > 0
		return res.Error
	})
	return done, err
}

package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

const (
	warnedDay = "key_warnings" // in meta: the day (UTC) of the last look
	longGone  = 14 * 24 * time.Hour
)

// WarnOfKeys notes once a day (UTC), whichever process asks first, which keys there is something to tell of that was
// not told before, with a row in the audit for each, and gives them by tenant. Disabled and revoked keys, those
// that expired two weeks ago or before, and those of tenants in the trash are left out. most is as in KeyWarning.Warn.
func (s *Store) WarnOfKeys(ctx context.Context, most int) (found []models.KeyWarning, err error) {
	now := s.clock.Now()
	today := []byte(now.UTC().Format(time.DateOnly))
	err = s.write(ctx, func(tx *gorm.DB) error {
		found = nil
		if err := tx.Exec(s.dialect.insertIgnore+" INTO meta (name, value) VALUES (?,?)", warnedDay, []byte("never")).Error; err != nil {
			return err
		}
		res := tx.Exec("UPDATE meta SET value = ? WHERE name = ? AND value <> ?", today, warnedDay, today)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		all, err := scanAll(tx, scanWarning, strings.Replace(keySelect, " FROM ", ", warned_until, warned_stage, warned_made FROM ", 1)+
			` WHERE active = 1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?) AND tenant_id IN (SELECT id FROM tenants WHERE deleted_at = 0)
ORDER BY tenant_id, id`, now.Add(-longGone).UnixMilli())
		if err != nil {
			return err
		}
		for _, w := range all {
			was := w.Told
			if !w.Warn(now.UnixMilli(), most) {
				continue
			}
			if err := s.noteWarning(ctx, tx, was, w); err != nil {
				return err
			}
			found = append(found, w)
		}
		return nil
	})
	return found, err
}

func scanWarning(row scanner, w *models.KeyWarning) error {
	return scanKey(extended{row, []any{&w.Told.Until, &w.Told.Stage, &w.Told.Made}}, &w.Key)
}

// extended is a row with further columns after those that its reader knows.
type extended struct {
	scanner

	more []any
}

func (e extended) Scan(to ...any) error { return e.scanner.Scan(append(to, e.more...)...) }

func (s *Store) noteWarning(ctx context.Context, tx *gorm.DB, was models.Told, w models.KeyWarning) error {
	err := tx.Exec("UPDATE api_keys SET warned_until = ?, warned_stage = ?, warned_made = ? WHERE id = ?", w.Told.Until, w.Told.Stage, w.Told.Made, w.Key.ID).Error
	if err != nil {
		return err
	}
	d := map[string]any{"name": w.Key.Name, "changed": steps(fieldStep{"warnedUntil", was.Until, w.Told.Until}, fieldStep{"warnedStage", was.Stage, w.Told.Stage}, fieldStep{"warnedOfSecret", was.Made, w.Told.Made})}
	if w.Expiry {
		d["expiresAt"], d["expired"] = w.Key.ExpiresAt, w.Key.ExpiresAt <= clock.Millis(s.clock)
	}
	if w.Overdue > 0 {
		d["secretDays"] = w.Overdue
	}
	return s.addAudit(ctx, tx, models.AuditEntry{TenantID: w.Key.TenantID, Action: "apikey.expiry_warned", Object: w.Key.ID, Detail: detail(d)})
}

// AdminEmails reads the addresses of the administrators of the installation who may sign in.
func (s *Store) AdminEmails(ctx context.Context) ([]string, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, a *string) error { return row.Scan(a) }, "SELECT email FROM accounts WHERE installation = 1 AND disabled = 0 ORDER BY email")
	return out, s.fault(err)
}

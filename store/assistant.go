package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Bounds of an assistant's settings.
const (
	maxAssistantURL = 2048
	maxModel        = 200
	maxRedacted     = 100
	maxDaily        = 1_000_000
)

const assistantColumns = "tenant_id, enabled, base_url, model, sealed_secret, threshold, redacted, daily, version, created_at, updated_at, deleted_at"

const assistantSelect = "SELECT " + assistantColumns + " FROM assistants WHERE tenant_id = ?"

func scanAssistant(row scanner, a *models.Assistant) error {
	var redacted []byte
	err := row.Scan(&a.TenantID, &a.Enabled, &a.BaseURL, &a.Model, &a.Key, &a.Threshold, &redacted, &a.Daily, &a.Version, &a.CreatedAt, &a.UpdatedAt, &a.DeletedAt)
	if err != nil {
		return err
	}
	a.Redacted, err = decodeTags(redacted)
	return err
}

// scanAssistantNow is scanAssistant, without what lies in the trash.
func scanAssistantNow(row scanner, a *models.Assistant) error {
	err := scanAssistant(row, a)
	if a.DeletedAt != 0 {
		*a = models.Assistant{TenantID: a.TenantID, Version: a.Version, DeletedAt: a.DeletedAt}
	}
	return err
}

// Assistant reads how a tenant has conflicts shown to an assistant; where that was never set, Version is 0. Settings in the trash hold no
// longer: of them only the version is told, and DeletedAt.
func (s *Store) Assistant(ctx context.Context, tenantID string) (models.Assistant, error) {
	a, err := assistantIn(s.read(ctx), tenantID)
	return a, s.fault(err)
}

func assistantIn(db *gorm.DB, tenantID string) (models.Assistant, error) {
	a, err := scanOne(db, scanAssistantNow, assistantSelect, tenantID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Assistant{TenantID: tenantID}, nil
	}
	return a, err
}

// SaveAssistant sets how a tenant has conflicts shown to an assistant, against the
// version it carries: `stale_edit`, or `invalid`, which names the field.
func (s *Store) SaveAssistant(ctx context.Context, a models.Assistant) (models.Assistant, error) {
	if err := checkAssistant(a); err != nil {
		return a, err
	}
	a.UpdatedAt = clock.Millis(s.clock)
	err := s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		was, err := assistantIn(tx, a.TenantID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		write := s.replaceAssistant
		if a.Version == 0 {
			write = s.addAssistant
		}
		done, err := write(tx, a)
		return assistantAudit(was, done, "assistant.edit"), err
	})
	if s.Duplicate(err) {
		err = errStale()
	}
	if err != nil {
		return a, err
	}
	return s.Assistant(ctx, a.TenantID)
}

// SealedAssistants reads the settings of all tenants that keep a key of their own.
func (s *Store) SealedAssistants(ctx context.Context) ([]models.Assistant, error) {
	out, err := scanAll(s.read(ctx), scanAssistant, "SELECT "+assistantColumns+" FROM assistants WHERE sealed_secret IS NOT NULL ORDER BY tenant_id")
	return out, s.fault(err)
}

// ResealAssistant keeps a key sealed anew, unless another has come into its place.
func (s *Store) ResealAssistant(ctx context.Context, a models.Assistant, key []byte) (done bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE assistants SET sealed_secret = ? WHERE tenant_id = ? AND sealed_secret = ?", key, a.TenantID, a.Key)
		done = res.RowsAffected > 0
		return res.Error
	})
	return done, err
}

func (s *Store) addAssistant(tx *gorm.DB, a models.Assistant) (models.Assistant, error) {
	a.Version = 1
	return a, tx.Exec("INSERT INTO assistants ("+assistantColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,0)", a.TenantID, asInt(a.Enabled), a.BaseURL, a.Model,
		orNil(a.Key), a.Threshold, orNil(encodeTags(a.Redacted)), a.Daily, a.Version, a.UpdatedAt, a.UpdatedAt).Error
}

func (s *Store) replaceAssistant(tx *gorm.DB, a models.Assistant) (models.Assistant, error) {
	res := tx.Exec(`UPDATE assistants SET enabled = ?, base_url = ?, model = ?, sealed_secret = ?, threshold = ?, redacted = ?, daily = ?, updated_at = ?, deleted_at = 0, version = version + 1
WHERE tenant_id = ? AND version = ?`, asInt(a.Enabled), a.BaseURL, a.Model, orNil(a.Key), a.Threshold, orNil(encodeTags(a.Redacted)), a.Daily, a.UpdatedAt, a.TenantID, a.Version)
	if res.Error == nil && res.RowsAffected == 0 {
		return a, errStale()
	}
	a.Version, a.DeletedAt = a.Version+1, 0
	return a, res.Error
}

// DeleteAssistant moves a tenant's settings to the trash, at a version of them: nothing of the tenant is shown to an assistant then. `not_found`, `stale_edit`.
func (s *Store) DeleteAssistant(ctx context.Context, tenantID string, version int64) (models.Assistant, error) {
	return s.moveAssistant(ctx, tenantID, version, clock.Millis(s.clock))
}

// RestoreAssistant takes a tenant's settings out of the trash as they were, at a version of them. `not_found` also when others took their place since, `stale_edit`.
func (s *Store) RestoreAssistant(ctx context.Context, tenantID string, version int64) (models.Assistant, error) {
	return s.moveAssistant(ctx, tenantID, version, 0)
}

// moveAssistant moves a tenant's settings into the trash at a moment, or out of it.
func (s *Store) moveAssistant(ctx context.Context, tenantID string, version, at int64) (is models.Assistant, err error) {
	err = s.audited(ctx, func(tx *gorm.DB) (models.AuditEntry, error) {
		kept, err := scanOne(tx, scanAssistant, assistantSelect, tenantID)
		if err != nil {
			return models.AuditEntry{}, err
		}
		if (kept.DeletedAt == 0) == (at == 0) {
			return models.AuditEntry{}, fault.New(fault.NotFound, "There is nothing of the kind: the settings were deleted, restored or made anew meanwhile.")
		}
		if err := changedNow(tx.Exec("UPDATE assistants SET deleted_at = ?, version = version + 1 WHERE tenant_id = ? AND version = ?", at, tenantID, version)); err != nil {
			return models.AuditEntry{}, err
		}
		if is, err = assistantIn(tx, tenantID); err != nil {
			return models.AuditEntry{}, err
		}
		if at != 0 {
			return assistantAudit(kept, is, "assistant.delete"), nil
		}
		return assistantAudit(models.Assistant{}, is, "assistant.restore"), nil
	})
	return is, s.fault(err)
}

// assistantAudit tells what was set, and of the key only whether there is one.
func assistantAudit(was, a models.Assistant, action string) models.AuditEntry {
	return models.AuditEntry{TenantID: a.TenantID, Action: action, Object: a.TenantID, Detail: detail(map[string]any{
		"enabled": a.Enabled, "baseUrl": a.BaseURL, "model": a.Model, "ownKey": a.Key != nil, "threshold": a.Threshold, "redacted": a.Redacted, "daily": a.Daily, "version": a.Version,
		"changed": assistantChanges(was, a),
	})}
}

func checkAssistant(a models.Assistant) error {
	switch {
	case len(a.BaseURL) > maxAssistantURL || !plainOrEmpty(a.BaseURL):
		return fault.OfField("baseUrl", "format", "must be an address of at most %d bytes", maxAssistantURL)
	case utf8.RuneCountInString(a.Model) > maxModel || !plainOrEmpty(a.Model):
		return fault.OfField("model", "format", "must be the name of a model, of at most %d characters", maxModel)
	case a.Threshold < 0 || a.Threshold > 100:
		return fault.OfField("threshold", "range", "must be a percentage from 0 to 100")
	case a.Daily < 0 || a.Daily > maxDaily:
		return fault.OfField("daily", "range", "must be from 0 to %d", maxDaily)
	case len(a.Redacted) > maxRedacted:
		return fault.OfField("redacted", "max", "may be at most %d paths", maxRedacted)
	}
	for _, path := range a.Redacted {
		if len(path) > maxPolicyPath || path == "" || path[0] != '/' || strings.Count(path, "/") > maxPolicyDepth || !plainOrEmpty(path) {
			return fault.OfField("redacted", "format", "must be JSON pointers such as /customer/iban or /lines/*/price, of at most %d bytes each", maxPolicyPath)
		}
	}
	return nil
}

func scanUse(row scanner, u *models.AssistantUse) error {
	return row.Scan(&u.TenantID, &u.Day, &u.Requests, &u.Applied, &u.Suggested, &u.Failed)
}

// AssistantUse reads what a tenant's assistant did on a day.
func (s *Store) AssistantUse(ctx context.Context, tenantID string, day int64) (models.AssistantUse, error) {
	u, err := scanOne(s.read(ctx), scanUse, "SELECT tenant_id, day, requests, applied, suggested, failed FROM assistant_uses WHERE tenant_id = ? AND day = ?", tenantID, day)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.AssistantUse{TenantID: tenantID, Day: day}, nil
	}
	return u, s.fault(err)
}

// SpendAssistant counts one request of a tenant on a day; false, with nothing
// counted, when there were as many as there may be.
func (s *Store) SpendAssistant(ctx context.Context, tenantID string, day, most int64) (spent bool, err error) {
	begun, err := s.AssistantUse(ctx, tenantID, day)
	if err == nil && begun == (models.AssistantUse{TenantID: tenantID, Day: day}) {
		err = s.write(ctx, func(tx *gorm.DB) error { return s.beginUse(tx, tenantID, day) }) // by itself: with the update it would deadlock with others that do the same
	}
	if err != nil {
		return false, err
	}
	err = s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE assistant_uses SET requests = requests + 1 WHERE tenant_id = ? AND day = ? AND requests < ?", tenantID, day, most)
		spent = res.RowsAffected > 0
		return res.Error
	})
	return spent, err
}

// NoteAssistant adds to what a tenant's assistant did on a day; Requests are counted by SpendAssistant.
func (s *Store) NoteAssistant(ctx context.Context, u models.AssistantUse) error {
	return s.write(ctx, func(tx *gorm.DB) error { return s.noteUse(tx, u) })
}

func (s *Store) noteUse(tx *gorm.DB, u models.AssistantUse) error {
	add := func() *gorm.DB {
		return tx.Exec("UPDATE assistant_uses SET applied = applied + ?, suggested = suggested + ?, failed = failed + ? WHERE tenant_id = ? AND day = ?",
			u.Applied, u.Suggested, u.Failed, u.TenantID, u.Day)
	}
	if res := add(); res.Error != nil || res.RowsAffected > 0 {
		return res.Error
	}
	if err := s.beginUse(tx, u.TenantID, u.Day); err != nil {
		return err
	}
	return add().Error
}

func (s *Store) beginUse(tx *gorm.DB, tenantID string, day int64) error {
	return tx.Exec(s.dialect.insertIgnore+" INTO assistant_uses (tenant_id, day, requests, applied, suggested, failed) VALUES (?,?,0,0,0,0)", tenantID, day).Error
}

// Asking is a tenant with open conflicts that its assistant is to be asked of.
type Asking struct {
	models.Tenant
	Settings models.Assistant
}

const (
	someAsking    = "SELECT 1 FROM reviews WHERE assist_at > 0 AND assist_at <= ? LIMIT 1"
	tenantsAsking = "SELECT " + assistantColumns + ` FROM assistants a WHERE EXISTS
(SELECT 1 FROM reviews r WHERE r.tenant_id = a.tenant_id AND r.assist = ? AND r.assist_at > 0 AND r.assist_at <= ?) ORDER BY tenant_id`
	reviewsAsking = " WHERE tenant_id = ? AND assist = ? AND assist_at > 0 AND assist_at <= ?"
)

// AskingTenants reads those tenants, but none that is suspended or in the trash.
func (s *Store) AskingTenants(ctx context.Context, now int64) ([]Asking, error) {
	due, err := scanAll(s.read(ctx), func(row scanner, n *int) error { return row.Scan(n) }, someAsking, now)
	if err != nil || len(due) == 0 {
		return nil, s.fault(err)
	}
	settings, err := scanAll(s.read(ctx), scanAssistantNow, tenantsAsking, string(models.AssistWanted), now)
	if err != nil {
		return nil, s.fault(err)
	}
	var out []Asking
	for _, a := range settings {
		t, err := s.TenantByID(ctx, a.TenantID)
		if fault.Is(err, fault.NotFound) || err == nil && t.Suspended {
			continue
		}
		if err == nil {
			t.Policies, err = s.Policies(ctx, t.ID)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Asking{t, a})
	}
	return out, nil
}

// WantedReviews reads a tenant's open conflicts that its assistant is to be asked of now, the oldest first; before narrows them to older ids.
func (s *Store) WantedReviews(ctx context.Context, tenantID, before string, now int64, limit int) ([]models.Review, error) {
	text, args := reviewSelect+reviewsAsking, []any{tenantID, string(models.AssistWanted), now}
	if before != "" {
		text, args = text+" AND conflict_id < ?", append(args, before)
	}
	out, err := scanAll(s.read(ctx), scanReview, text+" ORDER BY conflict_id LIMIT ?", append(args, limit)...)
	return out, s.fault(err)
}

// HoldReview has an assistant asked of a conflict again at a moment (ms) and not
// before, unless that was changed since it was read; `not_found` then.
func (s *Store) HoldReview(ctx context.Context, r models.Review, until int64) (models.Review, error) {
	err := s.changeJob(ctx, "UPDATE reviews SET assist_at = ? WHERE conflict_id = ? AND tenant_id = ? AND assist = ? AND assist_at = ?",
		until, r.ConflictID, r.TenantID, string(models.AssistWanted), r.AssistAt)
	r.AssistAt = until
	return r, err
}

// Suggest keeps what an assistant makes of a conflict, and counts it on a day:
// `not_found` when the conflict was settled, or is held by another node.
func (s *Store) Suggest(ctx context.Context, r models.Review, sug models.Suggestion, day int64) error {
	use, state := models.AssistantUse{TenantID: r.TenantID, Day: day, Suggested: 1}, models.AssistReady
	if sug.Failure != "" {
		use.Suggested, use.Failed, state = 0, 1, models.AssistFailed
	}
	text, err := json.Marshal(sug)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error { // in the committer's order: the conflict before its place in the queue
		p, err := s.sealingIn(tx, r.TenantID)
		if err != nil {
			return err
		}
		kept := p.of(r.Collection, r.Key).bytes(text, "conflicts", r.ConflictID, "suggestion")
		if err := changedOne(tx.Exec("UPDATE conflicts SET suggestion = ? WHERE id = ? AND tenant_id = ? AND status = ?", kept, r.ConflictID, r.TenantID, string(models.ConflictOpen))); err != nil {
			return err
		}
		err = changedOne(tx.Exec("UPDATE reviews SET assist = ?, assist_at = 0 WHERE conflict_id = ? AND tenant_id = ? AND assist = ? AND assist_at = ?",
			string(state), r.ConflictID, r.TenantID, string(models.AssistWanted), r.AssistAt))
		if err != nil {
			return err
		}
		return s.noteUse(tx, use)
	})
}

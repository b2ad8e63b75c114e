package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

var everyAuthor = store.Author{Actor: "admin:1", Address: "192.0.2.1", UserAgent: "Browser/1 " + strings.Repeat("x", 600), RequestID: "r1", Door: models.DoorConsole}

// TestEveryMutationOfAnAdministratorIsInTheAudit, once, with who did it, from where, and what was before and after.
func TestEveryMutationOfAnAdministratorIsInTheAudit(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := store.As(t.Context(), everyAuthor)
		var tenant models.Tenant
		var key models.APIKey
		var admin models.Account
		var policy models.ConflictPolicy
		var assistant models.Assistant
		job := func(id string) models.Job {
			return models.Job{ID: id, TenantID: tenant.ID, Kind: "bulk", Status: models.JobHeld}
		}
		for _, step := range []struct {
			action  string
			changed string // the fields
			do      func() error
		}{
			{"tenant.create", "name strategy retentionDays", func() (err error) {
				tenant, err = s.CreateTenant(ctx, models.Tenant{Slug: "acme", Strategy: models.StrategyLWW})
				return err
			}},
			{"tenant.edit", "name retentionDays maxItems", func() (err error) {
				to := tenant
				to.Name, to.RetentionDays, to.Limits.Items = "Acme", 7, 10
				tenant, err = s.EditTenant(ctx, to)
				return err
			}},
			{"tenant.suspend", "suspended", func() (err error) {
				tenant, err = s.SetTenantSuspended(ctx, tenant.ID, true, tenant.Version)
				return err
			}},
			{"tenant.resume", "suspended", func() (err error) {
				tenant, err = s.SetTenantSuspended(ctx, tenant.ID, false, tenant.Version)
				return err
			}},
			{"apikey.create", "name active canRead scopes ipRestrictions quotaPerDay expiresAt", func() (err error) {
				key, err = s.CreateAPIKey(ctx, models.APIKey{
					TenantID: tenant.ID, Name: "k", Hash: []byte("a hash that nobody may see"), CanRead: true, Scopes: []string{"read"}, ExpiresAt: 9,
					From: models.Restrictions{IPs: []string{"192.0.2.0/24"}}, Quotas: models.Quotas{PerDay: 5},
				})
				return err
			}},
			{"apikey.edit", "name canWrite countryRestrictions ipRestrictions quotaPerDay quotaPerMonth", func() (err error) {
				to := key
				to.Name, to.CanWrite, to.From, to.Quotas = "k2", true, models.Restrictions{Countries: []string{"DE"}}, models.Quotas{PerMonth: 7}
				key, err = s.EditAPIKey(ctx, to)
				return err
			}},
			{"apikey.disable", "active", func() (err error) {
				key, err = s.SetAPIKeyActive(ctx, key.ID, false, key.Version)
				return err
			}},
			{"apikey.enable", "active", func() (err error) {
				key, err = s.SetAPIKeyActive(ctx, key.ID, true, key.Version)
				return err
			}},
			{"apikey.rotate", "formerUntil rotatedAt rotation secret", func() (err error) {
				to := key
				to.Hash, to.Former.Until = []byte("another hash that nobody may see"), 99
				key, err = s.RotateAPIKey(ctx, to)
				return err
			}},
			{"apikey.end-former", "formerUntil", func() (err error) {
				key, err = s.EndFormerSecret(ctx, key.ID, key.Version)
				return err
			}},
			{"apikey.revoke", "revokedAt", func() error { _, err := s.RevokeAPIKey(ctx, key.ID); return err }},
			{"policy.create", "pattern strategy", func() (err error) {
				policy, err = s.AddPolicy(ctx, models.ConflictPolicy{TenantID: tenant.ID, Pattern: "a*", Strategy: models.StrategyManual})
				return err
			}},
			{"policy.edit", "strategy", func() (err error) {
				policy.Strategy = models.StrategyLWW
				policy, err = s.EditPolicy(ctx, policy)
				return err
			}},
			{"policy.delete", "pattern strategy", func() (err error) { policy, err = s.DeletePolicy(ctx, policy); return err }},
			{"policy.restore", "pattern strategy", func() (err error) { policy, err = s.RestorePolicy(ctx, policy); return err }},
			{"assistant.edit", "enabled model ownKey", func() (err error) {
				assistant, err = s.SaveAssistant(ctx, models.Assistant{TenantID: tenant.ID, Enabled: true, Model: "m", Key: []byte("a sealed key that nobody may see")})
				return err
			}},
			{"assistant.edit", "enabled key", func() (err error) {
				assistant.Enabled, assistant.Key = false, []byte("another sealed key that nobody may see")
				assistant, err = s.SaveAssistant(ctx, assistant)
				return err
			}},
			{"assistant.delete", "model ownKey", func() (err error) {
				assistant, err = s.DeleteAssistant(ctx, tenant.ID, assistant.Version)
				return err
			}},
			{"assistant.restore", "model ownKey", func() (err error) {
				assistant, err = s.RestoreAssistant(ctx, tenant.ID, assistant.Version)
				return err
			}},
			{"account.create", "email name", func() (err error) {
				admin, err = s.CreateAccount(ctx, models.Account{Email: "a@example.com", Name: "A", PasswordHash: []byte("a password hash that nobody may see")})
				return err
			}},
			{"account.update", "name", func() (err error) {
				admin.Name = "B"
				admin, err = s.UpdateAccount(ctx, admin)
				return err
			}},
			{"account.signin", "lastLoginAt", func() error { return s.AccountSignedIn(ctx, admin, nil) }},
			{"account.password", "otherSessions password", func() error {
				_, err := s.SetPassword(ctx, admin, []byte("another hash that nobody may see"), "")
				return err
			}},
			{"session.end", "session", func() error {
				if err := s.SessionAdd(ctx, "t1", models.Session{AccountID: admin.ID, Data: []byte("x"), ExpiresAt: 1 << 60}); err != nil {
					return err
				}
				return s.EndSession(ctx, admin, store.SessionID("t1"))
			}},
			{"session.end_others", "otherSessions", func() error {
				if err := s.SessionAdd(ctx, "t2", models.Session{AccountID: admin.ID, Data: []byte("x"), ExpiresAt: 1 << 60}); err != nil {
					return err
				}
				_, err := s.EndOtherSessions(ctx, admin, "")
				return err
			}},
			{"bulk", "job", func() error { return s.AddJob(ctx, job("j1"), models.AuditEntry{TenantID: tenant.ID, Action: "bulk"}) }},
			{"job.start", "status", func() error { return s.ResumeJob(ctx, job("j1")) }},
			{"job.cancel", "stopping", func() error { return s.StopJob(ctx, tenant.ID, "j1") }},
			{"tenant.trash", "inTrash", func() (err error) {
				tenant, err = s.TrashTenant(ctx, tenant.ID, tenant.Version)
				return err
			}},
			{"tenant.restore", "inTrash", func() (err error) {
				tenant, err = s.RestoreTenant(ctx, tenant.ID, tenant.Version)
				return err
			}},
			{"tenant.trash", "inTrash", func() (err error) {
				tenant, err = s.TrashTenant(ctx, tenant.ID, tenant.Version)
				return err
			}},
			{"tenant.delete", "deleteJob", func() (err error) {
				tenant, err = s.BeginTenantDelete(ctx, tenant, models.Job{ID: "j2", Kind: "tenant.delete", TenantID: ""}, models.TenantEffect{})
				return err
			}},
			{"tenant.delete_stop", "stopping", func() error { return s.StopTenantDelete(ctx, tenant.ID, "j2") }},
		} {
			before := auditOf(t, s)
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.action, err)
			}
			after := auditOf(t, s)
			if len(after) != len(before)+1 {
				t.Fatalf("%s: %d entries instead of 1", step.action, len(after)-len(before))
			}
			checkEntry(t, after[0], step.action, step.changed)
		}
		for _, id := range must[[]string](t)(s.AuditChains(t.Context())) {
			if v := must[store.AuditVerdict](t)(s.VerifyAudit(t.Context(), id, nil)); !v.Whole() {
				t.Errorf("%q: %+v", id, v.Problems)
			}
		}
	})
}

func auditOf(t *testing.T, s *store.Store) []models.AuditEntry {
	t.Helper()
	return must[store.AuditPage](t)(s.SearchAudit(context.WithoutCancel(t.Context()), store.AuditQuery{Limit: 1000})).Entries
}

func checkEntry(t *testing.T, e models.AuditEntry, action, changed string) {
	t.Helper()
	if e.Action != action || e.Actor != "admin:1" || e.Address != "192.0.2.1" || e.RequestID != "r1" || e.Door != "console" || len(e.UserAgent) != 512 ||
		e.Object == "" && action != "bulk" || e.Seq == 0 || len(e.Hash) != 32 || e.At == 0 {
		t.Errorf("%s: %+v", action, e)
	}
	if strings.Contains(string(e.Detail), "nobody may see") || strings.Contains(string(e.Detail), fmt.Sprintf("%x", "nobody may see")) {
		t.Errorf("%s tells a secret: %s", action, e.Detail)
	}
	var d struct{ Changed []models.FieldChange }
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		t.Fatalf("%s: %s: %v", action, e.Detail, err)
	}
	want := strings.Fields(changed)
	for _, c := range d.Changed {
		if fmt.Sprint(c.From) == fmt.Sprint(c.To) && action != "account.password" {
			t.Errorf("%s: %s is %v as it was", action, c.Field, c.To)
		}
		found := false
		for i, name := range want {
			if found = name == c.Field; found {
				want = append(want[:i], want[i+1:]...)
				break
			}
		}
		if !found {
			t.Errorf("%s: also says that %s changed from %v to %v", action, c.Field, c.From, c.To)
		}
	}
	if len(want) > 0 {
		t.Errorf("%s: does not say that %v changed: %s", action, want, e.Detail)
	}
}

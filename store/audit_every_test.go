package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
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
		var role models.Role
		var table models.DataTable
		var member models.Member
		var person models.Account
		var family models.TokenFamily
		link := func(kind models.AccountTokenKind, role string, ends int64) error {
			_, err := s.AddAccountToken(ctx, models.AccountToken{
				Kind: kind, TenantID: tenant.ID, Email: "b@example.com", Name: "B", Role: role, Hash: []byte("a link that nobody may see"), ExpiresAt: 1<<50 + ends,
			})
			return err
		}
		sign := func() (models.TokenFamily, error) {
			return s.AddTokenFamily(ctx, models.TokenFamily{TenantID: tenant.ID, AccountID: person.ID, UserID: "b", Address: "192.0.2.1", ExpiresAt: 1 << 60})
		}
		job := func(id string) models.Job {
			return models.Job{ID: id, TenantID: tenant.ID, Kind: "bulk", Status: models.JobHeld}
		}
		told := map[string]bool{}
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
			{"account.avatar", "avatar", func() (err error) {
				admin, err = s.SetAvatar(ctx, admin, []byte("a picture"))
				return err
			}},
			{"account.avatar", "avatar", func() (err error) {
				admin, err = s.SetAvatar(ctx, admin, []byte("another picture"))
				return err
			}},
			{"account.signin", "lastLoginAt", func() error { return s.AccountSignedIn(ctx, admin, nil) }},
			{"account.password", "otherSessions password", func() error {
				_, err := s.SetPassword(ctx, admin, []byte("another hash that nobody may see"), "")
				return err
			}},
			{"role.create", "title grants", func() (err error) {
				role, err = s.AddRole(ctx, models.Role{TenantID: tenant.ID, Name: "clerk", Title: "Clerk", Grants: []string{"items:read"}})
				return err
			}},
			{"role.edit", "mfa grants", func() (err error) {
				role.MFA, role.Grants = true, []string{"items:write"}
				role, err = s.EditRole(ctx, role)
				return err
			}},
			{"role.delete", "deleted", func() (err error) { role, err = s.DeleteRole(ctx, role); return err }},
			{"role.restore", "deleted", func() (err error) { role, err = s.RestoreRole(ctx, role); return err }},
			{"table.create", "name collection owned fields", func() (err error) {
				table, err = s.AddDataTable(ctx, models.DataTable{TenantID: tenant.ID, Name: "orders", Collection: "orders", Owned: true, Fields: []models.DataField{{ID: "a", Name: "total", Type: "integer"}}}, "")
				return err
			}},
			{"table.edit", "name label", func() (err error) {
				to := table
				to.Name, to.Label = "sales", "Sales"
				table, err = s.EditDataTable(ctx, to)
				return err
			}},
			{"table.fields", "fields", func() (err error) {
				to := table
				to.Fields = append(to.Fields, models.DataField{ID: "b", Name: "note", Type: "text"})
				table, err = s.ChangeDataFields(ctx, to, []models.DataStep{{Kind: models.StepAdd, Name: "note", To: &to.Fields[1]}}, "")
				return err
			}},
			{"table.delete", "deleted", func() (err error) { table, err = s.DeleteDataTable(ctx, table); return err }},
			{"table.restore", "deleted", func() (err error) { table, err = s.RestoreDataTable(ctx, table); return err }},
			{"member.add", "role", func() (err error) {
				member, err = s.AddMember(ctx, models.Member{TenantID: tenant.ID, UserID: "ann", Role: "clerk"})
				return err
			}},
			{"member.edit", "role disabled", func() (err error) {
				member.Role, member.Disabled = "viewer", true
				member, err = s.EditMember(ctx, member)
				return err
			}},
			{"member.remove", "removed", func() (err error) { member, err = s.RemoveMember(ctx, member); return err }},
			{"member.restore", "removed", func() (err error) { member, err = s.RestoreMember(ctx, member); return err }},
			{"member.remove", "removed", func() (err error) { member, err = s.RemoveMember(ctx, member); return err }},
			{"member.add", "role disabled removed", func() (err error) { // who was removed comes back
				member, err = s.AddMember(ctx, models.Member{TenantID: tenant.ID, UserID: "ann", Role: "clerk"})
				return err
			}},
			{"tenant.edit", "registration", func() (err error) {
				tenant, err = s.SetRegistration(ctx, tenant.ID, store.Registration{Role: "member"}, tenant.Version)
				return err
			}},
			{"tenant.edit", "mfaRoles", func() (err error) {
				tenant, err = s.SetRegistration(ctx, tenant.ID, store.Registration{Role: "member", MFARoles: []string{"owner"}}, tenant.Version)
				return err
			}},
			{"account.invite_sent", "email role name expiresAt", func() error { return link(models.TokenInvite, "member", 7) }},
			{"account.invite_sent", "role expiresAt", func() error { return link(models.TokenInvite, "viewer", 8) }},
			{"account.invite_withdrawn", "email role name expiresAt", func() error { return s.WithdrawInvitation(ctx, tenant.ID, "b@example.com") }},
			{"account.verify_sent", "email role name expiresAt", func() error { return link(models.TokenVerify, "member", 9) }},
			{"account.register", "email name verifiedAt", func() error {
				return s.Follow(ctx, models.TokenVerify, []byte("a link that nobody may see"), func(f store.Followed) (err error) {
					person, err = f.AddAccount(ctx, models.Account{Email: f.Token.Email, Name: "B", PasswordHash: []byte("x")})
					return err
				})
			}},
			{"account.reset_sent", "email role name expiresAt", func() error { return link(models.TokenReset, "member", 9) }},
			{"account.password_reset", "password", func() error {
				return s.Follow(ctx, models.TokenReset, []byte("a link that nobody may see"), func(f store.Followed) error {
					return f.SetPassword(ctx, person, []byte("a hash that nobody may see"))
				})
			}},
			{"account.invite_sent", "email role name expiresAt", func() error { return link(models.TokenInvite, "member", 7) }},
			{"member.join", "role accountId", func() error {
				return s.Follow(ctx, models.TokenInvite, []byte("a link that nobody may see"), func(f store.Followed) error {
					_, err := f.AddMember(ctx, person, models.Member{TenantID: tenant.ID, UserID: "b", AccountID: person.ID, Role: "member"})
					return err
				})
			}},
			{"account.email_sent", "email role name expiresAt", func() error { return link(models.TokenEmail, "member", 7) }},
			{"account.email", "email verifiedAt", func() error {
				was := person
				was.Email, was.VerifiedAt = "old@example.com", 1
				return s.Follow(ctx, models.TokenEmail, []byte("a link that nobody may see"), func(f store.Followed) error { return f.SetEmail(ctx, was) })
			}},
			{"account.mfa_begin", "secondFactor", func() error { return s.DrawTOTP(ctx, person, []byte("a secret that nobody may see")) }},
			{"account.mfa_on", "secondFactor recoveryCodes", func() error {
				person = must[models.Account](t)(s.AccountByID(ctx, person.ID))
				return s.EnableTOTP(ctx, person, 7, [][]byte{[]byte("a code nobody may see"), []byte("another code nobody may see")}, "")
			}},
			{"account.recovery_code", "recoveryCodes", func() error {
				_, err := s.UseRecoveryCode(ctx, person, []byte("a code nobody may see"))
				return err
			}},
			{"account.recovery_codes", "recoveryCodes codes", func() error {
				return s.SetRecoveryCodes(ctx, person, [][]byte{[]byte("nobody may see 1"), []byte("nobody may see 2")})
			}},
			{"account.mfa_off", "secondFactor recoveryCodes", func() error { return s.DisableTOTP(ctx, person) }},
			{"account.passkey_add", "passkey", func() error {
				return s.AddPasskey(ctx, person, models.Passkey{ID: []byte("p"), Name: "phone", Credential: []byte("a credential that nobody may see")})
			}},
			{"account.passkey_remove", "passkey", func() error { return s.RemovePasskey(ctx, person, []byte("p")) }},
			{"account.identity_link", "identity", func() error {
				return s.LinkIdentity(ctx, person, models.Identity{Issuer: "https://login.example.com", Subject: "1", Provider: "acme"})
			}},
			{"account.identity_unlink", "identity", func() error {
				return s.UnlinkIdentity(ctx, person, models.Identity{Issuer: "https://login.example.com", Subject: "1"}, nil)
			}},
			{"token.issue", "family address expiresAt", func() (err error) { family, err = sign(); return err }},
			{"token.reuse", "ended", func() error {
				stolen := family
				stolen.Generation = 7
				_, err := s.Rotate(ctx, stolen, 1<<60)
				if !fault.Is(err, fault.Revoked) {
					return err
				}
				return nil
			}},
			{"token.issue", "family address expiresAt", func() (err error) { family, err = sign(); return err }},
			{"token.revoke", "ended", func() error { return s.RevokeFamily(ctx, person.ID, family.ID) }},
			{"token.issue", "family address expiresAt", func() (err error) { family, err = sign(); return err }},
			{"session.end_others", "otherSessions", func() error { _, err := s.EndEverywhere(ctx, person, ""); return err }},
			{"token.issue", "family address expiresAt", func() (err error) { family, err = sign(); return err }},
			{"account.mfa_reset", "sessions", func() error { return s.ResetFactors(ctx, person) }},
			{"account.signin", "lastLoginAt", func() error {
				return s.IdentityUsed(ctx, person, models.Identity{Issuer: "i", Subject: "s"})
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
			told[step.action] = true
		}
		for _, action := range actionsIn(t) {
			if !told[action] && !elsewhere[action] {
				t.Errorf("nothing here looks at what %s tells", action)
			}
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
	if e.Action != action || e.Actor != "admin:1" && !strings.HasPrefix(e.Actor, models.ActorAccount) || e.Address != "192.0.2.1" || e.RequestID != "r1" || e.Door != "console" || len(e.UserAgent) != 512 ||
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
		if made[action] && c.From != nil && e.Object != "ann" || gone[action] && c.To != nil {
			t.Errorf("%s: %s was %v and is %v, of what was not there, or is no more", action, c.Field, c.From, c.To)
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

// made are the actions after which something is there that was not, gone those after which it is not any more: they tell one side alone.
var (
	made = map[string]bool{
		"tenant.create": true, "apikey.create": true, "policy.create": true, "policy.restore": true, "assistant.restore": true, "account.create": true, "account.register": true,
		"role.create": true, "table.create": true, "member.add": true, "member.join": true, "account.passkey_add": true, "account.identity_link": true, "token.issue": true, "account.verify_sent": true,
	}
	gone = map[string]bool{"policy.delete": true, "assistant.delete": true, "account.passkey_remove": true, "account.identity_unlink": true, "account.invite_withdrawn": true}
)

// elsewhere are actions that change nothing, or of which other tests look at both sides.
var elsewhere = map[string]bool{
	"account.confirm": true, "account.confirm_refused": true, "account.mfa_refused": true, "apikey.tighten": true,
	"account.setup":         true, // as account.create
	"datakey.create":        true, // TestDataKeysTellTheAudit
	"datakey.rotate":        true,
	"datakey.wrap":          true,
	"tenant.encryption":     true, // TestDataKeysTellTheAudit
	"apikey.expiry_warned":  true, // TestAdministratorsAreToldOnceOfEachStepToAnExpiry (access)
	"tenant.deleted":        true, // as tenant.delete_stopped: both are said by became
	"tenant.delete_stopped": true,
	"device.disconnect":     true, // store/device_test.go
	"device.forget":         true,
}

var actionForm = regexp.MustCompile(`"((?:tenant|apikey|policy|assistant|account|session|token|datakey|role|member|device|job|table)\.[a-z_-]+)"`)

// actionsIn are the actions that the sources of this room name.
func actionsIn(t *testing.T) []string {
	t.Helper()
	files := must[[]string](t)(filepath.Glob("*.go"))
	var out []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for _, m := range actionForm.FindAllStringSubmatch(string(must[[]byte](t)(os.ReadFile(f))), -1) {
			out = append(out, m[1])
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d actions: %v", len(out), out)
	}
	return out
}

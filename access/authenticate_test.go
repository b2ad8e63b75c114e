package access

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

func TestAuthenticateByKey(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, server := r.key(t, NewKey{})
		_, all := r.key(t, NewKey{Scopes: []string{"read", "users:all"}})
		_, bound := r.key(t, NewKey{UserID: "alice", ReadOnly: true})
		_, boundAll := r.key(t, NewKey{UserID: "alice", Scopes: []string{"read", "users:all"}})
		stranger, err := newSecret("sk_live_")
		if err != nil {
			t.Fatal(err)
		}

		t.Run("a caller is who the key says, from where the request says", func(t *testing.T) {
			got, err := r.Authenticate(t.Context(), Credential{APIKey: server, UserID: "bob", InstanceID: "phone", Door: models.DoorREST, Address: "192.0.2.1", RequestID: "r1"})
			if err != nil {
				t.Fatal(err)
			}
			want := models.Caller{
				TenantID: r.tenant.ID, UserID: "bob", InstanceID: "phone", KeyID: k.ID, Actor: "key:" + k.ID, Scopes: []string{"read", "write"},
				CanRead: true, CanWrite: true, Strategy: models.StrategyLWW, Door: models.DoorREST, Address: "192.0.2.1", RequestID: "r1",
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
		for _, tt := range []struct {
			name, key, user, instance string
			want                      fault.Code
			acts                      string
			all                       bool
		}{
			{"a server's key without a user acts for default", server, "", "", "", "default", false},
			{"a server's key acts for whom it names", server, "Bob", "", "", "Bob", false},
			{"a server's key needs the scope for all users", server, "*", "", fault.ScopeMissing, "", false},
			{"a server's key with the scope acts for all users", all, "*", "", "", "default", true},
			{"a bound key acts for its user", bound, "", "", "", "alice", false},
			{"a bound key may name its user", bound, "alice", "", "", "alice", false},
			{"a bound key may not name another", bound, "Alice", "", fault.IdentityMismatch, "", false},
			{"a bound key needs the scope for all users", bound, "*", "", fault.ScopeMissing, "", false},
			{"a bound key with the scope reads all users", boundAll, "*", "", "", "alice", true},
			{"a user id with control characters is invalid", server, "a\x00b", "", fault.Invalid, "", false},
			{"a user id too long is invalid", server, strings.Repeat("x", 129), "", fault.Invalid, "", false},
			{"an instance id too long is invalid", server, "", strings.Repeat("x", 129), fault.Invalid, "", false},
			{"an unknown key is invalid", stranger, "", "", fault.APIKeyInvalid, "", false},
			{"a key with a typo is invalid", server + "x", "", "", fault.APIKeyInvalid, "", false},
			{"no key is missing", "", "", "", fault.APIKeyMissing, "", false},
		} {
			t.Run(tt.name, func(t *testing.T) {
				got, err := r.Authenticate(t.Context(), Credential{APIKey: tt.key, UserID: tt.user, InstanceID: tt.instance})
				wantCode(t, err, tt.want)
				if got.UserID != tt.acts || got.AllUsers != tt.all {
					t.Errorf("acts for %q, all %v", got.UserID, got.AllUsers)
				}
			})
		}
		t.Run("two credentials are malformed", func(t *testing.T) {
			_, err := r.Authenticate(t.Context(), Credential{APIKey: server, Bearer: sign(t, claims(r.clock.Now()))})
			wantCode(t, err, fault.Malformed)
		})
		t.Run("nothing of a secret is logged", func(t *testing.T) {
			if strings.Contains(r.log.String(), server[8:]) {
				t.Error(r.log.String())
			}
		})
	})
}

func TestKeyStates(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		days := 1
		k, secret := r.key(t, NewKey{Days: &days})
		use := func() (models.Caller, error) { return r.Authenticate(t.Context(), Credential{APIKey: secret}) }
		who, err := use()
		if err != nil {
			t.Fatal(err)
		}
		state := func(name string, want fault.Code) {
			t.Helper()
			t.Run(name, func(t *testing.T) {
				t.Helper()
				_, err := use()
				wantCode(t, err, want)
				wantCode(t, r.Recheck(t.Context(), who), want)
			})
		}
		state("a fresh key lets in", "")
		if k, err = r.SetKeyActive(t.Context(), k.ID, false, k.Version); err != nil {
			t.Fatal(err)
		}
		state("a key switched off does not", fault.APIKeyInactive)
		_, err = r.SetKeyActive(t.Context(), k.ID, true, k.Version-1)
		wantCode(t, err, fault.StaleEdit)
		if _, err = r.SetKeyActive(t.Context(), k.ID, true, k.Version); err != nil {
			t.Fatal(err)
		}
		state("a key switched on again does", "")
		tenant, err := r.store.SetTenantSuspended(t.Context(), r.tenant.ID, true, r.tenant.Version)
		if err != nil {
			t.Fatal(err)
		}
		r.Forget()
		state("a suspended tenant's key does not", fault.TenantSuspended)
		if _, err = r.store.SetTenantSuspended(t.Context(), r.tenant.ID, false, tenant.Version); err != nil {
			t.Fatal(err)
		}
		r.Forget()
		r.clock.Advance(24*time.Hour - time.Millisecond)
		state("a key on its last millisecond does", "")
		r.clock.Advance(time.Millisecond)
		state("an expired key does not", fault.APIKeyExpired)
		if _, err = r.RevokeKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		state("a revoked key does not", fault.Revoked)
		_, err = r.RevokeKey(t.Context(), "nobody")
		wantCode(t, err, fault.NotFound)
	})
}

func TestRenewGivesTheRightsOfNow(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, secret := r.key(t, NewKey{Scopes: []string{"items:read:storage/mine/*"}})
		want, err := r.Authenticate(t.Context(), Credential{APIKey: secret, UserID: "u", InstanceID: "phone", RequestID: "r"})
		wantCode(t, err, "")
		before := want // when the key could do everything
		before.Scopes, before.Reads = fullScopes, nil
		got, err := r.Renew(t.Context(), before)
		wantCode(t, err, "")
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		before.AllUsers = true
		_, err = r.Renew(t.Context(), before)
		wantCode(t, err, fault.ScopeMissing)
		if _, err := r.RevokeKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.Renew(t.Context(), want)
		wantCode(t, err, fault.Revoked)
		token, err := r.Authenticate(t.Context(), Credential{Bearer: sign(t, claims(r.clock.Now()))})
		wantCode(t, err, "")
		same, err := r.Renew(t.Context(), token)
		wantCode(t, err, "")
		if d := cmp.Diff(token, same); d != "" {
			t.Error(d)
		}
	})
}

func TestAPIKeysDisabled(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	_, key := r.key(t, NewKey{})
	who, err := r.Authenticate(t.Context(), Credential{APIKey: key})
	if err != nil {
		t.Fatal(err)
	}
	off := New(Options{Store: r.store, Clock: r.clock, JWTSecret: secret})
	t.Cleanup(off.Close)
	_, err = off.Authenticate(t.Context(), Credential{APIKey: key})
	wantCode(t, err, fault.APIKeyInvalid)
	wantCode(t, off.Recheck(t.Context(), who), fault.APIKeyInvalid)
	_, err = off.Authenticate(t.Context(), Credential{Bearer: sign(t, claims(r.clock.Now()))})
	wantCode(t, err, "")
}

func TestAuthenticateByToken(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		now := r.clock.Now()
		c := claims(now)
		token := sign(t, c)
		who, err := r.Authenticate(t.Context(), Credential{Bearer: token, Door: models.DoorSocketIO})
		if err != nil {
			t.Fatal(err)
		}
		want := models.Caller{
			TenantID: r.tenant.ID, UserID: "alice", Actor: "user:alice", Scopes: []string{"read", "write"}, CanRead: true, CanWrite: true,
			ExpiresAt: now.Add(time.Hour).UnixMilli(), Strategy: models.StrategyLWW, Door: models.DoorSocketIO,
		}
		if d := cmp.Diff(want, who); d != "" {
			t.Error(d)
		}
		ask := func(c Claims, user string) error {
			_, err := r.Authenticate(t.Context(), Credential{Bearer: sign(t, c), UserID: user})
			return err
		}
		byID, elsewhere, narrow := c, c, c
		byID.TenantID, elsewhere.TenantID = r.tenant.ID, "globex"
		narrow.Scopes = &[]string{"items:read:orders/*"}
		wantCode(t, ask(byID, "alice"), "")
		wantCode(t, ask(elsewhere, ""), fault.TokenInvalid)
		wantCode(t, ask(c, "bob"), fault.IdentityMismatch)
		wantCode(t, ask(c, "*"), fault.ScopeMissing)
		narrowed, err := r.Authenticate(t.Context(), Credential{Bearer: sign(t, narrow)})
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, r.Allow(narrowed, ItemsWrite, "orders", "1"), fault.ScopeMissing)

		wantCode(t, r.Recheck(t.Context(), who), "")
		r.clock.Advance(time.Hour)
		wantCode(t, r.Recheck(t.Context(), who), fault.TokenExpired)
		if _, err := r.store.SetTenantSuspended(t.Context(), r.tenant.ID, true, r.tenant.Version); err != nil {
			t.Fatal(err)
		}
		r.Forget()
		wantCode(t, ask(claims(r.clock.Now()), ""), fault.TenantSuspended)
	})
}

func TestNewKeys(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	t.Run("have the installation's defaults", func(t *testing.T) {
		t.Parallel()
		a := New(Options{Store: r.store, Clock: r.clock, KeyPrefix: "sk_test_", KeyScopes: []string{"read"}, KeyDays: 365})
		t.Cleanup(a.Close)
		k, secret, err := a.CreateKey(t.Context(), NewKey{TenantID: r.tenant.ID, Name: "till"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(secret, "sk_test_") || k.Prefix != "sk_test_" || !strings.HasSuffix(secret, k.Last4) || len(k.Last4) != 4 {
			t.Errorf("shown as %s…%s", k.Prefix, k.Last4)
		}
		if d := cmp.Diff([]string{"read"}, k.Scopes); d != "" {
			t.Error(d)
		}
		if want := r.clock.Now().Add(365 * 24 * time.Hour).UnixMilli(); k.ExpiresAt != want {
			t.Errorf("expires at %d, want %d", k.ExpiresAt, want)
		}
	})
	minus := -1
	for name, n := range map[string]NewKey{
		"name":       {TenantID: r.tenant.ID},
		"line break": {TenantID: r.tenant.ID, Name: "a\nb"},
		"scopes":     {TenantID: r.tenant.ID, Name: "a", Scopes: []string{"everything"}},
		"all users":  {TenantID: r.tenant.ID, Name: "a", UserID: "*"},
		"user":       {TenantID: r.tenant.ID, Name: "a", UserID: "\x01"},
		"days":       {TenantID: r.tenant.ID, Name: "a", Days: &minus},
	} {
		t.Run("with a bad field are refused: "+name, func(t *testing.T) {
			t.Parallel()
			_, _, err := r.CreateKey(t.Context(), n)
			wantCode(t, err, fault.Invalid)
		})
	}
	t.Run("need a tenant", func(t *testing.T) {
		t.Parallel()
		_, _, err := r.CreateKey(t.Context(), NewKey{TenantID: "nobody", Name: "a"})
		wantCode(t, err, fault.NotFound)
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	a := &Access{opt: Options{APIKeysEnabled: true, Clock: clock.System{}}}
	a.cache.Store(newCache())
	s, err := newSecret("sk_live_")
	if err != nil {
		b.Fatal(err)
	}
	hash := hashSecret(s)
	a.cache.Load().add(newEntry(models.APIKey{ID: "k", Hash: hash[:], Active: true, Scopes: fullScopes}, tenant{Tenant: models.Tenant{ID: "t"}, rules: &rules{}}, a.usage.of("t", "k"), nil))
	cr := Credential{APIKey: s, UserID: "alice", InstanceID: "phone"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(b.Context(), cr); err != nil {
			b.Fatal(err)
		}
	}
}

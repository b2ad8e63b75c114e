package access

import (
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

func TestAKeyIsMadeForSomethingOnly(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	now := clock.Millis(r.clock)
	for name, c := range map[string]struct {
		with NewKey
		want fault.Code
	}{
		"neither reads nor writes": {NewKey{ReadOnly: true, WriteOnly: true}, fault.Invalid},
		"no scope":                 {NewKey{Scopes: []string{}}, fault.Invalid},
		"no such scope":            {NewKey{Scopes: []string{"items:paint"}}, fault.Invalid},
		"all users":                {NewKey{UserID: "*"}, fault.Invalid},
		"expired":                  {NewKey{ExpiresAt: now}, fault.Invalid},
		"expires in 200 years":     {NewKey{ExpiresAt: now + 200*366*dayMillis}, fault.Invalid},
		"expires in a moment":      {NewKey{ExpiresAt: now + 1}, ""},
		"only writes":              {NewKey{WriteOnly: true}, ""},
	} {
		c.with.TenantID, c.with.Name = r.tenant.ID, name
		k, _, err := r.CreateKey(t.Context(), c.with)
		wantCode(t, err, c.want)
		if err == nil && (k.ExpiresAt != c.with.ExpiresAt || k.CanRead == c.with.WriteOnly) {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

func TestANarrowedKeyIsHeldToItAtOnce(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, secret := r.key(t, NewKey{})
		who, err := r.Authenticate(t.Context(), Credential{APIKey: secret})
		wantCode(t, err, "")
		k.Scopes, k.Name, k.ExpiresAt = []string{"items:read:storage/orders/*"}, "narrow", clock.Millis(r.clock)+dayMillis
		if k, err = r.EditKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		who, err = r.Renew(t.Context(), who)
		wantCode(t, err, "")
		wantCode(t, r.Allow(who, ItemsRead, "storage", "orders/1"), "")
		wantCode(t, r.Allow(who, ItemsRead, "storage", "other"), fault.ScopeMissing)
		wantCode(t, r.Holds(who, ItemsWrite), fault.ScopeMissing)
		r.clock.Advance(25 * time.Hour)
		wantCode(t, r.Recheck(t.Context(), who), fault.APIKeyExpired)
		k.Name = "kept as it expired"
		k, err = r.EditKey(t.Context(), k)
		wantCode(t, err, "")
		for name, c := range map[string]struct {
			change func(*models.APIKey)
			want   fault.Code
		}{
			"another past end": {func(k *models.APIKey) { k.ExpiresAt-- }, fault.Invalid},
			"no right":         {func(k *models.APIKey) { k.CanRead, k.CanWrite = false, false }, fault.Invalid},
			"no scope":         {func(k *models.APIKey) { k.Scopes = nil }, fault.Invalid},
			"an old version":   {func(k *models.APIKey) { k.Version-- }, fault.StaleEdit},
			"no such key":      {func(k *models.APIKey) { k.ID = "nobody" }, fault.NotFound},
		} {
			edit := k
			c.change(&edit)
			_, err := r.EditKey(t.Context(), edit)
			if fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		k.ExpiresAt = 0
		_, err = r.EditKey(t.Context(), k)
		wantCode(t, err, "")
		wantCode(t, r.Recheck(t.Context(), who), "")
	})
}

func TestASecretOpensItsKeyAlone(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, secret := r.key(t, NewKey{})
	_, other := r.key(t, NewKey{})
	if !Opens(k, secret) || Opens(k, other) || Opens(k, "") || Opens(models.APIKey{}, "") {
		t.Error("a secret opens the wrong key, or not its own")
	}
}

func TestEveryScopeThatIsOfferedIsOne(t *testing.T) {
	t.Parallel()
	wantCode(t, CheckScopes(Scopes()), "")
	for _, s := range Scopes() {
		if err := CheckScopes([]string{s + ":storage/a/*"}); (err == nil) != Narrowable(s) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

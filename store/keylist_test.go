package store_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// keyed makes a tenant with a key of each name, one after the other.
func keyed(t *testing.T, s *store.Store, c *clock.Manual, slug string, names ...string) (models.Tenant, map[string]models.APIKey) {
	t.Helper()
	tenant := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: slug}))
	keys := map[string]models.APIKey{}
	for i, name := range names {
		k := models.APIKey{TenantID: tenant.ID, Name: name, Hash: append(bytes.Repeat([]byte{byte(i)}, 31), slug[0]), Prefix: "sk_", Last4: fmt.Sprintf("xY%02d", i), CanRead: true, Scopes: []string{"read"}}
		c.Advance(time.Millisecond) // so that ids follow each other
		keys[name] = must[models.APIKey](t)(s.CreateAPIKey(t.Context(), k))
	}
	return tenant, keys
}

func names(keys []models.APIKey) []string {
	out := []string{}
	for _, k := range keys {
		out = append(out, k.Name)
	}
	return out
}

func TestKeysAreListedPageByPageAndByWhatTheyAre(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme, keys := keyed(t, s, c, "acme", "Plain", "off", "late", "soon", "gone", "50%_!")
		keyed(t, s, c, "globex", "other")
		expires := func(name string, after time.Duration) {
			k := keys[name]
			k.ExpiresAt = clock.Millis(c) + after.Milliseconds()
			must[models.APIKey](t)(s.EditAPIKey(t.Context(), k))
		}
		expires("late", time.Minute)
		expires("soon", 48*time.Hour)
		must[models.APIKey](t)(s.SetAPIKeyActive(t.Context(), keys["off"].ID, false, 1))
		must[models.APIKey](t)(s.RevokeAPIKey(t.Context(), keys["gone"].ID))
		c.Advance(time.Minute)
		week := clock.Millis(c) + 7*24*time.Hour.Milliseconds()
		for want, q := range map[string]store.KeyQuery{
			"[50%_! gone soon late off Plain]": {},
			"[50%_! gone]":                     {Limit: 2},
			"[soon late]":                      {Before: keys["gone"].ID, Limit: 2},
			"[50%_! soon Plain]":               {State: models.KeyActive},
			"[soon]":                           {State: models.KeyActive, Until: week},
			"[off]":                            {State: models.KeyDisabled},
			"[late]":                           {State: models.KeyExpired},
			"[gone]":                           {State: models.KeyRevoked},
			"[Plain]":                          {Text: "pLAi"},
			"[50%_!]":                          {Text: "%_!"},
			"[gone soon Plain]":                {Text: "N", Before: keys["50%_!"].ID},
			"[]":                               {Text: "other"},
		} {
			if q.TenantID = acme.ID; q.Limit == 0 {
				q.Limit = 100
			}
			if got := fmt.Sprint(names(must[[]models.APIKey](t)(s.KeyPage(t.Context(), q)))); got != want {
				t.Errorf("%+v: %s, want %s", q, got, want)
			}
		}
		if got := names(must[[]models.APIKey](t)(s.ExpiringKeys(t.Context(), acme.ID, week))); !cmp.Equal(got, []string{"soon"}) {
			t.Errorf("about to expire: %v", got)
		}
		if got := names(must[[]models.APIKey](t)(s.ExpiringKeys(t.Context(), acme.ID, clock.Millis(c)+1))); len(got) != 0 {
			t.Errorf("about to expire within a moment: %v", got)
		}
	})
}

func TestAKeyIsEditedFromTheVersionItHas(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme, keys := keyed(t, s, c, "acme", "first")
		globex, _ := keyed(t, s, c, "globex")
		k := keys["first"]
		edit := k
		edit.Name, edit.CanRead, edit.CanWrite, edit.Scopes, edit.ExpiresAt = " Küche ", false, true, []string{"items:write:orders/*"}, 77
		c.Advance(time.Minute)
		before := must[int64](t)(s.Revision(t.Context()))
		got := must[models.APIKey](t)(s.EditAPIKey(store.As(t.Context(), store.Author{Actor: "account:a"}), edit))
		want := edit
		want.Name, want.Version, want.UpdatedAt = "Küche", 2, clock.Millis(c)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(want, must[models.APIKey](t)(s.APIKey(t.Context(), acme.ID, k.ID))); d != "" {
			t.Error(d)
		}
		if after := must[int64](t)(s.Revision(t.Context())); after != before+1 {
			t.Errorf("revision %d after %d", after, before)
		}
		row := must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), acme.ID, "", 1))[0]
		if row.Actor != "account:a" || row.Action != "apikey.edit" || row.Object != k.ID || !bytes.Contains(row.Detail, []byte("items:write:orders/*")) {
			t.Errorf("%+v", row)
		}
		_, err := s.APIKey(t.Context(), globex.ID, k.ID)
		wantFault(t, err, fault.NotFound)
		_, err = s.EditAPIKey(t.Context(), edit)
		wantFault(t, err, fault.StaleEdit)
		edit.Version, edit.Name = 2, "\n"
		_, err = s.EditAPIKey(t.Context(), edit)
		wantFault(t, err, fault.Invalid)
		edit.ID, edit.Name = "nobody", "x"
		_, err = s.EditAPIKey(t.Context(), edit)
		wantFault(t, err, fault.NotFound)
		gone := must[models.APIKey](t)(s.RevokeAPIKey(t.Context(), k.ID))
		_, err = s.EditAPIKey(t.Context(), gone)
		wantFault(t, err, fault.Revoked)
		_, err = s.SetAPIKeyActive(t.Context(), k.ID, false, gone.Version)
		wantFault(t, err, fault.Revoked)
	})
}

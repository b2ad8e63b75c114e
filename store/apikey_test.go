package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		globex := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "globex"}))
		made := models.APIKey{
			TenantID: acme.ID, Name: "Küche", Hash: bytes.Repeat([]byte{0xff}, 32), Prefix: "sk_live_", Last4: "abcd", UserID: "Bob ",
			CanRead: true, Scopes: []string{"read", "items:write:orders/*"}, ExpiresAt: 99,
		}
		before := must[int64](t)(s.Revision(t.Context()))
		k := must[models.APIKey](t)(s.CreateAPIKey(t.Context(), made))
		if after := must[int64](t)(s.Revision(t.Context())); after != before+1 {
			t.Errorf("revision %d after %d", after, before)
		}
		for name, read := range map[string]func() (models.APIKey, error){
			"hash": func() (models.APIKey, error) { return s.APIKeyByHash(t.Context(), made.Hash) },
			"id":   func() (models.APIKey, error) { return s.APIKeyByID(t.Context(), k.ID) },
		} {
			if d := cmp.Diff(k, must[models.APIKey](t)(read())); d != "" {
				t.Errorf("by %s: %s", name, d)
			}
		}
		if other := must[[]models.APIKey](t)(s.APIKeys(t.Context(), globex.ID)); len(other) != 0 {
			t.Errorf("another tenant sees %d keys", len(other))
		}
		_, err := s.APIKeyByHash(t.Context(), make([]byte, 32))
		wantFault(t, err, fault.NotFound)

		c.Advance(time.Minute)
		off := must[models.APIKey](t)(s.SetAPIKeyActive(t.Context(), k.ID, false, 1))
		if off.Active || off.Version != 2 || off.UpdatedAt != clock.Millis(c) || off.CreatedAt != k.CreatedAt {
			t.Errorf("%+v", off)
		}
		_, err = s.SetAPIKeyActive(t.Context(), k.ID, true, 1)
		wantFault(t, err, fault.StaleEdit)
		_, err = s.SetAPIKeyActive(t.Context(), "nobody", true, 1)
		wantFault(t, err, fault.NotFound)
		gone := must[models.APIKey](t)(s.RevokeAPIKey(t.Context(), k.ID))
		c.Advance(time.Minute)
		if again := must[models.APIKey](t)(s.RevokeAPIKey(t.Context(), k.ID)); again.RevokedAt != gone.RevokedAt || again.RevokedAt == 0 {
			t.Errorf("revoked at %d, then at %d", gone.RevokedAt, again.RevokedAt)
		}
	})
}

func TestTouchingKeys(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		used := map[string]int64{"unknown": 7}
		for i := range 3 {
			k := must[models.APIKey](t)(s.CreateAPIKey(t.Context(), models.APIKey{TenantID: acme.ID, Name: "k", Hash: bytes.Repeat([]byte{byte(i)}, 32)}))
			used[k.ID] = int64(100 + i)
		}
		wantFault(t, s.NoteKeyUse(t.Context(), used, nil), "")
		wantFault(t, s.NoteKeyUse(t.Context(), nil, nil), "")
		for _, k := range must[[]models.APIKey](t)(s.APIKeys(t.Context(), acme.ID)) {
			if k.LastUsedAt != used[k.ID] || k.Version != 1 {
				t.Errorf("last used at %d, want %d; version %d", k.LastUsedAt, used[k.ID], k.Version)
			}
		}
	})
}

package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestAFewKeysAreFoundByWhatIsShownOfThem(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		other := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "other"}))
		add := func(tenant, name, last4 string) models.APIKey {
			t.Helper()
			k := models.APIKey{TenantID: tenant, Name: name, Hash: []byte(fmt.Sprintf("%-32s", tenant[20:]+name)), Prefix: "sk_live_", Last4: last4}
			return must[models.APIKey](t)(s.CreateAPIKey(t.Context(), k))
		}
		add(acme.ID, "Laptop", "AbCd")
		add(acme.ID, "100% lap_top", "wxyz")
		gone := add(acme.ID, "Old laptop", "0000")
		add(other.ID, "Laptop of another", "AbCd")
		if _, err := s.RevokeAPIKey(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]string{
			"LAP": "100% lap_top,Laptop", "%": "100% lap_top", "p_t": "100% lap_top", "!": "", "AbCd": "Laptop", "k_live": "100% lap_top,Laptop", "none": "",
		} {
			var names []string
			for _, k := range must[[]models.APIKey](t)(s.FindAPIKeys(t.Context(), acme.ID, text)) {
				names = append(names, k.Name)
			}
			if got := strings.Join(names, ","); got != want {
				t.Errorf("%q finds %q, want %q", text, got, want)
			}
		}
	})
}

func TestAFewTenantsAreFoundByNameOrSlug(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		for slug, name := range map[string]string{"acme": "100% Acme", "beta": "Beta_Two", "gone": "Acme of old", "zeta": "Zeta"} {
			made := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: slug, Name: name}))
			if slug == "gone" {
				must[models.Tenant](t)(s.TrashTenant(t.Context(), made.ID, made.Version))
			}
		}
		for text, want := range map[string]string{"": "acme,beta", "ACME": "acme", "eta": "beta,zeta", "%": "acme", "_": "beta", "!": "", "none": ""} {
			var slugs []string
			for _, found := range must[[]models.Tenant](t)(s.FindTenants(t.Context(), text, 2)) {
				slugs = append(slugs, found.Slug)
			}
			if got := strings.Join(slugs, ","); got != want {
				t.Errorf("%q finds %q, want %q", text, got, want)
			}
		}
	})
}

func TestAFewItemsAreFoundByHowTheirKeyBegins(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		row := func(owner, key string) *models.Item {
			return &models.Item{ID: owner + key, TenantID: acme.ID, Owner: owner, Collection: models.Storage, Key: key, Value: []byte("1"), Version: 1}
		}
		items := []*models.Item{row("ann", "a%1"), row("ann", "a_1"), row("bob", "a_2"), row("bob", "b"), row("bob", "A_2"), row("eve", "a_gone"), row("eve", "a_late")}
		items[5].Deleted, items[6].ExpiresAt = true, clock.Millis(c)
		for i := range 40 {
			items = append(items, row("many", fmt.Sprintf("n/%02d", i)))
		}
		err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
			var errs []error
			for _, id := range []string{"ann", "bob", "eve", "many"} {
				errs = append(errs, tx.UpsertUsers([]*models.User{{TenantID: acme.ID, ID: id}}))
			}
			return errors.Join(append(errs, tx.UpsertItems(items))...)
		})
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]string{"a_": "ann a_1,bob a_2", "a%": "ann a%1", "zz": "", "\xf4\x8f\xbf\xbf": ""} {
			var names []string
			for _, it := range must[[]models.Item](t)(s.FindItems(t.Context(), acme.ID, prefix)) {
				names = append(names, it.Owner+" "+it.Key)
			}
			if got := strings.Join(names, ","); got != want {
				t.Errorf("%q finds %q, want %q", prefix, got, want)
			}
		}
		if n := len(must[[]models.Item](t)(s.FindItems(t.Context(), acme.ID, "n/"))); n != 8 {
			t.Errorf("%d of many", n)
		}
	})
}

func TestTheLastInstanceToConnectIsFound(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		wantFault(t, s.SaveInstances(t.Context(), []models.Instance{{TenantID: "t", UserID: "u", ID: "never"}}), "")
		_, err := s.LatestInstance(t.Context(), "t", 0)
		wantFault(t, err, fault.NotFound)
		rows := []models.Instance{
			{TenantID: "t", UserID: "u", ID: "early", ConnectedAt: 10},
			{TenantID: "t", UserID: "a", ID: "late", ConnectedAt: 30},
			{TenantID: "t", UserID: "z", ID: "between", ConnectedAt: 20},
			{TenantID: "other", UserID: "u", ID: "later", ConnectedAt: 40},
		}
		wantFault(t, s.SaveInstances(t.Context(), rows), "")
		if in := must[models.Instance](t)(s.LatestInstance(t.Context(), "t", 30)); in.ID != "late" || in.UserID != "a" {
			t.Errorf("%+v", in)
		}
		_, err = s.LatestInstance(t.Context(), "t", 31)
		wantFault(t, err, fault.NotFound)
	})
}

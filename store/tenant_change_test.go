package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

var byAmina = store.Author{Actor: "account:amina", Address: "192.0.2.1", RequestID: "r1"}

func TestAnEditTellsWhatItChanged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		before := must[models.Head](t)(s.Head(t.Context(), acme.ID))
		c.Advance(time.Second)
		edit := acme
		edit.Slug, edit.Name, edit.Strategy, edit.Limits.Items = "ignored", " Acme Ltd ", models.StrategyLWW, 9
		got := must[models.Tenant](t)(s.EditTenant(store.As(t.Context(), byAmina), edit))
		want := acme
		want.Name, want.Strategy, want.Limits.Items, want.Version, want.UpdatedAt = "Acme Ltd", models.StrategyLWW, 9, 2, clock.Millis(c)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if h := must[models.Head](t)(s.Head(t.Context(), acme.ID)); h.Limits.Items != 9 || h.Purges == before.Purges {
			t.Errorf("committers would not see the limit: %+v", h)
		}
		edit.Name = "too late"
		_, err := s.EditTenant(t.Context(), edit)
		wantFault(t, err, fault.StaleEdit)
		got.RetentionDays = 0
		_, err = s.EditTenant(t.Context(), got)
		wantFault(t, err, fault.Invalid)
		got.RetentionDays = 30
		if same := must[models.Tenant](t)(s.EditTenant(t.Context(), got)); same.Version != 2 {
			t.Error("an edit that changes nothing makes a version")
		}
		told := must[[]models.TenantChange](t)(s.TenantChanges(t.Context(), acme.ID, 1))
		changed := []models.FieldChange{{Field: "name", From: "acme", To: "Acme Ltd"}, {Field: "strategy", From: "", To: "LAST_WRITE_WINS"}, {Field: "maxItems", From: 0.0, To: 9.0}}
		if d := cmp.Diff([]models.TenantChange{{Actor: "account:amina", Action: "edit", At: clock.Millis(c), Version: 2, Changed: changed}}, told); d != "" {
			t.Error(d)
		}
		if none := must[[]models.TenantChange](t)(s.TenantChanges(t.Context(), acme.ID, 2)); len(none) != 0 {
			t.Errorf("after the last version: %+v", none)
		}
	})
}

func TestRestrictionsOfATenantAreKeptAndToldInTheAudit(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme", From: models.Restrictions{IPs: []string{"10.0.0.1"}}}))
		full := models.Restrictions{IPs: []string{"10.0.0.0/8", "2001:db8::/32"}, Countries: []string{"DE"}, Unplaced: true, Domains: []string{"*.example.com"}, UserAgents: []string{"^a, b$"}}
		acme.From = full
		got := must[models.Tenant](t)(s.EditTenant(t.Context(), acme))
		named := must[models.Tenant](t)(s.TenantNamed(t.Context(), "acme"))
		page := must[[]models.TenantRow](t)(s.TenantPage(t.Context(), store.TenantQuery{Limit: 5}))
		for where, f := range map[string]models.Restrictions{"the edit": got.From, "by name": named.From, "in the list": page[0].From} {
			if d := cmp.Diff(full, f); d != "" {
				t.Errorf("%s: %s", where, d)
			}
		}
		told := must[[]models.TenantChange](t)(s.TenantChanges(t.Context(), acme.ID, 1))
		want := []models.FieldChange{
			{Field: "ipRestrictions", From: "10.0.0.1", To: "10.0.0.0/8\n2001:db8::/32"},
			{Field: "countryRestrictions", From: "", To: "DE"},
			{Field: "domainRestrictions", From: "", To: "*.example.com"},
			{Field: "userAgentPatterns", From: "", To: "^a, b$"},
			{Field: "allowUnknownCountry", From: false, To: true},
		}
		if d := cmp.Diff(want, told[0].Changed); d != "" {
			t.Error(d)
		}
		got.From = models.Restrictions{}
		if none := must[models.Tenant](t)(s.EditTenant(t.Context(), got)); !none.From.Empty() {
			t.Errorf("taken back: %+v", none.From)
		}
	})
}

func TestATenantInTheTrashKeepsItsSlugAndIsNotFoundByPages(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		by := store.As(t.Context(), byAmina)
		_, err := s.RestoreTenant(by, acme.ID, acme.Version)
		wantFault(t, err, fault.StaleEdit)
		trashed := must[models.Tenant](t)(s.TrashTenant(by, acme.ID, acme.Version))
		if trashed.DeletedAt == 0 || trashed.Version != 2 {
			t.Errorf("%+v", trashed)
		}
		_, err = s.TenantBySlug(t.Context(), "acme")
		wantFault(t, err, fault.NotFound)
		_, err = s.TenantByID(t.Context(), acme.ID)
		wantFault(t, err, fault.NotFound)
		for _, name := range []string{acme.ID, "acme"} {
			if d := cmp.Diff(trashed, must[models.Tenant](t)(s.TenantNamed(t.Context(), name))); d != "" {
				t.Error(d)
			}
		}
		if all := must[[]models.Tenant](t)(s.Tenants(t.Context())); len(all) != 0 {
			t.Errorf("%+v", all)
		}
		_, err = s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
		wantFault(t, err, fault.Invalid)
		for _, change := range []func() (models.Tenant, error){
			func() (models.Tenant, error) { return s.TrashTenant(by, acme.ID, trashed.Version) },
			func() (models.Tenant, error) { return s.SetTenantSuspended(by, acme.ID, true, trashed.Version) },
			func() (models.Tenant, error) { return s.RestoreTenant(by, acme.ID, acme.Version) },
		} {
			_, err := change()
			wantFault(t, err, fault.StaleEdit)
		}
		_, err = s.EditTenant(by, trashed)
		wantFault(t, err, fault.NotFound)
		back := must[models.Tenant](t)(s.RestoreTenant(by, acme.ID, trashed.Version))
		if back.DeletedAt != 0 || back.Version != 3 {
			t.Errorf("%+v", back)
		}
		var actions []string
		for _, e := range must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), acme.ID, "", 10)) {
			actions = append(actions, e.Actor+" "+e.Action)
		}
		if d := cmp.Diff([]string{"account:amina tenant.restore", "account:amina tenant.trash", "system tenant.create"}, actions); d != "" {
			t.Error(d)
		}
	})
}

func TestTenantsAreListedInPages(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		names := map[string]string{"acme": "Größe 100%", "beta": "Beta_Two", "gamma": "GAMMA", "old": "Old"}
		for _, slug := range []string{"gamma", "acme", "old", "beta"} {
			t0 := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: slug, Name: names[slug]}))
			if slug == "old" {
				must[models.Tenant](t)(s.TrashTenant(t.Context(), t0.ID, 1))
			}
		}
		list := func(q store.TenantQuery) (slugs []string) {
			if q.Limit == 0 {
				q.Limit = 10
			}
			for _, r := range must[[]models.TenantRow](t)(s.TenantPage(t.Context(), q)) {
				slugs = append(slugs, r.Slug)
			}
			return slugs
		}
		for what, c := range map[string]struct {
			q    store.TenantQuery
			want []string
		}{
			"all":                {store.TenantQuery{}, []string{"acme", "beta", "gamma"}},
			"first page":         {store.TenantQuery{Limit: 2}, []string{"acme", "beta"}},
			"second page":        {store.TenantQuery{Limit: 2, After: "beta"}, []string{"gamma"}},
			"trash":              {store.TenantQuery{Trash: true}, []string{"old"}},
			"whatever the case":  {store.TenantQuery{Text: "gAmM"}, []string{"gamma"}},
			"in the name":        {store.TenantQuery{Text: "two"}, []string{"beta"}},
			"% is itself":        {store.TenantQuery{Text: "%"}, []string{"acme"}},
			"_ is itself":        {store.TenantQuery{Text: "_"}, []string{"beta"}},
			"nothing of that":    {store.TenantQuery{Text: "!"}, nil},
			"not from the trash": {store.TenantQuery{Text: "old"}, nil},
		} {
			if got := list(c.q); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", what, got, c.want)
			}
		}
		if open, trash, err := s.CountTenants(t.Context()); open != 3 || trash != 1 || err != nil {
			t.Errorf("%d and %d: %v", open, trash, err)
		}
	})
}

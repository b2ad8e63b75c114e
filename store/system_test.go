package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

func TestTheAuditIsSearchedPageByPage(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		start := clock.Millis(c)
		for i := range 12 {
			c.Advance(time.Second)
			ctx := store.As(t.Context(), store.Author{Actor: []string{"account:a", "key:k", "key:l"}[i%3]})
			e := models.AuditEntry{TenantID: []string{"", "t"}[i%2], Action: []string{"apikey.create", "apikey.revoke", "tenant.view", "apikeys.x"}[i%4], Object: fmt.Sprint(i)}
			if err := s.Audit(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		tenant, installation := "t", ""
		for name, c := range map[string]struct {
			q    store.AuditQuery
			want []string
		}{
			"everything":       {store.AuditQuery{Limit: 5}, []string{"11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0"}},
			"a tenant's":       {store.AuditQuery{Tenant: &tenant, Limit: 2}, []string{"11", "9", "7", "5", "3", "1"}},
			"the installation": {store.AuditQuery{Tenant: &installation, Limit: 50}, []string{"10", "8", "6", "4", "2", "0"}},
			"one actor":        {store.AuditQuery{Actor: "key:k", Limit: 3}, []string{"10", "7", "4", "1"}},
			"a kind of actor":  {store.AuditQuery{Actor: "key:", Limit: 3}, []string{"11", "10", "8", "7", "5", "4", "2", "1"}},
			"one action":       {store.AuditQuery{Action: "apikey.revoke", Limit: 1}, []string{"9", "5", "1"}},
			"a group":          {store.AuditQuery{Action: "apikey.", Limit: 4}, []string{"9", "8", "5", "4", "1", "0"}},
			"a time":           {store.AuditQuery{From: start + 3000, To: start + 5000, Limit: 4}, []string{"3", "2"}},
			"all of it":        {store.AuditQuery{Tenant: &tenant, Actor: "key:k", Action: "apikey.revoke", From: start, Limit: 4}, []string{"1"}},
			"in small looks":   {store.AuditQuery{Action: "apikey.revoke", Limit: 2, Look: 2}, []string{"9", "5", "1"}},
		} {
			if diff := cmp.Diff(c.want, searched(t, s, c.q)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		p := must[store.AuditPage](t)(s.SearchAudit(t.Context(), store.AuditQuery{Action: "apikey.revoke", Limit: 2, Look: 2}))
		if len(p.Entries) != 0 || !p.Partial || p.Next == "" {
			t.Errorf("a look that found nothing yet: %+v", p)
		}
	})
}

func searched(t *testing.T, s *store.Store, q store.AuditQuery) (out []string) {
	t.Helper()
	for range 20 {
		p, err := s.SearchAudit(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Entries {
			out = append(out, e.Object)
		}
		if q.Before = p.Next; p.Next == "" {
			return out
		}
	}
	t.Error("the pages do not end")
	return out
}

func TestWhatTheSystemPageAsksTheDatabase(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		f := must[store.DatabaseFacts](t)(s.DatabaseFacts(t.Context()))
		if f.Bytes <= 0 || f.Pool.MaxOpenConnections <= 0 || (f.WALBytes > 0) != (s.Kind() == "sqlite") {
			t.Errorf("%+v", f)
		}
		if n := must[[]store.Node](t)(s.Nodes(t.Context())); len(n) != 0 {
			t.Errorf("nodes: %+v", n)
		}
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme", Name: "Acme"}))
		amina := must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Email: "a@example.com", Name: "Amina", PasswordHash: []byte("x")}))
		names := must[map[string]string](t)(s.Names(t.Context(), []string{acme.ID, amina.ID, "gone"}))
		if diff := cmp.Diff(map[string]string{acme.ID: "Acme", amina.ID: "Amina"}, names); diff != "" {
			t.Error(diff)
		}
		must[map[string]string](t)(s.Names(t.Context(), nil))
	})
}

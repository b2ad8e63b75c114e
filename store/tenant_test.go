package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestTenants(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		globex := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "globex", Strategy: models.StrategyFWW, RetentionDays: 7}))
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme", Name: " Acme Ü ", Limits: models.TenantLimits{Items: 5, Bytes: 6, UserBytes: 7}}))
		want := []models.Tenant{
			{ID: acme.ID, Slug: "acme", Name: "Acme Ü", RetentionDays: 30, Limits: models.TenantLimits{Items: 5, Bytes: 6, UserBytes: 7}, Version: 1, CreatedAt: clock.Millis(c), UpdatedAt: clock.Millis(c)},
			{ID: globex.ID, Slug: "globex", Name: "globex", Strategy: models.StrategyFWW, RetentionDays: 7, Version: 1, CreatedAt: clock.Millis(c), UpdatedAt: clock.Millis(c)},
		}
		if d := cmp.Diff(want, must[[]models.Tenant](t)(s.Tenants(t.Context()))); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(acme, must[models.Tenant](t)(s.TenantBySlug(t.Context(), "acme"))); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(acme, must[models.Tenant](t)(s.TenantByID(t.Context(), acme.ID))); d != "" {
			t.Error(d)
		}
		a, b := must[models.Head](t)(s.Head(t.Context(), acme.ID)), must[models.Head](t)(s.Head(t.Context(), globex.ID))
		if a.Seq != 0 || a.Floor != 0 || a.Epoch == "" || a.Epoch == b.Epoch {
			t.Errorf("heads %+v and %+v", a, b)
		}
		_, err := s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
		wantFault(t, err, fault.Invalid)
		if f := fault.From(err); len(f.Fields) != 1 || f.Fields[0].Path != "slug" || f.Fields[0].Rule != "taken" {
			t.Errorf("%+v", f)
		}
		for _, name := range []string{"Acme", "acme ", "ACME", ""} {
			_, err := s.TenantBySlug(t.Context(), name)
			wantFault(t, err, fault.NotFound)
		}
		_, err = s.TenantByID(t.Context(), "acme")
		wantFault(t, err, fault.NotFound)
	})
}

func TestBadTenants(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		before := must[int64](t)(s.Revision(t.Context()))
		for name, bad := range map[string]models.Tenant{
			"slug":      {},
			"Upper":     {Slug: "Acme"},
			"edge":      {Slug: "-acme"},
			"space":     {Slug: "ac me"},
			"newline":   {Slug: "acme\n"},
			"long":      {Slug: strings.Repeat("a", 64)},
			"name":      {Slug: "acme", Name: "a\x00b"},
			"utf8":      {Slug: "acme", Name: "a\xff"},
			"long name": {Slug: "acme", Name: strings.Repeat("ä", 201)},
			"strategy":  {Slug: "acme", Strategy: "MERGE?"},
			"days":      {Slug: "acme", RetentionDays: -1},
			"items":     {Slug: "acme", Limits: models.TenantLimits{Items: -1}},
			"bytes":     {Slug: "acme", Limits: models.TenantLimits{Bytes: 1<<50 + 1}},
			"per user":  {Slug: "acme", Limits: models.TenantLimits{UserBytes: -1}},
		} {
			if _, err := s.CreateTenant(t.Context(), bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := must[int64](t)(s.Revision(t.Context())); after != before {
			t.Error("a refused tenant moves the revision")
		}
	})
}

func TestSuspending(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		tenant := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		before := must[int64](t)(s.Revision(t.Context()))
		c.Advance(time.Second)
		by := store.As(t.Context(), store.Author{Actor: "account:1", Address: "192.0.2.1", RequestID: "r1"})
		got := must[models.Tenant](t)(s.SetTenantSuspended(by, tenant.ID, true, tenant.Version))
		if !got.Suspended || got.Version != 2 {
			t.Errorf("%+v", got)
		}
		if after := must[int64](t)(s.Revision(t.Context())); after != before+1 {
			t.Errorf("revision %d after %d", after, before)
		}
		_, err := s.SetTenantSuspended(t.Context(), tenant.ID, false, tenant.Version)
		wantFault(t, err, fault.StaleEdit)
		_, err = s.SetTenantSuspended(t.Context(), "nobody", false, 1)
		wantFault(t, err, fault.NotFound)

		entries := must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), tenant.ID, "", 10))
		actions := []string{}
		for _, e := range entries {
			actions = append(actions, e.Actor+" "+e.Action)
		}
		if !slices.Equal(actions, []string{"account:1 tenant.suspend", "system tenant.create"}) || entries[0].Address != "192.0.2.1" || entries[0].RequestID != "r1" {
			t.Errorf("%+v", entries)
		}
		if older := must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), tenant.ID, entries[0].ID, 10)); len(older) != 1 {
			t.Errorf("%d before the newest", len(older))
		}
	})
}

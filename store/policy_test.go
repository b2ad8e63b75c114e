package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx, acme := t.Context(), must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		p := must[models.ConflictPolicy](t)(s.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme.ID, Pattern: "orders/*", Strategy: models.StrategyMerge, Fallback: models.StrategyLWW}))
		before := must[int64](t)(s.Revision(ctx))
		if _, err := s.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme.ID, Pattern: "orders/*", Strategy: models.StrategyFWW}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a second one for the same keys: %v", err)
		}
		p.Fallback = models.StrategyFWW
		edited := must[models.ConflictPolicy](t)(s.EditPolicy(ctx, p))
		if _, err := s.EditPolicy(ctx, p); !fault.Is(err, fault.StaleEdit) {
			t.Errorf("too late: %v", err)
		}
		if d := cmp.Diff([]models.ConflictPolicy{edited}, must[[]models.ConflictPolicy](t)(s.Policies(ctx, acme.ID))); d != "" || edited.Version != 2 {
			t.Error(d)
		}
		if must[int64](t)(s.Revision(ctx)) == before {
			t.Error("nobody is told of the change")
		}
		gone := func(p models.ConflictPolicy) error { _, err := s.DeletePolicy(ctx, p); return err }
		back := func(p models.ConflictPolicy) error { _, err := s.RestorePolicy(ctx, p); return err }
		for name, err := range map[string]error{
			"another tenant's":     gone(models.ConflictPolicy{TenantID: "other", ID: p.ID, Version: 2}),
			"one that is not":      gone(models.ConflictPolicy{TenantID: acme.ID, ID: "none", Version: 1}),
			"one not in the trash": back(edited),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantFault(t, gone(p), fault.StaleEdit)
		trashed := must[models.ConflictPolicy](t)(s.DeletePolicy(ctx, edited))
		if left := must[[]models.ConflictPolicy](t)(s.Policies(ctx, acme.ID)); len(left) != 0 {
			t.Errorf("%+v", left)
		}
		if d := cmp.Diff([]models.ConflictPolicy{trashed}, must[[]models.ConflictPolicy](t)(s.PolicyTrash(ctx, acme.ID))); d != "" || trashed.Version != 3 || trashed.DeletedAt == 0 {
			t.Error(d)
		}
		wantFault(t, gone(trashed), fault.NotFound)
		if _, err := s.EditPolicy(ctx, trashed); !fault.Is(err, fault.NotFound) {
			t.Errorf("one in the trash is edited: %v", err)
		}
		wantFault(t, back(edited), fault.StaleEdit)
		same := must[models.ConflictPolicy](t)(s.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme.ID, Pattern: "orders/*", Strategy: models.StrategyFWW}))
		wantFault(t, back(trashed), fault.AlreadyExists)
		again := must[models.ConflictPolicy](t)(s.DeletePolicy(ctx, same)) // two for the same keys lie in the trash
		restored := must[models.ConflictPolicy](t)(s.RestorePolicy(ctx, trashed))
		if restored.Version != 4 || restored.DeletedAt != 0 || restored.Fallback != models.StrategyFWW || restored.Strategy != models.StrategyMerge {
			t.Errorf("%+v", restored)
		}
		wantFault(t, back(again), fault.AlreadyExists)
	})
}

func TestTheTrashOfPoliciesIsBounded(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		acme := must[models.Tenant](t)(s.CreateTenant(ctx, models.Tenant{Slug: "acme"}))
		var first models.ConflictPolicy
		for i := range 203 {
			p := must[models.ConflictPolicy](t)(s.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme.ID, Strategy: models.StrategyLWW}))
			if p = must[models.ConflictPolicy](t)(s.DeletePolicy(ctx, p)); i == 0 {
				first = p
			}
		}
		if n := len(must[[]models.ConflictPolicy](t)(s.PolicyTrash(ctx, acme.ID))); n != 200 {
			t.Errorf("%d in the trash", n)
		}
		if _, err := s.RestorePolicy(ctx, first); !fault.Is(err, fault.NotFound) {
			t.Errorf("the oldest: %v", err)
		}
	})
}

func TestPoliciesAreChecked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		for field, bad := range map[string][]models.ConflictPolicy{
			"pattern":    {{Pattern: "a*b", Strategy: models.StrategyLWW}, {Pattern: "**", Strategy: models.StrategyLWW}, {Pattern: "\n", Strategy: models.StrategyLWW}},
			"collection": {{Collection: "\x00", Strategy: models.StrategyLWW}},
			"strategy":   {{}, {Strategy: "GUESS"}, {Path: "/a", Strategy: models.StrategyMerge}},
			"fallback":   {{Strategy: models.StrategyMerge, Fallback: models.StrategyMerge}, {Strategy: models.StrategyLWW, Fallback: models.StrategyLWW}, {Path: "/a", Kind: models.MergeSet, Fallback: models.StrategyLWW}},
			"kind":       {{Strategy: models.StrategyLWW, Kind: models.MergeSet}, {Path: "/a", Kind: "heap"}, {Path: "/a"}},
			"path":       {{Path: "a", Kind: models.MergeSet}},
		} {
			for _, p := range bad {
				_, err := s.AddPolicy(t.Context(), p)
				if f := fault.From(err); err == nil || f.Code != fault.Invalid || f.Fields[0].Path != field {
					t.Errorf("%s: %+v: %v", field, p, err)
				}
			}
		}
	})
}

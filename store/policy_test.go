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
		for name, err := range map[string]error{
			"another tenant's": s.DeletePolicy(ctx, "other", p.ID, 2),
			"one that is not":  s.DeletePolicy(ctx, acme.ID, "none", 1),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.DeletePolicy(ctx, acme.ID, p.ID, 2); err != nil {
			t.Error(err)
		}
		if left := must[[]models.ConflictPolicy](t)(s.Policies(ctx, acme.ID)); len(left) != 0 {
			t.Errorf("%+v", left)
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

package conflict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/conflict"
	"tidemark/models"
)

// What is explained is what PolicyFor decides, and each loser is told why.
func TestItIsExplainedWhichPolicyApplies(t *testing.T) {
	t.Parallel()
	all := []models.ConflictPolicy{
		{ID: "1", Strategy: models.StrategyManual},
		{ID: "2", Pattern: "orders/*", Strategy: models.StrategyLWW},
		{ID: "3", Pattern: "orders/7", Strategy: models.StrategyFWW},
		{ID: "4", Collection: "notes", Strategy: models.StrategyMerge},
		{ID: "5", Pattern: "orders/*", Path: "/n", Kind: models.MergeCounter},
		{ID: "6", Path: "/n", Kind: models.MergeRegister, Strategy: models.StrategyLWW},
		{ID: "7", Pattern: "orders/7", Path: "/m", Kind: models.MergeCounter, Strategy: models.StrategyLWW},
		{ID: "8", Path: "/m", Kind: models.MergeSet},
	}
	told := func(collection, key string) (out []string) {
		rulings := conflict.Explain(all, collection, key)
		applies := conflict.PolicyFor(models.StrategyLWW, all, collection, key)
		for _, r := range rulings {
			if r.Policy.Path == "" && r.Rules != (r.Policy.ID == applies.ID) {
				t.Errorf("%s %s: %+v, but %s applies", collection, key, r, applies.ID)
			}
			if !strings.HasSuffix(r.Why, ".") {
				t.Errorf("%+v", r)
			}
			out = append(out, fmt.Sprintf("%s %v %v", r.Policy.ID, r.Fits, r.Rules))
		}
		return out
	}
	for where, want := range map[[2]string][]string{
		{"storage", "orders/7"}: {"3 true true", "7 true true", "2 true false", "5 true true", "1 true false", "6 true true", "8 true false", "4 false false"},
		{"storage", "orders/8"}: {"2 true true", "5 true true", "1 true false", "6 true true", "8 true true", "3 false false", "4 false false", "7 false false"},
		{"notes", "x"}:          {"4 true true", "1 true false", "6 true true", "8 true true", "2 false false", "3 false false", "5 false false", "7 false false"},
	} {
		if diff := cmp.Diff(want, told(where[0], where[1])); diff != "" {
			t.Errorf("%v: %s", where, diff)
		}
	}
}

package conflict_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/conflict"
	"tidemark/models"
)

func TestTheMostSpecificPolicyWins(t *testing.T) {
	t.Parallel()
	all := []models.ConflictPolicy{
		{ID: "1", Strategy: models.StrategyManual},
		{ID: "2", Pattern: "orders/*", Strategy: models.StrategyLWW},
		{ID: "3", Pattern: "orders/urgent/*", Strategy: models.StrategyMerge, Fallback: models.StrategyFWW},
		{ID: "4", Pattern: "orders/7", Strategy: models.StrategyFWW},
		{ID: "5", Collection: "notes", Strategy: models.StrategyMerge},
		{ID: "6", Collection: "notes", Pattern: "n*", Strategy: models.StrategyLWW},
		{ID: "7", Pattern: "notes-of-mine-with-a-long-name*", Strategy: models.StrategyFWW},
	}
	for _, c := range []struct{ collection, key, want string }{
		{"storage", "x", "1"},
		{"storage", "orders/", "2"},
		{"storage", "orders/1", "2"},
		{"storage", "orders/urgent/1", "3"},
		{"storage", "orders/7", "4"},
		{"storage", "orders/70", "2"},
		{"storage", "Orders/7", "1"},
		{"notes", "a", "5"},
		{"notes", "n", "6"},
		{"notes", "notes-of-mine-with-a-long-name-1", "6"},
		{"notes", "orders/7", "5"},
	} {
		if got := conflict.PolicyFor(models.StrategyLWW, all, c.collection, c.key); got.ID != c.want {
			t.Errorf("%s %s: %s, want %s", c.collection, c.key, got.ID, c.want)
		}
	}
	if got := conflict.PolicyFor(models.StrategyLWW, nil, "storage", "x"); got.Strategy != models.StrategyLWW || got.ID != "" {
		t.Errorf("without one: %+v", got)
	}
	if got := conflict.PolicyFor("", all, "storage", "orders/urgent/1"); got.Fallback != models.StrategyFWW {
		t.Errorf("%+v", got)
	}
}

func TestFieldsHaveTheirOwnPolicies(t *testing.T) {
	t.Parallel()
	all := []models.ConflictPolicy{
		{ID: "1", Strategy: models.StrategyMerge, Fallback: models.StrategyLWW},
		{ID: "2", Path: "/stock", Kind: models.MergeCounter},
		{ID: "3", Path: "/lines/*/count", Kind: models.MergeCounter},
		{ID: "4", Path: "/lines/gift/count", Kind: models.MergeRegister, Strategy: models.StrategyFWW},
		{ID: "5", Path: "/a~1b/~0c", Kind: models.MergeSet},
		{ID: "6", Pattern: "raw/*", Path: "/stock", Kind: models.MergeRegister, Strategy: models.StrategyManual},
		{ID: "7", Path: "/address", Kind: models.MergeRegister},
	}
	for name, c := range map[string]struct{ key, base, current, incoming, want string }{
		"a counter":               {"k", `{"stock":5}`, `{"stock":4}`, `{"stock":3}`, `{"stock":2}`},
		"any name":                {"k", `{"lines":{"x":{"count":1}}}`, `{"lines":{"x":{"count":2}}}`, `{"lines":{"x":{"count":3}}}`, `{"lines":{"x":{"count":4}}}`},
		"a name of its own":       {"k", `{"lines":{"gift":{"count":1}}}`, `{"lines":{"gift":{"count":2}}}`, `{"lines":{"gift":{"count":3}}}`, `{"lines":{"gift":{"count":2}}}`},
		"strange names":           {"k", `{"a/b":{"~c":[1]}}`, `{"a/b":{"~c":[1,3]}}`, `{"a/b":{"~c":[2]}}`, `{"a/b":{"~c":[2,3]}}`},
		"of other keys, a person": {"raw/1", `{"stock":5}`, `{"stock":4}`, `{"stock":3}`, ""},
		"an object as a whole":    {"k", `{"address":{"a":0,"b":0}}`, `{"address":{"a":1,"b":0}}`, `{"address":{"a":0,"b":2}}`, `{"address":{"a":0,"b":2}}`},
	} {
		v := conflict.Settle(conflict.Case{
			Base:     &conflict.Side{Value: raw(c.base)},
			Current:  conflict.Side{Value: raw(c.current), At: stamp(10, "other")},
			Incoming: conflict.Side{Value: raw(c.incoming), At: stamp(20, "me")},
		}, conflict.PolicyFor("", all, "storage", c.key))
		got := stands(v, c.current, c.incoming)
		if v.Winner == conflict.Nobody {
			got = ""
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

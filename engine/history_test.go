package engine_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

func (h *harness) history(n *node, c models.Caller, q engine.HistoryQuery) engine.HistoryPage {
	h.Helper()
	p, err := n.History(h.Context(), c, q)
	h.ok(err)
	return p
}

func versions(rows []models.Change) []int64 {
	out := []int64{}
	for i := range rows {
		out = append(out, rows[i].Version)
	}
	return out
}

func TestHistoryIsEveryVersionOfTheItemAndOfNoOther(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, u, other := h.node(), h.user("u"), h.user("v")
		for i := range 7 {
			h.put(n, u, set("k", fmt.Sprint(i)))
			h.put(n, u, set("k2", fmt.Sprint(i)))
			h.put(n, other, set("k", fmt.Sprint(i)))
		}
		h.put(n, u, remove("k"))
		p := h.history(n, u, engine.HistoryQuery{Key: "k", Limit: 3})
		var seen []models.Change
		for {
			seen = append(seen, p.Versions...)
			if p.Next == 0 {
				break
			}
			p = h.history(n, u, engine.HistoryQuery{Key: "k", From: p.Next, Limit: 3})
		}
		if d := cmp.Diff([]int64{8, 7, 6, 5, 4, 3, 2, 1}, versions(seen)); d != "" || p.Gone {
			h.Errorf("%s, gone %v", d, p.Gone)
		}
		for i := range seen {
			if seen[i].Key != "k" || seen[i].Owner != "u" || seen[i].Value != nil || seen[i].Actor != u.Actor || seen[i].RequestID != "r" {
				h.Errorf("version %d is %+v", seen[i].Version, seen[i])
			}
		}
		at, err := n.VersionAt(h.Context(), u, engine.HistoryQuery{Key: "k", From: seen[3].Seq})
		h.ok(err)
		if string(at.Value) != `4` || at.Version != 5 {
			h.Errorf("version 5 is %s", at.Value)
		}
		_, err = n.VersionAt(h.Context(), other, engine.HistoryQuery{Key: "k", From: seen[3].Seq})
		h.is(err, fault.NotFound)
		if p := h.history(n, other, engine.HistoryQuery{Key: "k", From: seen[0].Seq}); len(p.Versions) != 0 {
			h.Errorf("another user sees %v", p.Versions)
		}
	})
}

func TestHistorySaysWhenOlderVersionsAreNoLongerKept(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n, u := h.node(), h.user("u")
		h.put(n, u, set("k", `1`))
		h.put(n, u, set("k", `2`))
		h.clock.Advance(40 * day)
		h.put(n, u, set("k", `3`))
		h.ok(n.Purge(h.Context()))
		p := h.history(n, u, engine.HistoryQuery{Key: "k"})
		if d := cmp.Diff([]int64{3}, versions(p.Versions)); d != "" || !p.Gone {
			h.Errorf("%s, gone %v", d, p.Gone)
		}
	})
}

func TestOneLooksAtWhatReadersNoLongerGet(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n, u := h.node(), h.user("u")
		h.put(n, u, set("k", `1`))
		h.put(n, u, remove("k"))
		it, err := n.Look(h.Context(), u, "", "k")
		h.ok(err)
		if !it.Deleted || it.Version != 2 {
			h.Errorf("the tombstone is %+v", it)
		}
		_, err = n.Look(h.Context(), u, "", "never")
		h.is(err, fault.NotFound)
		blind := u
		blind.Reads = []models.Reach{{Collection: models.Storage, Key: "other"}}
		_, err = n.Look(h.Context(), blind, "", "k")
		h.is(err, fault.NotFound)
		_, err = n.History(h.Context(), blind, engine.HistoryQuery{Key: "k"})
		h.is(err, fault.NotFound)
	})
}

// A strict write replaces what it was made against or nothing, whatever the policy, and is no case for the review.
func TestAStrictWriteIsRefusedWithoutAConflict(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		strict := func(base int64, o protocol.Op) protocol.Op { o.Strict = true; return on(base, o) }
		for _, tenant := range []models.Tenant{h.tenant, h.addTenant("lww", models.StrategyLWW), h.addTenant("fww", models.StrategyFWW)} {
			c := callerOf(tenant, "u", "")
			h.put(n, c, set("k", `1`))
			h.put(n, c, set("k", `2`))
			for name, o := range map[string]protocol.Op{"set": set("k", `3`), "remove": remove("k"), "named": named("id", set("k", `3`))} {
				r := h.try(n, c, strict(1, o))
				h.is(r.Err, fault.VersionConflict)
				if got := fault.From(r.Err).Details["version"]; r.ConflictID != "" || got != int64(2) {
					h.Errorf("%q, %s: conflict %q, version %v", tenant.Strategy, name, r.ConflictID, got)
				}
			}
			h.is(h.try(n, c, strict(9, set("k", `3`))).Err, fault.VersionConflict)
			open, err := h.store.OpenConflicts(h.Context(), tenant.ID, "")
			h.ok(err)
			if it := h.get(n, c, "k"); open != 0 || it.Version != 2 {
				h.Errorf("%q: %d conflicts, version %d", tenant.Strategy, open, it.Version)
			}
			if r := h.put(n, c, strict(2, named("id", set("k", `3`)))); r.Version != 3 || r.Duplicate {
				h.Errorf("%q: on the current version: %+v", tenant.Strategy, r)
			}
		}
	})
}

func TestKeptSaysHowAnItemIsStored(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, phone := h.node(), h.device("u", "phone")
		long := fmt.Sprintf(`"%08000d"`, 1)
		h.put(n, h.user("u"), set("k", `1`))
		h.put(n, phone, set("k", `2`))
		h.put(n, phone, set("k", long))
		k, err := h.store.Kept(h.Context(), h.tenant.ID, keyOf("u", "k"))
		h.ok(err)
		if k.Bytes == 0 || k.Bytes >= 8000 || k.RunInstance != "phone" || k.RunBase != 1 {
			h.Errorf("it is %+v", k)
		}
		_, err = h.store.Kept(h.Context(), h.tenant.ID, keyOf("u", "never"))
		h.is(err, fault.NotFound)
	})
}

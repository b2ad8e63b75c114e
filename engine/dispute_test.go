package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// A device says the same of when an item ends and how urgent it is in each of its edits; the second is no clash with the first.
func TestADevicesNextEditKeepsItsExpiryAndPriority(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, tenant := h.node(), h.addTenant("merge", models.StrategyMerge)
		for name, together := range map[string]bool{"in one push": true, "one by one": false} {
			a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
			h.put(n, a, set(name, `{"a":0,"b":0}`))
			h.put(n, a, on(1, set(name, `{"a":1,"b":0}`)))
			ops := []protocol.Op{
				on(1, lasting(3600, ranked(5, set(name, `{"a":0,"b":1}`)))),
				on(1, lasting(7200, ranked(7, set(name, `{"a":0,"b":2}`)))),
			}
			var results []protocol.Result
			if together {
				results = h.write(n, b, ops...)
			} else {
				results = append(h.write(n, b, ops[0]), h.write(n, b, ops[1])...)
			}
			for _, r := range results {
				if r.Err != nil || r.Status != protocol.Merged {
					h.Errorf("%s: %+v", name, r)
				}
			}
			it := h.get(n, a, name)
			if string(it.Value) != `{"a":1,"b":2}` || it.Priority != 7 || it.ExpiresAt < it.ModifiedAt+7_000_000 {
				h.Errorf("%s: %s, priority %d, ends %d", name, it.Value, it.Priority, it.ExpiresAt)
			}
		}
	})
}

// One write far behind does not cost the others of its batch the values they began from.
func TestAWriteFarBehindLeavesOthersTheirBases(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, tenant := h.node(), h.addTenant("merge", models.StrategyMerge)
		a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
		versions, behind := 4200, int64(4000)
		if testing.Short() {
			versions, behind = 300, 250
		}
		for done := 0; done < versions; {
			ops := make([]protocol.Op, 0, 500)
			for range min(500, versions-done) {
				done++
				ops = append(ops, set("long", fmt.Sprintf(`{"a":0,"n":%d}`, done)))
			}
			h.write(n, a, ops...)
		}
		h.put(n, a, set("short", `1`))
		h.put(n, a, set("short", `2`))
		results := h.write(n, b, on(int64(versions)-behind, set("long", fmt.Sprintf(`{"a":1,"n":%d}`, int64(versions)-behind))), on(1, set("short", `3`)))
		if results[0].Status != protocol.Merged {
			h.Errorf("%+v", results[0])
		}
		c, err := h.store.Conflict(h.Context(), tenant.ID, results[1].ConflictID)
		h.ok(err)
		if string(c.BaseValue) != `1` || c.BaseSeq == 0 {
			h.Errorf("%+v", c)
		}
	})
}

// What a conflict is about, how grave it is, and that it waits, stand in the queue until it is settled.
func TestKindsOfConflicts(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		a, b := h.device("u", "a"), h.device("u", "b")
		written := func(key string, third protocol.Op) {
			h.put(n, a, set(key, `{"x":0,"y":0}`))
			h.put(n, a, set(key, `{"x":1,"y":0}`))
			third.Key = key
			h.put(n, a, third)
		}
		now := h.clock.Now().UnixMilli()
		for _, c := range []struct {
			key      string
			third, o protocol.Op
			kind     models.ConflictKind
			severity models.Severity
			fields   string
		}{
			{"both", set("", `{"x":2,"y":0}`), on(2, set("both", `{"x":3,"y":1}`)), models.ConflictConcurrent, models.SeverityMedium, "[/x]"},
			{"gone", remove(""), on(2, set("gone", `{"x":3,"y":1}`)), models.ConflictDelete, models.SeverityHigh, "[]"},
			{"goes", set("", `{"x":2,"y":0}`), on(2, remove("goes")), models.ConflictDelete, models.SeverityHigh, "[]"},
			{"ahead", set("", `{"x":2,"y":0}`), on(9, set("ahead", `{"x":3,"y":0}`)), models.ConflictLostBase, models.SeverityHigh, "[/x]"},
			{"clock", set("", `{"x":2,"y":0}`), on(2, at(now+3_600_000, set("clock", `{"x":3,"y":0}`))), models.ConflictClock, models.SeverityMedium, "[/x]"},
		} {
			written(c.key, c.third)
			r := h.try(n, b, c.o)
			h.is(r.Err, fault.VersionConflict)
			review, err := h.store.Review(h.Context(), h.tenant.ID, r.ConflictID)
			h.ok(err)
			kept, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
			h.ok(err)
			if review.Kind != c.kind || kept.Kind != c.kind || review.Severity != c.severity || review.Device != "b" || review.Key != c.key {
				h.Errorf("%s: %+v %s", c.key, review, kept.Kind)
			}
			if c.fields != "[]" && fmt.Sprint(kept.Fields) != c.fields {
				h.Errorf("%s is about %v", c.key, kept.Fields)
			}
		}
	})
}

// A base that compaction took is a kind of its own.
func TestABaseThatCompactionTook(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		for _, strategy := range []models.Strategy{models.StrategyNone, models.StrategyMerge} {
			tenant := h.addTenant("t"+strings.ToLower(string(strategy)), strategy)
			a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
			for i := range 5 {
				h.put(n, a, set("k", fmt.Sprint(i)))
			}
			h.clock.Advance(31 * day)
			h.put(n, a, set("k", `5`))
			h.ok(n.Purge(h.Context()))
			h.ok(n.Purge(h.Context()))
			r := h.try(n, b, on(2, set("k", `9`)))
			h.is(r.Err, fault.VersionConflict)
			c, err := h.store.Conflict(h.Context(), tenant.ID, r.ConflictID)
			h.ok(err)
			if c.Kind != models.ConflictBaseGone || c.BaseValue != nil {
				h.Errorf("%+v", c)
			}
		}
	})
}

// A conflict is in the queue as long as it is open: settled, it leaves it, and opened again it is back.
func TestTheQueueHoldsWhatIsOpen(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, who := h.node(), h.user("u")
		id := h.clash(n, "k")
		queued := func() int64 {
			count, err := h.store.CountReviews(h.Context(), store.ReviewFilter{TenantID: h.tenant.ID, Collection: models.Storage, Key: "k"}, 0)
			h.ok(err)
			return count
		}
		if queued() != 1 {
			h.Error("an open conflict is not in the queue")
		}
		_, err := n.Resolve(h.Context(), who, id, by(models.StrategyLWW))
		h.ok(err)
		if queued() != 0 {
			h.Error("a settled conflict is in the queue")
		}
		_, err = n.Reopen(h.Context(), who, id)
		h.ok(err)
		if queued() != 1 {
			h.Error("a conflict opened again is not in the queue")
		}
	})
}

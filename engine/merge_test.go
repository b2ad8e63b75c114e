package engine_test

import (
	"fmt"
	"testing"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// merging is a caller of a tenant under MERGE, by a device of its own.
func (h *harness) merging(tenant models.Tenant, instance string) models.Caller {
	return callerOf(tenant, "u", instance)
}

// eachMemory runs a test with an engine that remembers what it wrote, and with one
// that is started anew each time the test asks for it and has to read.
func eachMemory(t *testing.T, test func(h *harness, engine func() *node)) {
	for _, remembers := range []bool{true, false} {
		if testing.Short() && !remembers {
			continue // nothing meets there that does not meet without
		}
		t.Run(map[bool]string{true: "remembered", false: "read"}[remembers], func(t *testing.T) {
			eachDB(t, func(h *harness) {
				n := h.node()
				test(h, func() *node {
					if !remembers {
						n.stop(h)
						n = h.node()
					}
					return n
				})
			})
		})
	}
}

// Two devices that changed different parts of an item both keep their change, and both sides are kept with the base.
func TestWhatTwoDevicesChangedIsMerged(t *testing.T) {
	eachMemory(t, func(h *harness, engine func() *node) {
		n, tenant := engine(), h.addTenant("merge", models.StrategyMerge)
		a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
		h.put(n, a, tagged(noted(`{"m":1}`, set("k", `{"a":0,"b":0}`)), "one"))
		h.put(n, a, on(1, tagged(noted(`{"m":1}`, set("k", `{"a":1,"b":0}`)), "one", "two")))
		n = engine()
		r := h.try(n, b, named("op", on(1, tagged(noted(`{"m":2}`, set("k", `{"a":0,"b":2}`)), "one"))))
		if r.Status != protocol.Merged || r.Version != 3 || string(r.Value) != `{"a":1,"b":2}` {
			h.Errorf("%+v", r)
		}
		it := h.get(n, a, "k")
		if string(it.Value) != `{"a":1,"b":2}` || string(it.Metadata) != `{"m":2}` || fmt.Sprint(it.Tags) != "[one two]" || it.Instance != "b" {
			h.Errorf("%+v", it)
		}
		c, err := h.store.Conflict(h.Context(), tenant.ID, r.ConflictID)
		h.ok(err)
		if c.Winner != "merged" || c.Status != models.ConflictResolved || c.Strategy != models.StrategyMerge || c.ResultSeq != r.Seq ||
			string(c.BaseValue) != `{"a":0,"b":0}` || string(c.CurrentValue) != `{"a":1,"b":0}` || string(c.IncomingValue) != `{"a":0,"b":2}` {
			h.Errorf("%+v", c)
		}
		again := h.try(n, b, named("op", on(1, tagged(noted(`{"m":2}`, set("k", `{"a":0,"b":2}`)), "one"))))
		if !again.Duplicate || again.Status != protocol.Merged || string(again.Value) != `{"a":1,"b":2}` {
			h.Errorf("%+v", again)
		}
	})
}

// What both changed goes by the tenant's word to a person, and nothing of the write is applied.
func TestWhatCannotBeMergedWaits(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, tenant := h.node(), h.addTenant("merge", models.StrategyMerge)
		a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
		h.put(n, a, set("k", `{"a":0,"b":0}`))
		h.put(n, a, on(1, set("k", `{"a":1,"b":0}`)))
		h.is(h.try(n, b, on(1, set("k", `{"a":2,"b":2}`))).Err, fault.VersionConflict)
		if it := h.get(n, a, "k"); string(it.Value) != `{"a":1,"b":0}` || it.Version != 2 {
			h.Errorf("%+v", it)
		}
	})
}

// Six orders of two changes and a removal end in the same bytes, with clocks and without.
func TestSixOrdersEndAlike(t *testing.T) {
	eachMemory(t, func(h *harness, engine func() *node) {
		n, tenant := engine(), h.addTenant("merge", models.StrategyMerge)
		ops := []func(string) protocol.Op{
			func(k string) protocol.Op { return set(k, `{"a":1}`) },
			func(k string) protocol.Op { return set(k, `{"b":2}`) },
			remove,
		}
		for i, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			for _, timed := range []bool{false, true} {
				k := fmt.Sprint("k", i, timed)
				h.put(n, h.merging(tenant, "maker"), set(k, `{}`))
				n = engine()
				for _, which := range order {
					o := on(1, ops[which](k))
					if timed {
						o = at(int64(1000+which), o)
					}
					if r := h.try(n, h.merging(tenant, fmt.Sprint("device", which)), o); r.Err != nil {
						h.Errorf("%v: %v", order, r.Err)
					}
				}
				if it := h.get(n, h.merging(tenant, "maker"), k); string(it.Value) != `{"a":1,"b":2}` {
					h.Errorf("%v, timed %v: %s", order, timed, it.Value)
				}
			}
		}
	})
}

// Edits that a device made one upon the other, over one base, never conflict among themselves:
// also not when the first was merged with another's, and what it took back stays taken back.
func TestADevicesNextEditFollowsItsOwn(t *testing.T) {
	eachMemory(t, func(h *harness, engine func() *node) {
		n, tenant := engine(), h.addTenant("merge", models.StrategyMerge)
		for name, together := range map[string]bool{"in one push": true, "one by one": false} {
			a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
			h.put(n, a, set(name, `{"a":0,"b":0}`))
			h.put(n, a, on(1, set(name, `{"a":1,"b":0}`)))
			ops := []protocol.Op{
				on(1, set(name, `{"a":0,"b":1,"c":1}`)),
				on(1, set(name, `{"a":0,"b":2,"c":1}`)),
				on(1, set(name, `{"a":0,"b":2}`)),
			}
			var results []protocol.Result
			if together {
				results = h.write(n, b, ops...)
			} else {
				for _, o := range ops {
					n = engine()
					results = append(results, h.try(n, b, o))
				}
			}
			for i, r := range results {
				if r.Err != nil || r.Status != protocol.Merged {
					h.Errorf("%s, edit %d: %+v", name, i, r)
				}
			}
			if it := h.get(n, a, name); string(it.Value) != `{"a":1,"b":2}` {
				h.Errorf("%s: %s", name, it.Value)
			}
			// having seen what stands, it goes on from there without a conflict
			if r := h.try(n, b, on(results[2].Version, set(name, `{"b":3}`))); r.Status != protocol.Applied {
				h.Errorf("%s: %+v", name, r)
			}
			if r := h.try(n, b, on(results[2].Version, set(name, `{"b":4}`))); r.Status != protocol.Applied {
				h.Errorf("%s: %+v", name, r)
			}
		}
	})
}

// A write far behind is merged with all that came since, by the clock each field was written by.
func TestAWriteFarBehindIsMerged(t *testing.T) {
	eachMemory(t, func(h *harness, engine func() *node) {
		n, tenant := engine(), h.addTenant("merge", models.StrategyMerge)
		a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
		h.put(n, a, set("k", `{"a":0,"n":0}`))
		for i := 1; i <= 200; i++ {
			h.put(n, a, on(int64(i), set("k", fmt.Sprintf(`{"a":0,"n":%d}`, i))))
		}
		r := h.try(engine(), b, on(1, set("k", `{"a":5,"n":0}`)))
		if r.Status != protocol.Merged || string(r.Value) != `{"a":5,"n":200}` {
			h.Errorf("%+v", r)
		}
	})
}

// A stale patch changes what it names of its base, also of an item that was removed since.
func TestAStalePatchIsMerged(t *testing.T) {
	eachMemory(t, func(h *harness, engine func() *node) {
		n, tenant := engine(), h.addTenant("merge", models.StrategyMerge)
		a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
		h.put(n, a, set("k", `{"a":0,"b":0}`))
		h.put(n, a, on(1, set("k", `{"a":1,"b":0}`)))
		n = engine()
		if r := h.try(n, b, on(1, patch("k", `{"b":2}`))); string(r.Value) != `{"a":1,"b":2}` {
			h.Errorf("%+v", r)
		}
		h.put(n, a, on(3, remove("k")))
		if r := h.try(n, b, on(1, patch("k", `{"b":3}`))); string(r.Value) != `{"a":0,"b":3}` {
			h.Errorf("%+v", r)
		}
	})
}

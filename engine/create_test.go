package engine_test

import (
	"testing"

	"tidemark/internal/fault"
	"tidemark/models"
)

// scenarios 18 and 19: a base of 0 is for what is not there, whoever wrote it.
func TestABaseOfZeroIsNoPartOfADevicesOwnRun(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, phone := h.node(), h.device("u", "phone")
		r := h.write(n, phone, on(0, set("k", `1`)), on(0, set("k", `2`)))
		h.ok(r[0].Err)
		h.is(r[1].Err, fault.VersionConflict)
		h.is(h.try(n, phone, on(0, set("k", `3`))).Err, fault.VersionConflict)
		if it := h.get(n, phone, "k"); string(it.Value) != `1` || it.Version != 1 {
			h.Errorf("it was written again: %+v", it)
		}
		h.put(n, phone, on(1, set("k", `4`)))
		h.put(n, phone, on(1, set("k", `5`))) // its run, from the version it made
		h.put(n, phone, remove("k"))
		h.put(n, phone, on(0, set("k", `6`)))
	})
}

// scenario 18: what may only make an item never replaces one, though a policy would let the later write win.
func TestWhatMayOnlyMakeAnItemReplacesNone(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		for _, tenant := range []models.Tenant{h.tenant, h.addTenant("lww", models.StrategyLWW), h.addTenant("fww", models.StrategyFWW)} {
			for _, writer := range []string{"phone", "tablet", ""} {
				c := callerOf(tenant, "u", writer)
				o := on(0, set("k"+writer, `1`))
				o.CreateOnly = true
				h.put(n, c, o)
				for _, again := range []string{writer, "another"} {
					c.InstanceID = again
					h.is(h.try(n, c, o).Err, fault.VersionConflict)
				}
				if it := h.get(n, c, "k"+writer); it.Version != 1 {
					h.Errorf("%s, %q: it is at version %d", tenant.Strategy, writer, it.Version)
				}
			}
		}
	})
}

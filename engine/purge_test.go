package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/clock"
)

// What retention has passed goes by itself at the interval, and several nodes that look at once do no harm.
func TestThePurgeRunsAtItsInterval(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		u := h.user("u")
		often := func(o *engine.Options) { o.PurgeEvery = 20 * time.Millisecond }
		n := h.node(often)
		h.node(often)
		for i := range 5 {
			h.put(n, u, set("gone", fmt.Sprint(i)))
		}
		h.put(n, u, remove("gone"))
		h.put(n, u, set("stays", `1`))
		h.put(n, u, set("stays", `2`))
		if rows := h.log(); len(rows) != 8 {
			h.Errorf("within retention %d rows are left", len(rows))
		}
		h.clock.Advance(40 * day)
		eventually(h.T, "the newest row of the live key is all that is left", func() bool {
			rows := h.log()
			return len(rows) == 1 && rows[0].Key == "stays" && string(rows[0].Value) == `2`
		})
		if it := h.get(n, u, "stays"); it.Version != 2 {
			h.Errorf("the item is %+v", it)
		}
	})
}

// A log with a hole in it is told, and the tenants after it are purged all the same.
func TestOneDamagedLogStopsNoOtherPurge(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		other := h.addTenant("zebra", "") // after the damaged one, whose slug is acme
		n := h.node()
		for range 3 {
			h.put(n, h.user("u"), set("k", `1`))
			h.put(n, callerOf(other, "u", ""), named(clock.NewID(clock.System{}), set("k", `1`)))
		}
		h.exec("DELETE FROM changes WHERE tenant_id = ? AND seq = 2", h.tenant.ID)
		h.clock.Advance(40 * day)
		if err := n.Purge(h.Context()); err == nil || !strings.Contains(err.Error(), h.tenant.ID) || strings.Contains(err.Error(), other.ID) {
			h.Errorf("the hole is told as %v", err)
		}
		h.tenant = other
		if rows := h.log(); len(rows) != 1 || rows[0].Seq != 3 {
			h.Errorf("the other tenant keeps %d rows", len(rows))
		}
	})
}

package engine_test

import (
	"fmt"
	"testing"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
)

// The tenant's isolation: same users, keys and devices, and nothing of one in the other.
func TestTenantsAreApart(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		globex := h.addTenant("globex", "")
		ours, theirs := h.device("u", "phone"), callerOf(globex, "u", "phone")
		_, w := h.live(n, ours)
		all := ours
		all.AllUsers, all.InstanceID = true, ""
		h.live(n, theirs)
		for i := range 5 {
			h.put(n, theirs, named(fmt.Sprint(i), tagged(set("k", `"theirs"`), "t")))
		}
		h.put(n, ours, named("0", set("mine", `1`)))
		w.until(h, "our change", func() bool { return len(w.events()) == 1 })
		for _, c := range []models.Caller{ours, all} {
			rows, _ := h.follow(n, c, engine.PullQuery{})
			if len(rows) != 1 || rows[0].Key != "mine" {
				h.Errorf("%+v", rows)
			}
			page, err := n.List(h.Context(), c, engine.ListQuery{Tag: "t"})
			h.ok(err)
			if len(page.Items) != 0 {
				h.Errorf("%+v", page.Items)
			}
			report, err := n.Status(h.Context(), c)
			h.ok(err)
			if report.Seq != 1 || len(report.Instances) != 1 {
				h.Errorf("%+v", report)
			}
		}
		if _, err := n.Get(h.Context(), ours, models.Storage, "k"); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		if _, err := h.store.Item(h.Context(), h.tenant.ID, keyOf("u", "k")); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
	})
}

package engine_test

import (
	"fmt"
	"testing"

	"tidemark/models"
)

// What people decided alike becomes an offer, which leaves once it is a policy or was dismissed.
func TestPoliciesAreOfferedFromWhatPeopleDecided(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, who := h.node(), h.user("u")
		for i := range 3 {
			_, err := n.Resolve(h.Context(), who, h.clash(n, fmt.Sprint("orders/", i)), by(models.StrategyFWW))
			h.ok(err)
			_, err = n.Resolve(h.Context(), who, h.clash(n, fmt.Sprint("notes/", i)), by(models.StrategyLWW))
			h.ok(err)
		}
		h.clash(n, "orders/9")
		offers, err := n.Offers(h.Context(), h.tenant.ID)
		h.ok(err)
		if len(offers) != 2 || offers[0].Policy.Pattern != "notes/*" || offers[1].Policy.Pattern != "orders/*" || len(offers[1].Decisions) != 3 {
			h.Fatalf("%+v", offers)
		}
		h.ok(h.store.Dismiss(h.Context(), h.tenant.ID, offers[0].ID))
		h.ok(h.store.Dismiss(h.Context(), h.tenant.ID, offers[0].ID))
		p := offers[1].Policy
		p.TenantID = h.tenant.ID
		_, err = h.store.AddPolicy(h.Context(), p)
		h.ok(err)
		left, err := n.Offers(h.Context(), h.tenant.ID)
		h.ok(err)
		if len(left) != 0 {
			h.Errorf("%+v", left)
		}
		h.ok(h.store.Recall(h.Context(), h.tenant.ID, offers[0].ID))
		if left, err = n.Offers(h.Context(), h.tenant.ID); err != nil || len(left) != 1 {
			h.Errorf("%+v %v", left, err)
		}
	})
}

package engine_test

import (
	"sync"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// clash makes an open conflict of an item whose base was {"a":0}, which stands at {"a":1}, and to which b wrote {"a":2,"b":2}.
func (h *harness) clash(n *node, key string) string {
	h.Helper()
	h.put(n, h.device("u", "a"), noted(`{"m":0}`, set(key, `{"a":0}`)))
	h.put(n, h.device("u", "a"), on(1, noted(`{"m":1}`, set(key, `{"a":1}`))))
	r := h.try(n, h.device("u", "b"), on(1, noted(`{"m":2}`, set(key, `{"a":2,"b":2}`))))
	h.is(r.Err, fault.VersionConflict)
	return r.ConflictID
}

func by(s models.Strategy) engine.Resolution { return engine.Resolution{Strategy: s} }

func TestAConflictIsResolvedAndReopened(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, who := h.node(), h.user("u")
		for name, c := range map[string]struct {
			r      engine.Resolution
			want   string // empty: removed
			winner string
		}{
			"last":    {by(models.StrategyLWW), `{"a":2,"b":2}`, "incoming"},
			"first":   {by(models.StrategyFWW), `{"a":1}`, "current"},
			"by hand": {engine.Resolution{Strategy: models.StrategyManual, Value: []byte(`{"a":3}`)}, `{"a":3}`, "merged"},
			"removed": {engine.Resolution{Strategy: models.StrategyManual, Remove: true}, "", "merged"},
		} {
			id := h.clash(n, name)
			resolved, err := n.Resolve(h.Context(), who, id, c.r)
			h.ok(err)
			if resolved.Status != models.ConflictResolved || resolved.Winner != c.winner || resolved.ResolvedBy != "key:test" || resolved.Strategy != c.r.Strategy {
				h.Errorf("%s: %+v", name, resolved)
			}
			if it := h.stored(who, name); string(it.Value) != c.want || it.Deleted != (c.want == "") {
				h.Errorf("%s: %s", name, it.Value)
			}
			_, err = n.Resolve(h.Context(), who, id, c.r)
			h.is(err, fault.AlreadyResolved)
			open, err := n.Reopen(h.Context(), who, id)
			h.ok(err)
			if it := h.stored(who, name); open.Status != models.ConflictOpen || open.Reopened != 1 || string(it.Value) != `{"a":1}` || string(it.Metadata) != `{"m":1}` {
				h.Errorf("%s: %+v, %s", name, open, it.Value)
			}
			_, err = n.Reopen(h.Context(), who, id)
			h.is(err, fault.AlreadyResolved)
		}
	})
}

// What a policy settled can be undone, too, and settled otherwise.
func TestWhatAPolicySettledIsReopened(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, tenant := h.node(), h.addTenant("merge", models.StrategyMerge)
		a, b := callerOf(tenant, "u", "a"), callerOf(tenant, "u", "b")
		h.put(n, a, set("k", `{"a":0,"b":0}`))
		h.put(n, a, on(1, set("k", `{"a":1,"b":0}`)))
		r := h.try(n, b, on(1, set("k", `{"a":0,"b":2}`)))
		_, err := n.Reopen(h.Context(), a, r.ConflictID)
		h.ok(err)
		if it := h.get(n, a, "k"); string(it.Value) != `{"a":1,"b":0}` || it.Version != 4 {
			h.Errorf("%+v", it)
		}
		c, err := n.Resolve(h.Context(), a, r.ConflictID, by(models.StrategyMerge))
		h.ok(err)
		if it := h.get(n, a, "k"); string(it.Value) != `{"a":1,"b":2}` || c.Winner != "merged" {
			h.Errorf("%+v %+v", it, c)
		}
		h.put(n, a, on(5, set("k", `{"a":9}`)))
		_, err = n.Reopen(h.Context(), a, r.ConflictID)
		h.is(err, fault.StaleEdit)
	})
}

func TestOfTwoWhoResolveOneIsTooLate(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		id := h.clash(n, "k")
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, s := range []models.Strategy{models.StrategyLWW, models.StrategyFWW} {
			wg.Go(func() { _, errs[i] = n.Resolve(h.Context(), h.user("u"), id, by(s)) })
		}
		wg.Wait()
		late := 0
		for _, err := range errs {
			if fault.Is(err, fault.AlreadyResolved) {
				late++
			} else {
				h.ok(err)
			}
		}
		if late != 1 {
			h.Errorf("%v", errs)
		}
	})
}

func TestAResolutionThatCannotBeChangesNothing(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, who := h.node(), h.user("u")
		id := h.clash(n, "k")
		_, err := n.Resolve(h.Context(), who, id, by(models.StrategyMerge)) // both changed a
		h.is(err, fault.Invalid)
		seen := int64(1)
		_, err = n.Resolve(h.Context(), who, id, engine.Resolution{Strategy: models.StrategyLWW, Base: &seen})
		h.is(err, fault.StaleEdit)
		_, err = n.Resolve(h.Context(), h.user("somebody else"), id, by(models.StrategyLWW))
		h.is(err, fault.NotFound)
		_, err = n.Resolve(h.Context(), callerOf(h.addTenant("globex", ""), "u", ""), id, by(models.StrategyLWW))
		h.is(err, fault.NotFound)
		_, err = n.Resolve(h.Context(), who, "01KDVT0000CONF000000000001", by(models.StrategyLWW))
		h.is(err, fault.NotFound)
		if it := h.get(n, who, "k"); it.Version != 2 {
			h.Errorf("%+v", it)
		}
		c, err := h.store.Conflict(h.Context(), h.tenant.ID, id)
		h.ok(err)
		if c.Status != models.ConflictOpen || c.Version != 1 {
			h.Errorf("%+v", c)
		}
	})
}

// The device whose write lost is told what became of it, and other devices see the new version.
func TestDevicesHearOfAResolution(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		id := h.clash(n, "k")
		_, b := h.live(n, h.device("u", "b"))
		_, err := n.Resolve(h.Context(), h.user("u"), id, by(models.StrategyFWW))
		h.ok(err)
		b.until(h, "the conflict", func() bool { return b.count(protocol.EventConflict) == 1 })
		_, err = n.Reopen(h.Context(), h.user("u"), id)
		h.ok(err)
		_, err = n.Resolve(h.Context(), h.user("u"), id, by(models.StrategyLWW))
		h.ok(err)
		b.until(h, "the new version", func() bool { return b.count(protocol.EventUpdate) == 1 })
	})
}

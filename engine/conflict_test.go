package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// A patch that loses is kept as the whole item it would have made: who takes it later loses nothing it did not mention.
func TestAPatchThatLosesIsKeptWhole(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		a, b := h.device("u", "a"), h.device("u", "b")
		h.put(n, a, set("k", `{"a":1,"b":2}`))
		h.put(n, a, noted(`{"m":1}`, tagged(set("k", `{"a":1,"b":3}`), "t")))
		r := h.try(n, b, on(1, patch("k", `{"a":9}`)))
		h.is(r.Err, fault.VersionConflict)
		h.keptWhole(r, `{"a":9,"b":3}`)
		r = h.try(n, b, at(1000, patch("k", `{"b":null}`)))
		if r.Status != protocol.Conflict {
			h.Errorf("%+v", r)
		}
		h.keptWhole(r, `{"a":1}`)
	})
}

func (h *harness) keptWhole(r protocol.Result, want string) {
	h.Helper()
	c, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
	h.ok(err)
	if c.IncomingOp != models.ChangeSet || string(c.IncomingValue) != want || string(c.IncomingMetadata) != `{"m":1}` || len(c.IncomingTags) != 1 {
		h.Errorf("kept %s with %s and %q, want %s", c.IncomingValue, c.IncomingMetadata, c.IncomingTags, want)
	}
}

// A patch that wins answers the merged item, and again when it is repeated.
func TestAPatchThatWinsAnswersTheSameAgain(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		lww := h.addTenant("lww", models.StrategyLWW)
		a, b := callerOf(lww, "u", "a"), callerOf(lww, "u", "b")
		h.put(n, a, set("k", `{"a":1,"b":2}`))
		h.put(n, a, set("k", `{"a":1,"b":3}`))
		o := named("op", on(1, patch("k", `{"a":9}`)))
		first := h.try(n, b, o)
		if first.Status != protocol.Conflict || string(first.Value) != `{"a":9,"b":3}` {
			h.Errorf("%+v", first)
		}
		if d := cmp.Diff(again(first), h.try(n, b, o)); d != "" {
			h.Error(d)
		}
	})
}

// Under no strategy does a stale patch of a removed item vanish: what it wanted waits for a person, or lost by the clock.
func TestAStalePatchOfARemovedItemIsKept(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		for _, tenant := range []models.Tenant{h.tenant, h.addTenant("fww", models.StrategyFWW), h.addTenant("lww", models.StrategyLWW)} {
			a, b := callerOf(tenant, "u", "a"), callerOf(tenant, "u", "b")
			h.put(n, a, set("k", `{"a":1,"b":2}`))
			h.put(n, a, remove("k"))
			r := h.try(n, b, on(1, patch("k", `{"a":9}`)))
			c, err := h.store.Conflict(h.Context(), tenant.ID, r.ConflictID)
			h.ok(err)
			if c.Kind != models.ConflictDelete || string(c.IncomingValue) != `{"a":9}` {
				h.Errorf("%s: %+v", tenant.Strategy, c)
			}
			if tenant.Strategy == models.StrategyFWW {
				if r.Status != protocol.Conflict || string(r.Value) != `null` {
					h.Errorf("%+v", r)
				}
				continue
			}
			h.is(r.Err, fault.VersionConflict)
			if c.Status != models.ConflictOpen || c.Strategy != models.StrategyNone {
				h.Errorf("%s: %+v", tenant.Strategy, c)
			}
		}
	})
}

// Who may write and not read learns that there was a conflict, and not what it was with: at once, repeated, and live.
func TestWhoMayNotReadIsShownNoValue(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		lww := h.addTenant("lww", models.StrategyLWW)
		for name, blind := range map[string]func(models.Caller) models.Caller{
			"a key that may not read": func(c models.Caller) models.Caller { c.CanRead = false; return c },
			"scopes for other keys":   func(c models.Caller) models.Caller { return reading(c, "other") },
		} {
			h.put(n, h.user("u"), set(name, `"secret"`))
			o := named(name, on(0, set(name, `1`)))
			for range 2 {
				r := h.try(n, blind(h.device("u", "writer")), o)
				h.is(r.Err, fault.VersionConflict)
				if d := fault.From(r.Err).Details; d["value"] != nil || d["version"] != int64(1) || d["conflictId"] == "" {
					h.Errorf("%s is told %v", name, d)
				}
			}
			r := h.try(n, h.device("u", "reader"), on(0, set(name, `1`)))
			if v, _ := fault.From(r.Err).Details["value"].(json.RawMessage); string(v) != `"secret"` {
				h.Errorf("who may read is told %v", r.Err)
			}
			writer, reader := blind(callerOf(lww, "u", "writer")), callerOf(lww, "u", "reader")
			h.put(n, reader, set(name, `{"secret":1}`))
			h.put(n, reader, set(name, `{"secret":2}`))
			for _, o := range []protocol.Op{named(name+"1", on(1, patch(name, `{"a":1}`))), named(name+"2", at(1, set(name, `1`)))} {
				for range 2 {
					if r := h.try(n, writer, o); r.Status != protocol.Conflict || r.Value != nil || r.ConflictID == "" {
						h.Errorf("%s is told %s: %+v", name, r.Value, r)
					}
				}
			}
		}
	})
}

// Only a device that may read the item is told over its connection what its write lost to.
func TestOnlyWhoMayReadIsToldOfAConflict(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), set("k", `"secret"`))
		told := func(c models.Caller) *wire {
			_, w := h.live(n, c)
			h.is(h.try(n, c, on(0, set("k", `1`))).Err, fault.VersionConflict) // by another way than the connection
			return w
		}
		w := told(reading(h.device("u", "blind"), "other"))
		seeing := told(h.device("u", "reader"))
		seeing.until(h, "the conflict", func() bool { return seeing.count(protocol.EventConflict) == 1 })
		if w.count(protocol.EventConflict) != 0 {
			h.Errorf("%s", w.heard()[len(w.heard())-1].Data)
		}
	})
}

package engine_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// again is what a repeated result must be: the first one, marked.
func again(r protocol.Result) protocol.Result { r.Duplicate = true; return r }

// scenario 8: the same id answers the first outcome again and does nothing, in one push, later, and on another node.
func TestTheSameIDHasOneEffect(t *testing.T) {
	eachDB(t, func(h *harness) {
		a, b := h.node(), h.node()
		phone := h.device("u", "phone")
		op := named("1", set("k", `1`))
		r := h.write(a, phone, op, op)
		if d := cmp.Diff(again(r[0]), r[1]); d != "" {
			h.Error("in one push:", d)
		}
		h.put(a, phone, set("k", `2`))
		for name, n := range map[string]*node{"later": a, "on another node": b} {
			if d := cmp.Diff(again(r[0]), h.try(n, phone, op)); d != "" {
				h.Error(name, d)
			}
		}
		if r := h.try(b, phone, named("1", set("k", `3`))); !fault.Is(r.Err, fault.IdempotencyMismatch) {
			h.Errorf("another request under the same id: %+v", r)
		}
		h.put(b, h.device("u", "tablet"), op) // another sender, another id
		h.put(b, h.device("v", "phone"), op)
		if d := cmp.Diff(upTo(4), seqs(h.log())); d != "" {
			h.Error(d)
		}
	})
}

// scenario 8: one id sent to two nodes at the same time has one effect.
func TestTheSameIDOnTwoNodesAtOnce(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		phone := h.device("u", "phone")
		var fresh atomic.Int64
		for i := range 8 {
			var wg sync.WaitGroup
			for j := range 6 {
				wg.Go(func() {
					r, err := nodes[j%2].Write(h.Context(), phone, []protocol.Op{named(fmt.Sprint("op", i), set("k", fmt.Sprint(i)))})
					if err != nil || r[0].Err != nil {
						h.Error(err, r)
						return
					}
					if !r[0].Duplicate {
						fresh.Add(1)
					}
					if r[0].Version != int64(i+1) {
						h.Errorf("operation %d answers version %d", i, r[0].Version)
					}
				})
			}
			wg.Wait()
		}
		if fresh.Load() != 8 || h.head().Seq != 8 {
			h.Errorf("8 operations had %d effects and %d rows", fresh.Load(), h.head().Seq)
		}
	})
}

// scenario 8: outcomes that left no row in the log are remembered; refusals without effect are not.
func TestWhichOutcomesAreRemembered(t *testing.T) {
	eachDB(t, func(h *harness) {
		lww := h.addTenant("lww", models.StrategyLWW)
		n := h.node(func(o *engine.Options) { o.Limits.MaxUserBytes = 40 })
		phone, tablet := h.device("u", "phone"), h.device("u", "tablet")
		h.put(n, phone, set("k", `1`))
		h.put(n, phone, set("k", `2`))
		stale := named("stale", on(1, set("k", `3`)))
		first := h.try(n, tablet, stale)
		h.is(first.Err, fault.VersionConflict)
		second := h.try(n, tablet, stale)
		h.is(second.Err, fault.VersionConflict)
		f, g := fault.From(first.Err), fault.From(second.Err)
		if !second.Duplicate || second.ConflictID != first.ConflictID || f.Message != g.Message {
			h.Errorf("%+v\n%+v", first, second)
		}
		if d := cmp.Diff(f.Details, g.Details); d != "" {
			h.Error(d)
		}
		if raw, ok := g.Details["value"].(json.RawMessage); !ok || string(raw) != `2` {
			h.Errorf("a repeated 409 shows %s", g.Details["value"])
		}
		full := named("full", set("big", `"0123456789012345678901234567890123456789"`))
		h.is(h.try(n, phone, full).Err, fault.StorageQuotaExceeded)
		gone := named("gone", remove("absent"))
		h.is(h.try(n, phone, gone).Err, fault.NotFound)
		h.put(n, phone, set("absent", `1`))
		h.put(n, phone, gone) // it is there now: the refusal was not kept

		old := callerOf(lww, "u", "old")
		h.put(n, old, at(2000, set("k", `"new"`)))
		loser := named("loser", at(1000, set("k", `"old"`)))
		lost := h.try(n, old, loser)
		if lost.Status != protocol.Conflict || string(lost.Value) != `"new"` {
			h.Fatalf("%+v", lost)
		}
		if d := cmp.Diff(again(lost), h.try(n, old, loser)); d != "" {
			h.Error(d)
		}
	})
}

// scenario 8: what an operation did is remembered for as long as its row, and a week at least.
func TestOperationsAreRememberedAWeekAtLeast(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		h.exec("UPDATE tenants SET retention_days = 1")
		n := h.node()
		phone := h.device("u", "phone")
		op := named("1", set("k", `1`))
		first := h.put(n, phone, op)
		h.put(n, phone, set("k", `2`))
		h.clock.Advance(6 * 24 * time.Hour)
		h.ok(n.Purge(h.Context()))
		if len(h.log()) != 1 {
			h.Fatalf("retention left %d rows", len(h.log()))
		}
		if d := cmp.Diff(again(first), h.try(n, phone, op)); d != "" {
			h.Error(d)
		}
		h.clock.Advance(2 * 24 * time.Hour)
		h.ok(n.Purge(h.Context()))
		if r := h.put(n, phone, op); r.Duplicate || r.Version != 3 {
			h.Errorf("after 8 days: %+v", r)
		}
	})
}

// Fifty parallel writes on one base version: one wins, and every other one is kept as a conflict.
func TestFiftyWritesOnOneBase(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		h.put(nodes[0], h.device("u", "seed"), set("k", `0`))
		var won, lost atomic.Int64
		var mu sync.Mutex
		conflicts := map[string]bool{}
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				c := h.device("u", fmt.Sprint("device", i))
				r, err := nodes[i%2].Write(h.Context(), c, []protocol.Op{on(1, set("k", fmt.Sprint(100+i)))})
				switch {
				case err != nil:
					h.Error(err)
				case r[0].Err == nil && r[0].Version == 2:
					won.Add(1)
				case fault.Is(r[0].Err, fault.VersionConflict):
					lost.Add(1)
					mu.Lock()
					conflicts[r[0].ConflictID] = true
					mu.Unlock()
				default:
					h.Errorf("%+v", r[0])
				}
			})
		}
		wg.Wait()
		kept, err := h.store.Conflicts(h.Context(), store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: h.tenant.ID, Owner: "u"}, Status: models.ConflictOpen}, 100)
		h.ok(err)
		if won.Load() != 1 || lost.Load() != 49 || len(conflicts) != 49 || len(kept) != 49 {
			h.Fatalf("%d won, %d lost, %d conflicts named, %d kept", won.Load(), lost.Load(), len(conflicts), len(kept))
		}
		stands := string(h.get(nodes[0], h.user("u"), "k").Value)
		values := map[string]bool{stands: true}
		for _, c := range kept {
			if !conflicts[c.ID] || string(c.BaseValue) != `0` || string(c.CurrentValue) != stands {
				h.Errorf("%+v", c)
			}
			values[string(c.IncomingValue)] = true
		}
		if len(values) != 50 {
			h.Errorf("%d of 50 values are still somewhere", len(values))
		}
	})
}

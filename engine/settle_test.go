package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const day = 24 * time.Hour

// scenario 9: a version does not come round again after its tombstone was purged.
func TestAPurgedKeyGoesOnCounting(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n, other := h.node(), h.node()
		u := h.device("u", "away")
		for i := range 4 {
			h.put(n, u, set("k", fmt.Sprint(i)))
		}
		h.put(n, u, remove("k")) // version 5
		h.put(other, h.user("u"), set("else", `1`))
		h.clock.Advance(40 * day)
		h.ok(n.Purge(h.Context()))
		if rows := h.log(); len(rows) != 1 || rows[0].Key != "else" {
			h.Fatalf("the tombstone's rows are still there: %+v", rows)
		}
		r := h.try(n, h.device("u", "away"), on(4, set("k", `"stranger"`)))
		h.is(r.Err, fault.VersionConflict)
		if r := h.put(n, h.device("u", "new"), on(0, set("k", `"new"`))); r.Version != 6 {
			h.Errorf("the new item has version %d", r.Version)
		}
		if r := h.put(other, h.device("u", "new"), set("k", `"newer"`)); r.Version != 7 {
			h.Errorf("the other node gives version %d", r.Version)
		}
		for base := range int64(6) {
			h.is(h.try(n, h.device("u", "away"), on(base, set("k", `"stranger"`))).Err, fault.VersionConflict)
		}
	})
}

// scenario 17: how a write gets its hybrid clock.
func TestHybridClocks(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		now := clock.Millis(h.clock)
		a, b := h.device("u", "a"), h.device("u", "b")
		hlc := func() int64 { h.Helper(); return h.stored(a, "k").HLC }

		h.put(n, a, set("k", `1`))
		if hlc() != crdt.At(now) {
			h.Error("without a timestamp it is the server's time")
		}
		h.put(n, b, set("k", `2`))
		if hlc() != crdt.At(now)+1 {
			h.Error("or the one after what is stored")
		}
		h.put(n, b, at(now+3000, set("k", `3`)))
		if hlc() != crdt.At(now+3000) {
			h.Error("a timestamp counts")
		}
		h.put(n, a, on(3, at(now-9000, set("k", `4`))))
		if it := h.stored(a, "k"); it.HLC != crdt.At(now+3000)+1 || it.Timestamp != now-9000 {
			h.Errorf("on the current base any clock applies, and the stored one goes on: %+v", it)
		}
		h.put(n, a, on(3, at(now-8000, set("k", `5`)))) // its own run
		if hlc() != crdt.At(now+3000)+2 {
			h.Error("so it does in a run")
		}
		h.put(n, a, remove("k"))
		gone := h.log()[5].HLC
		h.put(n, b, on(0, at(now-9000, set("k", `6`))))
		if hlc() != gone+1 {
			h.Error("and after a removal")
		}
	})
}

// scenario 17: equal clocks go by instance, and then by arrival.
func TestEqualClocksGoByInstanceThenArrival(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		now := clock.Millis(h.clock)
		h.put(n, h.device("u", "m"), at(now, set("k", `"m"`)))
		low := h.try(n, h.device("u", "a"), at(now, set("k", `"a"`)))
		if low.Status != protocol.Conflict || string(low.Value) != `"m"` {
			h.Errorf("the lower instance: %+v", low)
		}
		h.put(n, h.device("u", "z"), at(now, set("k", `"z"`)))
		h.put(n, h.device("u", "z"), at(now, set("k", `"later"`)))
		kept, err := h.store.Conflicts(h.Context(), store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: h.tenant.ID, Owner: "u"}, Status: models.ConflictResolved}, 9)
		h.ok(err)
		if len(kept) != 1 || kept[0].Kind != models.ConflictOlder || string(kept[0].IncomingValue) != `"a"` || kept[0].ID != low.ConflictID {
			h.Errorf("%+v", kept)
		}
	})
}

// scenario 17: a push from a clock that runs ahead is shifted as a whole, and its instance flagged.
func TestASkewedPushIsShiftedAsAWhole(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		now := clock.Millis(h.clock)
		h.write(n, s.Caller(), at(now+3_600_000, set("a", `1`)), at(now+3_600_500, set("b", `1`)), at(now+3_601_000, set("c", `1`)))
		var got []int64
		for _, c := range h.log() {
			got = append(got, c.Timestamp-now)
		}
		if d := cmp.Diff([]int64{-1000, -500, 0}, got); d != "" {
			h.Error(d)
		}
		report, err := n.Status(h.Context(), phone)
		h.ok(err)
		if len(report.Instances) != 1 || !report.Instances[0].ClockSkew {
			h.Errorf("%+v", report.Instances)
		}
		h.put(n, h.device("u", "other"), at(now+4999, set("d", `1`)))
		if got := h.get(n, phone, "d").Timestamp - now; got != 4999 {
			h.Errorf("a clock within bounds was shifted to %d", got)
		}
	})
}

// scenario 18: what a base version means, and that first-write-wins judges stale ones only.
func TestBaseVersions(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		fww := h.addTenant("fww", models.StrategyFWW)
		lww := h.addTenant("lww", models.StrategyLWW)
		for i, tenant := range []models.Tenant{h.tenant, fww, lww} {
			a, b := callerOf(tenant, "u", "a"), callerOf(tenant, "u", "b")
			h.put(n, a, on(0, set("k", `1`)))
			h.put(n, b, on(1, set("k", `2`)))
			h.put(n, b, set("k", `3`)) // blind: never judged
			for _, base := range []int64{0, 1} {
				r := h.try(n, a, on(base, set("k", `"stale"`)))
				switch i {
				case 0:
					h.is(r.Err, fault.VersionConflict)
				case 1:
					if r.Err != nil || r.Status != protocol.Conflict || string(r.Value) != `3` || r.Version != 3 || r.ConflictID == "" {
						h.Errorf("first-write-wins: %+v", r)
					}
				case 2:
					if r.Err != nil || r.Status != protocol.Conflict || string(r.Value) != `"stale"` || r.Version != 4+base {
						h.Errorf("last-write-wins: %+v", r)
					}
				}
				b = callerOf(tenant, "u", fmt.Sprint("c", base)) // so that a's run is broken
				if i == 2 && base == 0 {
					a = b
				}
			}
		}
		h.put(n, h.user("u"), remove("k"))
		if r := h.put(n, h.user("u"), on(0, set("k", `5`))); r.Version != 5 {
			h.Errorf("a removed key must not exist either: %+v", r)
		}
	})
}

// scenario 14: a base above the current version is a lost base, and never applies, under any strategy.
func TestABaseAboveTheCurrentVersionNeverApplies(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		for _, tenant := range []models.Tenant{h.tenant, h.addTenant("fww", models.StrategyFWW), h.addTenant("lww", models.StrategyLWW)} {
			c := callerOf(tenant, "u", "a")
			h.put(n, c, set("k", `1`))
			for _, o := range []protocol.Op{on(2, set("k", `2`)), on(2, remove("k")), on(1, set("absent", `1`)), on(5, remove("absent"))} {
				r := h.try(n, c, o)
				h.is(r.Err, fault.VersionConflict)
				kept, err := h.store.Conflict(h.Context(), tenant.ID, r.ConflictID)
				h.ok(err)
				if kept.Kind != models.ConflictLostBase || kept.Status != models.ConflictOpen {
					h.Errorf("%s %s: %+v", o.Kind, o.Key, kept)
				}
			}
		}
	})
}

// scenario 19: a device's quick second edit on the same base is not a conflict with its first; another's is.
func TestADevicesOwnRunIsNoConflict(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, other := h.node(), h.node()
		seed, phone, tablet := h.device("u", "seed"), h.device("u", "phone"), h.device("u", "tablet")
		h.put(n, seed, set("k", `0`))
		r := h.write(n, phone, on(1, set("k", `1`)), on(1, set("k", `2`)))
		h.ok(r[0].Err)
		h.ok(r[1].Err)
		h.put(other, phone, on(1, set("k", `3`)))
		h.put(n, phone, on(2, set("k", `4`))) // version 5
		h.is(h.try(n, tablet, on(1, set("k", `"t"`))).Err, fault.VersionConflict)
		h.is(h.try(n, h.device("v", "phone"), on(1, set("k", `"v"`))).Err, fault.VersionConflict)
		h.put(n, tablet, on(5, set("k", `5`))) // breaks the run
		h.is(h.try(n, phone, on(5, set("k", `"p"`))).Err, fault.VersionConflict)
		h.is(h.try(n, h.user("u"), on(5, set("k", `"nobody"`))).Err, fault.VersionConflict)
		h.put(n, phone, on(6, set("k", `6`)))
		h.is(h.try(n, phone, on(5, set("k", `"p"`))).Err, fault.VersionConflict) // below where its run began
	})
}

// scenario 23: names are compared byte by byte.
func TestNamesAreComparedByteByByte(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		names := []string{"Bob", "bob", "bob ", "böb", "bo\u0308b", "bob\u200b"}
		for i, owner := range names {
			for j, key := range names {
				o := tagged(named("op", set(key, fmt.Sprint(i, j))), key)
				o.OpID, o.Collection = key, names[(i+j)%len(names)]
				if r := h.put(n, h.device(owner, owner), o); r.Version != 1 || r.Duplicate {
					h.Fatalf("%q of %q is taken for another: %+v", key, owner, r)
				}
			}
		}
		for i, owner := range names {
			c := h.device(owner, owner)
			rows, _ := h.follow(n, c, engine.PullQuery{})
			if len(rows) != len(names) {
				h.Errorf("%q has %d changes", owner, len(rows))
			}
			for j, key := range names {
				col := names[(i+j)%len(names)]
				page, err := n.List(h.Context(), c, engine.ListQuery{Collection: col, Tag: key})
				h.ok(err)
				if len(page.Items) != 1 || page.Items[0].Key != key || string(page.Items[0].Value) != fmt.Sprint(i, j) {
					h.Errorf("tag %q in %q of %q: %+v", key, col, owner, page.Items)
				}
			}
			w := newWire()
			h.connect(n, c, w)
			w.ready(h)
		}
		report, err := n.Status(h.Context(), callerOf(h.tenant, "", ""))
		h.ok(err)
		if len(report.Instances) != len(names) {
			h.Errorf("%d instances, want %d", len(report.Instances), len(names))
		}
	})
}

// scenario 27: an expired item is gone at once, its removal is logged once, whoever sweeps.
func TestExpiryIsLoggedOnce(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		a, b := h.node(), h.node()
		u := h.user("u")
		_, w := h.live(b, h.user("u"))
		for i := range 5 {
			h.put(a, u, lasting(60, set(fmt.Sprint("k", i), `1`)))
		}
		h.put(a, u, lasting(600, set("long", `1`)))
		h.clock.Advance(61 * time.Second)
		if _, err := a.Get(h.Context(), u, models.Storage, "k0"); !fault.Is(err, fault.NotFound) {
			h.Error("an expired item is read:", err)
		}
		page, err := b.List(h.Context(), u, engine.ListQuery{})
		h.ok(err)
		if len(page.Items) != 1 || page.Items[0].Key != "long" {
			h.Errorf("%+v", page.Items)
		}
		w.until(h, "five removals", func() bool { return w.count(protocol.EventRemove) == 5 })
		h.put(b, u, set("after", `1`)) // both have swept by the time this is through
		rows := h.log()
		if d := cmp.Diff(upTo(12), seqs(rows)); d != "" {
			h.Error(d)
		}
		for _, c := range rows[6:11] {
			if c.Op != models.ChangeRemove || c.Version != 2 || c.Actor != engine.System || c.Value != nil {
				h.Errorf("%+v", c)
			}
		}
	})
}

// scenario 27: a write to an expired item logs the removal first, and is judged against that.
func TestAWriteToAnExpiredItemLogsItsRemovalFirst(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		h.put(n, phone, lasting(60, set("k", `1`)))
		h.put(n, phone, lasting(60, set("stale", `1`)))
		h.clock.Advance(60 * time.Second)
		r := h.write(n, phone, on(0, set("k", `2`)), on(1, set("stale", `2`)))
		h.ok(r[0].Err)
		if r[0].Version != 3 {
			h.Errorf("%+v", r[0])
		}
		h.is(r[1].Err, fault.VersionConflict)
		var got []string
		for _, c := range h.log()[2:] {
			got = append(got, fmt.Sprintf("%s op %d version %d", c.Key, c.Op, c.Version))
		}
		slices.Sort(got) // a sweep may have come first
		if d := cmp.Diff([]string{"k op 1 version 3", "k op 2 version 2", "stale op 2 version 2"}, got); d != "" {
			h.Error(d)
		}
	})
}

// scenario 27: an item ended when its time did, not when that was noticed: what a client wrote in between stands.
func TestAnExpiredKeyTakesTheWriteThatCameAfterItsEnd(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		end := clock.Millis(h.clock) + 60_000
		h.put(n, phone, lasting(60, set("fresh", `1`)))
		h.put(n, phone, lasting(60, set("late", `1`)))
		h.clock.Advance(60*time.Second + 170*time.Millisecond)
		h.put(n, phone, at(end+150, set("fresh", `2`)))
		if it := h.get(n, phone, "fresh"); string(it.Value) != `2` || it.Version != 3 || it.Timestamp != end+150 {
			h.Errorf("%+v", it)
		}
		r := h.try(n, phone, at(end-1, set("late", `2`)))
		if r.Err != nil || r.Status != protocol.Conflict || string(r.Value) != `null` {
			h.Errorf("a write from before the end: %+v", r)
		}
		for _, c := range h.log() {
			if c.Op == models.ChangeRemove && (c.Timestamp != end || c.HLC != crdt.At(end)) {
				h.Errorf("%s ended at %d with clock %d, want %d", c.Key, c.Timestamp, c.HLC, end)
			}
		}
	})
}

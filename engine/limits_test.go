package engine_test

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
)

// What is over a limit is refused with what the limit is, and leaves no trace.
func TestLimits(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits = engine.Limits{MaxItemBytes: 20, MaxBatchOps: 3} })
		u := h.user("u")
		h.put(n, u, set("k", `{"a":"12345"}`))
		for _, o := range []protocol.Op{set("k", `"0123456789012345678"`), patch("k", `{"b":"12345"}`), noted(`{"m":"1234"}`, set("k", `"123456789"`))} {
			r := h.try(n, u, o)
			h.is(r.Err, fault.ItemTooLarge)
			if d := fault.From(r.Err).Details; d["limit"] != int64(20) || d["size"].(int64) <= 20 {
				h.Errorf("%v", d)
			}
		}
		h.is(h.try(n, u, patch("absent", `{"b":1}`)).Err, fault.NotFound)
		_, err := n.Write(h.Context(), u, []protocol.Op{remove("a"), remove("b"), remove("c"), remove("d")})
		h.is(err, fault.BatchTooLarge)
		all := u
		all.AllUsers = true
		_, err = n.Write(h.Context(), all, []protocol.Op{set("k", `1`)})
		h.is(err, fault.Invalid)
		_, err = n.Get(h.Context(), all, models.Storage, "k")
		h.is(err, fault.Invalid)
		_, err = n.Clear(h.Context(), all, "")
		h.is(err, fault.Invalid)
		for _, limit := range []int{-1, 1001} {
			_, err = n.List(h.Context(), u, engine.ListQuery{Limit: limit})
			h.is(err, fault.Invalid)
			_, err = n.Pull(h.Context(), u, engine.PullQuery{Limit: limit})
			h.is(err, fault.Invalid)
			_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Limit: limit})
			h.is(err, fault.Invalid)
		}
		_, err = n.Pull(h.Context(), u, engine.PullQuery{Wait: 30_001})
		h.is(err, fault.Invalid)
		if r, err := n.Write(h.Context(), u, nil); err != nil || len(r) != 0 {
			h.Error(r, err)
		}
		if got := h.head().Seq; got != 1 {
			h.Errorf("the log stands at %d", got)
		}
	})
}

// Every name that the doors let through fits its columns, at its longest: what does not would be a fault of ours.
func TestTheLongestNamesAreTaken(t *testing.T) {
	eachDB(t, func(h *harness) {
		long := func(n int) string { return strings.Repeat("n", n) }
		n := h.node()
		tags := make([]string, protocol.MaxTags)
		for i := range tags {
			tags[i] = fmt.Sprintf("%02d%s", i, long(protocol.MaxTag-2))
		}
		o := inTx(long(protocol.MaxTx), named(long(protocol.MaxOpID), tagged(set(long(protocol.MaxKey), `1`), tags...)))
		o.Collection = long(protocol.MaxCollection)
		c := h.device(long(protocol.MaxOwner), long(protocol.MaxInstance))
		c.Actor = "user:" + c.UserID
		c.RequestID = fmt.Sprintf("%s-%d", long(telemetry.MaxRequestID), uint64(math.MaxUint64)) // the last of a connection
		c.Address = netip.IPv6Unspecified().StringExpanded()
		h.put(n, c, o)
		o.OpID, o.Base = "", new(int64)
		h.is(h.try(n, h.device(c.UserID, "other"), o).Err, fault.TxAborted)
		o.Tx = ""
		c.InstanceID = "other"
		h.is(h.try(n, c, o).Err, fault.VersionConflict)
		_, err := n.Clear(h.Context(), c, long(protocol.MaxOpID))
		h.ok(err)
	})
}

// scenario 13: a string that got past a decoder, which would be a fault of ours, and is too long for its column fails alone.
func TestAnOverlongStringFailsAlone(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t) // SQLite's columns have no length
	n := h.node()
	good, err := n.Submit(h.user("u"), []protocol.Op{set("a", `1`)})
	h.ok(err)
	long, err := n.Submit(h.user("u"), []protocol.Op{set(strings.Repeat("k", 513), `1`)})
	h.ok(err)
	_, err = long.Wait(t.Context())
	h.is(err, fault.Internal)
	_, err = good.Wait(t.Context())
	h.ok(err)
}

// scenario 32: a user's quota is exact under parallel writers, and never stands in the way of shrinking.
func TestAQuotaIsExactUnderParallelWriters(t *testing.T) {
	eachDB(t, func(h *harness) {
		const value, fit = `"0123456789"`, 20
		limits := engine.Limits{MaxUserBytes: int64(fit*len(value) + 3)}
		bounded := func(o *engine.Options) { o.Limits = limits }
		nodes := []*node{h.node(bounded), h.node(bounded)}
		u := h.user("u")
		var passed, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				r, err := nodes[i%2].Write(h.Context(), u, []protocol.Op{set(fmt.Sprint("k", i), value)})
				switch {
				case err == nil && r[0].Err == nil:
					passed.Add(1)
				case err == nil && fault.Is(r[0].Err, fault.StorageQuotaExceeded):
					refused.Add(1)
				default:
					h.Error(err, r)
				}
			})
		}
		wg.Wait()
		if passed.Load() != fit || refused.Load() != 50-fit {
			h.Errorf("%d passed and %d were refused, want %d and %d", passed.Load(), refused.Load(), fit, 50-fit)
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != int64(fit*len(value)) || usage.Items != fit {
			h.Errorf("usage is %+v", usage)
		}
		key := h.log()[0].Key
		h.put(nodes[0], u, set(key, `"9876543210"`)) // as large as before
		h.put(nodes[1], u, set(key, `1`))
		h.put(nodes[0], u, remove(key))
		h.put(nodes[1], h.user("other"), set("k", value))
	})
}

// scenario 32: bytes of expired items are given back before anybody is refused.
func TestExpiredBytesDoNotCountAgainstTheQuota(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits.MaxUserBytes = 10 })
		u := h.user("u")
		h.put(n, u, lasting(60, set("old", `"1234567"`)))
		h.is(h.try(n, u, set("new", `"123456"`)).Err, fault.StorageQuotaExceeded)
		h.clock.Advance(61 * time.Second)
		h.put(n, u, set("new", `"123456"`))
	})
}

package engine_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// scenario 22: what a node remembers of a tenant is worth nothing once another node has written.
func TestANodeNeverSettlesAgainstAStaleCache(t *testing.T) {
	eachDB(t, func(h *harness) {
		a, b := h.node(), h.node()
		u := h.user("u")
		h.put(a, u, set("k", `1`)) // a remembers version 1
		h.put(b, u, set("k", `2`))
		r := h.try(a, u, on(1, set("k", `"lost"`)))
		h.is(r.Err, fault.VersionConflict)
		if got := fault.From(r.Err).Details["version"]; got != int64(2) {
			h.Errorf("the conflict names version %v", got)
		}
		if r := h.put(a, u, set("k", `3`)); r.Version != 3 || r.Seq != 3 {
			h.Errorf("%+v", r)
		}
		h.put(b, u, remove("k"))
		if r := h.put(a, u, on(0, set("k", `5`))); r.Version != 5 {
			h.Errorf("%+v", r)
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != 1 || usage.Items != 1 {
			h.Errorf("usage is %+v", usage)
		}
		if d := cmp.Diff(upTo(5), seqs(h.log())); d != "" {
			h.Error(d)
		}
	})
}

// scenario 22: what would change nothing is checked as well: a refusal and an
// empty clear hold only if the node knew what stands.
func TestANodeRefusesNothingOnAStaleCache(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		bounded := func(o *engine.Options) { o.Limits.MaxUserBytes = 8 }
		a, b := h.node(bounded), h.node(bounded)
		u := h.user("u")
		h.put(a, u, set("k", `1`))
		h.put(a, u, remove("k")) // a remembers that there is none
		h.put(b, u, set("k", `2`))
		h.put(a, u, remove("k"))

		h.put(b, u, set("k", `3`))
		report, err := a.Clear(h.Context(), u, "")
		h.ok(err)
		if report.Removed != 1 {
			h.Errorf("%+v", report)
		}

		h.put(a, u, set("big", `1234567`)) // a remembers that there is no room
		h.put(a, u, set("k", `1`))
		h.is(h.try(a, u, set("l", `1`)).Err, fault.StorageQuotaExceeded)
		h.put(b, u, remove("big"))
		h.put(a, u, set("l", `1`))

		h.put(b, u, lasting(60, set("l", `2`)))
		b.stop(h) // a is left to log the removal
		was := h.head().Seq
		h.clock.Advance(61 * time.Second)
		eventually(h.T, "the removal is logged", func() bool { return h.head().Seq == was+1 })
	})
}

// scenario 22: what a node reads before it locks the head is worth nothing either, once another node has written.
func TestWhatIsReadWithoutTheLockIsNeverStale(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes, u := []*node{h.node(), h.node()}, h.user("u")
		const writers, each, keys = 6, 60, 90
		var wrote [keys]atomic.Int64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(w), 22))
				for range each {
					k := rnd.IntN(keys)
					h.put(nodes[w%2], u, set(fmt.Sprint("k", k), `1`))
					wrote[k].Add(1)
					time.Sleep(time.Duration(rnd.IntN(3)) * time.Millisecond) // so that now one node writes alone, now both
				}
			})
		}
		wg.Wait()
		var items int64
		for k := range keys {
			n := wrote[k].Load()
			if n == 0 {
				continue
			}
			items++
			if it := h.get(nodes[k%2], u, fmt.Sprint("k", k)); it.Version != n {
				h.Errorf("k%d was written %d times and has version %d", k, n, it.Version)
			}
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Items != items || usage.Bytes != items {
			h.Errorf("usage is %+v of %d items", usage, items)
		}
		if d := cmp.Diff(upTo(writers*each), seqs(h.log())); d != "" {
			h.Error(d)
		}
	})
}

// scenario 22: what a failed commit prepared is forgotten.
func TestAFailedCommitLeavesNothingBehindInMemory(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("k", `1`))
		if h.kind == "sqlite" {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON ops BEGIN SELECT RAISE(ABORT, 'poison'); END`)
		} else {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON ops FOR EACH ROW SIGNAL SQLSTATE '45000'`)
		}
		_, err := n.Write(h.Context(), u, []protocol.Op{named("op", set("k", `22`))})
		h.is(err, fault.Internal)
		h.exec(`DROP TRIGGER poison`)
		if r := h.put(n, u, on(1, set("k", `333`))); r.Version != 2 || r.Seq != 2 {
			h.Errorf("%+v", r)
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != 3 {
			h.Errorf("usage is %+v", usage)
		}
	})
}

// A committer remembers what it settles against, and neither values nor metadata,
// whether it wrote the item or read it.
func TestValuesAndMetadataAreNotRemembered(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		note := `{"from":"` + fmt.Sprintf("%09000d", 1) + `"}`
		for i := range 3 {
			h.put(n, u, noted(note, set(fmt.Sprint("k", i), `{"a":1}`)))
		}
		forgets := func() {
			h.Helper()
			n.stop(h)
			items := engine.Remembered(n.Engine, h.tenant.ID)
			if len(items) != 3 {
				h.Errorf("%d items are remembered", len(items))
			}
			for _, it := range items {
				if it.Value != nil || it.Stored != nil || it.Metadata != nil || it.Version == 0 || it.Size < 9000 {
					h.Errorf("%+v", it)
				}
			}
		}
		forgets()
		n = h.node()
		h.write(n, u, on(2, set("k0", `1`)), on(7, set("k1", `1`)), patch("k2", `{"b":2}`))
		forgets()
		n = h.node()
		if it := h.get(n, u, "k2"); string(it.Metadata) != note || string(it.Value) != `{"a":1,"b":2}` {
			h.Errorf("the patch left %s and %d bytes of metadata", it.Value, len(it.Metadata))
		}
	})
}

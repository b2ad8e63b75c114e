package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// scenario 6: compaction takes superseded rows and old tombstones, never the newest row of a live item.
func TestCompactionKeepsWhatLives(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		big := `"` + strings.Repeat("x", 8000) + `"`
		for i := range 10 {
			h.write(n, u, set("live", fmt.Sprint(i)), set(fmt.Sprint("once", i), big), set("gone", `1`), remove("gone"))
		}
		_, old := h.follow(n, u, engine.PullQuery{})
		h.put(n, u, set("later", `1`)) // row 41
		h.clock.Advance(29 * day)
		h.ok(n.Purge(h.Context()))
		if got := len(h.log()); got != 41 {
			h.Fatalf("within retention %d rows are left", got)
		}
		h.clock.Advance(2 * day)
		h.write(n, u, set("live", `"new"`), set("once3", `"new"`), remove("once4"))
		before := h.standing(n, u)
		h.ok(n.Purge(h.Context()))
		h.ok(n.Purge(h.Context()))
		want := []string{}
		for i := range 10 {
			if i != 4 && i != 3 {
				want = append(want, fmt.Sprint("once", i))
			}
		}
		want = append(want, "later", "live", "once3", "once4")
		got := []string{}
		for _, c := range h.log() {
			if c.Seq <= 41 && (c.Key == "live" || c.Key == "once3" || c.Key == "once4") {
				continue // superseded above the floor: may go with the next floor
			}
			got = append(got, c.Key)
		}
		if d := cmp.Diff(want, got); d != "" {
			h.Error(d)
		}
		if d := cmp.Diff(between(42, 44), seqs(h.log())[len(h.log())-3:]); d != "" {
			h.Error("above the floor:", d)
		}
		if d := cmp.Diff(before, h.standing(n, u)); d != "" {
			h.Error(d)
		}
		fresh := replica{}
		rows, _ := h.follow(n, u, engine.PullQuery{Limit: 3})
		fresh.take(rows)
		if d := cmp.Diff(before, fresh); d != "" {
			h.Error("from the beginning of what is kept:", d)
		}
		_, err := n.Pull(h.Context(), u, engine.PullQuery{Since: old})
		h.gone(err, "horizon")
	})
}

// scenario 5: who reads from the beginning while tombstones are purged is told, and keeps no removed item.
func TestAPurgeUnderAReaderIsTold(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("ghost", `1`))
		ops := make([]protocol.Op, 400)
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		h.write(n, u, ops...)
		h.write(n, u, ops...)
		h.put(n, u, remove("ghost"))
		h.clock.Advance(40 * day)
		h.put(n, u, set("last", `1`))
		h.ok(h.store.RaiseFloor(h.Context(), h.tenant.ID, 802)) // as the purge begins, elsewhere
		first, err := n.Pull(h.Context(), u, engine.PullQuery{Limit: 10})
		h.ok(err)
		if first.Events[0].Key != "ghost" {
			h.Fatalf("%+v", first.Events[0])
		}
		h.ok(n.Purge(h.Context()))
		_, err = n.Pull(h.Context(), u, engine.PullQuery{Since: first.Cursor, Limit: 10})
		h.gone(err, "horizon")
		rows, _ := h.follow(n, u, engine.PullQuery{Limit: 100})
		got := replica{}
		got.take(rows)
		if d := cmp.Diff(h.standing(n, u), got); d != "" {
			h.Error(d)
		}
	})
}

// scenario 5, 6: however purges and readers meet, a reader ends equal to the items or is told to start over.
func TestReadersAndPurgesMeet(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				k := fmt.Sprint("k", i%7)
				ops := []protocol.Op{set(k, fmt.Sprint(i)), set("more", fmt.Sprint(i)), remove(fmt.Sprint("k", (i+3)%7))}
				if _, err := n.Write(h.Context(), u, ops); err != nil {
					h.Error(err)
				}
				if i%5 == 0 {
					h.clock.Advance(20 * day)
				}
				if i%11 == 0 {
					if err := n.Purge(h.Context()); err != nil {
						h.Error(err)
					}
				}
			}
		})
		const readers = 3
		replicas, cursors := make([]replica, readers), make([]string, readers)
		var started sync.WaitGroup
		for r := range readers {
			replicas[r] = replica{}
			started.Add(1)
			wg.Go(func() {
				for i := 0; i < 60; i++ {
					if i == 30 {
						started.Done()
					}
					p, err := n.Pull(h.Context(), u, engine.PullQuery{Since: cursors[r], Limit: 2 + r})
					if fault.Is(err, fault.CursorExpired) {
						replicas[r], cursors[r] = replica{}, ""
						continue
					}
					if err != nil {
						h.Error(err)
						return
					}
					replicas[r].take(p.Events)
					cursors[r] = p.Cursor
				}
			})
		}
		started.Wait()
		close(stop)
		wg.Wait()
		want := h.standing(n, u)
		for r := range readers {
			p, err := n.Pull(h.Context(), u, engine.PullQuery{Since: cursors[r], Limit: 2 + r})
			if fault.Is(err, fault.CursorExpired) {
				replicas[r], cursors[r] = replica{}, ""
			} else {
				h.ok(err)
				replicas[r].take(p.Events)
				cursors[r] = p.Cursor
			}
			rows, _ := h.follow(n, u, engine.PullQuery{Since: cursors[r], Limit: 2 + r})
			replicas[r].take(rows)
			if d := cmp.Diff(want, replicas[r]); d != "" {
				h.Errorf("reader %d: %s", r, d)
			}
		}
	})
}

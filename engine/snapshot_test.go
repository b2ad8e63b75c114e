package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// replica is what a client makes of the changes it is given.
type replica map[string]string

func (r replica) take(rows []models.Change) {
	for _, c := range rows {
		if c.Op == models.ChangeRemove {
			delete(r, c.Key)
			continue
		}
		r[c.Key] = string(c.Value)
	}
}

func (h *harness) standing(n *node, c models.Caller) replica {
	h.Helper()
	out := replica{}
	for q := (engine.ListQuery{Limit: 1000}); ; {
		p, err := n.List(h.Context(), c, q)
		h.ok(err)
		for _, it := range p.Items {
			out[it.Key] = string(it.Value)
		}
		if q.Page = p.NextPage; q.Page == "" {
			return out
		}
	}
}

// scenario 25: a snapshot and the log after it give what stands, however items move between its pages.
func TestASnapshotUnderWriters(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		for i := range 60 {
			h.put(n, u, ranked(int64(i%4), set(fmt.Sprint("k", i), `0`)))
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() {
				for i := w; ; i += 7 {
					select {
					case <-stop:
						return
					default:
					}
					k := fmt.Sprint("k", i%80)
					ops := []protocol.Op{ranked(int64(i%5), set(k, fmt.Sprint(i)))}
					if i%3 == 0 {
						ops = []protocol.Op{remove(k)}
					}
					if _, err := n.Write(h.Context(), u, ops); err != nil {
						h.Error(err)
					}
				}
			})
		}
		for range 5 {
			got, cursor := replica{}, ""
			for q := (engine.SnapshotQuery{Limit: 7}); ; {
				p, err := n.Snapshot(h.Context(), u, q)
				h.ok(err)
				for _, it := range p.Items {
					if _, twice := got[it.Key]; twice {
						h.Errorf("%s is in the snapshot twice", it.Key)
					}
					got[it.Key] = string(it.Value)
				}
				if cursor != "" && cursor != p.Cursor {
					h.Error("the position moved between pages")
				}
				if cursor, q.Page = p.Cursor, p.NextPage; q.Page == "" {
					break
				}
			}
			rows, _ := h.follow(n, u, engine.PullQuery{Since: cursor, Limit: 9})
			got.take(rows)
			if len(rows) > 0 {
				upTo := rows[len(rows)-1].Seq
				if d := cmp.Diff(h.asOf(upTo), got); d != "" {
					h.Error(d)
				}
			}
		}
		close(stop)
		wg.Wait()
	})
}

// asOf replays the whole log, which nothing has compacted, up to a row.
func (h *harness) asOf(seq int64) replica {
	h.Helper()
	out := replica{}
	rows := h.log()
	out.take(slices.DeleteFunc(rows, func(c models.Change) bool { return c.Seq > seq }))
	return out
}

// A snapshot comes high priority first, within its rights, without what has expired.
func TestASnapshotComesHighPriorityFirst(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.write(n, u, ranked(-3, set("low", `1`)), set("b", `1`), ranked(9, set("top", `1`)), set("a", `1`), ranked(9, set("summit", `1`)), ranked(1, set("gone", `1`)), remove("gone"))
		h.put(n, h.user("v"), ranked(99, set("other", `1`)))
		for _, limit := range []int{1, 2, 100} {
			var keys []string
			for q := (engine.SnapshotQuery{Limit: limit}); ; {
				p, err := n.Snapshot(h.Context(), u, q)
				h.ok(err)
				for _, it := range p.Items {
					keys = append(keys, it.Key)
				}
				if q.Page = p.NextPage; q.Page == "" {
					break
				}
			}
			if d := cmp.Diff([]string{"summit", "top", "a", "b", "low"}, keys); d != "" {
				h.Errorf("limit %d: %s", limit, d)
			}
		}
	})
}

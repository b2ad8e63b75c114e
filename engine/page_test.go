package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// A key that is there all the time is listed exactly once while others come and go.
func TestAListUnderWritersHasEveryKeyOnce(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		want := map[string]int{}
		for i := range 50 {
			k := fmt.Sprintf("stay%02d", i)
			want[k] = 1
			h.put(n, u, set(k, `1`))
		}
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				k := fmt.Sprintf("stay%02d-", i%50)
				if _, err := n.Write(h.Context(), u, []protocol.Op{set(k, `1`), set(k[:6], `2`), remove(k)}); err != nil {
					h.Error(err)
				}
			}
		}()
		for range 5 {
			got := map[string]int{}
			for q := (engine.ListQuery{Limit: 4}); ; {
				p, err := n.List(h.Context(), u, q)
				h.ok(err)
				for _, it := range p.Items {
					if !strings.HasSuffix(it.Key, "-") {
						got[it.Key]++
					}
				}
				if q.Page = p.NextPage; q.Page == "" {
					break
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				h.Error(d)
			}
		}
		close(stop)
		<-done
	})
}

// scenario 34: a user's few changes are one page, however many others' lie between.
func TestAUsersFewChangesAreOnePage(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		ops := make([]protocol.Op, 500)
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		for i := range 5 {
			h.write(n, h.user("many"), ops...)
			h.put(n, h.user("few"), set(fmt.Sprint("k", i), `1`))
		}
		p, err := n.Pull(h.Context(), h.user("few"), engine.PullQuery{})
		h.ok(err)
		if d := cmp.Diff([]int64{501, 1002, 1503, 2004, 2505}, seqs(p.Events)); d != "" || p.HasMore {
			h.Error(d, p.HasMore)
		}
	})
}

// scenario 34: a filter that nothing passes looks at a bounded stretch; the empty page moves the cursor.
func TestAFilterNothingPassesStillMovesTheCursor(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		ops := make([]protocol.Op, 500)
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		for range 12 {
			h.write(n, u, ops...)
		}
		h.put(n, u, set("needle", `1`))
		q := engine.PullQuery{Prefix: "needle"}
		empty := 0
		for {
			p, err := n.Pull(h.Context(), u, q)
			h.ok(err)
			if q.Since = p.Cursor; len(p.Events) == 1 {
				break
			}
			if !p.HasMore || empty > 20 {
				h.Fatal("the needle is not found")
			}
			empty++
		}
		if empty == 0 {
			h.Error("6,000 rows were read for one page")
		}
		rows, _ := h.follow(n, u, engine.PullQuery{Prefix: "needle", Since: q.Since})
		if len(rows) != 0 {
			h.Errorf("%+v", rows)
		}
		h.put(n, u, set("needle2", `1`))
		rows, _ = h.follow(n, u, q)
		if len(rows) != 1 || rows[0].Key != "needle2" {
			h.Errorf("%+v", rows)
		}
	})
}

// scenario 35: a page ends at its bytes, whatever the number of rows asked for.
func TestPagesAreBoundedInBytes(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.device("u", "phone")
		s, _ := h.live(n, u)
		s.Close()
		value := `"` + strings.Repeat("abcdefghij", 10_000) + `"` // 100 KB, which compresses well
		const items, most = 25, 1<<20 + 101_000
		for i := range items {
			h.put(n, h.user("u"), set(fmt.Sprintf("k%02d", i), value))
		}
		seen := map[string]int{}
		check := func(door string, keys []string) {
			h.Helper()
			if len(keys)*len(value) > most {
				h.Errorf("a page of %s has %d items of %d bytes", door, len(keys), len(value))
			}
			for _, k := range keys {
				seen[door+" "+k]++
			}
		}
		for q := (engine.PullQuery{Limit: 1000}); ; {
			p, err := n.Pull(h.Context(), u, q)
			h.ok(err)
			var keys []string
			for _, c := range p.Events {
				keys = append(keys, c.Key)
			}
			check("pull", keys)
			if q.Since = p.Cursor; !p.HasMore {
				break
			}
		}
		for q := (engine.ListQuery{Limit: 1000}); ; {
			p, err := n.List(h.Context(), u, q)
			h.ok(err)
			check("list", keysOf(p.Items))
			if q.Page = p.NextPage; q.Page == "" {
				break
			}
		}
		for q := (engine.SnapshotQuery{Limit: 1000}); ; {
			p, err := n.Snapshot(h.Context(), u, q)
			h.ok(err)
			check("snapshot", keysOf(p.Items))
			if q.Page = p.NextPage; q.Page == "" {
				break
			}
		}
		_, w := h.live(n, u)
		for _, f := range w.heard() {
			var keys []string
			for _, e := range f.events() {
				keys = append(keys, e.Key)
			}
			check("queue", keys)
		}
		want := map[string]int{}
		for _, door := range []string{"pull", "list", "snapshot", "queue"} {
			for i := range items {
				want[fmt.Sprintf("%s k%02d", door, i)] = 1
			}
		}
		if d := cmp.Diff(want, seen); d != "" {
			h.Error(d)
		}
	})
}

func keysOf(items []models.Item) (keys []string) {
	for _, it := range items {
		keys = append(keys, it.Key)
	}
	return keys
}

// A pull that waits is answered as soon as something comes, on another node too, or when its time is over.
func TestAWaitingPullIsAnswered(t *testing.T) {
	eachDB(t, func(h *harness) {
		a, b := h.node(), h.node()
		u := h.user("u")
		h.put(a, u, set("k", `1`))
		_, since := h.follow(a, u, engine.PullQuery{})
		p, err := a.Pull(h.Context(), u, engine.PullQuery{Since: since, Wait: 1})
		h.ok(err)
		if len(p.Events) != 0 || p.HasMore {
			h.Errorf("%+v", p)
		}
		for _, writer := range []*node{a, b} {
			got := make(chan engine.PullPage, 1)
			go func() {
				p, err := a.Pull(h.Context(), u, engine.PullQuery{Since: since, Wait: 30_000})
				if err != nil {
					h.Error(err)
				}
				got <- p
			}()
			h.put(writer, h.user("other"), set("k", `1`)) // not for it
			seq := h.put(writer, u, set("k", `2`)).Seq
			p := <-got
			if len(p.Events) != 1 || p.Events[0].Seq != seq {
				h.Errorf("%+v", p)
			}
			since = p.Cursor
		}
	})
}

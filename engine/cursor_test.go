package engine_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// scenario 3: a cursor is good for its tenant, its user, its rights and its filter, and for nothing else.
func TestACursorHoldsForItsScopeAlone(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, other := h.node(), h.node()
		globex := h.addTenant("globex", "")
		u := h.user("u")
		for i := range 3 {
			h.put(n, u, set(fmt.Sprint("a/", i), `1`))
			h.put(n, callerOf(globex, "u", ""), set(fmt.Sprint("a/", i), `1`))
		}
		_, since := h.follow(n, u, engine.PullQuery{Prefix: "a/", Collections: []string{"x", models.Storage}})
		pull := func(n *node, c models.Caller, q engine.PullQuery) error {
			q.Since = since
			_, err := n.Pull(h.Context(), c, q)
			return err
		}
		same := engine.PullQuery{Prefix: "a/", Collections: []string{models.Storage, "x"}}
		h.ok(pull(n, u, same))
		h.ok(pull(other, h.device("u", "any"), same)) // scenario 15: the key is the database's
		narrow, all := u, u
		narrow.Reads, all.AllUsers = []models.Reach{{Collection: models.Storage, Key: "a/", Open: true}}, true
		for name, err := range map[string]error{
			"another prefix":      pull(n, u, engine.PullQuery{Prefix: "a", Collections: same.Collections}),
			"other collections":   pull(n, u, engine.PullQuery{Prefix: "a/", Collections: []string{"x"}}),
			"no filter":           pull(n, u, engine.PullQuery{}),
			"another tenant":      pull(n, callerOf(globex, "u", ""), same),
			"another user":        pull(n, h.user("v"), same),
			"all users":           pull(n, all, same),
			"narrower rights":     pull(n, narrow, same), // scenario 28
			"a prefix for a name": pull(n, u, engine.PullQuery{Collections: []string{"a/", "x", models.Storage}}),
		} {
			if reason := fault.From(err); err == nil || reason.Details["reason"] != "scope" {
				h.Errorf("%s: %v", name, err)
			}
		}
		h.ok(h.store.NewEpoch(h.Context(), h.tenant.ID, "another"))
		h.gone(pull(n, u, same), "epoch")
	})
}

// scenario 3, 15: what is no cursor of ours is malformed, and never more than that.
func TestGarbageIsNoCursor(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		for i := range 5 {
			h.put(n, u, set(fmt.Sprint(i), `1`))
		}
		rows, since := h.follow(n, u, engine.PullQuery{})
		list, err := n.List(h.Context(), u, engine.ListQuery{Limit: 2})
		h.ok(err)
		snap, err := n.Snapshot(h.Context(), u, engine.SnapshotQuery{Limit: 2})
		h.ok(err)
		raw, err := base64.RawURLEncoding.DecodeString(since)
		h.ok(err)
		bad := []string{"garbage", "!", "AAAA", since[1:], since + "A", since + "=", n.EventCursor(&rows[0]), list.NextPage, snap.NextPage, strings.Repeat("A", 1000)}
		for i := range raw {
			if i == 2 { // the key's name: an unknown key is another installation's
				continue
			}
			b := slices.Clone(raw)
			b[i] ^= 0x10
			bad = append(bad, base64.RawURLEncoding.EncodeToString(b))
		}
		for _, text := range bad {
			if _, err := n.Pull(h.Context(), u, engine.PullQuery{Since: text}); !fault.Is(err, fault.Malformed) {
				h.Errorf("pull since %.40s: %v", text, err)
			}
		}
		raw[2]++
		_, err = n.Pull(h.Context(), u, engine.PullQuery{Since: base64.RawURLEncoding.EncodeToString(raw)})
		h.gone(err, "epoch")
		for _, text := range []string{since, "garbage", n.EventCursor(&rows[0])} {
			_, err = n.List(h.Context(), u, engine.ListQuery{Page: text})
			h.is(err, fault.Malformed)
			_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Page: text})
			h.is(err, fault.Malformed)
		}
		_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Page: list.NextPage})
		h.gone(err, "scope")
		_, err = n.List(h.Context(), u, engine.ListQuery{Page: list.NextPage, Prefix: "1"})
		h.gone(err, "scope")
	})
}

// scenario 4: only pulling moves the pull cursor; the reply to a write carries none.
func TestAWriteReplyCarriesNoCursor(t *testing.T) {
	t.Parallel()
	h := onSQLite(t)
	n := h.node()
	r := h.put(n, h.user("u"), set("k", `1`))
	if r.Seq != 1 {
		t.Errorf("%+v", r)
	}
	for _, text := range [][]byte{protocol.AppendWrite(nil, r), protocol.AppendPushReply(nil, []protocol.Result{r}, "r", 1)} {
		if strings.Contains(string(text), "cursor") {
			t.Errorf("%s", text)
		}
	}
}

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

// The tenant's isolation: same users, keys and devices, and nothing of one in the other.
func TestTenantsAreApart(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		globex := h.addTenant("globex", "")
		ours, theirs := h.device("u", "phone"), callerOf(globex, "u", "phone")
		_, w := h.live(n, ours)
		all := ours
		all.AllUsers, all.InstanceID = true, ""
		h.live(n, theirs)
		for i := range 5 {
			h.put(n, theirs, named(fmt.Sprint(i), tagged(set("k", `"theirs"`), "t")))
		}
		h.put(n, ours, named("0", set("mine", `1`)))
		w.until(h, "our change", func() bool { return len(w.events()) == 1 })
		for _, c := range []models.Caller{ours, all} {
			rows, _ := h.follow(n, c, engine.PullQuery{})
			if len(rows) != 1 || rows[0].Key != "mine" {
				h.Errorf("%+v", rows)
			}
			page, err := n.List(h.Context(), c, engine.ListQuery{Tag: "t"})
			h.ok(err)
			if len(page.Items) != 0 {
				h.Errorf("%+v", page.Items)
			}
			report, err := n.Status(h.Context(), c)
			h.ok(err)
			if report.Seq != 1 || len(report.Instances) != 1 {
				h.Errorf("%+v", report)
			}
		}
		if _, err := n.Get(h.Context(), ours, models.Storage, "k"); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		if _, err := h.store.Item(h.Context(), h.tenant.ID, keyOf("u", "k")); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
	})
}

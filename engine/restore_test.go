package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/store"
)

// scenario 14: a database file copied back over a newer one is noticed at the next start.
func TestACopiedBackDatabaseBeginsANewEpoch(t *testing.T) {
	t.Parallel()
	h := onSQLite(t)
	file := filepath.Join(t.TempDir(), "heads.json")
	kept := func(o *engine.Options) { o.HeadsFile = file }
	other := h.addTenant("other", "")
	n := h.node(kept)
	u := h.device("u", "phone")
	for i := range 3 {
		h.put(n, u, set(fmt.Sprint("k", i), `1`))
	}
	h.put(n, callerOf(other, "u", ""), set("k", `1`))
	_, early := h.follow(n, u, engine.PullQuery{})
	copied := filepath.Join(t.TempDir(), "copy.db")
	h.exec(`VACUUM INTO ?`, copied)
	for range 4 {
		h.put(n, u, set("k0", `2`))
	}
	_, late := h.follow(n, u, engine.PullQuery{})
	was := h.head()
	n.stop(h)

	n = h.node(kept) // nothing has happened
	if now := h.head(); now != was {
		t.Fatalf("the head is %+v, was %+v", now, was)
	}
	n.stop(h)

	h.ok(h.store.Close())
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(h.open.SQLite + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(copied)
	h.ok(err)
	h.ok(os.WriteFile(h.open.SQLite, text, 0o600))
	h.store = h.opened(h.open)
	n = h.node(kept)
	now := h.head()
	if now.Seq != 3 || now.Epoch == was.Epoch {
		t.Fatalf("the head is %+v, was %+v", now, was)
	}
	for name, since := range map[string]string{"of before the copy": early, "of after it": late} {
		_, err := n.Pull(t.Context(), u, engine.PullQuery{Since: since})
		if err == nil {
			t.Errorf("a cursor %s is still good", name)
			continue
		}
		h.gone(err, "epoch")
	}
	for range 9 { // soon the numbers are those of before again
		h.put(n, u, set("k1", `3`))
	}
	_, err = n.Pull(t.Context(), u, engine.PullQuery{Since: late})
	h.gone(err, "epoch")
	head, err := h.store.Head(t.Context(), other.ID)
	h.ok(err)
	var marks map[string]struct {
		Epoch string
		Seq   int64
	}
	n.stop(h)
	text, err = os.ReadFile(file)
	h.ok(err)
	h.ok(json.Unmarshal(text, &marks))
	if marks[other.ID].Epoch != head.Epoch || marks[other.ID].Seq != 1 || marks[h.tenant.ID].Seq != 12 || marks[h.tenant.ID].Epoch != now.Epoch {
		t.Errorf("the file says %s", text)
	}
	left, err := filepath.Glob(file + "*")
	h.ok(err)
	if d := cmp.Diff([]string{file}, left); d != "" {
		t.Error(d)
	}
}

// A heads file that is damaged or empty is no reason not to start.
func TestADamagedHeadsFileIsReplaced(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"x":`} {
		h := onSQLite(t)
		file := filepath.Join(t.TempDir(), "heads.json")
		h.ok(os.WriteFile(file, []byte(text), 0o600))
		was := h.head()
		h.node(func(o *engine.Options) { o.HeadsFile = file }).stop(h)
		now, err := os.ReadFile(file)
		h.ok(err)
		if !json.Valid(now) || h.head() != was {
			t.Errorf("%s", now)
		}
	}
}

// goBack puts the tenant's log back to a row, as a restore of an older dump would.
func (h *harness) goBack(to int64) {
	h.Helper()
	h.exec("DELETE FROM changes WHERE seq > ?", to)
	h.exec("DELETE FROM items WHERE seq > ?", to)
	h.exec("UPDATE tenant_heads SET seq = ?", to)
}

// scenario 14: a dump put back under a running server begins a new epoch too, and whoever is connected is told.
func TestARestoreUnderARunningServerIsNoticed(t *testing.T) {
	eachDB(t, func(h *harness) {
		file := filepath.Join(t.TempDir(), "heads.json")
		n := h.node(func(o *engine.Options) { o.HeadsFile = file })
		phone := h.device("u", "phone")
		for i := range 6 {
			h.put(n, h.user("u"), set(fmt.Sprint("k", i), `1`))
		}
		_, late := h.follow(n, phone, engine.PullQuery{})
		_, w := h.live(n, phone)
		was := h.head()
		eventually(h.T, "the file knows", func() bool { return strings.Contains(h.read(file), `"seq":6`) })
		h.goBack(2)
		eventually(h.T, "a new epoch", func() bool { return h.head().Epoch != was.Epoch })
		w.until(h, "the connection is told", func() bool { return w.count(protocol.EventError) == 1 })
		for i := range 6 { // soon the numbers are those of before again
			if r := h.put(n, h.user("u"), set(fmt.Sprint("k", i), `2`)); r.Seq != int64(i+3) {
				h.Errorf("%+v", r)
			}
		}
		w.until(h, "what is written from here on", func() bool { return len(w.events()) == 6 })
		if d := cmp.Diff(between(3, 8), w.seqs()); d != "" {
			h.Error(d)
		}
		_, err := n.Pull(h.Context(), phone, engine.PullQuery{Since: late})
		h.gone(err, "epoch")
		if r := h.get(n, phone, "k5"); r.Version != 1 {
			h.Errorf("written over an item that is not there any more: %+v", r)
		}
	})
}

func (h *harness) read(file string) string {
	h.Helper()
	text, err := os.ReadFile(file)
	h.ok(err)
	return string(text)
}

// scenario 14: the same dump put back twice brings its epoch back, in which cursors of after it were given.
func TestTheSameDumpRestoredTwiceIsNoticedTwice(t *testing.T) {
	eachDB(t, func(h *harness) {
		file := filepath.Join(t.TempDir(), "heads.json")
		kept := func(o *engine.Options) { o.HeadsFile = file }
		n := h.node(kept)
		u := h.user("u")
		for i := range 6 {
			h.put(n, u, set(fmt.Sprint("k", i), `1`))
		}
		_, late := h.follow(n, u, engine.PullQuery{})
		first, seen := h.head().Epoch, map[string]bool{}
		for range 3 {
			seen[h.head().Epoch] = true
			n.stop(h)
			h.goBack(2)
			h.exec("UPDATE tenant_heads SET epoch = ?", first)
			n = h.node(kept)
			if now := h.head(); seen[now.Epoch] || now.Seq != 2 {
				h.Fatalf("%+v, seen %v", now, seen)
			}
			for i := range 6 {
				h.put(n, u, set(fmt.Sprint("n", i), `1`))
			}
			_, err := n.Pull(h.Context(), u, engine.PullQuery{Since: late})
			h.gone(err, "epoch")
		}
	})
}

// An epoch that another node has begun is that of this one too.
func TestNodesAgreeOnAnEpoch(t *testing.T) {
	eachDB(t, func(h *harness) {
		var nodes []*node
		for i := range 2 {
			file := filepath.Join(t.TempDir(), fmt.Sprint("heads", i))
			nodes = append(nodes, h.node(func(o *engine.Options) { o.HeadsFile = file }))
		}
		h.put(nodes[0], h.user("u"), set("k", `1`))
		h.ok(h.store.NewEpoch(h.Context(), h.tenant.ID, "01-another"))
		for _, n := range nodes {
			n.stop(h) // each looks a last time
		}
		if now := h.head().Epoch; now != "01-another" {
			h.Errorf("the epoch is %s", now)
		}
	})
}

// scenario 22: a node that remembers items of before a restore does not settle against them, though the log is as long as it was.
func TestANodeDoesNotSettleAgainstAnotherEpoch(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), set("k", `1`))
		h.exec("DELETE FROM items")
		h.ok(h.store.NewEpoch(h.Context(), h.tenant.ID, "another"))
		if r := h.put(n, h.user("u"), set("k", `2`)); r.Version != 1 || r.Seq != 2 {
			h.Errorf("%+v", r)
		}
	})
}

// scenario 14: what is above the head is told, whatever it is: a cursor, a page, a mark, a base.
func TestWhatIsAboveTheHeadIsTold(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.device("u", "phone")
		s, w := h.live(n, u)
		for i := range 6 {
			h.put(n, h.user("u"), set(fmt.Sprint("k", i), `1`))
		}
		w.until(h, "six events", func() bool { return len(w.events()) == 6 })
		h.ok(s.Ack(w.events()[5].Cursor))
		_, since := h.follow(n, u, engine.PullQuery{})
		snap, err := n.Snapshot(h.Context(), u, engine.SnapshotQuery{Limit: 2})
		h.ok(err)
		n.stop(h)
		h.goBack(2)
		n = h.node()
		_, err = n.Pull(h.Context(), u, engine.PullQuery{Since: since})
		h.gone(err, "epoch")
		_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Page: snap.NextPage})
		h.gone(err, "epoch")
		_, w = h.live(n, u)
		var told struct {
			Code    fault.Code
			Details struct{ Reason string }
		}
		mustJSON(w.heard()[0].Data, &told)
		if told.Code != fault.CursorExpired || told.Details.Reason != "epoch" {
			h.Errorf("%s", w.heard()[0].Data)
		}
		h.is(h.try(n, h.device("u", "tablet"), on(7, set("k0", `2`))).Err, fault.VersionConflict)
		if m := h.mark(n, u); m.Mark > h.head().Seq {
			h.Errorf("%+v", m)
		}
	})
}

// lived gives the tenant a log with everything in it.
func (h *harness) lived(n *node) {
	h.Helper()
	a, b := h.device("u", "a"), h.device("v", "b")
	big := `"` + strings.Repeat("big ", 2000) + `"`
	for i := range 40 {
		k := fmt.Sprint("k", i%11)
		o := noted(`{"m":1}`, ranked(int64(i%3), tagged(set(k, fmt.Sprint(i)), "t", fmt.Sprint("t", i%2))))
		h.write(n, a, o, lasting(3600, set("fleeting", `1`)), remove(fmt.Sprint("k", (i+5)%11)), set("big", big))
		h.write(n, b, at(1_700_000_000_000+int64(i), set(k, `{"a":1}`)), patch(k, `{"b":2}`), on(1, set(k, `0`)))
	}
}

// The items can be rebuilt from the log: what stands is what it says, before and after compaction.
func TestItemsAreWhatTheLogSays(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		h.lived(n)
		first := h.verified()
		if first.Items == 0 || first.Changes < 150 || first.Seq != h.head().Seq {
			h.Errorf("%+v", first)
		}
		h.clock.Advance(40 * day)
		h.write(n, h.user("u"), set("k1", `"new"`), remove("k2"), set("n", `1`))
		h.ok(n.Purge(h.Context()))
		if second := h.verified(); second.Changes >= first.Changes {
			h.Errorf("nothing was compacted: %+v", second)
		}
	})
}

func (h *harness) verified() engine.Rebuilt {
	h.Helper()
	r, err := engine.Verify(h.Context(), h.store, h.tenant.ID)
	h.ok(err)
	if !r.Equal() || r.ItemsHash == "" {
		h.Fatalf("%+v", r)
	}
	return r
}

// Writers do not disturb a comparison.
func TestItemsAreComparedUnderWriters(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.lived(n)
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.writers([]*node{n}, "u", 200)
		}()
		for running := true; running; {
			h.verified()
			select {
			case <-done:
				running = false
			default:
			}
		}
	})
}

// Every damage to items or log is found, told without values, and mended from the log.
func TestDamageIsFoundAndMended(t *testing.T) {
	const where = " WHERE owner = 'u' AND item_key = 'k1'"
	for name, damage := range map[string]string{
		"value":    "UPDATE items SET value = X'7365637265742d64616d616765'" + where,
		"metadata": "UPDATE items SET metadata = NULL" + where,
		"tags":     "UPDATE items SET tags = NULL" + where,
		"version":  "UPDATE items SET version = version + 1" + where,
		"hlc":      "UPDATE items SET hlc = hlc - 1" + where,
		"seq":      "UPDATE items SET seq = seq - 2" + where,
		"size":     "UPDATE items SET size = 0" + where,
		"deleted":  "UPDATE items SET deleted = 1 - deleted" + where,
		"missing":  "DELETE FROM items" + where,
		"stranger": "UPDATE items SET item_key = 'nobody'" + where,
	} {
		if testing.Short() && name != "value" && name != "missing" {
			continue // one goroutine finds them all in the same way
		}
		t.Run(name, func(t *testing.T) {
			eachDB(t, func(h *harness) {
				n := h.node()
				h.lived(n)
				h.put(n, h.user("u"), noted(`{}`, tagged(set("k1", `"k1"`), "t")))
				good := h.verified()
				usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
				h.ok(err)
				h.exec(damage)
				r, err := engine.Verify(h.Context(), h.store, h.tenant.ID)
				h.ok(err)
				if r.Equal() || len(r.Differing) == 0 || r.ItemsHash == good.ItemsHash || r.LogHash != good.LogHash || len(r.Examples) == 0 {
					h.Errorf("%+v", r)
				}
				for _, e := range r.Examples {
					if len(e) > 300 || strings.Contains(e, "secret-damage") {
						h.Error(e)
					}
				}
				r, err = engine.Rebuild(h.Context(), h.store, h.tenant.ID)
				h.ok(err)
				if r.Repaired < 1 {
					h.Errorf("%+v", r)
				}
				if after := h.verified(); after.ItemsHash != good.ItemsHash {
					h.Errorf("%+v", after)
				}
				now, err := h.store.User(h.Context(), h.tenant.ID, "u")
				h.ok(err)
				if d := cmp.Diff(usage, now); d != "" {
					h.Error(d)
				}
				if _, err := h.store.Item(h.Context(), h.tenant.ID, store.ItemKey{Owner: "u", Collection: "storage", Key: "nobody"}); !fault.Is(err, fault.NotFound) {
					h.Error("an item the log knows nothing of is still there:", err)
				}
				page, err := n.List(h.Context(), h.user("u"), engine.ListQuery{Tag: "t", Prefix: "k1"})
				h.ok(err)
				if len(page.Items) == 0 || page.Items[0].Key != "k1" {
					h.Errorf("%+v", page.Items)
				}
				v := h.get(n, h.user("u"), "k1").Version
				if r := h.put(n, h.device("u", "late"), on(v, set("k1", `2`))); r.Version != v+1 {
					h.Errorf("%+v", r)
				}
			})
		})
	}
}

package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/protocol"
	"tidemark/models"
)

func reading(c models.Caller, keys ...string) models.Caller {
	c.Reads = []models.Reach{}
	for _, k := range keys {
		key, open := strings.CutSuffix(k, "*")
		c.Reads = append(c.Reads, models.Reach{Collection: models.Storage, Key: key, Open: open})
	}
	return c
}

// replica is what a client has that did as it was told.
func (w *wire) replica() replica {
	out := replica{}
	for _, e := range w.events() {
		if delete(out, e.Key); e.Op == "set" {
			out[e.Key] = string(e.Value)
		}
	}
	return out
}

// scenario 28: a live session whose rights narrow is told to drop what it may no longer see, and hears no more of it.
func TestNarrowedRightsEvict(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, w := h.live(n, phone)
		ops := []protocol.Op{ranked(7, set("orders/1", `1`)), ranked(-7, set("secret/low", `1`)), set("secret/gone", `1`), remove("secret/gone")}
		for i := range 490 {
			ops = append(ops, ranked(int64(i%2), set(fmt.Sprint("secret/", i), `1`)))
		}
		for range 2 {
			h.write(n, h.user("u"), ops...)
		}
		h.put(n, h.user("other"), set("secret/others", `1`))
		w.until(h, "all of it", func() bool { return w.total() == 2*len(ops) })
		w.drain(0)
		h.put(n, h.user("u"), set("secret/late", `1`)) // not sent yet
		narrow := reading(phone, "orders/*")
		s.Rescope(narrow)
		s.Rescope(reading(narrow, "orders/*", "nothing"))
		s.Rescope(narrow)
		w.drain(-1)
		w.until(h, "only orders are left", func() bool { return len(w.replica()) == 1 })
		h.put(n, h.user("u"), set("secret/0", `2`))
		h.put(n, h.user("u"), set("orders/1", `2`))
		w.until(h, "what may be seen", func() bool { return w.replica()["orders/1"] == "2" })
		if d := cmp.Diff(h.standing(n, narrow), w.replica()); d != "" {
			h.Error(d)
		}
		for _, e := range w.events()[2*len(ops):] {
			if e.Op == "evict" && (!strings.HasPrefix(e.Key, "secret/") || e.Value != nil || e.Key == "secret/others") {
				h.Errorf("it is told %+v", e)
			}
		}
		if d := cmp.Diff(narrow.Reads, s.Caller().Reads); d != "" {
			h.Error(d)
		}
		if m := h.mark(n, phone); m.Acks {
			h.Errorf("being told is no acknowledgement: %+v", m)
		}
	})
}

// scenario 28: rights that widen evict nothing, and what they open is heard from then on.
func TestWidenedRightsAreHeard(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		s, w := h.live(n, reading(h.device("u", "phone"), "a"))
		h.write(n, h.user("u"), set("a", `1`), set("b", `1`))
		w.until(h, "one event", func() bool { return w.total() == 1 })
		s.Rescope(h.device("u", "phone"))
		h.put(n, h.user("u"), set("b", `2`))
		w.until(h, "what is open now", func() bool { return w.replica()["b"] == "2" })
		for _, e := range w.events() {
			if e.Op != "set" {
				h.Errorf("it is told %+v", e)
			}
		}
	})
}

// scenario 28: whatever others write meanwhile, on any node, what is left is what may be seen.
func TestRightsNarrowUnderWriters(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		phone := h.device("u", "phone")
		s, w := h.live(nodes[0], phone)
		var wg sync.WaitGroup
		wg.Go(func() { h.writers(nodes, "u", 200) })
		wg.Go(func() {
			for i := range 60 {
				h.persist(nodes[i%2], h.user("u"), remove(fmt.Sprint("k", i%13)))
			}
		})
		rights := []models.Caller{phone, reading(phone, "k1*", "k2"), reading(phone, "k12", "k2", "k3"), reading(phone, "k2", "k12")}
		for i, c := range rights {
			w.until(h, "some events", func() bool { return h.seen(nodes[0]) >= int64(i*40) })
			s.Rescope(c)
		}
		wg.Wait()
		last := rights[len(rights)-1]
		want := h.standing(nodes[0], last)
		w.until(h, "what may be seen", func() bool { return cmp.Equal(want, w.replica()) })
		eventually(h.T, "it is live again", func() bool { return nodes[0].Stats("").Lagging == 0 })
		h.put(nodes[1], h.user("u"), set("k1", `"hidden"`))
		h.put(nodes[1], h.user("u"), set("k2", `"seen"`))
		want["k2"] = `"seen"`
		w.until(h, "the last event", func() bool { return w.replica()["k2"] == `"seen"` })
		if d := cmp.Diff(want, w.replica()); d != "" {
			h.Error(d)
		}
	})
}

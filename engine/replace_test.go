package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"tidemark/models"
)

func (h *harness) instance(c models.Caller) models.Instance {
	h.Helper()
	in, err := h.store.Instance(h.Context(), c.TenantID, c.UserID, c.InstanceID)
	h.ok(err)
	return in
}

// An instance that connects to another node leaves the first one, however often and fast it moves on.
func TestAnInstanceIsConnectedToOneNode(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node(), h.node()}
		phone := h.device("u", "phone")
		_, tablet := h.live(nodes[0], h.device("u", "tablet"))
		_, ephemeral := h.live(nodes[0], h.user("u"))
		var wires []*wire
		for i := range 7 {
			_, w := h.live(nodes[i%3], phone)
			wires = append(wires, w)
		}
		last := wires[6]
		for i, w := range wires[:6] {
			w.until(h, fmt.Sprintf("connection %d is replaced", i), func() bool { return w.closedWith() == "replaced" })
		}
		h.put(nodes[1], h.user("u"), set("k", `1`))
		for _, w := range []*wire{last, tablet, ephemeral} {
			w.until(h, "an event", func() bool { return len(w.events()) == 1 })
			if w.closedWith() != "" {
				h.Errorf("it is closed with %q", w.closedWith())
			}
		}
	})
}

// Where an instance connects to two nodes at once, one of them has it.
func TestTwoNodesDoNotKeepAnInstanceBoth(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		stays := map[string]*wire{}
		for r := range size(6, 60) {
			phone := h.device("u", fmt.Sprint("phone", r))
			wires := []*wire{newWire(), newWire()}
			var wg sync.WaitGroup
			for i, w := range wires {
				wg.Go(func() { h.connect(nodes[i], phone, w) })
			}
			wg.Wait()
			eventually(h.T, "one of the two is replaced", func() bool { return wires[0].closedWith()+wires[1].closedWith() == "replaced" })
			stays[phone.InstanceID] = wires[slices.IndexFunc(wires, func(w *wire) bool { return w.closedWith() == "" })]
		}
		h.put(nodes[0], h.user("u"), set("k", `1`))
		for id, w := range stays {
			w.until(h, "an event", func() bool { return len(w.events()) == 1 })
			if w.closedWith() != "" {
				h.Errorf("%s is closed on both with %q", id, w.closedWith())
			}
			if in := h.instance(h.device("u", id)); in.ConnID == 0 {
				h.Errorf("nobody has %s: %+v", id, in)
			}
		}
	})
}

// What the node before knew of an instance does not put back what it did at the next one.
func TestANodeThatLostAnInstanceDoesNotSaveIt(t *testing.T) {
	eachDB(t, func(h *harness) {
		before, after := h.node(), h.node()
		phone := h.device("u", "phone")
		old, w := h.live(before, phone)
		h.put(before, h.user("u"), set("k", `1`))
		w.until(h, "an event", func() bool { return len(w.events()) == 1 })
		s, again := h.live(after, phone)
		for i := range 3 {
			h.put(after, h.user("u"), set("k", fmt.Sprint(i)))
		}
		again.until(h, "three more events", func() bool { e := again.events(); return len(e) > 0 && e[len(e)-1].Seq == 4 })
		e := again.events()
		h.ok(s.Ack(e[len(e)-1].Cursor))
		h.ok(old.Ack(w.events()[0].Cursor))
		eventually(h.T, "the ack is saved", func() bool { return h.instance(phone).Mark == 4 })
		old.Close()
		before.stop(h) // saves what it can
		if in := h.instance(phone); in.Mark != 4 || in.ConnID != s.Caller().ConnID {
			h.Errorf("%+v", in)
		}
		s.Close()
		after.stop(h)
		if in := h.instance(phone); in.Mark != 4 || in.ConnID != 0 {
			h.Errorf("after it left: %+v", in)
		}
		_, w = h.live(h.node(), phone)
		if len(w.events()) != 0 {
			h.Errorf("what was acked came again: %+v", w.events())
		}
	})
}

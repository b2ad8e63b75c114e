package engine_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// scenario 11: the queue is filtered by what the credential may read, not by subscriptions, and holds the instance's own writes.
func TestTheQueueHoldsWhatTheCredentialMayRead(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		phone.Reads = []models.Reach{{Collection: models.Storage, Key: "orders/", Open: true}, {Collection: models.Storage, Key: "me"}}
		s, w := h.live(n, phone)
		_, err := s.Subscribe([]string{"me"})
		h.ok(err)
		s.Close()
		h.put(n, phone, named("my-op", set("orders/1", `1`)))
		h.put(n, h.user("u"), set("secret", `1`))
		h.put(n, h.user("u"), set("me", `1`))
		h.put(n, h.user("u"), set("mex", `1`))
		h.put(n, h.user("other"), set("me", `1`))
		if len(w.events()) != 0 {
			h.Error("a closed session heard", w.events())
		}
		_, w = h.live(n, phone)
		e := w.heard()[0].events()
		if len(e) != 2 || e[0].Key != "orders/1" || e[0].OpID != "my-op" || e[1].Key != "me" {
			h.Errorf("%+v", e)
		}
		h.put(n, h.user("u"), set("secret", `2`))
		h.put(n, h.user("u"), set("orders/2", `2`))
		w.until(h, "the next event", func() bool { return len(w.events()) > 2 })
		if got := w.events()[2]; got.Key != "orders/2" {
			h.Errorf("live it hears %+v", got)
		}
	})
}

// scenario 35: at most two pages of the queue are under way, and an ack may come before the page is on its way.
func TestTwoPagesOfTheQueueAreUnderWay(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		ops := make([]protocol.Op, 500)
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		for range 4 {
			h.write(n, h.user("u"), ops...)
		}
		w := newWire()
		w.answers = false
		s = h.connect(n, phone, w)
		w.until(h, "two pages", func() bool { return w.count(protocol.EventPending) == 2 })
		h.put(n, h.user("other"), set("k", `1`)) // time passes
		s.Writable()
		if got := w.count(protocol.EventPending); got != 2 {
			h.Fatalf("%d pages are under way", got)
		}
		var acked atomic.Int64
		w.mu.Lock()
		w.onFrame = func(f heard) { // as fast as a client can be
			if e := f.events(); f.Event == protocol.EventPending && len(e) > 0 {
				if err := s.Ack(e[len(e)-1].Cursor); err != nil {
					h.Error("the ack of a page just sent:", err)
				}
				s.AckPending(*f.ID)
				acked.Store(e[len(e)-1].Seq)
			}
		}
		w.mu.Unlock()
		s.AckPending(*w.heard()[0].ID)
		w.ready(h)
		if d := cmp.Diff(upTo(2000), w.seqs()); d != "" {
			h.Error(d)
		}
		if m := h.mark(n, phone); m.Mark != 2000 || !m.Acks || acked.Load() != 2000 {
			h.Errorf("%+v, acked %d", m, acked.Load())
		}
	})
}

// scenario 35: a page's ack moves the mark also when a proof that it arrived was faster.
func TestAnAckAfterItsProofCounts(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		for range 2 {
			ops := make([]protocol.Op, 500)
			for i := range ops {
				ops[i] = set(fmt.Sprint("k", i), `1`)
			}
			h.write(n, h.user("u"), ops...)
		}
		w := newWire()
		w.answers = false
		s = h.connect(n, phone, w)
		w.until(h, "two pages", func() bool { return w.count(protocol.EventPending) == 2 })
		s.AckPending(*w.heard()[0].ID)
		s.Proved()
		s.Proved()
		w.ready(h)
		if m := h.mark(n, phone); m.Mark != 500 {
			h.Errorf("one page acked: the mark is at %d", m.Mark)
		}
		s.AckPending(*w.heard()[1].ID)
		if m := h.mark(n, phone); m.Mark != 1000 {
			h.Errorf("both pages acked: the mark is at %d", m.Mark)
		}
	})
}

// A client that never acks costs no memory for what it has received, and may begin to ack at any time.
func TestPagesThatTheMarkHasPassedAreForgotten(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		ops := make([]protocol.Op, 500)
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		for range 3 {
			h.write(n, h.user("u"), ops...)
		}
		w := newWire()
		s = h.connect(n, phone, w)
		w.ready(h)
		eventually(h.T, "every page is proved", func() bool { return engine.KnownPages(s) == 0 })
		if m := h.mark(n, phone); m.Mark != 1500 || m.Acks {
			h.Errorf("proved: %+v", m)
		}
		id := *w.heard()[1].ID
		for _, never := range []int64{-1, 0, id + 2} {
			s.AckPending(never)
		}
		if m := h.mark(n, phone); m.Acks {
			h.Errorf("it has acked no page it was sent: %+v", m)
		}
		s.AckPending(id)
		if m := h.mark(n, phone); m.Mark != 1500 || !m.Acks {
			h.Errorf("one page acked: %+v", m)
		}
	})
}

// scenario 5: a session that is still catching up when its stretch is compacted is told, and skips nothing in silence.
func TestACatchUpOverrunByCompactionIsTold(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		ops := make([]protocol.Op, 500)
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		for range 3 {
			h.write(n, h.user("u"), ops...)
		}
		w := newWire()
		w.answers = false
		s = h.connect(n, phone, w)
		w.until(h, "two pages", func() bool { return w.count(protocol.EventPending) == 2 })
		h.clock.Advance(40 * day)
		h.ok(n.Purge(h.Context()))
		s.Proved()
		w.ready(h)
		if w.count(protocol.EventError) != 1 || len(w.events()) != 1000 {
			h.Errorf("told %d times, heard %d events", w.count(protocol.EventError), len(w.events()))
		}
	})
}

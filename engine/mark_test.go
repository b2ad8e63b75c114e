package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

func (h *harness) mark(n *node, c models.Caller) models.Instance {
	h.Helper()
	report, err := n.Status(h.Context(), c)
	h.ok(err)
	i := slices.IndexFunc(report.Instances, func(i models.Instance) bool { return i.ID == c.InstanceID })
	if i < 0 {
		h.Fatalf("%s is not known: %+v", c.InstanceID, report.Instances)
	}
	return report.Instances[i]
}

// scenario 10: the mark of a client that never acks moves on its answer to a probe, and not before.
func TestTheMarkOfAClientThatNeverAcksMovesOnProof(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		w := newWire()
		w.answers = false
		s := h.connect(n, phone, w)
		w.ready(h)
		h.put(n, h.user("u"), set("k", `1`))
		h.put(n, h.user("u"), set("k", `2`))
		w.until(h, "two events and a probe", func() bool { return len(w.events()) == 2 && w.probed() > 0 })
		if m := h.mark(n, phone); m.Mark != 0 || m.Acks {
			h.Errorf("sent is not received: %+v", m)
		}
		s.Proved()
		if m := h.mark(n, phone); m.Mark != 2 || m.Acks {
			h.Errorf("proved is received: %+v", m)
		}
		cursor := w.events()[1].Cursor
		h.ok(s.Ack(cursor))
		h.put(n, h.user("u"), set("k", `3`))
		s.Proved()
		s.Proved()
		if m := h.mark(n, phone); m.Mark != 2 || !m.Acks {
			h.Errorf("once a client acks, only that counts: %+v", m)
		}
	})
}

func (w *wire) probed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.probes
}

// A device was last seen when it last gave a sign of life, not when it connected.
func TestADeviceIsSeenWheneverItAnswers(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		w := newWire()
		w.answers = false
		s := h.connect(n, phone, w)
		w.ready(h)
		h.put(n, h.user("u"), set("k", `1`))
		w.until(h, "an event and a probe", func() bool { return w.total() == 1 && w.probed() > 0 })
		for name, answer := range map[string]func(){
			"a proof": s.Proved,
			"an ack":  func() { h.ok(s.Ack(w.events()[0].Cursor)) },
			"another": func() { h.ok(s.Ack(w.events()[0].Cursor)) },
		} {
			h.clock.Advance(day)
			answer()
			now := clock.Millis(h.clock)
			if m := h.mark(n, phone); m.LastSeenAt != now {
				h.Errorf("%s: it was last seen %d ms ago", name, now-m.LastSeenAt)
			}
			eventually(h.T, "the database knows it", func() bool {
				saved, err := h.store.Instance(h.Context(), h.tenant.ID, "u", "phone")
				h.ok(err)
				return saved.LastSeenAt == now
			})
		}
	})
}

// scenario 10: what was sent and not proved comes again after a crash.
func TestWhatWasNotProvedComesAgain(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		w := newWire()
		w.answers = false
		s := h.connect(n, phone, w)
		w.ready(h)
		for i := range 3 {
			h.put(n, h.user("u"), set("k", fmt.Sprint(i)))
		}
		w.until(h, "three events", func() bool { return len(w.events()) == 3 })
		s.Close()
		_, again := h.live(h.node(), phone) // another process knows only what was saved
		if d := cmp.Diff(upTo(3), again.seqs()); d != "" {
			h.Error(d)
		}
		if f := again.heard()[0]; f.Event != protocol.EventPending || len(f.events()) != 3 {
			h.Errorf("%+v", f)
		}
	})
}

// scenario 11: of two sockets of an instance the second stays; acks only ever move on, and not beyond what was sent.
func TestOneConnectionAnInstance(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s1, w1 := h.live(n, phone)
		s2, w2 := h.live(n, phone)
		w1.until(h, "replaced", func() bool { return w1.closedWith() == "replaced" })
		s1.Close()
		quiet, _ := h.live(n, h.device("other", "phone"))
		for i := range 4 {
			h.put(n, h.user("u"), set("k", fmt.Sprint(i)))
		}
		w2.until(h, "four events", func() bool { return len(w2.events()) == 4 })
		e := w2.events()
		for _, i := range []int{2, 0, 1} {
			h.ok(s2.Ack(e[i].Cursor))
			if m := h.mark(n, phone); m.Mark != 3 || m.ConnID != s2.Caller().ConnID {
				h.Errorf("after the ack of %d: %+v", i+1, m)
			}
		}
		h.is(quiet.Ack(e[3].Cursor), fault.Invalid)
		page, err := n.Pull(h.Context(), phone, engine.PullQuery{})
		h.ok(err)
		h.is(s2.Ack(page.Cursor), fault.Malformed)
		h.is(s2.Ack("garbage"), fault.Malformed)
		h.ok(s2.Ack(n.EventCursor(&page.Events[3])))
	})
}

// scenario 31: instances that connect together are saved together.
func TestConnectsAreSavedTogether(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	c := newCable(t, h.open.MySQL.Address)
	n := h.over(c)
	before := c.seen.Load()
	const connects = 120
	var wg sync.WaitGroup
	for i := range connects {
		wg.Go(func() {
			s, err := n.Connect(t.Context(), h.device("u", fmt.Sprint("d", i)), newWire())
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
	saved, err := h.store.Instances(t.Context(), h.tenant.ID, "u", 1000)
	h.ok(err)
	if commits := c.seen.Load() - before; len(saved) != connects || commits > connects/4 {
		t.Errorf("%d connects saved %d instances with %d commits", connects, len(saved), commits)
	}
}

// A user whose data rests while others write does not fall below the floor.
func TestAQuietDeviceIsNotSentToTheSnapshot(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("quiet", "phone")
		s, w := h.live(n, phone)
		h.put(n, h.user("quiet"), set("k", `1`))
		w.until(h, "an event", func() bool { return len(w.events()) == 1 })
		h.ok(s.Ack(w.events()[0].Cursor))
		_, busy := h.live(n, h.device("busy", "desk"))
		for i := range 20 {
			h.put(n, h.user("busy"), set("k", fmt.Sprint(i)))
		}
		busy.until(h, "all that was written", func() bool { return len(busy.events()) == 20 })
		h.clock.Advance(40 * day)
		s.Close()
		h.ok(n.Purge(h.Context()))
		if f := h.head().Floor; f != 21 {
			h.Fatalf("the floor is at %d", f)
		}
		_, w = h.live(n, phone)
		if w.count(protocol.EventError) != 0 {
			h.Errorf("it is told %s", w.heard()[0].Data)
		}
	})
}

// scenario 5: a device whose queue is gone is told so, and goes on at the end.
func TestAMarkBelowTheFloorIsTold(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		for i := range 5 {
			h.put(n, h.user("u"), set("k", fmt.Sprint(i)))
		}
		h.clock.Advance(40 * day)
		h.ok(n.Purge(h.Context()))
		_, w := h.live(n, phone)
		told := w.heard()[0]
		var e struct {
			Code    string
			Details struct{ Reason string }
		}
		mustJSON(told.Data, &e)
		if told.Event != protocol.EventError || e.Code != string(fault.CursorExpired) || e.Details.Reason != "horizon" || len(w.events()) != 0 {
			h.Errorf("%s %s", told.Event, told.Data)
		}
		if m := h.mark(n, phone); m.Mark != 5 {
			h.Errorf("%+v", m)
		}
		h.put(n, h.user("u"), set("k", `"live"`))
		w.until(h, "the next event", func() bool { return len(w.events()) == 1 })
	})
}

// An instance that the database no longer knows is one never seen: it starts at the end, and nobody is told.
func TestAForgottenInstanceStartsAtTheEnd(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		n.stop(h)
		n = h.node()
		h.put(n, h.user("u"), set("k", `1`))
		h.exec("DELETE FROM instances")
		_, w := h.live(n, phone)
		ready := w.heard()[1]
		if w.total() != 0 || w.count(protocol.EventError) != 0 || !strings.Contains(string(ready.Data), `"resumed":false`) {
			h.Errorf("%+v", w.heard())
		}
		if m := h.mark(n, phone); m.Mark != 1 {
			h.Errorf("%+v", m)
		}
	})
}

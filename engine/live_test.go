package engine_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// writers write n changes as a user from all nodes at once and wait.
func (h *harness) writers(nodes []*node, user string, n int) {
	h.Helper()
	var wg sync.WaitGroup
	const each = 4
	for w := range each {
		wg.Go(func() {
			for i := range n / each {
				h.persist(nodes[w%len(nodes)], h.device(user, fmt.Sprint("writer", w)), named(clock.NewID(clock.System{}), set(fmt.Sprint("k", i%13), fmt.Sprint(i))))
			}
		})
	}
	wg.Wait()
}

// persist writes as a client does that repeats with its id what a busy machine made late.
func (h *harness) persist(n *node, c models.Caller, ops ...protocol.Op) []protocol.Result {
	for range 20 {
		r, err := n.Write(h.Context(), c, ops)
		if err == nil {
			return r
		}
		if !fault.Is(err, fault.Unavailable) {
			h.Error(err)
			break
		}
	}
	h.Error("a write was not taken")
	return nil
}

// scenario 1: live events come in the order of their numbers and leave none out, whichever node committed them.
func TestLiveEventsAreContiguousAcrossNodes(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		_, a := h.live(nodes[0], h.user("u"))
		_, b := h.live(nodes[1], h.device("u", "phone"))
		h.writers(nodes, "u", 200)
		for _, w := range []*wire{a, b} {
			w.until(h, "200 events", func() bool { return len(w.seqs()) >= 200 })
			if d := cmp.Diff(upTo(200), w.seqs()); d != "" {
				h.Error(d)
			}
		}
	})
}

// scenario 1: a connection does not hear its own writes, even when its node had to read them back from the log.
func TestAConnectionDoesNotHearItself(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		s, w := h.live(nodes[0], h.device("u", "phone"))
		_, other := h.live(nodes[0], h.device("u", "tablet"))
		var wg sync.WaitGroup
		wg.Go(func() { h.writers(nodes[1:], "u", 60) })
		mine := map[int64]bool{}
		for i := range 60 {
			mine[h.put(nodes[0], s.Caller(), set(fmt.Sprint("mine", i), `1`)).Seq] = true
		}
		wg.Wait()
		other.until(h, "120 events", func() bool { return len(other.seqs()) >= 120 })
		w.until(h, "60 events", func() bool { return len(w.seqs()) >= 60 })
		for _, seq := range w.seqs() {
			if mine[seq] {
				h.Fatalf("it heard its own change %d", seq)
			}
		}
	})
}

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

// scenario 12: from its queue to live nothing is lost, doubled or out of order, while others write without pause.
func TestCatchUpHandsOverToLive(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		const devices, total = 6, 400
		first := make([]models.Caller, devices)
		for i := range first {
			first[i] = h.device("u", fmt.Sprint("device", i))
			s, _ := h.live(nodes[i%2], first[i])
			s.Close()
		}
		h.ok(nodes[1].Close(h.Context())) // saves the marks of its devices
		nodes[1] = h.node()
		var wg sync.WaitGroup
		wg.Go(func() { h.writers(nodes, "u", total) })
		wires := make([]*wire, devices)
		for i, c := range first {
			w := newWire()
			wires[i] = w
			wg.Go(func() {
				w.until(h, "some writes", func() bool { return h.seen(nodes[0]) >= int64(i*total/devices) })
				w.room = -1
				if i%2 == 1 { // a slow one, that is always full
					w.room = 3
				}
				h.connect(nodes[i%2], c, w)
				for late := time.After(patience); i%2 == 1 && w.total() < total; {
					w.drain(3)
					select {
					case <-time.After(time.Millisecond):
					case <-late:
						h.Errorf("device %d heard %d events, closed %q", i, w.total(), w.closedWith())
						return
					}
				}
			})
		}
		wg.Wait()
		for i, w := range wires {
			w.until(h, "all events", func() bool { return len(w.seqs()) >= total })
			if d := cmp.Diff(upTo(total), w.seqs()); d != "" {
				h.Errorf("device %d: %s", i, d)
			}
			pendingComesFirst(h, w)
		}
	})
}

func (h *harness) seen(n *node) int64 {
	head, err := n.store.Head(context.WithoutCancel(h.Context()), h.tenant.ID)
	if err != nil {
		h.Error(err)
	}
	return head.Seq
}

func pendingComesFirst(h *harness, w *wire) {
	h.Helper()
	stage := 0
	for i, f := range w.heard() {
		next := map[string]int{protocol.EventPending: 0, protocol.EventReady: 1, protocol.EventUpdate: 2, protocol.EventRemove: 2}[f.Event]
		if next < stage || i == 0 && f.Event != protocol.EventPending {
			h.Fatalf("frame %d is %s", i, f.Event)
		}
		stage = next
	}
}

// scenario 12: a reader that is full costs nothing and gets everything, in order, when it reads again.
func TestAFullSessionReadsTheLogAtItsOwnPace(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		_, w := h.live(n, h.user("u"))
		w.drain(5)
		h.writers([]*node{n}, "u", 600)
		eventually(h.T, "it lags", func() bool { return n.Stats(h.tenant.ID).Lagging == 1 })
		if got := len(w.seqs()); got != 5 {
			h.Errorf("it took %d frames", got)
		}
		w.drain(300)
		w.until(h, "300 more", func() bool { return len(w.seqs()) == 305 })
		w.drain(-1)
		w.until(h, "the rest", func() bool { return len(w.seqs()) == 600 })
		eventually(h.T, "it is live again", func() bool { return n.Stats("").Lagging == 0 })
		h.put(n, h.user("u"), set("k", `"live"`))
		w.until(h, "a live event", func() bool { return len(w.seqs()) == 601 })
		if d := cmp.Diff(upTo(601), w.seqs()); d != "" {
			h.Error(d)
		}
	})
}

// A lagging session's subscriptions hold for what it reads from the log, too.
func TestSubscriptionsHoldWhileLagging(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		s, w := h.live(n, h.user("u"))
		keys, err := s.Subscribe([]string{"a", "b/*", "c/d"})
		h.ok(err)
		if d := cmp.Diff([]string{"a", "b/*", "c/d"}, keys); d != "" {
			h.Error(d)
		}
		keys, err = s.Unsubscribe([]string{"c/d", "never"})
		h.ok(err)
		if d := cmp.Diff([]string{"a", "b/*"}, keys); d != "" {
			h.Error(d)
		}
		all := []string{"a", "ab", "b/", "b", "b/1", "c/d", "b/1/2", "A", "b_x"}
		want := []string{}
		for _, room := range []int{-1, 0} {
			w.drain(room)
			for _, k := range all {
				h.put(n, h.user("u"), set(k, `1`))
			}
			want = append(want, "a", "b/", "b/1", "b/1/2")
		}
		w.drain(-1)
		w.until(h, "eight events", func() bool { return len(w.events()) >= 8 })
		got := []string{}
		for _, e := range w.events() {
			got = append(got, e.Key)
		}
		if d := cmp.Diff(want, got); d != "" {
			h.Error(d)
		}
		_, err = s.Unsubscribe([]string{"a", "b/*"})
		h.ok(err)
		h.put(n, h.user("u"), set("a", `"unheard"`))
		_, err = s.Subscribe([]string{"*"})
		h.ok(err)
		h.put(n, h.user("u"), set("z", `1`))
		w.until(h, "one more", func() bool { return len(w.events()) > 8 })
		if e := w.events()[8]; e.Key != "z" {
			h.Errorf("heard %+v", e)
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

// scenario 31: instances that connect together are saved together.
func TestConnectsAreSavedTogether(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	c := newCable(t, h.open.MySQL.Address)
	n := h.over(c)
	before := c.seen.Load()
	const connects = 400
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
		for i := range 20 {
			h.put(n, h.user("busy"), set("k", fmt.Sprint(i)))
		}
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
		h.put(n, h.user("u"), set("k", `"live"`))
		w.until(h, "the next event", func() bool { return len(w.events()) == 1 })
		if m := h.mark(n, phone); m.Mark != 5 {
			h.Errorf("%+v", m)
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

// A stopping engine says goodbye to its sessions.
func TestCloseEndsSessions(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		_, w := h.live(n, h.device("u", "phone"))
		h.ok(n.Close(h.Context()))
		if w.closedWith() != "shutdown" {
			h.Errorf("closed with %q", w.closedWith())
		}
	})
}

// A watcher sees every change in order, or how many it missed.
func TestAWatcherMissesNothingUntold(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		batches, cancel := n.Watch(h.tenant.ID)
		defer cancel()
		go h.writers([]*node{n}, "u", 100)
		next := int64(1)
		for next <= 100 {
			select {
			case b := <-batches:
				next += int64(b.Dropped)
				for _, c := range b.Changes {
					if c.Seq != next {
						h.Fatalf("change %d comes where %d should", c.Seq, next)
					}
					next++
				}
			case <-time.After(patience):
				h.Fatal("nothing comes")
			}
		}
	})
}

package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	var why error
	for range 20 {
		r, err := n.Write(h.Context(), c, ops)
		if err == nil {
			return r
		}
		if why = err; !fault.Is(err, fault.Unavailable) {
			break
		}
	}
	h.Errorf("a write was not taken: %v, %v", why, errors.Unwrap(why))
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

// scenario 1: a connection does not hear its own writes, even when its node had to
// read them back from the log, or when it was full and reads the log itself.
func TestAConnectionDoesNotHearItself(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		s, w := h.live(nodes[0], h.device("u", "phone"))
		_, other := h.live(nodes[0], h.device("u", "tablet"))
		var wg sync.WaitGroup
		wg.Go(func() { h.writers(nodes[1:], "u", 60) })
		mine := map[int64]bool{}
		for i := range 60 {
			switch i % 20 {
			case 5:
				w.drain(1)
			case 15:
				w.drain(-1)
			}
			mine[h.put(nodes[0], s.Caller(), set(fmt.Sprint("mine", i), `1`)).Seq] = true
		}
		wg.Wait()
		w.drain(0)
		for range 3 { // the first finds it full, the others find it reading the log
			h.put(nodes[1], h.user("u"), set("k", `1`))
			mine[h.put(nodes[0], s.Caller(), set("mine", `2`)).Seq] = true
		}
		other.until(h, "126 events", func() bool { return len(other.seqs()) >= 126 })
		if n := nodes[0].Stats(h.tenant.ID).Lagging; n != 1 {
			h.Errorf("%d connections lag", n)
		}
		w.drain(-1)
		last := h.put(nodes[1], h.user("u"), set("k", `2`)).Seq
		w.until(h, "the last event", func() bool { return slices.Contains(w.seqs(), last) })
		want := slices.DeleteFunc(upTo(last), func(seq int64) bool { return mine[seq] })
		if d := cmp.Diff(want, w.seqs()); d != "" {
			h.Error(d)
		}
	})
}

// A connection that is full and writes without end is spared a bounded number of its own changes; the others come in order.
func TestWhatAFullConnectionIsSparedIsBounded(t *testing.T) {
	t.Parallel()
	h := onSQLite(t)
	n := h.node()
	s, w := h.live(n, h.device("u", "phone"))
	w.drain(0)
	h.put(n, h.user("u"), set("k", `1`))
	ops := make([]protocol.Op, 500)
	for i := range ops {
		ops[i] = set("mine", `1`)
	}
	for range 9 {
		h.write(n, s.Caller(), ops...)
	}
	last := h.put(n, h.user("u"), set("k", `2`)).Seq
	w.drain(-1)
	w.until(h, "the last event", func() bool { return slices.Contains(w.seqs(), last) })
	want := append([]int64{1}, between(engine.Spared+2, last)...)
	if d := cmp.Diff(want, w.seqs()); d != "" {
		t.Error(d)
	}
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
		var work sync.WaitGroup
		work.Go(func() { h.writers([]*node{n}, "u", 100) })
		defer work.Wait()
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

// A watcher that is behind keeps no values in memory: it is shown what changed, and not to what.
func TestAWatcherIsShownNoValues(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		batches, cancel := n.Watch(h.tenant.ID)
		defer cancel()
		second, cancel := n.Watch(h.tenant.ID)
		defer cancel()
		_, w := h.live(n, h.user("u"))
		h.put(n, h.user("u"), noted(`{"by":"me"}`, set("k", `"`+strings.Repeat("x", 20_000)+`"`)))
		for _, ch := range []<-chan engine.WatchBatch{batches, second} {
			c := (<-ch).Changes[0]
			if c.Value != nil || c.Stored != nil || c.Metadata != nil {
				h.Errorf("it is shown %d bytes", len(c.Value)+len(c.Stored)+len(c.Metadata))
			}
			if c.Key != "k" || c.Size < 20_000 || c.Version != 1 {
				h.Errorf("it is shown %+v", c)
			}
		}
		w.until(h, "the event", func() bool { return w.total() == 1 })
		if v := w.events()[0].Value; len(v) != 20_002 {
			h.Errorf("a connection hears a value of %d bytes", len(v))
		}
	})
}

// Whoever begins to listen to a tenant while the database stands still holds up
// nobody who looks at all of them, as the numbers and a stop do.
func TestABeginningListenerHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	n := h.node()
	db := h.db()
	for range 20 { // the listener waits but a moment, on a busy machine perhaps too short a one
		lock, err := db.Conn(t.Context())
		h.ok(err)
		h.run(lock, "LOCK TABLES tenant_heads WRITE")
		begun := make(chan bool, 1)
		go func() {
			batches, cancel := n.Watch(h.tenant.ID)
			defer cancel()
			select {
			case _, open := <-batches:
				begun <- open
			default:
				begun <- true
			}
		}()
		eventually(t, "the listener reads the head", func() bool {
			var waiting int
			h.ok(db.QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for table%'").Scan(&waiting))
			return waiting > 0
		})
		n.Stats("") // looks at every tenant somebody listens to
		h.run(lock, "UNLOCK TABLES")
		h.ok(lock.Close())
		if <-begun {
			return
		}
	}
	t.Error("the numbers came only after the listener had given up")
}

func (h *harness) run(c *sql.Conn, query string) {
	h.Helper()
	_, err := c.ExecContext(h.Context(), query)
	h.ok(err)
}

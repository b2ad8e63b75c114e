package engine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
)

// size is how much a long test does: little, or with TIDEMARK_SOAK set what was promised.
func size(little, promised int) int {
	if os.Getenv("TIDEMARK_SOAK") != "" {
		return promised
	}
	return little
}

// Two nodes on one MariaDB, six writers, and those who follow the cursor, by
// pulling, by waiting and live: nothing is missed, doubled or out of order.
func TestSoakTwoNodesAndTheirFollowers(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	nodes := []*node{h.node(), h.node()}
	u := h.user("u")
	total := size(2000, 20_000)
	all := u
	all.AllUsers = true
	_, live := h.live(nodes[0], u)
	_, everyone := h.live(nodes[1], all)

	var followers sync.WaitGroup
	for f := range 4 {
		followers.Go(func() {
			var got []int64
			q := engine.PullQuery{Limit: 50 + 100*f, Wait: int64(f%2) * 5000}
			for len(got) < total {
				p, err := nodes[(f+len(got))%2].Pull(t.Context(), u, q) // a cursor is good on every node
				if err != nil {
					t.Error(err)
					return
				}
				got, q.Since = append(got, seqs(p.Events)...), p.Cursor
			}
			if d := cmp.Diff(upTo(int64(total)), got); d != "" {
				t.Errorf("follower %d: %s", f, d)
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 6 {
		writers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			left := total / 6
			if w == 0 {
				left += total % 6
			}
			for left > 0 {
				ops := make([]protocol.Op, min(left, 1+rnd.IntN(8)))
				for i := range ops {
					ops[i] = named(clock.NewID(clock.System{}), set(fmt.Sprint("k", rnd.IntN(40)), fmt.Sprint(left)))
				}
				r := h.persist(nodes[w%2], h.device("u", fmt.Sprint("writer", w)), ops...)
				for i := range r {
					if r[i].Err != nil || i > 0 && r[i].Seq != r[i-1].Seq+1 {
						t.Errorf("%+v", r)
					}
				}
				left -= len(ops)
			}
		})
	}
	writers.Wait()
	followers.Wait()
	for name, w := range map[string]*wire{"live": live, "all users": everyone} {
		w.until(h, "all events", func() bool { return len(w.seqs()) >= total })
		if d := cmp.Diff(upTo(int64(total)), w.seqs()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	h.verified()
}

// known is what a device has made of its own writes and of what it heard: of each key the latest.
type known map[string]event

func (k known) take(e event) {
	if e.Seq > k[e.Key].Seq {
		k[e.Key] = e
	}
}

func (k known) standing() replica {
	out := replica{}
	for key, e := range k {
		if e.Op == "set" {
			out[key] = string(e.Value)
		}
	}
	return out
}

// Devices of a user on two nodes, that write, go away, come back, are full for a
// while, and in part never ack: each ends with what stands.
func TestSoakDevicesEndEqual(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		devices := make([]known, 4)
		var met, wg sync.WaitGroup
		met.Add(len(devices))
		for d := range devices {
			devices[d] = known{}
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(d), 2))
				for r := range size(8, 80) {
					h.visit(nodes[(d+r)%2], h.device("u", fmt.Sprint("d", d)), devices[d], rnd)
					if r == 0 { // whoever comes later than the first writes does not get them
						met.Done()
						met.Wait()
					}
				}
			})
		}
		wg.Wait()
		want := h.standing(nodes[0], h.user("u"))
		for d := range devices {
			_, w := h.live(nodes[d%2], h.device("u", fmt.Sprint("d", d)))
			for _, e := range w.events() {
				devices[d].take(e)
			}
			if diff := cmp.Diff(want, devices[d].standing()); diff != "" {
				h.Errorf("device %d: %s", d, diff)
			}
		}
		h.verified()
	})
}

// visit is one connection of a device. The first one only makes it known.
func (h *harness) visit(n *node, c models.Caller, k known, rnd *rand.Rand) {
	w := newWire()
	s := h.connect(n, c, w)
	defer s.Close()
	w.ready(h)
	if _, back := k[""]; !back {
		k[""] = event{Op: "seen"}
		return
	}
	for range 10 {
		o := set(fmt.Sprint("k", rnd.IntN(9)), fmt.Sprint(rnd.IntN(1000)))
		if rnd.IntN(4) == 0 {
			o = remove(o.Key)
		}
		if rnd.IntN(5) == 0 {
			w.drain(rnd.IntN(3))
		}
		r, err := n.Write(h.Context(), s.Caller(), []protocol.Op{o})
		if err != nil {
			h.Error(err)
			return
		}
		if r[0].Err == nil {
			k.take(event{Seq: r[0].Seq, Key: o.Key, Op: string(o.Kind), Value: o.Value})
		}
	}
	if rnd.IntN(2) == 0 {
		w.drain(-1)
	}
	e := w.events()
	for _, e := range e {
		k.take(e)
	}
	if len(e) > 0 && c.InstanceID < "d2" {
		if err := s.Ack(e[len(e)-1].Cursor); err != nil {
			h.Error(err)
		}
	}
}

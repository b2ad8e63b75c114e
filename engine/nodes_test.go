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
					ops[i] = set(fmt.Sprint("k", rnd.IntN(40)), fmt.Sprint(left))
				}
				r, err := nodes[w%2].Write(t.Context(), u, ops)
				if err != nil {
					t.Error(err)
					return
				}
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
	h.verified(nodes[0])
}

// Devices of a user on two nodes, that write, go away, come back, are full for a
// while and never ack: each ends with what stands.
func TestSoakDevicesEndEqual(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		rounds := size(6, 60)
		var wg sync.WaitGroup
		const devices = 4
		replicas := make([]replica, devices)
		last := make([]models.Caller, devices)
		for d := range devices {
			replicas[d], last[d] = replica{}, h.device("u", fmt.Sprint("d", d))
			first, _ := h.live(nodes[d%2], last[d]) // from now on there is a queue for it
			first.Close()
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(d), 2))
				for r := range rounds {
					w := newWire()
					w.answers = d%2 == 0
					s := h.connect(nodes[(d+r)%2], last[d], w)
					w.ready(h)
					for range 10 {
						k := fmt.Sprint("k", rnd.IntN(9))
						o := set(k, fmt.Sprint(rnd.IntN(1000)))
						if rnd.IntN(4) == 0 {
							o = remove(k)
						}
						if rnd.IntN(5) == 0 {
							w.drain(rnd.IntN(3))
						}
						if _, err := nodes[(d+r)%2].Write(h.Context(), s.Caller(), []protocol.Op{o}); err != nil {
							h.Error(err)
						}
					}
					w.drain(-1)
					if e := w.events(); w.answers && len(e) > 0 {
						if err := s.Ack(e[len(e)-1].Cursor); err != nil {
							h.Error(err)
						}
					}
					s.Close()
				}
			})
		}
		wg.Wait()
		want := h.standing(nodes[0], h.user("u"))
		for d, c := range last {
			rows, _ := h.follow(nodes[d%2], c, engine.PullQuery{Limit: 7})
			replicas[d].take(rows)
			if diff := cmp.Diff(want, replicas[d]); diff != "" {
				h.Errorf("device %d: %s", d, diff)
			}
		}
		h.verified(nodes[1])
	})
}

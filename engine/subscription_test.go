package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
		_, other := h.live(n, h.user("u"))
		r := h.put(n, h.user("u"), set("a", `"unheard"`))
		next := h.put(n, h.user("u"), set("c/d", `1`))
		other.until(h, "what was written before", func() bool { return len(other.seqs()) >= 2 }) // else it may still be on its way
		if d := cmp.Diff([]int64{r.Seq, next.Seq}, other.seqs()); d != "" {
			h.Error(d)
		}
		_, err = s.Subscribe([]string{"*"})
		h.ok(err)
		h.put(n, h.user("u"), set("z", `1`))
		w.until(h, "one more", func() bool { return len(w.events()) > 8 })
		if e := w.events()[8]; e.Key != "z" {
			h.Errorf("heard %+v", e)
		}
	})
}

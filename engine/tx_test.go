package engine_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// scenario 20: writes of a push to one key stand in its order, also where one transaction has others between its own.
func TestAPushKeepsTheOrderOfEachKey(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		r := h.write(n, u, inTx("a", set("k", `1`)), set("k", `2`), inTx("a", set("k", `3`)))
		h.is(r[0].Err, fault.Invalid)
		h.is(r[2].Err, fault.Invalid)
		if f := fault.From(r[0].Err); len(f.Fields) != 1 || f.Fields[0].Path != "tx" {
			h.Errorf("%+v", f)
		}
		h.ok(r[1].Err)
		if got := string(h.get(n, u, "k").Value); got != `2` {
			h.Errorf("k is %s", got)
		}
		for name, push := range map[string][]protocol.Op{
			"others on other keys":    {inTx("a", set("k", `1`)), set("l", `2`), inTx("b", set("m", `2`)), inTx("a", set("k", `3`)), inTx("b", set("l", `3`))},
			"others before and after": {set("k", `1`), inTx("a", set("k", `2`)), inTx("a", set("l", `3`)), set("k", `3`)},
		} {
			for i, r := range h.write(n, u, push...) {
				if r.Err != nil {
					h.Errorf("%s: operation %d: %v", name, i, r.Err)
				}
			}
			for _, key := range []string{"k", "l"} {
				if got := string(h.get(n, u, key).Value); got != `3` {
					h.Errorf("%s: %s is %s", name, key, got)
				}
			}
		}
	})
}

// scenario 20: operations of a tx stand or fall together; the others of the push are not touched.
func TestATransactionStandsOrFallsAsOne(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("a", `1`))
		r := h.write(n, u,
			inTx("t1", set("x", `1`)), set("free", `1`), inTx("t1", on(7, set("a", `2`))), inTx("t1", set("y", `1`)),
			inTx("t2", set("p", `1`)), inTx("t2", on(1, set("a", `3`))), set("p", `2`))
		for _, i := range []int{0, 2, 3} {
			h.is(r[i].Err, fault.TxAborted)
		}
		for _, i := range []int{1, 4, 5, 6} {
			h.ok(r[i].Err)
		}
		if _, err := n.Get(h.Context(), u, models.Storage, "x"); !fault.Is(err, fault.NotFound) {
			h.Errorf("an aborted write stands: %v", err)
		}
		open, err := h.store.OpenConflicts(h.Context(), h.tenant.ID, "")
		h.ok(err)
		if open != 0 {
			h.Errorf("an aborted transaction left %d conflicts", open)
		}
		type row struct {
			Key, Tx string
			Last    bool
		}
		var got []row
		for _, c := range h.log()[1:] {
			got = append(got, row{c.Key, c.Tx, c.TxLast})
		}
		want := []row{{"free", "", true}, {"p", "t2", false}, {"a", "t2", true}, {"p", "", true}}
		if d := cmp.Diff(want, got); d != "" {
			h.Error(d)
		}
	})
}

// scenario 20: a page of the log ends where a transaction does.
func TestAPageEndsOnTheBorderOfATransaction(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("before", `1`))
		ops := make([]protocol.Op, 7)
		for i := range ops {
			ops[i] = inTx("t", set(fmt.Sprint("k", i), `1`))
		}
		h.write(n, u, ops...)
		h.put(n, u, set("after", `1`))
		var lengths []int
		q := engine.PullQuery{Limit: 3}
		for {
			p, err := n.Pull(h.Context(), u, q)
			h.ok(err)
			if len(p.Events) > 0 {
				lengths = append(lengths, len(p.Events))
				if !p.Events[len(p.Events)-1].TxLast {
					h.Error("a page ends inside a transaction")
				}
			}
			if q.Since = p.Cursor; !p.HasMore {
				break
			}
		}
		if d := cmp.Diff([]int{8, 1}, lengths); d != "" {
			h.Error(d)
		}
	})
}

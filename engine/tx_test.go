package engine_test

import (
	"testing"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
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

package engine_test

import (
	"fmt"
	"testing"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

func does(k protocol.Kind, key, value string, path ...string) protocol.Op {
	return protocol.Op{Kind: k, Collection: models.Storage, Key: key, Path: path, Value: []byte(value)}
}

// Operations that say what they mean have their effect beside those of others, whatever their base, in any order.
func TestIntentsHaveTheirEffectOverOthers(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		for name, c := range map[string]struct {
			start, meanwhile string
			ops              []protocol.Op
			want             string
		}{
			"counter": {
				`{"n":1,"x":0}`, `{"n":5,"x":1}`,
				[]protocol.Op{does(protocol.Increment, "", `2`, "n"), does(protocol.Increment, "", `-0.5`, "n"), does(protocol.Increment, "", `3`, "m")},
				`{"m":3,"n":6.5,"x":1}`,
			},
			"set": {
				`{"s":["a","b"]}`, `{"s":["a","b","c"]}`,
				[]protocol.Op{does(protocol.AddToSet, "", `["d","a"]`, "s"), does(protocol.RemoveFromSet, "", `["b","c"]`, "s")},
				`{"s":["a","c","d"]}`, // who took out c had not seen that it was there
			},
			"list": {
				`["a","b","c"]`, `["a","x","b","c"]`,
				[]protocol.Op{does(protocol.Insert, "", `{"at":3,"values":["d"]}`), does(protocol.Move, "", `{"from":0,"to":2}`)},
				`["x","b","c","a","d"]`,
			},
		} {
			for turn, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
				key := fmt.Sprint(name, turn)
				h.put(n, h.device("u", "maker"), set(key, c.start))
				h.put(n, h.device("u", "maker"), on(1, set(key, c.meanwhile)))
				for _, which := range order {
					if which >= len(c.ops) {
						continue
					}
					o := c.ops[which]
					o.Key = key
					r := h.try(n, h.device("u", fmt.Sprint("d", which)), on(1, o))
					if r.Status != protocol.Merged || r.ConflictID == "" {
						h.Errorf("%s: %+v", key, r)
						continue
					}
					kept, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
					h.ok(err)
					if kept.Status != models.ConflictResolved || kept.Winner != "merged" || string(kept.BaseValue) != c.start {
						h.Errorf("%s: %+v", key, kept)
					}
				}
				if it := h.get(n, h.user("u"), key); string(it.Value) != c.want {
					h.Errorf("%s in the order %v: %s", name, order, it.Value)
				}
			}
		}
	})
}

// Without a base, or on what stands, they are writes like others; an edit of the same device follows its own.
func TestIntentsWithoutAConflict(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, a := h.node(), h.device("u", "a")
		for i, o := range []protocol.Op{
			does(protocol.Increment, "k", `2`, "n"), // makes the item
			on(1, does(protocol.Increment, "k", `2`, "n")),
			on(1, does(protocol.Increment, "k", `2`, "n")),
			at(5, does(protocol.AddToSet, "k", `["x"]`, "s")), // an old clock takes nothing back, so it is no conflict
			does(protocol.Insert, "k", `{"values":[1,2]}`, "l"),
			noted(`{"m":1}`, does(protocol.Move, "k", `{"from":1,"to":0}`, "l")),
			does(protocol.Increment, "k", `1`, "l", "0"),
		} {
			if r := h.put(n, a, o); r.Status != protocol.Applied || r.Version != int64(i+1) {
				h.Errorf("%d: %+v", i, r)
			}
		}
		it := h.get(n, a, "k")
		if string(it.Value) != `{"l":[3,1],"n":6,"s":["x"]}` || string(it.Metadata) != `{"m":1}` {
			h.Errorf("%s %s", it.Value, it.Metadata)
		}
	})
}

// What an operation cannot be done to is left as it is.
func TestIntentsThatCannotBe(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, a, b := h.node(), h.device("u", "a"), h.device("u", "b")
		h.put(n, a, set("k", `{"s":"text","l":[1]}`))
		h.put(n, a, on(1, set("k", `{"s":"text","l":[1],"x":1}`)))
		for name, o := range map[string]protocol.Op{
			"a text counted":          does(protocol.Increment, "k", `1`, "s"),
			"a text as a set":         does(protocol.AddToSet, "k", `[1]`, "s"),
			"through a text":          does(protocol.Increment, "k", `1`, "s", "n"),
			"an element not there":    does(protocol.Increment, "k", `1`, "l", "7"),
			"an index with a sign":    does(protocol.Increment, "k", `1`, "l", "+0"),
			"a move of nothing":       does(protocol.Move, "k", `{"from":3,"to":0}`, "l"),
			"a number that overflows": does(protocol.Increment, "k", `9999999999999999999999999999999999999999`, "l", "0"),
		} {
			if name == "a number that overflows" {
				h.put(n, a, does(protocol.Increment, "k", `9999999999999999999999999999999999999998`, "big"))
				o = does(protocol.Increment, "k", `9999999999999999999999999999999999999999`, "big")
			}
			h.is(h.try(n, a, o).Err, fault.Invalid)
			h.is(h.try(n, b, on(1, o)).Err, fault.Invalid)
		}
		h.is(h.try(n, a, does(protocol.RemoveFromSet, "none", `[1]`)).Err, fault.NotFound)
		h.put(n, a, remove("k"))
		h.is(h.try(n, b, on(1, does(protocol.Increment, "k", `1`, "n"))).Err, fault.VersionConflict)
	})
}

// A policy may want a person also for these.
func TestAPolicyMayHoldIntentsBack(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, b := h.node(), h.device("u", "b")
		b.Policies = []models.ConflictPolicy{{ID: "p", Pattern: "stock/*", Strategy: models.StrategyManual}}
		h.put(n, h.device("u", "a"), set("stock/1", `1`))
		h.put(n, h.device("u", "a"), set("stock/1", `2`))
		h.is(h.try(n, b, on(1, does(protocol.Increment, "stock/1", `1`))).Err, fault.VersionConflict)
	})
}

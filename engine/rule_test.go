package engine_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
)

var jobFields = []models.DataField{
	{ID: "no", Name: "no", Type: "autonumber", Options: json.RawMessage(`{"start":100}`)},
	{ID: "title", Name: "title", Type: "text"},
	{ID: "state", Name: "state", Type: "status", Options: json.RawMessage(
		`{"states":[{"value":"new"},{"value":"open"},{"value":"done"}],"initial":"new","transitions":[{"from":"new","to":"open"},{"from":"open","to":"done"}]}`)},
}

// Every record gets the next number once, whichever node takes it, and keeps it.
func TestRecordsAreNumberedOverAllNodes(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		h.table("jobs", false, jobFields...)
		var all sync.WaitGroup
		for i, n := range nodes {
			all.Add(1)
			go func() {
				defer all.Done()
				for j := range 10 {
					h.put(n, h.user("amy"), in("jobs", set(fmt.Sprint(i, "-", j), `{"no":7,"title":"x"}`)))
				}
			}()
		}
		all.Wait()
		seen := map[string]bool{}
		list, err := nodes[0].List(h.Context(), h.user("amy"), engine.ListQuery{Collection: "jobs"})
		h.ok(err)
		for _, it := range list.Items {
			var v struct{ No int64 }
			h.ok(json.Unmarshal(it.Value, &v))
			if seen[fmt.Sprint(v.No)] || v.No < 100 || v.No > 119 {
				h.Errorf("%s", it.Value)
			}
			seen[fmt.Sprint(v.No)] = true
		}
		was := h.getOf(nodes[1], h.user("amy"), "jobs", "0-0")
		h.put(nodes[1], h.user("amy"), in("jobs", patch("0-0", `{"title":"y","no":1}`)))
		var a, b struct{ No int64 }
		h.ok(json.Unmarshal(was.Value, &a))
		h.ok(json.Unmarshal(h.getOf(nodes[0], h.user("amy"), "jobs", "0-0").Value, &b))
		if len(seen) != 20 || a != b {
			h.Errorf("%d numbers, %v became %v", len(seen), a, b)
		}
	})
}

// A state follows only where it may. What was done offline waits for a person, who may let it stand.
func TestStatesFollowAsTheTableSays(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n, amy, bob := h.node(), h.device("amy", "a"), h.device("bob", "b")
		h.table("jobs", false, jobFields...)
		h.is(h.try(n, amy, in("jobs", set("1", `{"state":"done"}`))).Err, fault.Invalid)
		h.put(n, amy, in("jobs", set("1", `{"state":"new"}`)))
		f := fault.From(h.try(n, amy, in("jobs", patch("1", `{"state":"done"}`))).Err)
		if f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "state" || f.Fields[0].Rule != "transition" {
			h.Errorf("%+v", f)
		}
		h.put(n, amy, in("jobs", patch("1", `{"state":"open"}`)))
		// what was right when it was written is not any more
		r := h.try(n, bob, in("jobs", on(1, set("1", `{"state":"open","title":"by bob"}`))))
		h.ok(r.Err)
		h.put(n, amy, in("jobs", patch("1", `{"state":"done"}`)))
		late := on(3, set("1", `{"state":"open","title":"late"}`))
		h.clock.Advance(time.Hour)
		made := h.clock.Now().Add(-30 * time.Minute).UnixMilli()
		late.Timestamp = &made
		late.Base = nil
		r = h.try(n, bob, in("jobs", late))
		h.is(r.Err, fault.VersionConflict)
		c, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
		h.ok(err)
		if c.Kind != models.ConflictRule || c.Status != models.ConflictOpen {
			h.Errorf("%+v", c)
		}
		who := h.user("amy")
		_, err = n.Resolve(h.Context(), who, r.ConflictID, engine.Resolution{Strategy: models.StrategyManual, Take: "incoming"})
		h.ok(err)
		if got := string(h.getOf(n, amy, "jobs", "1").Value); got != `{"no":100,"state":"open","title":"late"}` {
			h.Error(got)
		}
	})
}

package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
)

// reshaped changes a table's fields, and gives the tenant's version of the schema afterwards.
func (h *harness) reshaped(t models.DataTable, w schema.Wanted) models.DataTable {
	h.Helper()
	n := 0
	p, err := schema.PlanFor(t, w, func() string { n++; return fmt.Sprint("n", t.Revision, "-", n) })
	h.ok(err)
	out, err := h.store.ChangeDataFields(h.Context(), p.Table, p.Steps, "")
	h.ok(err)
	return out
}

func want(from, name, kind string) schema.WantedField {
	return schema.WantedField{DataField: models.DataField{Name: name, Type: kind}, From: from}
}

// threeBehind makes a table and changes it three times: a rename, another type, a split. It gives the version a
// device knows that has not heard of any of them.
func (h *harness) threeBehind(before func()) (known int64) {
	h.Helper()
	t := h.table("people", false, []models.DataField{{ID: "p", Name: "person", Type: "text"}, {ID: "c", Name: "count", Type: "text"}, {ID: "o", Name: "note", Type: "text"}}...)
	known = t.Since
	before()
	t = h.reshaped(t, schema.Wanted{Fields: []schema.WantedField{want("person", "name", "text"), want("", "count", "text"), want("", "note", "text")}})
	t = h.reshaped(t, schema.Wanted{Fields: []schema.WantedField{want("", "name", "text"), want("", "count", "integer"), want("", "note", "text")}})
	h.reshaped(t, schema.Wanted{
		Fields: []schema.WantedField{want("", "first", "text"), want("", "last", "text"), want("", "count", "integer"), want("", "note", "text"), want("", "level", "rating")},
		Splits: []schema.Split{{Name: "name", Into: []string{"first", "last"}, By: " "}},
	})
	return known
}

func (c caller) knowing(version int64) models.Caller {
	out := models.Caller(c)
	out.Schema = version
	return out
}

type caller models.Caller

// A device that is three changes of the table behind pushes what it did, and nothing of it is lost.
func TestADeviceBehindItsTableLosesNothing(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, other := h.node(), h.node()
		amy := caller(h.device("amy", "old"))
		known := h.threeBehind(func() {
			for i := range 50 {
				h.put(n, models.Caller(amy), in("people", set(fmt.Sprint(i), fmt.Sprintf(`{"count":"%d","note":"n","person":"Amy %d"}`, i, i))))
			}
		})
		now, old := h.device("bob", "new"), amy.knowing(known)
		h.put(other, now, in("people", on(1, set("7", `{"count":7,"first":"Amy","last":"7","level":4,"note":"by bob"}`))))
		h.put(other, now, in("people", patch("8", `{"level":2}`)))
		for i := range 50 { // half of them new records
			k, base := fmt.Sprint(i+25), int64(1)
			if i >= 25 {
				base = 0
			}
			r := h.try(n, old, in("people", on(base, set(k, fmt.Sprintf(`{"count":"%d","note":"n","person":"Ben Q %d"}`, i+100, i)))))
			if r.Err != nil {
				h.Fatalf("%s: %v", k, r.Err)
			}
			want := fmt.Sprintf(`{"count":%d,"first":"Ben","last":"Q %d","note":"n"}`, i+100, i)
			if got := string(h.getOf(other, now, "people", k).Value); got != want {
				h.Errorf("%s: %s, want %s", k, got, want)
			}
		}
		for i := range 49 { // and a patch of every record, new ones included
			h.ok(h.try(n, old, in("people", patch(fmt.Sprint(i+25), `{"note":"seen"}`))).Err)
		}
		// of two who changed the same record, each change stands
		r := h.try(n, old, in("people", on(1, set("7", `{"count":"70","note":"n","person":"Amy 7"}`))))
		if r.Status != protocol.Merged || string(r.Value) != `{"count":"70","note":"by bob","person":"Amy 7"}` {
			h.Errorf("%+v %s", r, r.Value)
		}
		if got := string(h.getOf(other, now, "people", "7").Value); got != `{"count":70,"first":"Amy","last":"7","level":4,"note":"by bob"}` {
			h.Error(got)
		}
		h.put(n, old, in("people", patch("8", `{"person":"Cy Young"}`)))
		if got := string(h.getOf(other, now, "people", "8").Value); got != `{"count":8,"first":"Cy","last":"Young","level":2,"note":"n"}` {
			h.Error(got)
		}
		if got := string(h.getOf(other, old, "people", "8").Value); got != `{"count":"8","note":"n","person":"Cy Young"}` {
			h.Error(got)
		}
	})
}

// Whoever knows an older version of a table reads it so, by every way of reading.
func TestEveryoneReadsATableAsTheyKnowIt(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		amy := caller(h.device("amy", "a"))
		known := h.threeBehind(func() {
			h.put(n, models.Caller(amy), in("people", set("1", `{"count":"1","note":"n","person":"Amy P"}`)))
		})
		bob := caller(h.device("bob", "live"))
		oldSession := bob.knowing(known)
		_, oldWire := h.live(n, oldSession)
		_, newWire := h.live(n, h.device("bob", "other"))
		h.put(n, models.Caller(amy), in("people", set("2", `{"count":2,"first":"Cy","last":"Y","note":"n"}`)))
		as := map[int64][2]string{
			known: {`{"count":"1","note":"n","person":"Amy P"}`, `{"count":"2","note":"n","person":"Cy Y"}`},
			0:     {`{"count":1,"first":"Amy","last":"P","note":"n"}`, `{"count":2,"first":"Cy","last":"Y","note":"n"}`},
		}
		for version, want := range as {
			who := amy.knowing(version)
			var got []string
			list, err := n.List(h.Context(), who, engine.ListQuery{Collection: "people"})
			h.ok(err)
			snap, err := n.Snapshot(h.Context(), who, engine.SnapshotQuery{})
			h.ok(err)
			for _, it := range append(list.Items, snap.Items...) {
				got = append(got, string(it.Value))
			}
			pulled, err := n.Pull(h.Context(), who, engine.PullQuery{})
			h.ok(err)
			for _, c := range pulled.Events {
				got = append(got, string(c.Value))
			}
			for _, key := range []string{"1", "2"} {
				got = append(got, string(h.getOf(n, who, "people", key).Value))
				it, err := n.Look(h.Context(), who, "people", key)
				h.ok(err)
				c, err := n.VersionAt(h.Context(), who, engine.HistoryQuery{Collection: "people", Key: key, From: it.Seq})
				h.ok(err)
				got = append(got, string(it.Value), string(c.Value))
			}
			counts := map[string]int{}
			for _, s := range got {
				counts[s]++
			}
			if counts[want[0]] != 6 || counts[want[1]] != 6 || len(got) != 12 {
				h.Errorf("%d: %q", version, got)
			}
		}
		for wire, want := range map[*wire]string{oldWire: as[known][1], newWire: as[0][1]} {
			wire.until(h, "the event", func() bool { return len(wire.events()) >= 1 })
			if got := string(wire.events()[0].Value); got != want {
				h.Errorf("live: %s, want %s", got, want)
			}
		}
	})
}

// What can't all go along waits for a person with both sides, and what was bad from the start is refused.
func TestWhatDoesNotGoAlongWaitsForAPerson(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		amy := caller(h.device("amy", "old"))
		known := h.threeBehind(func() { h.put(n, models.Caller(amy), in("people", set("1", `{"count":"1","person":"Amy P"}`))) })
		old := amy.knowing(known)
		r := h.try(n, old, in("people", on(1, set("1", `{"count":"a dozen","person":"Amy Pond"}`))))
		h.is(r.Err, fault.VersionConflict)
		if f := fault.From(r.Err); r.ConflictID == "" || !strings.Contains(f.Message, `count "a dozen"`) || !strings.Contains(fmt.Sprintf("%s", f.Details["value"]), `"person":"Amy P"`) {
			h.Errorf("%+v", f)
		}
		c, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
		h.ok(err)
		var meant struct {
			Schema int64
			Sent   json.RawMessage
		}
		h.ok(json.Unmarshal(c.Meant, &meant))
		if c.Kind != models.ConflictSchema || c.Status != models.ConflictOpen || string(c.IncomingValue) != `{"first":"Amy","last":"Pond"}` || meant.Schema != known || string(meant.Sent) != `{"count":"a dozen","person":"Amy Pond"}` {
			h.Errorf("%+v", c)
		}
		if got := string(h.getOf(n, models.Caller(amy), "people", "1").Value); got != `{"count":1,"first":"Amy","last":"P"}` {
			h.Error(got)
		}
		who := h.user("amy")
		settled, err := n.Resolve(h.Context(), who, r.ConflictID, engine.Resolution{Strategy: models.StrategyManual, Value: []byte(`{"count":12,"first":"Amy","last":"Pond"}`)})
		h.ok(err)
		if string(settled.Stands) != `{"count":12,"first":"Amy","last":"Pond"}` {
			h.Errorf("%s", settled.Stands)
		}
		h.is(h.try(n, old, in("people", set("2", `{"count":2,"person":"X"}`))).Err, fault.Invalid)
		h.is(h.try(n, old, in("people", set("2", `{"first":"X"}`))).Err, fault.Invalid)
	})
}

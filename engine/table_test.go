package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

var orderFields = []models.DataField{
	{ID: "title", Name: "title", Type: "text", Required: true, Options: json.RawMessage(`{"max":20}`)},
	{ID: "qty", Name: "qty", Type: "integer", Options: json.RawMessage(`{"min":0}`), Default: json.RawMessage(`1`)},
	{ID: "tags", Name: "tags", Type: "tags", Options: json.RawMessage(`{"max":3}`)},
	{ID: "due", Name: "due", Type: "date"},
}

// table makes a table of a tenant.
func (h *harness) table(name string, owned bool, fields ...models.DataField) models.DataTable {
	h.Helper()
	t, err := h.store.AddDataTable(h.Context(), models.DataTable{TenantID: h.tenant.ID, Name: name, Collection: name, Owned: owned, Fields: fields}, "")
	h.ok(err)
	return t
}

func in(collection string, o protocol.Op) protocol.Op { o.Collection = collection; return o }

func (h *harness) getOf(n *node, c models.Caller, collection, key string) models.Item {
	h.Helper()
	it, err := n.Get(h.Context(), c, collection, key)
	h.ok(err)
	return it
}

func TestARecordIsWhatItsTableSays(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, u := h.node(), h.user("u")
		h.put(n, u, in("orders", set("before", `{"anything":1}`)))
		h.table("sales", false, orderFields...)
		r := h.put(n, u, in("sales", set("a", `{"tags":["b","a","b"],"title":"  Bolts "}`)))
		if got := string(h.getOf(n, u, "sales", "a").Value); got != `{"qty":1,"tags":["a","b"],"title":"Bolts"}` {
			h.Error(got)
		}
		h.put(n, u, in("sales", on(r.Version, set("a", `{"due":"2026-11-22","qty":null,"title":"Nuts"}`))))
		if got := string(h.getOf(n, u, "sales", "a").Value); got != `{"due":"2026-11-22","title":"Nuts"}` {
			h.Error(got) // a default is for new records
		}
		for sent, want := range map[string][]fault.Field{
			`{"qty":-1,"title":"x"}`:     {{Path: "qty", Rule: "range", Message: "must be at least 0"}},
			`{"qty":2}`:                  {{Path: "title", Rule: "required", Message: "must be there"}},
			`{"color":"red","title":""}`: {{Path: "color", Rule: "unknown", Message: "is no field of the table"}, {Path: "title", Rule: "required", Message: "must be there"}},
			`[1]`:                        {{Path: "value", Rule: "type", Message: "must be an object with the table's fields"}},
		} {
			r := h.try(n, u, in("sales", set("b", sent)))
			if f := fault.From(r.Err); f.Code != fault.Invalid || !cmp.Equal(f.Fields, want) {
				h.Errorf("%s: %+v", sent, f)
			}
		}
		r = h.try(n, u, in("sales", patch("a", `{"qty":"many"}`)))
		h.is(r.Err, fault.Invalid)
		h.put(n, u, in("sales", patch("a", `{"qty":7}`)))
		if got := string(h.getOf(n, u, "sales", "a").Value); got != `{"due":"2026-11-22","qty":7,"title":"Nuts"}` {
			h.Error(got)
		}
		opaque := in("sales", set("c", `"AAAA"`))
		opaque.Opaque = true
		h.is(h.try(n, u, opaque).Err, fault.Invalid)
	})
}

func TestRecordsThatAreNobodysOwnAreEverybodys(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, amy, bob := h.node(), h.device("amy", "a"), h.device("bob", "b")
		h.table("orders", false, orderFields...)
		h.table("notes", true, orderFields...)
		_, start := h.follow(n, bob, engine.PullQuery{})
		_, w := h.live(n, h.device("bob", "live"))
		h.put(n, amy, in("orders", set("1", `{"title":"amy's"}`)))
		h.put(n, amy, in("notes", set("1", `{"title":"amy's own"}`)))
		h.put(n, bob, set("1", `"bob's"`))
		h.put(n, bob, in("orders", on(1, set("1", `{"title":"and bob's"}`))))
		if got := string(h.getOf(n, amy, "orders", "1").Value); got != `{"title":"and bob's"}` {
			h.Error(got)
		}
		_, err := n.Get(h.Context(), bob, "notes", "1")
		h.is(err, fault.NotFound)
		rows, _ := h.follow(n, bob, engine.PullQuery{Since: start})
		if d := cmp.Diff([]int64{1, 3, 4}, seqs(rows)); d != "" {
			h.Error(d)
		}
		w.until(h, "three events", func() bool { return len(w.seqs()) >= 3 })
		if d := cmp.Diff([]int64{1, 3, 4}, w.seqs()); d != "" {
			h.Error(d)
		}
		page, err := n.Snapshot(h.Context(), bob, engine.SnapshotQuery{Limit: 1})
		h.ok(err)
		seen := placesOf(page.Items)
		for page.NextPage != "" {
			page, err = n.Snapshot(h.Context(), bob, engine.SnapshotQuery{Limit: 1, Page: page.NextPage})
			h.ok(err)
			seen = append(seen, placesOf(page.Items)...)
		}
		if d := cmp.Diff([]string{"storage/1", "orders/1"}, seen); d != "" {
			h.Error(d)
		}
		list, err := n.List(h.Context(), bob, engine.ListQuery{Collection: "orders"})
		h.ok(err)
		if len(list.Items) != 1 {
			h.Errorf("%+v", list.Items)
		}
	})
}

func placesOf(items []models.Item) (out []string) {
	for i := range items {
		out = append(out, items[i].Collection+"/"+items[i].Key)
	}
	return out
}

// What was written by a device that knew nothing of it is merged field by field, by what each field is.
func TestRecordsMergeByTheirFields(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, a, b := h.node(), h.device("u", "a"), h.device("u", "b")
		h.table("orders", false, orderFields...)
		h.put(n, a, in("orders", set("1", `{"qty":1,"tags":["x"],"title":"one"}`)))
		h.put(n, a, in("orders", on(1, set("1", `{"due":"2026-01-01","qty":1,"tags":["x","y"],"title":"one"}`))))
		r := h.try(n, b, in("orders", on(1, set("1", `{"qty":5,"tags":["x","z"],"title":"two"}`))))
		if r.Status != protocol.Merged || string(r.Value) != `{"due":"2026-01-01","qty":5,"tags":["x","y","z"],"title":"two"}` {
			h.Errorf("%+v %s", r, r.Value)
		}
		// merged, it would have four tags: both sides are kept, and a person decides
		r = h.try(n, h.device("u", "c"), in("orders", on(2, set("1", `{"due":"2026-01-01","qty":1,"tags":["v","x","y"],"title":"one"}`))))
		h.is(r.Err, fault.VersionConflict)
		c, err := h.store.Conflict(h.Context(), h.tenant.ID, r.ConflictID)
		h.ok(err)
		if c.Status != models.ConflictOpen || string(c.IncomingValue) != `{"due":"2026-01-01","qty":1,"tags":["v","x","y"],"title":"one"}` {
			h.Errorf("%+v", c)
		}
	})
}

// A write is settled by the schema as it is when it is committed, whatever its node knows.
func TestATableHoldsAtOnceOnEveryNode(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes, u := []*node{h.node(), h.node()}, h.user("u")
		for i, n := range nodes {
			h.put(n, u, in("orders", set(string(rune('a'+i)), `1`)))
		}
		made := h.table("sales", false, orderFields...)
		for _, n := range nodes {
			h.is(h.try(n, u, in("sales", set("x", `1`))).Err, fault.Invalid)
			h.put(n, u, in("sales", set("x", `{"title":"x"}`)))
		}
		trashed, err := h.store.DeleteDataTable(h.Context(), made)
		h.ok(err)
		for _, n := range nodes {
			h.is(h.try(n, u, in("sales", set("y", `{"title":"y"}`))).Err, fault.Invalid)
			h.is(h.try(n, u, in("sales", remove("x"))).Err, fault.Invalid)
		}
		_, err = h.store.RestoreDataTable(h.Context(), trashed)
		h.ok(err)
		for _, n := range nodes {
			h.put(n, u, in("sales", set("y", `{"title":"y"}`)))
		}
		if it := h.getOf(nodes[0], u, "sales", "y"); it.Owner != models.Everyone || it.Version != 2 {
			h.Errorf("%+v", it)
		}
		rows, err := h.store.Items(h.Context(), store.ItemQuery{TenantID: h.tenant.ID, Owner: models.Everyone, Collection: "sales", Limit: 9})
		h.ok(err)
		if len(rows) != 2 || rows[0].Schema != 2 || rows[1].Schema != 4 {
			h.Errorf("%+v", rows)
		}
	})
}

package gallery

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"tidemark/views/storage"
	"tidemark/views/ui"
)

// order is a value as people keep them; hostileValue is one as people send them.
const order = `{"assignee":{"id":"u_204","name":"Luis Ferreira"},"currency":"EUR","id":"WO-20418","notes":"Customer asks for a call 45 minutes before arrival. Gate code 4471.","parts":[{"qty":1,"sku":"CS-220"},{"qty":3,"sku":"GK-14"}],"priority":2,"scheduled_at":"2026-11-22T09:00:00+01:00","signed":true,"signed_at":null,"status":"completed","tags":["hvac","priority","signed"],"title":"Replace compressor seal","total_cents":20150}`

func hostileValue() []byte {
	b, err := json.Marshal(map[string]any{hostile: hostile, "long": strings.Repeat(long+" ", 20), "empty": map[string]any{}, "list": []any{}, "": 0})
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

func sampleItem(key string) storage.Item {
	c := sampleChanges(1, key)[0]
	return storage.Item{
		Place: storage.ItemPlace{Base: "/console/t/northwind/storage", Collection: "storage", Owner: "dana.okafor", Key: key, BuiltIn: true},
		Now:   now, State: storage.StateLive, Version: 13, Latest: &c,
	}
}

// sampleChanges are n versions of an item, newest first.
func sampleChanges(n int, who string) []storage.Change {
	people := []storage.Change{
		{Who: "Dana Okafor", WhoKind: "user", Device: "tablet-07", DeviceHref: "/console", Door: "Socket.IO", Address: "203.0.113.7", OpID: "op-20418-a7f3"},
		{Who: "Dispatch web", WhoKind: "API key", Door: "REST", Address: "198.51.100.20"},
		{Who: "Amina Haddad", WhoKind: "administrator", Door: "Console", Address: "192.0.2.4", Base: -1},
		{Who: who, WhoKind: "API key", Device: who, Door: "WebSocket", Address: "2001:db8::42", OpID: who},
	}
	out := make([]storage.Change, 0, n)
	for i := range n {
		c := people[i%len(people)]
		c.Seq, c.Version, c.Removed = int64(48_210-i*7), int64(13-i), i%6 == 4
		if c.Base == 0 {
			c.Base = c.Version - 1
		}
		c.At, c.Size, c.RequestID = now-int64(i*i*900_000+42_000), int64(420+i*31), "01JDA2Q8M3X7Y5T4"
		out = append(out, c)
	}
	return out
}

func itemOf(item storage.Item, value []byte, view storage.ItemView) storage.ItemProps {
	return storage.ItemProps{
		Item: item, View: view, Text: ui.PrettyJSON(value), Tree: ui.TreeProps{Label: "Value", Root: ui.ParseJSON(value, ui.Bounds{Nodes: 600, Kids: 100})},
		Tags: []string{"hvac", "signed"}, Metadata: `{ "app": "field-ops", "build": 412 }`, UndeleteOK: true,
		Curl: "curl 'http://127.0.0.1:3000/api/v1/sync-storage/item/work_orders%2FWO-20418' \\\n  -H 'X-API-Key: <a key that may read>' \\\n  -H 'X-User-Id: dana.okafor'",
		Facts: []storage.Fact{
			{Name: "User", Value: item.Place.Owner},
			{Name: "Collection", Value: "storage"},
			{Name: "Version", Value: "13", Note: "change 48,210"},
			{Name: "Size", Value: "12.4 KB", Note: "stored in 3.1 KB by zstd"},
			{Name: "Written", At: now - 42_000},
			{Name: "Client's clock", At: now - 44_000},
			{Name: "By", Value: "Dana Okafor", Note: "user"},
			{Name: "Via", Value: "Socket.IO", Note: "203.0.113.7"},
			{Name: "Device", Value: "tablet-07", Href: "/console", Note: "its last 3 versions in a row"},
			{Name: "Priority", Value: "0"},
			{Name: "Id", Value: "01JDA2Q8M3X7Y5T4K9B2N6P1RS", Mono: true},
		},
	}
}

func itemPages() []PageState {
	const key = "work_orders/WO-20418"
	live, gone, expired, foul := sampleItem(key), sampleItem(key), sampleItem(key), sampleItem(strings.Repeat(hostile, 5))
	live.ExpiresAt = now + 3*86_400_000
	gone.State, gone.Latest.Removed = storage.StateRemoved, true
	expired.State = storage.StateExpired
	foul.Place.Owner, foul.Place.Collection, foul.Place.BuiltIn, foul.Latest.Who = hostile, hostile, false, hostile
	foulProps := itemOf(foul, hostileValue(), storage.ViewTree)
	foulProps.Tags, foulProps.Metadata, foulProps.Curl = []string{hostile, long[:60]}, string(hostileValue()), ""
	lost := itemOf(gone, nil, storage.ViewTree)
	lost.UndeleteOK, lost.Metadata, lost.Tags = false, "", nil
	many := strings.TrimSuffix(strings.Repeat(order+",", 140), ",")
	return []PageState{
		shelled("item", key, "storage", storage.ItemPage(itemOf(live, []byte(order), storage.ViewTree))),
		shelled("item-json", key, "storage", storage.ItemPage(itemOf(live, []byte(order), storage.ViewJSON))),
		shelled("item-many", key, "storage", storage.ItemPage(itemOf(live, []byte("["+many+"]"), storage.ViewTree))),
		shelled("item-scalar", key, "storage", storage.ItemPage(itemOf(live, []byte(`42`), storage.ViewTree))),
		shelled("item-hostile", hostile, "storage", storage.ItemPage(foulProps)),
		shelled("item-removed", key, "storage", storage.ItemPage(itemOf(gone, nil, storage.ViewTree))),
		shelled("item-removed-for-good", key, "storage", storage.ItemPage(lost)),
		shelled("item-expired", key, "storage", storage.ItemPage(itemOf(expired, []byte(order), storage.ViewTree))),
		shelled("item-history", "History", "storage", storage.HistoryPage(storage.HistoryProps{Item: live, Kept: sampleChanges(1, key), To: 48_210, Current: 48_210, Versions: sampleChanges(12, hostile)[1:], Newer: "0", Older: "1.A", First: "/console", Days: 30})),
		shelled("item-history-one", "History", "storage", storage.HistoryPage(storage.HistoryProps{Item: live, Current: 48_210, Versions: sampleChanges(1, long), Gone: true, Days: 1})),
		shelled("item-history-none", "History", "storage", storage.HistoryPage(storage.HistoryProps{Item: live, Gone: true, Days: 30})),
	}
}

func editPages() []PageState {
	edit := storage.EditProps{
		Place: sampleItem("work_orders/WO-20418").Place, Script: "/console/assets/build/editor.js", Version: 13, Seq: 48_210, Op: "op",
		Value: ui.PrettyJSON([]byte(order)), Metadata: `{ "app": "field-ops" }`, Tags: "hvac\nsigned", Expires: "7d", Priority: "2",
	}
	fresh, wrong, stale, taken := edit, edit, edit, edit
	fresh.New, fresh.Value, fresh.Metadata, fresh.Tags, fresh.Expires, fresh.Priority = true, "{}", "", "", "", ""
	fresh.Place.Key, fresh.Place.Owner, fresh.Place.Collection = "", "", ""
	wrong.Value, wrong.Tags, wrong.Error = hostile, hostile, "Not everything is right yet"
	wrong.Fields = map[string]string{
		"value": "The value is not JSON: line 1, column 1: expected a value, not '<'.", "metadata": "The metadata must be a JSON object.",
		"expires": "The time to expire at has passed already.", "priority": "The priority must be a whole number of at most 32 bits.",
	}
	stale.Stale, stale.Version = sampleStale(), 15
	taken.Stale = sampleStale()
	taken.Stale.Title, taken.Stale.Removed, taken.Stale.Since, taken.Stale.Diff = "It was removed while you were editing", true, sampleChanges(1, hostile), ui.Differences{}
	from, to := sampleChanges(2, hostile)[1], sampleChanges(2, hostile)[0]
	diff := storage.DiffPageProps{Item: sampleItem("work_orders/WO-20418"), From: from, To: to, Swap: "/console", Differences: sampleDiff(2)}
	lines, same := diff, diff
	lines.Lines, lines.Text = true, ui.CompareLines(ui.PrettyJSON([]byte(order)), ui.PrettyJSON([]byte(strings.Replace(order, "completed", "in_progress", 1))))
	same.Differences = ui.Differences{}
	return []PageState{
		shelled("item-new", "New item", "storage", storage.EditPage(fresh)),
		shelled("item-edit", "Edit", "storage", storage.EditPage(edit)),
		shelled("item-edit-wrong", "Edit", "storage", storage.EditPage(wrong)),
		shelled("item-edit-stale", "Edit", "storage", storage.EditPage(stale)),
		shelled("item-edit-removed", "Edit", "storage", storage.EditPage(taken)),
		shelled("item-delete-stale", "Delete", "storage", storage.StaleDelete(storage.StaleDeleteProps{Item: sampleItem(hostile), Since: sampleChanges(3, hostile)})),
		shelled("item-diff", "Difference", "storage", storage.DiffPage(diff)),
		shelled("item-diff-text", "Difference", "storage", storage.DiffPage(lines)),
		shelled("item-diff-none", "Difference", "storage", storage.DiffPage(same)),
	}
}

func sampleStale() *storage.StaleProps {
	return &storage.StaleProps{
		Title: "It has changed since you opened it", Text: "Nothing was written. What you typed is below: bring in what you want of theirs, then save it over the version that is there now.",
		Now: now, Since: sampleChanges(2, hostile), Sides: sampleSides(3), Diff: sampleDiff(3), Fallback: "/console",
	}
}

func sampleSides(n int) []ui.Side {
	return []ui.Side{
		{Label: "Version 12", Note: "where you began", Tone: ui.SideBase, Glyph: ui.GlyphHistory},
		{Label: "Version 13", Note: "as it is now, by Sofia Lindqvist", Tone: ui.SideCurrent, Glyph: ui.GlyphDatabase},
		{Label: "Yours", Note: "not saved", Tone: ui.SideIncoming, Glyph: ui.GlyphPenLine},
	}[3-n:]
}

// sampleDiff is what n sides differ in.
func sampleDiff(n int) ui.Differences {
	sides := [][]byte{
		[]byte(`{"notes":"Customer asks for a call 30 minutes before arrival.","status":"scheduled","tags":["hvac","warranty"],"total_cents":18400}`),
		[]byte(fmt.Sprintf(`{"notes":"Customer asks for a call 30 minutes before arrival. Gate code 4471.","status":"in_progress","tags":["hvac","warranty","priority"],"total_cents":21900,"x":%s}`, hostileValue())),
		[]byte(`{"notes":"Customer asks for a call 45 minutes before arrival.","status":"completed","tags":["hvac"],"total_cents":18400}`),
	}
	return ui.Compare(ui.Part{Name: "$", Sides: sides[3-n:]})
}

func itemParts() []Entry {
	tree := func(value string) templ.Component {
		return ui.Tree(ui.TreeProps{Label: "Value", Root: ui.ParseJSON([]byte(value), ui.Bounds{Nodes: 40, Kids: 10}), Rest: "/console"})
	}
	return []Entry{
		{"Items", "Tree", tree(order)},
		{"Items", "Tree, hostile", tree(string(hostileValue()))},
		{"Items", "Tree, more than it shows", tree("[" + strings.TrimSuffix(strings.Repeat("[1,2],", 60), ",") + "]")},
		{"Items", "Tree, one string", tree(`"` + strings.Repeat("a", 9000) + `"`)},
		{"Items", "Diff", ui.Diff(ui.DiffProps{Label: "Two versions", Sides: sampleSides(2), Differences: sampleDiff(2)})},
		{"Items", "Diff of three", ui.Diff(ui.DiffProps{Label: "Three versions", Sides: sampleSides(3), Differences: sampleDiff(3)})},
		{"Items", "Diff, none", ui.Diff(ui.DiffProps{Label: "No difference", Sides: sampleSides(2)})},
		{"Items", "DiffCell", ui.DiffCell(ui.Cells([]byte(`"some words"`), []byte(`"other words"`))[1], ui.SideIncoming)},
		{"Items", "SideNotes", ui.SideNotes(sampleSides(3))},
		{"Items", "DiffText", ui.DiffText("By lines", ui.CompareLines("a\nb\nc", "a\n"+hostile+"\nc"))},
		{"Items", "JSONEditor", ui.JSONEditor(ui.EditorProps{ID: "g-json", Name: "json", Label: "Value", Value: order, Rows: 6, Hint: "Any JSON."})},
		{"Items", "JSONEditor, wrong", ui.JSONEditor(ui.EditorProps{ID: "g-json-wrong", Name: "json", Label: "Value", Value: hostile, Rows: 3, Error: "The value is not JSON: line 1, column 1: expected a value, not '<'."})},
	}
}

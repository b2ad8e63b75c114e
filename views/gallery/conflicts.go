package gallery

import (
	"fmt"
	"strings"

	"tidemark/views/conflicts"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

const queueBase = "/console/gallery/queue"

func sampleQueue(view string) conflicts.QueueProps {
	p := conflicts.QueueProps{
		Place: conflicts.Place{Base: queueBase, View: view}, CSRF: "token", Now: now, Oldest: now - 11_520_000, May: true,
		Views: []ui.Choice{{Label: "Open", Href: queueBase, Count: "10,000+", Current: view == "open"}, {Label: "Mine", Href: queueBase, Count: "3", Current: view == "mine"}, {Label: "AI-ready", Href: queueBase, Count: "6", Current: view == "ai"}, {Label: "Resolved", Href: queueBase, Current: view == "resolved"}},
		Terms: []conflicts.Term{{Label: "severity:high", Href: queueBase}, {Label: "kind:delete_update", Href: queueBase, On: true}, {Label: "is:unassigned", Href: queueBase}},
	}
	keys := []string{"work_orders/WO-20418", "inspections/IN-7731", "customers/c_3391", "stock/GK-14@van-07", "settings/routing.rules"}
	for i, key := range keys {
		r := conflicts.Row{
			ID: fmt.Sprintf("01JDA2Q8M3X7Y5T4%010d", i), Key: key, Owner: "dana.okafor", Collection: "storage", Summary: "Both changed status, total_cents and 2 more", Severity: []string{"Medium", "High", "Medium", "Low", "Medium"}[i],
			Fields: int64(i), At: now - int64(i+1)*2_460_000, Sure: -1,
		}
		switch i {
		case 0:
			r.Sure = 87
		case 1:
			r.Claim = "Sofia Lindqvist"
		case 2:
			r.Failed, r.Assignee = true, "Amina Haddad"
		}
		if view == "resolved" {
			r.Outcome, r.By, r.Sure, r.Failed, r.Claim, r.Assignee = []string{"merged", "kept current", "accepted incoming"}[i%3], "a policy", -1, false, "", ""
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

func cells(base, current, incoming, result string) (out [4]ui.Cell) {
	raw := func(s string) []byte {
		if s == "" {
			return nil
		}
		return []byte(s)
	}
	copy(out[:], ui.Cells(raw(base), raw(current), raw(incoming)))
	out[3] = ui.Cells(raw(result))[0]
	return out
}

func diffRow(label, state, kind, note, pick string, c [4]ui.Cell) conflicts.DiffRow {
	return conflicts.DiffRow{Name: "/" + label, Label: label, State: state, Kind: kind, Note: note, Pick: pick, Base: c[0], Current: c[1], Incoming: c[2], Result: c[3]}
}

func sampleConflict() conflicts.DetailProps {
	note := `"Customer asks for a call 30 minutes before arrival."`
	p := conflicts.DetailProps{
		Place: conflicts.Place{Base: queueBase, View: "open"}, CSRF: "token", Now: now, Script: "/console/assets/build/editor.js", ID: "01JDA2Q8M3X7Y5T40000000000", Key: "work_orders/WO-20418", Owner: "dana.okafor", Collection: "storage",
		Item: "/console/gallery/item", History: "/console/gallery/item-history", Others: queueBase, Severity: "Medium", Kind: "Both changed status, total_cents and 2 more", Reason: "Both changed the same, and the policy leaves that to a person.",
		At: now - 2_460_000, Version: 13, Open: true, May: true, Before: queueBase, After: queueBase, Merged: 6, Choose: 2,
		Base:     conflicts.Side{Label: "Base", Version: "v12", Who: "Dispatch web", Door: "REST", At: now - 14_000_000, Note: "both had it", Tone: ui.SideBase, Glyph: ui.GlyphHistory},
		Current:  conflicts.Side{Label: "Current", Version: "v13", Who: "Sofia Lindqvist", Device: "dispatch-web", Link: "/console/gallery/device", Door: "Socket.IO", At: now - 8_000_000, Tone: ui.SideCurrent, Glyph: ui.GlyphServer},
		Incoming: conflicts.Side{Label: "Incoming", Version: "on v12", Who: "Dana Okafor", Device: "tablet-07", At: now - 9_000_000, Offline: "arrived 1 h after it was written", Tone: ui.SideIncoming, Glyph: ui.GlyphSmartphone},
		Why:      []conflicts.Why{{Name: "Strategy", Text: "merge", Note: "by a policy"}, {Name: "Last write wins", Text: "would accept incoming"}, {Name: "Merge", Text: "would leave it to a person"}, {Name: "Past choice", Text: "accepted incoming in 31 of 36 in “storage”"}},
		Rows: []conflicts.DiffRow{
			diffRow("status", "choose", "", "", "", cells(`"scheduled"`, `"in_progress"`, `"completed"`, `"in_progress"`)),
			diffRow("notes", "choose", "text", "Both changed the same words.", "", cells(note, strings.Replace(note, "30", "45", 1), strings.Replace(note, "30", "20", 1), note)),
			diffRow("stock", "merged", "counter", "5, +3 by current and −2 by incoming: 6", "merged", cells("5", "8", "3", "6")),
			diffRow("tags", "merged", "set", `Current added "priority", removed "warranty"; incoming added "signed".`, "merged", cells(`["hvac","warranty"]`, `["hvac","priority"]`, `["hvac","signed","warranty"]`, `["hvac","priority","signed"]`)),
			diffRow("assignee.id", "current", "", "", "current", cells(`"u_117"`, `"u_204"`, `"u_117"`, `"u_204"`)),
			diffRow("signed_at", "incoming", "", "", "incoming", cells("", "", `"2026-11-22T11:42:08+01:00"`, `"2026-11-22T11:42:08+01:00"`)),
			diffRow("priority", "alike", "", "", "current", cells("1", "2", "2", "2")),
		},
		Same: []conflicts.SameRow{{Label: "id", Text: `"WO-20418"`}, {Label: "currency", Text: `"EUR"`}}, JSON: "{\n  \"status\": \"in_progress\"\n}",
		Chain: []conflicts.Link{
			{Change: storage.Change{Who: "Dispatch web", WhoKind: "API key", Door: "REST", At: now - 14_000_000}, Says: "Version 12, from which both began", Glyph: ui.GlyphHistory, Note: "3 h before the conflict"},
			{Change: storage.Change{Who: "Sofia Lindqvist", WhoKind: "user", Device: "dispatch-web", DeviceHref: "/console/gallery/device", Door: "Socket.IO", At: now - 8_000_000}, Says: "Version 13 was written", Tone: ui.Info, Glyph: ui.GlyphPenLine},
			{Change: storage.Change{Who: "Dana Okafor", Device: "tablet-07", At: now - 2_460_000}, Says: "A write made on version 12 arrived", Tone: ui.Warn, Glyph: ui.GlyphGitMerge, Note: "arrived 1 h after it was written"},
		},
	}
	return p
}

func conflictPages() []PageState {
	list := func(name string, change func(*conflicts.QueueProps)) PageState {
		p := sampleQueue("open")
		change(&p)
		return shelled(name, "Conflicts", "conflicts", conflicts.ListPage(p))
	}
	none := func(p *conflicts.QueueProps) { p.Rows, p.Oldest = nil, 0 }
	one := func(name string, change func(*conflicts.DetailProps)) PageState {
		q, p := sampleQueue("open"), sampleConflict()
		q.Active = q.Rows[0].ID
		change(&p)
		return shelled(name, p.Key, "conflicts", conflicts.DetailPage(q, p))
	}
	return append([]PageState{
		list("queue", func(p *conflicts.QueueProps) { p.Next = queueBase }),
		list("queue-empty", none),
		list("queue-mine-empty", func(p *conflicts.QueueProps) { none(p); p.View = "mine" }),
		list("queue-no-match", func(p *conflicts.QueueProps) { none(p); p.Text = hostile }),
		list("queue-misread", func(p *conflicts.QueueProps) {
			none(p)
			p.Text, p.Problem = "colour:red", "“colour:” is not known. There are key:, user:, device:, collection:, kind:, severity:, older:, newer:, is:."
		}),
		list("queue-resolved", func(p *conflicts.QueueProps) { *p = sampleQueue("resolved"); p.First, p.Prev = queueBase, queueBase }),
		list("queue-hostile", func(p *conflicts.QueueProps) {
			p.Rows[0].Key, p.Rows[0].Owner, p.Rows[0].Summary, p.Rows[0].Claim = hostile+long, hostile, hostile+long, hostile
		}),
		one("conflict", func(*conflicts.DetailProps) {}),
		one("conflict-suggestion", func(p *conflicts.DetailProps) {
			p.Suggestion = &conflicts.Suggestion{Sure: 87, Says: "Save a value made of both.", Reason: "The technician signed the job off after dispatch last touched it.", Model: "llama-3.3-8b", Value: "{\n  \"status\": \"completed\"\n}"}
			p.Rows[0].Hint, p.Rows[1].Hint = "incoming", "of its own"
		}),
		one("conflict-suggestion-failed", func(p *conflicts.DetailProps) {
			p.Suggestion = &conflicts.Suggestion{Failure: "The assistant did not answer in time.", Model: "llama-3.3-8b"}
		}),
	}, conflictStates(one)...)
}

func conflictStates(one func(string, func(*conflicts.DetailProps)) PageState) []PageState {
	whole := func(p *conflicts.DetailProps, row conflicts.DiffRow) {
		row.Name, row.Label = "", "the whole value"
		p.Rows, p.Same, p.Choose, p.Merged = []conflicts.DiffRow{row}, nil, 0, 1
	}
	settled := func(p *conflicts.DetailProps) {
		p.Open, p.Outcome, p.By, p.ByAt, p.Strategy, p.Reopened = false, "accepted incoming", "Amina Haddad", now-60_000, "by hand", 1
		for i := range p.Rows {
			p.Rows[i].State, p.Rows[i].Pick, p.Rows[i].Note = "settled", "incoming", ""
		}
	}
	return []PageState{
		one("conflict-removed", func(p *conflicts.DetailProps) {
			p.Severity, p.Kind, p.Current.Note = "High", "Changed by a device that had not seen its removal", "it is removed"
			whole(p, diffRow("", "incoming", "", "Current removed it without having seen the change, which stands.", "incoming", cells(`{"qty":5}`, "", `{"qty":6}`, `{"qty":6}`)))
		}),
		one("conflict-no-base", func(p *conflicts.DetailProps) {
			p.Severity, p.Kind, p.Baseless = "High", "Made on a version that is no longer kept", true
			p.Rows, p.Choose, p.Merged = []conflicts.DiffRow{diffRow("status", "choose", "", "", "", cells("", `"in_progress"`, `"completed"`, `"in_progress"`))}, 1, 0
		}),
		one("conflict-incomplete", func(p *conflicts.DetailProps) {
			p.Error, p.Wrong = "Not saved yet: 1 field needs a choice", []ui.FieldError{{Message: "notes needs a choice."}}
			p.Rows[0].Pick, p.Choose = "incoming", 1
		}),
		one("conflict-stale", func(p *conflicts.DetailProps) {
			p.Late = &conflicts.Late{Title: "The item was written since you opened this", Text: "Nothing was saved. Current is as it stands now; what you chose and typed is still here. Look at it again, then decide."}
			p.Rows[0].Pick, p.Choose, p.Typed, p.JSON, p.Current.Note = "incoming", 1, true, "{\"typed\": true}", "written after the conflict arose"
		}),
		one("conflict-late", func(p *conflicts.DetailProps) {
			settled(p)
			p.Late = &conflicts.Late{Title: "It was settled already", Text: "Somebody else, or a policy, decided before you. Nothing of yours was saved; below is what became of it."}
			p.Typed, p.JSON = true, "{\"typed\": \""+hostile+"\"}"
		}),
		one("conflict-settled", settled),
		one("conflict-claimed", func(p *conflicts.DetailProps) {
			p.People = []ui.Option{{Value: "nobody", Label: "Nobody", Selected: true}, {Value: "account:1", Label: "Amina Haddad (me)"}, {Value: "account:2", Label: "Jonas Keller"}}
			p.Claim, p.Mine, p.Assignee = conflicts.Claim{Name: "Sofia Lindqvist", At: now - 45_000}, true, "Amina Haddad"
		}),
		one("conflict-viewer", func(p *conflicts.DetailProps) { p.May = false }),
		one("conflict-hostile", func(p *conflicts.DetailProps) {
			p.Key, p.Owner, p.Kind, p.Reason, p.Incoming.Who, p.Incoming.Device, p.Claim.Name = hostile+long, hostile, hostile+long, hostile, hostile, hostile+long, hostile
			p.Rows = []conflicts.DiffRow{diffRow(hostile+long, "choose", "text", hostile, "", cells(`"`+long+`"`, `"`+strings.Repeat(long, 20)+`"`, `"x"`, `"`+long+`"`))}
			p.More, p.AllRows, p.SameMore = 1940, queueBase, 200
		}),
		shelled("queue-bulk", "Preview", "conflicts", conflicts.BulkPage(sampleSettling())),
		shelled("queue-bulk-wrong", "Preview", "conflicts", conflicts.BulkPage(func() conflicts.BulkProps {
			p := sampleSettling()
			p.Exact, p.Word, p.Typed, p.Error = false, "all that fit", hostile, "Type what stands above the field, to show that you mean all of these conflicts."
			return p
		}())),
		shelled("queue-bulk-nothing", "Preview", "conflicts", conflicts.BulkPage(conflicts.BulkProps{Place: conflicts.Place{Base: queueBase}, Action: "merge", Chosen: true, Looked: 2, Exact: true, Left: []conflicts.Count{{Label: "Both changed the same, and the policy leaves that to a person.", N: 2}}})),
	}
}

func sampleSettling() conflicts.BulkProps {
	return conflicts.BulkProps{
		Place: conflicts.Place{Base: queueBase, View: "open", Text: "severity:high"}, CSRF: "token", Action: "merge", Looked: 62, Exact: true, Current: 4, Incoming: 9, Merged: 31, Same: 4,
		Left:   []conflicts.Count{{Label: "Both changed the same, and the policy leaves that to a person.", N: 18}},
		Sample: []conflicts.Sample{{Key: "work_orders/WO-20418", Owner: "dana", Href: queueBase, Says: "merged"}, {Key: hostile + long, Owner: hostile, Href: queueBase, Says: "left open: Both changed the same, and the policy leaves that to a person."}},
	}
}

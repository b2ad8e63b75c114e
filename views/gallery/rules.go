package gallery

import (
	"fmt"

	"github.com/a-h/templ"

	"tidemark/views/insight"
	"tidemark/views/rules"
	"tidemark/views/ui"
)

const (
	conflictsAt = "/console/t/northwind/conflicts"
	mergesAll   = "Both are merged; where both changed the same, the later write stands."
	onePerson   = "A person decides."
)

func sampleRules() []rules.Rule {
	href := "/console/gallery/rule-edit"
	return []rules.Rule{
		{ID: "1", Href: href, Collection: "storage", Pattern: "work_orders/WO-20418", Does: "The first write stands.", UpdatedAt: now - 400_000},
		{ID: "2", Href: href, Collection: "storage", Pattern: "work_orders/*", Does: mergesAll, UpdatedAt: now - 86_400_000},
		{ID: "3", Href: href, Collection: "storage", Pattern: "stock/*", Path: "/onHand", Does: "It is a counter: what both added is added up.", UpdatedAt: now - 3*86_400_000},
		{ID: "4", Href: href, Pattern: hostile + long, Path: "/" + hostile, Does: "It is a register: one of the two stands. Where it clashes, a person decides.", UpdatedAt: now - 40*86_400_000},
		{ID: "5", Href: href, Does: onePerson, UpdatedAt: now - 90*86_400_000},
	}
}

func rulePages() []PageState {
	all := sampleRules()
	groups := []rules.Group{{Collection: "storage", Rules: all[:3]}, {Rules: all[3:]}}
	list := rules.Props{Base: conflictsAt, Now: now, Default: "The later write stands.", Tenant: "/console/tenants/1"}
	many := list
	many.Groups, many.Offers = groups, []rules.Offer{
		{Rule: all[2], Review: "/console/gallery/rule-new", Dismiss: "/console/x", Total: 3, Decisions: decisions(3)},
		{Rule: all[3], Review: "/console/gallery/rule-new", Dismiss: "/console/x", Total: 41, Decisions: decisions(5)},
	}
	many.Trash = []rules.Trashed{{Rule: all[1], Version: 3, At: now - 60_000}, {Rule: all[3], Version: 2, At: now - 86_400_000}}
	asked := many
	asked.Offers, asked.Asked = nil, rules.Asked{Key: "work_orders/WO-20418", Does: "The first write stands.", Rulings: []rules.Ruling{
		{Rule: all[0], Fits: true, Rules: true, Why: "It decides: it is for the key \"work_orders/WO-20418\" alone of the collection \"storage\", and none that fits says more exactly which keys it is for."},
		{Rule: all[2], Fits: true, Rules: true, Why: "What it says of /onHand holds: it is for the keys that begin with \"stock/\" of the collection \"storage\"."},
		{Rule: all[1], Fits: true, Why: "It gives way to one that says more exactly which keys it is for: that one names the whole key."},
		{Rule: all[3], Why: "It is not for this key: it is for the keys that begin with " + hostile + "."},
	}}
	wrong := asked
	wrong.Asked = rules.Asked{Key: "", Collection: hostile, Error: "key must be there"}
	return append([]PageState{
		shelled("rules-none", "Policies", "conflicts", rules.Page(list)),
		shelled("rules-many", "Policies", "conflicts", rules.Page(many)),
		shelled("rules-asked", "Policies", "conflicts", rules.Page(asked)),
		shelled("rules-asked-wrong", "Policies", "conflicts", rules.Page(wrong)),
	}, append(append(ruleForms(all), dryPages(all)...), statsPages()...)...)
}

func decisions(n int) []rules.Link {
	out := make([]rules.Link, n)
	for i := range out {
		out[i] = rules.Link{Href: conflictsAt + "/" + fmt.Sprint(i), Label: fmt.Sprintf("stock/GK-%d@van-07", 14+i)}
	}
	return out
}

func ruleForms(all []rules.Rule) []PageState {
	form := func(p rules.FormProps) templ.Component {
		p.Base = conflictsAt
		return rules.Form(p)
	}
	return []PageState{
		shelled("rule-new", "New policy", "conflicts", form(rules.FormProps{Values: rules.Values{Of: "item", Strategy: "MERGE"}})),
		shelled("rule-new-field", "New policy", "conflicts", form(rules.FormProps{Values: rules.Values{Of: "field", Path: "/onHand", Kind: "counter"}})),
		shelled("rule-edit", "Edit a policy", "conflicts", form(rules.FormProps{Known: &all[1], Values: rules.Values{ID: "2", Version: "4", Of: "item", Collection: "storage", Pattern: "work_orders/*", Strategy: "MERGE", Fallback: "LAST_WRITE_WINS"}})),
		shelled("rule-wrong", "New policy", "conflicts", form(rules.FormProps{Values: rules.Values{Of: "field", Pattern: hostile + "*x", Path: long, Collection: hostile}, Error: "Not everything is right yet", Fields: map[string]string{
			"pattern": "The keys must be a key of at most 512 bytes, with * only as the last character.", "path": "The field must be a JSON pointer such as /total, of at most 512 bytes.", "kind": "How it merges must be there, or a strategy.",
		}})),
		shelled("rule-late", "Edit a policy", "conflicts", form(rules.FormProps{Known: &all[1], Values: rules.Values{ID: "2", Version: "5", Of: "item", Pattern: "work_orders/*", Strategy: "AI_ASSISTED", Threshold: "80"}, Error: "Somebody changed this policy while you were typing. It says now: " + mergesAll + " Below is what you typed; nothing of it is saved yet."})),
	}
}

func dryPages(all []rules.Rule) []PageState {
	of := func(name string, change func(*rules.DryProps)) PageState {
		p := rules.DryProps{
			Base: conflictsAt, Self: "/console/gallery/dry-done", Now: now, Rule: all[1], Verb: "added", Edit: "/console/gallery/rule-new", Days: 30, Done: 9_418, Total: 9_418, Same: 7_001, Changed: 2_400,
			Bars:   []rules.Bar{{Label: "Both, merged", After: 6_000}, {Label: "The write that came in", Before: 4_400, After: 1_000}, {Label: "What stood", Before: 5_001, After: 2_000}, {Label: "What stood; a person decides", Before: 0, After: 401}},
			People: [2]int64{0, 401}, Follows: 31, Unknown: []rules.Unknown{{Why: "What the write began from is no longer kept.", N: 16}, {Why: "What was written in between is no longer kept.", N: 1}},
			Rows: dryRows(), Next: "/console/gallery/dry-done?page=10",
		}
		change(&p)
		return shelled(name, "Dry run", "conflicts", rules.Dry(p))
	}
	return []PageState{
		of("dry-done", func(*rules.DryProps) {}),
		of("dry-going", func(p *rules.DryProps) { p.Going, p.Done = true, 3_072 }),
		of("dry-waits", func(p *rules.DryProps) { p.Going, p.Waits, p.Done = true, true, 0 }),
		of("dry-failed", func(p *rules.DryProps) { p.Ended = "It failed. Something went wrong on our side." }),
		of("dry-nothing", func(p *rules.DryProps) {
			p.Done, p.Same, p.Changed, p.Bars, p.People, p.Follows, p.Unknown, p.Rows, p.Next = 0, 0, 0, nil, [2]int64{}, 0, nil, nil, ""
		}),
		of("dry-delete", func(p *rules.DryProps) { p.Verb, p.Rule, p.Stale = "taken away", all[3], true }),
	}
}

func dryRows() []rules.Changed {
	diff := func(a, b string) ui.Differences {
		return ui.Compare(ui.Part{Name: "$", Sides: [][]byte{[]byte(a), []byte(b)}})
	}
	return []rules.Changed{
		{
			Link: rules.Link{Href: conflictsAt + "/1", Label: "work_orders/WO-20418"}, User: "dana.okafor", Kind: "changed by both", At: now - 3_600_000, Before: "The write that came in", BeforeWhy: "The incoming write has the later clock.",
			After: "Both, merged", AfterWhy: "Both changes were merged.", Diff: diff(`{"status":"done","notes":"The pump was replaced."}`, `{"status":"done","notes":"The pump was replaced and tested.","parts":[14]}`),
		},
		{
			Link: rules.Link{Href: conflictsAt + "/2", Label: hostile + long}, User: hostile, Kind: "removed and changed", At: now - 40*86_400_000, Before: "What stood; a person decides", BeforeWhy: "No strategy settles this; a person decides.",
			After: "What stood", AfterWhy: "The stored write was accepted first.",
		},
	}
}

func statsPages() []PageState {
	of := func(name string, change func(*insight.Props)) PageState {
		p := insight.Props{
			Base: conflictsAt, Now: now, CountedAt: now - 4_000, Span: "the last 24 hours", Total: 12_480, Open: 431, ByPolicy: 11_700, ByPeople: 349, Reopened: 12, All: [2]string{conflictsAt + "?view=open", conflictsAt + "?view=resolved"},
			Ranges: []ui.Choice{{Label: "24h", Href: "/console/gallery/stats-day", Current: true}, {Label: "7d", Href: "/console/gallery/stats-day?7d"}, {Label: "30d", Href: "/console/gallery/stats-day?30d"}},
			Kinds:  bars("kinds", "11,000 of 12,480: changed by both (88 %).", "changed by both", "removed and changed", "a clock ran ahead", "a late write without a base", "other"), Outcomes: bars("outcomes", "9,000 of 12,480: merged (72 %).", "merged", "the write that came in stands", "what stood stays", "open"),
			Rankings:   []insight.Ranking{ranks("keys", "Keys"), ranks("prefixes", "Beginnings of keys"), ranks("fields", "Fields"), ranks("devices", "Devices"), {ID: "users", Title: "Users", Sub: "Whose items they are of."}},
			Strategies: []insight.Strategy{{Name: "Merge", Total: 11_000, Settled: 10_800, Waits: 200, Reopened: 12, Rows: conflictsAt + "?view=resolved"}, {Name: "The later write stands", Total: 900, Settled: 900}, {Name: "No strategy", Total: 580, People: 349, Waits: 231}},
			Waited:     349, Median: 12 * 60_000, P90: 26 * 3_600_000,
			Behind: []insight.Behind{{Open: 400, OldestAt: now - 12*86_400_000, Rows: conflictsAt + "?view=open"}, {Name: "Amina Haddad", Open: 30, OldestAt: now - 86_400_000, Rows: conflictsAt + "?view=mine"}, {Name: hostile, Open: 1, OldestAt: now - 60_000, Rows: conflictsAt + "?view=open"}},
		}
		for d := range p.Hours {
			for h := range p.Hours[d] {
				p.Hours[d][h] = int64((d*7 + h*h) % 41)
			}
		}
		change(&p)
		return shelled(name, "Statistics", "conflicts", insight.Page(p))
	}
	return []PageState{
		of("stats-day", func(*insight.Props) {}),
		of("stats-none", func(p *insight.Props) {
			*p = insight.Props{Base: p.Base, Now: now, CountedAt: now, Span: p.Span, Ranges: p.Ranges, All: p.All}
		}),
	}
}

func bars(id, finding string, series ...string) ui.StackedProps {
	p := ui.StackedProps{ID: id, Finding: finding, Head: "From", Series: series, Every: 4}
	for i := range 24 {
		b := ui.StackedBar{Label: fmt.Sprintf("22 Nov %02d:00", i)}
		for n := range series {
			b.Values = append(b.Values, int64((i*i*7+n*31)%(90/(n+1))))
		}
		p.Bars = append(p.Bars, b)
	}
	return p
}

func ranks(id, title string) insight.Ranking {
	r := insight.Ranking{ID: id, Title: title, Sub: "Most conflicts first."}
	for i, name := range []string{"work_orders/WO-20418", "stock/GK-14@van-07", hostile + long} {
		r.Rows = append(r.Rows, insight.Rank{Name: name, N: int64(400 / (i + 1)), Open: int64(31 * i), Settled: conflictsAt + "?view=resolved", Waits: conflictsAt + "?view=open"})
	}
	return r
}

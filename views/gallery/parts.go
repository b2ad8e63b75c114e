package gallery

import (
	"strings"

	"github.com/a-h/templ"

	"tidemark/views/layout"
	"tidemark/views/ui"
)

// long and hostile are what people really write.
const (
	long    = "A name of a thing that somebody thought should say everything about it at once and so does not end where one would like it to"
	hostile = `<script>alert("1")</script> <b hx-get=/x>` + "\u202e" + `sdrawkcab 🌊</b>`
)

func buttons() []Entry {
	all := func(small bool) templ.Component {
		return holding(row(),
			ui.Button(ui.ButtonProps{Label: "Save", Look: ui.Primary, Small: small}),
			ui.Button(ui.ButtonProps{Label: "Export", Glyph: ui.GlyphArrowUp, Small: small}),
			ui.Button(ui.ButtonProps{Label: "Cancel", Look: ui.Ghost, Small: small}),
			ui.Button(ui.ButtonProps{Label: "Remove", Look: ui.Danger, Glyph: ui.GlyphTrash2, Small: small}),
			ui.Button(ui.ButtonProps{Label: "Search", Glyph: ui.GlyphSearch, IconOnly: true, Small: small}),
			ui.Button(ui.ButtonProps{Label: "Pause", Glyph: ui.GlyphPause, Key: "P", Small: small}),
		)
	}
	return []Entry{
		{"Buttons", "Button", all(false)},
		{"Buttons", "Button, small", all(true)},
		{"Buttons", "Button, not now", holding(row(),
			ui.Button(ui.ButtonProps{Label: "Save", Look: ui.Primary, Attrs: templ.Attributes{"aria-disabled": "true"}}),
			ui.Button(ui.ButtonProps{Label: "Saving", Look: ui.Primary, Attrs: templ.Attributes{"aria-busy": "true"}}),
			ui.Button(ui.ButtonProps{Label: "Off", Attrs: templ.Attributes{"disabled": true}}))},
		{"Buttons", "LinkButton", holding(row(),
			ui.LinkButton(ui.ButtonProps{Label: "Open", Href: "/console", Look: ui.Primary}),
			ui.LinkButton(ui.ButtonProps{Label: "Refresh", Href: "/console", Glyph: ui.GlyphRefreshCw, IconOnly: true}))},
		{"Buttons", "Button, wide", ui.Button(ui.ButtonProps{Label: "Create account and sign in", Look: ui.Primary, Wide: true})},
	}
}

func words() []Entry {
	tones := []ui.BadgeProps{
		{Tone: ui.Neutral, Label: "idle"},
		{Tone: ui.Info, Label: "set", Glyph: ui.GlyphPenLine},
		{Tone: ui.OK, Label: "active", Glyph: ui.GlyphCheck},
		{Tone: ui.Warn, Label: "suspended", Glyph: ui.GlyphPause},
		{Tone: ui.Bad, Label: "removed", Glyph: ui.GlyphTrash2},
		{Tone: ui.AI, Label: "87 %"},
	}
	badges := make([]templ.Component, 0, len(tones))
	for _, b := range tones {
		badges = append(badges, ui.Badge(b))
	}
	return []Entry{
		{"Words", "Badge", holding(row(), badges...)},
		{"Words", "Kbd", holding(row(), ui.Kbd("Ctrl"), ui.Kbd("K"))},
		{"Words", "Avatar", holding(row(), ui.Avatar("Northwind Field Ops", ui.Info, false), ui.Avatar("Amina Haddad", ui.AI, true), ui.Avatar("", ui.Neutral, true), ui.Avatar("日本 語", ui.OK, true))},
		{"Words", "Portrait", holding(row(), ui.Portrait("Amina Haddad", portrait, false), ui.Portrait("", "", false), ui.Portrait("Amina Haddad", portrait, true), ui.Portrait("日本 語", "", true))},
		{"Words", "RelativeTime", holding(row(), ui.RelativeTime(now, now-1000), ui.RelativeTime(now, now-42_000), ui.RelativeTime(now, now-3_600_000), ui.RelativeTime(now, now-90*86_400_000), ui.RelativeTime(now, now+5000))},
		{"Words", "TextLink", ui.TextLink("/console", "All 23 keys")},
		{"Words", "CopyField", ui.CopyField("copy-short", "Command", "tidemark tenant list")},
		{"Words", "CopyField, long", ui.CopyField("copy-long", "Key", strings.Repeat("sk_live_0123456789abcdef", 12))},
		{"Words", "Facts", holding(ui.Facts(), holding(ui.Fact("Stored"), text("12.4 MB")), holding(ui.Fact("Last change"), text("#1,204")), holding(ui.Fact("Note"), text(long)))},
		{"Words", "PageHeader", holding(heading(), ui.LiveBadge())},
		{"Words", "TitleRow with Title", holding(ui.TitleRow(), holding(ui.Title(), text("tablet-04 "), ui.Badge(ui.BadgeProps{Tone: ui.OK, Label: "connected"})), ui.Button(ui.ButtonProps{Label: "Disconnect", Glyph: ui.GlyphUnplug}))},
		{"Words", "Logo", ui.Logo()},
		{"Words", "Icon", holding(row(), icons()...)},
	}
}

func icons() []templ.Component {
	var all []templ.Component
	for _, g := range ui.Glyphs() {
		all = append(all, ui.Icon(g, ""))
	}
	return all
}

func choices() []Entry {
	few := []ui.Choice{{Label: "Open", Href: "/console?view=open", Count: "14", Current: true}, {Label: "Mine", Href: "/console?view=mine", Count: "3"}, {Label: "Resolved", Href: "/console?view=resolved"}}
	many := []ui.Choice{{Label: "1h", Href: "/console?r=1h"}, {Label: "24h", Href: "/console?r=24h", Current: true}, {Label: "7d", Href: "/console?r=7d"}, {Label: "30d", Href: "/console?r=30d"}, {Label: "Custom", Href: "/console?r=x"}}
	return []Entry{
		{"Choices", "Tabs", ui.Tabs("Views", few)},
		{"Choices", "ConflictPlaces", ui.ConflictPlaces("/console/t/acme/conflicts", "Queue")},
		{"Choices", "Segmented", ui.Segmented("Time range", many)},
		{"Choices", "Menu", holding(ui.Menu(ui.MenuProps{Label: "More actions", Glyph: ui.GlyphMenu, Left: true}), popRow("Rename"), popRow("Remove"))},
		{"Choices", "Dialog", holding(row(), ui.Button(ui.ButtonProps{Label: "Open a dialog", Attrs: templ.Attributes{"data-open": "sample-dialog"}}), holding(ui.Dialog(ui.DialogProps{ID: "sample-dialog", Title: "What this is"}), text("A dialog is closed by Esc, by its button and by a click beside it.")))},
		{"Choices", "TenantSwitcher", layout.TenantSwitcher(layout.Switcher{Now: &sampleTenants[0], Tenants: sampleTenants, More: true})},
		{"Choices", "TenantSwitcher, none chosen", layout.TenantSwitcher(layout.Switcher{})},
	}
}

func forms() []Entry {
	return []Entry{
		{"Forms", "Field", ui.Field(ui.FieldProps{ID: "g-name", Name: "name", Label: "Name", Hint: "As others should see you.", Value: "Amina"})},
		{"Forms", "Field, optional", ui.Field(ui.FieldProps{ID: "g-note", Name: "note", Label: "Note", Optional: true})},
		{"Forms", "Field, wrong", ui.Field(ui.FieldProps{ID: "g-mail", Name: "email", Label: "E-mail", Type: "email", Value: hostile, Error: "The e-mail must be an e-mail address such as name@example.com."})},
		{"Forms", "Field, password", ui.Field(ui.FieldProps{ID: "g-pass", Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Hint: "At least 8 characters."})},
		{"Forms", "Field, mono", ui.Field(ui.FieldProps{ID: "g-key", Name: "key", Label: "Key", Value: "work_orders/WO-20418", Mono: true})},
		{"Forms", "ErrorSummary", ui.ErrorSummary("Two things are not right yet", []ui.FieldError{{ID: "g-mail", Message: "The e-mail must be an e-mail address such as name@example.com."}, {Message: "The limit of tenants is reached."}})},
		{"Forms", "ErrorSummary, one sentence", ui.ErrorSummary("The e-mail or the password is wrong.", nil)},
		{"Forms", "SearchField", ui.SearchField("g-search", "q", "Key, user or device", "")},
		{"Forms", "Select", ui.Select("g-select", "door", "Via", []ui.Option{{Value: "", Label: "Any"}, {Value: "rest", Label: "REST", Selected: true}})},
		{"Forms", "MoreFilters with Labelled", holding(ui.MoreFilters(1), holding(ui.Labelled("g-door", "Via"), ui.Select("g-door", "door", "Via", []ui.Option{{Value: "", Label: "Any"}, {Value: "rest", Label: "REST", Selected: true}})))},
		{"Forms", "FormToken", ui.FormToken("token")},
	}
}

package storage

import "tidemark/views/ui"

// HistoryProps describe the versions of an item.
type HistoryProps struct {
	Item
	Versions []Change
	Current  int64    // sequence number of the item as it is: there is nothing to restore
	Kept     []Change // chosen on another page, to be compared with one of this
	To       int64    // sequence number of the version chosen to compare with; 0: the newest here
	Older    string   // where the page with older ones begins; empty: there are none
	Newer    string   // where the page one came from begins; empty: this is the first, or it is not known
	First    string   // address of the newest ones; empty: this is it
	Gone     bool     // there were older versions, which are no longer kept
	Days     int      // how long history is kept
}

func (c Change) badge() ui.BadgeProps {
	if c.Removed {
		return ui.BadgeProps{Tone: ui.Bad, Label: "removed", Glyph: ui.GlyphTrash2}
	}
	return ui.BadgeProps{Tone: ui.Info, Label: "set", Glyph: ui.GlyphPenLine}
}

// base says which version the writer had before it; empty: it did not say.
func (c Change) base() string {
	switch c.Base {
	case -1:
		return ""
	case 0:
		return "as a new item"
	}
	return "on version " + ui.Comma(c.Base)
}

// comparable says whether there are two versions, here or with other pages.
func (p HistoryProps) comparable() bool {
	return len(p.Kept)+len(p.Versions) > 1 || p.First+p.Newer+p.Older != ""
}

func (p HistoryProps) kept() string { return ui.Count(int64(p.Days), "day", "days") }

func (p HistoryProps) columns() []ui.Column {
	out := []ui.Column{
		{Label: "Version", Class: "w-full sm:w-auto"},
		{Label: "Who", Class: "hidden sm:table-cell"},
		{Label: "Where", Class: "hidden md:table-cell"},
		{Label: "Size", Right: true, Class: "hidden lg:table-cell"},
		{Label: "When", Right: true, Class: "hidden sm:table-cell"},
		{Label: "Ids", Class: "hidden xl:table-cell"},
		{Label: "Restore", Right: true, Class: "max-sm:pl-0 sm:w-28"},
	}
	if !p.comparable() {
		return out
	}
	return append([]ui.Column{{Label: "From, to", Class: "w-20 max-sm:pr-0"}}, out...)
}

func (p HistoryProps) note() string {
	n := len(p.Versions)
	switch n {
	case 0:
		return ""
	case 1:
		return "Version " + ui.Comma(p.Versions[0].Version)
	}
	return "Versions " + ui.Comma(p.Versions[n-1].Version) + " to " + ui.Comma(p.Versions[0].Version)
}

// chosen are the two versions that are compared unless others are chosen.
func (p HistoryProps) chosen() (from, to int64) {
	if to = p.To; to == 0 && len(p.Versions) > 0 {
		to = p.Versions[0].Seq
	}
	for _, v := range p.Versions {
		if v.Seq != to {
			return v.Seq, to
		}
	}
	return to, to
}

func (p HistoryProps) from(v Change) bool { from, _ := p.chosen(); return v.Seq == from }

func (p HistoryProps) to(v Change) bool { _, to := p.chosen(); return v.Seq == to }

// DiffPageProps describe two versions of an item side by side.
type DiffPageProps struct {
	Item
	From, To    Change
	Lines       bool // as text, not by fields
	Differences ui.Differences
	Text        []ui.Line
	Swap        string // address of the same the other way round
}

func (p DiffPageProps) sides() []ui.Side {
	return []ui.Side{p.From.side(ui.SideCurrent), p.To.side(ui.SideIncoming)}
}

func (c Change) side(t ui.SideTone) ui.Side {
	return ui.Side{Label: "Version " + ui.Comma(c.Version), Note: c.by(), Tone: t, Glyph: ui.GlyphHistory}
}

// by is who made a version, where and when, in a line.
func (c Change) by() string {
	text := c.Who
	if c.Device != "" {
		text += " · " + c.Device
	}
	if c.Door != "" {
		text += " · " + c.Door
	}
	return text + " · " + ui.Stamp(c.At)
}

func (p DiffPageProps) choices() []ui.Choice {
	at := func(view string) string {
		more := []ui.Hidden{number("from", p.From.Seq), number("to", p.To.Seq)}
		if view != "" {
			more = append(more, ui.Hidden{Name: "view", Value: view})
		}
		return p.Place.Href("/diff", more...)
	}
	return []ui.Choice{{Label: "Fields", Href: at(""), Current: !p.Lines}, {Label: "Text", Href: at("text"), Current: p.Lines}}
}

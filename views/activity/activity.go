// Package activity is the page on which a tenant's changes are seen as they are committed.
package activity

import (
	"fmt"

	"tidemark/views/ui"
)

// Props are what the page shows.
type Props struct {
	Base   string // address of the page without its query
	Stream string // address of the live events, with the filter; empty: paused
	Filter Filter
	Rows   []ui.ActivityRowProps // newest first
	Empty  bool                  // the tenant has no changes at all
	Paused bool
	Links  Links

	Searched int // newest changes a filter looks through
}

// Filter is what the page is narrowed to.
type Filter struct {
	Text string // part of a key, or a user or device
	Op   string // "set", "remove" or empty: both
}

// Active says whether anything is filtered out.
func (f Filter) Active() bool { return f != Filter{} }

// tried says what was looked for, and where. The text is isolated, so that it turns nothing else around.
func (f Filter) tried(searched int) string {
	does := map[string]string{"": "has", "set": "sets", "remove": "removes"}[f.Op]
	switch {
	case f.Text == "":
		return fmt.Sprintf("None of the newest %d changes %s anything.", searched, does)
	case f.Op != "":
		does += " anything with"
	}
	return fmt.Sprintf("None of the newest %d changes %s “\u2068%s\u2069” in its key, user or device.", searched, does, f.Text)
}

// Links are the addresses of the same page in other states.
type Links struct {
	All, Set, Remove string // by operation
	Pause, Resume    string
	Clear            string // without the filter
}

func (p Props) choices() []ui.Choice {
	return []ui.Choice{
		{Label: "All", Href: p.Links.All, Current: p.Filter.Op == ""},
		{Label: "Set", Href: p.Links.Set, Current: p.Filter.Op == "set"},
		{Label: "Removed", Href: p.Links.Remove, Current: p.Filter.Op == "remove"},
	}
}

func (p Props) live() string {
	if p.Paused {
		return "paused"
	}
	return "off"
}

func (p Props) toggle() string {
	if p.Paused {
		return p.Links.Resume
	}
	return p.Links.Pause
}

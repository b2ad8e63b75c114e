// Package activity is the page on which a tenant's changes are seen as they are committed.
package activity

import (
	"fmt"
	"net/url"
	"strings"

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
	Doors  []Door // to choose from

	Searched int // newest changes a filter looks through
}

// Door is a way that changes come in: its name in addresses and in words.
type Door struct{ Name, Label string }

// Filter is what the page is narrowed to.
type Filter struct {
	Text   string // part of a key, or a user or device
	Op     string // "set", "remove" or empty: both
	User   string // exact
	Device string // exact
	Door   string // its name; empty: all
	Prefix string // of the key, literal
}

// Active says whether anything is filtered out.
func (f Filter) Active() bool { return f != Filter{} }

// Query is the filter as it stands in addresses.
func (f Filter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "op": f.Op, "user": f.User, "device": f.Device, "door": f.Door, "prefix": f.Prefix} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// tried says what was looked for, and where. What was typed is isolated, so that it turns nothing else around.
func (p Props) tried() string {
	f, does := p.Filter, map[string]string{"": "fits", "set": "sets a key and fits", "remove": "removes a key and fits"}[p.Filter.Op]
	var parts []string
	for _, part := range []struct{ words, value string }{
		{"with “%s” in its key, user or device", f.Text},
		{"below the prefix “%s”", f.Prefix},
		{"of the user “%s”", f.User},
		{"from the device “%s”", f.Device},
		{"via %s", p.door()},
	} {
		if part.value != "" {
			parts = append(parts, fmt.Sprintf(part.words, "\u2068"+part.value+"\u2069"))
		}
	}
	return strings.TrimSpace(fmt.Sprintf("None of the newest %s changes %s %s", ui.Comma(int64(p.Searched)), does, strings.Join(parts, ", "))) + "."
}

func (p Props) door() string {
	for _, d := range p.Doors {
		if d.Name == p.Filter.Door {
			return d.Label
		}
	}
	return ""
}

// href is the page with another filter, paused as it is.
func (p Props) href(f Filter, paused bool) string {
	q := f.Query()
	if paused {
		q.Set("paused", "1")
	}
	if len(q) == 0 {
		return p.Base
	}
	return p.Base + "?" + q.Encode()
}

func (p Props) choices() []ui.Choice {
	of := func(label, op string) ui.Choice {
		f := p.Filter
		f.Op = op
		return ui.Choice{Label: label, Href: p.href(f, false), Current: p.Filter.Op == op}
	}
	return []ui.Choice{of("All", ""), of("Set", "set"), of("Removed", "remove")}
}

func (p Props) doors() []ui.Option {
	out := []ui.Option{{Label: "Any", Selected: p.Filter.Door == ""}}
	for _, d := range p.Doors {
		out = append(out, ui.Option{Value: d.Name, Label: d.Label, Selected: p.Filter.Door == d.Name})
	}
	return out
}

// more counts the filters in use that are folded away.
func (p Props) more() int {
	n := 0
	for _, value := range []string{p.Filter.User, p.Filter.Device, p.Filter.Door, p.Filter.Prefix} {
		if value != "" {
			n++
		}
	}
	return n
}

// later says how changes come into a list that has none yet.
func (p Props) later(moving string) string {
	if p.Paused {
		return "Resume to see changes as they come."
	}
	return moving
}

func (p Props) live() string {
	if p.Paused {
		return "paused"
	}
	return "off"
}

func (p Props) toggle() string { return p.href(p.Filter, !p.Paused) }

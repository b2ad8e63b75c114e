// Package devices are the pages of a tenant's devices: the instances of its clients.
package devices

import (
	"net/url"
	"strings"

	"tidemark/views/ui"
)

// Filter is what a list of devices is narrowed to, and how it is sorted.
type Filter struct {
	State string // "connected", "lagging", "away" or empty: all
	Text  string
	User  string // exact
	Sort  string // "lag", "user" or empty: the newest connection first
}

// Active says whether anything is filtered out.
func (f Filter) Active() bool { return f.State != "" || f.Text != "" || f.User != "" }

// Href is the address of the list with the filter.
func (f Filter) Href(base string) string { return f.Page(base, "") }

// Page is the address of the list with the filter from a place on.
func (f Filter) Page(base, place string) string {
	q := url.Values{}
	for name, value := range map[string]string{"state": f.State, "q": f.Text, "user": f.User, "sort": f.Sort, "page": place} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return base
	}
	return base + "?" + q.Encode()
}

// ListProps are what the list shows.
type ListProps struct {
	Base    string // address of the list without its query
	Filter  Filter
	Counts  Counts
	Rows    []Row
	First   string // address of the first page; empty: this is it
	Prev    string // of the page before; empty: there is none, or it is not known
	Next    string // of the next page; empty: this is the last
	Partial bool   // the list was looked through in part: the next page goes on
	Curl    string // the same by the API
}

// Counts are how many devices there are.
type Counts struct{ All, Connected, Lagging int64 }

// Row is one device.
type Row struct {
	Href     string
	ID       string
	User     string
	Platform string // in words
	Agent    string // what the client calls itself
	Address  string
	Door     string
	State    State
	Skewed   bool // its clock ran ahead
	Since    int64
	Seen     int64
	Now      int64
	Lag      Lag
}

// Platform says in words what a client runs on: what it said of itself, or else what its user agent gives away.
func Platform(said, agent string) string {
	switch {
	case said != "":
		return said
	case agent == "":
		return "unknown"
	}
	return ui.Agent(agent)
}

// State is how a device is connected.
type State string

// The states of a device.
const (
	Away      State = "away"
	Connected State = "connected"
	Lagging   State = "lagging"
)

func (s State) badge() ui.BadgeProps {
	switch s {
	case Connected:
		return ui.BadgeProps{Tone: ui.OK, Label: "connected", Glyph: ui.GlyphLink}
	case Lagging:
		return ui.BadgeProps{Tone: ui.Warn, Label: "lagging", Glyph: ui.GlyphClock}
	default:
		return ui.BadgeProps{Tone: ui.Neutral, Label: "away", Glyph: ui.GlyphUnplug}
	}
}

// Lag is how far a device is behind its tenant's log.
type Lag struct {
	Mark    int64 // how far it has read
	Head    int64 // where the log stands
	Floor   int64 // where what is kept of it begins
	Waiting int64 // changes of its user that wait for it
	More    bool  // there are more than were counted
}

// Lost says that the log no longer reaches back to where the device stands.
func (l Lag) Lost() bool { return l.Mark < l.Floor || l.Mark > l.Head }

func (l Lag) upToDate() bool { return !l.Lost() && l.Waiting == 0 }

// share is how much of the kept log lies before the device, in percent.
func (l Lag) share() int64 {
	if l.Lost() {
		return 100
	}
	return (l.Head - l.Mark) * 100 / max(l.Head-l.Floor, 1)
}

// said is the share in words.
func (l Lag) said() string {
	switch {
	case l.Lost():
		return "Its place in the log is no longer kept"
	case l.share() == 0:
		return "Less than 1 % of the kept log behind"
	}
	return ui.Comma(l.share()) + " % of the kept log behind"
}

func (l Lag) word() string {
	switch {
	case l.Lost():
		return "needs a snapshot"
	case l.upToDate():
		return "up to date"
	}
	return l.count() + " " + ui.Plural(l.Waiting, "change", "changes") + " waiting"
}

func (l Lag) count() string {
	if l.More {
		return ui.Comma(l.Waiting) + "+"
	}
	return ui.Comma(l.Waiting)
}

func (p ListProps) choices() []ui.Choice {
	of := func(label, state string, n int64) ui.Choice {
		f := p.Filter
		f.State = state
		return ui.Choice{Label: label + " " + ui.Comma(n), Href: f.Href(p.Base), Current: p.Filter.State == state}
	}
	c := p.Counts
	return []ui.Choice{of("All", "", c.All), of("Connected", "connected", c.Connected), of("Lagging", "lagging", c.Lagging), of("Away", "away", c.All-c.Connected)}
}

func (p ListProps) sorts() []ui.Option {
	of := func(label, value string) ui.Option {
		return ui.Option{Value: value, Label: label, Selected: p.Filter.Sort == value}
	}
	return []ui.Option{of("Newest connection first", ""), of("Furthest behind first", "lag"), of("By user", "user")}
}

// sorted says whether the order can be chosen: that of a user's devices, and of those that lag, is given.
func (p ListProps) sorted() bool { return p.Filter.User == "" && p.Filter.State != string(Lagging) }

func (p ListProps) pager() ui.PagerProps {
	pager := ui.PagerProps{Label: "Pages of devices", First: p.First, Prev: p.Prev, Next: p.Next, Note: ui.Count(int64(len(p.Rows)), "device", "devices") + " on this page"}
	if p.Partial {
		pager.Note += ", of those looked through so far"
	}
	return pager
}

// withoutUser is the list of all users' devices.
func (p ListProps) withoutUser() string {
	f := p.Filter
	f.User = ""
	return f.Href(p.Base)
}

// tried says what was looked for. The words are isolated, so that they turn nothing else around.
func (p ListProps) tried() string {
	parts := []string{"No device"}
	if p.Filter.State != "" {
		parts = append(parts, "that is "+p.Filter.State)
	}
	if p.Filter.User != "" {
		parts = append(parts, "of the user “\u2068"+p.Filter.User+"\u2069”")
	}
	if p.Filter.Text != "" {
		parts = append(parts, "with “\u2068"+p.Filter.Text+"\u2069” in its name, user, platform, address or user agent")
	}
	if p.Partial {
		return strings.Join(parts, " ") + " among those looked through so far. The next page goes on."
	}
	return strings.Join(parts, " ") + "."
}

package storage

import (
	"net/url"
	"strconv"

	"tidemark/views/ui"
)

// ItemPlace is which item a page is about, and where its pages are.
type ItemPlace struct {
	Base       string // of the tenant's storage pages
	Collection string
	Owner      string
	Key        string
	BuiltIn    bool // it is in the collection that every address means that names none
}

// Href is the address of one of the item's pages: "" the item itself, "/edit", "/history" and so on.
func (p ItemPlace) Href(page string, more ...ui.Hidden) string {
	q := url.Values{}
	for _, h := range append(p.Fields(), more...) {
		q.Set(h.Name, h.Value)
	}
	return p.Base + "/item" + page + "?" + q.Encode()
}

// Form is where a form about the item goes; the item is in its Fields.
func (p ItemPlace) Form(page string) string { return p.Base + "/item" + page }

// Fields name the item in a form.
func (p ItemPlace) Fields() []ui.Hidden {
	named := []ui.Hidden{{Name: "owner", Value: p.Owner}, {Name: "key", Value: p.Key}}
	if p.BuiltIn {
		return named
	}
	return append([]ui.Hidden{{Name: "collection", Value: p.Collection}}, named...)
}

// with are the item's fields and more.
func (p ItemPlace) with(more ...ui.Hidden) []ui.Hidden { return append(p.Fields(), more...) }

func number(name string, n int64) ui.Hidden {
	return ui.Hidden{Name: name, Value: strconv.FormatInt(n, 10)}
}

// ItemView is one of the ways to look at an item.
type ItemView string

// The ways to look at an item.
const (
	ViewTree    ItemView = "tree"
	ViewJSON    ItemView = "json"
	ViewHistory ItemView = "history"
)

// ItemState is how an item stands.
type ItemState string

// An item is there, was removed, or its time has passed and its removal is not yet noted.
const (
	StateLive    ItemState = "live"
	StateRemoved ItemState = "removed"
	StateExpired ItemState = "expired"
)

// Item is what all pages of an item tell of it.
type Item struct {
	Place     ItemPlace
	CSRF      string
	Now       int64 // ms
	State     ItemState
	Version   int64
	ExpiresAt int64 // ms; 0: never
	Latest    *Change
}

// Change is a version of an item, and who made it.
type Change struct {
	Seq        int64
	Version    int64
	Base       int64 // the version it was made against; -1: none
	Removed    bool
	Who        string // the name of a key, an administrator or a user
	WhoKind    string // what that is
	Device     string
	DeviceHref string // empty: it has no page
	Door       string
	Address    string
	At         int64 // ms
	Size       int64
	OpID       string // empty: it was given none
	RequestID  string
}

// ItemProps describe the page of an item.
type ItemProps struct {
	Item
	View       ItemView
	Tree       ui.TreeProps
	Text       string // pretty JSON
	Cut        bool   // Text is only the beginning
	Facts      []Fact
	Tags       []string
	Metadata   string // pretty JSON; empty: none
	Curl       string // empty: no address of the API reads it
	UndeleteOK bool   // the former value is still kept
}

// Fact is a line of what is known of an item.
type Fact struct {
	Name  string
	Value string
	Note  string // more of it, in small letters
	Href  string // where the value leads; empty: nowhere
	Mono  bool
	At    int64 // a moment (ms) instead of a value
}

func (p Item) badge() ui.BadgeProps {
	switch p.State {
	case StateRemoved:
		return ui.BadgeProps{Tone: ui.Bad, Label: "removed", Glyph: ui.GlyphTrash2}
	case StateExpired:
		return ui.BadgeProps{Tone: ui.Warn, Label: "expired", Glyph: ui.GlyphClock}
	default:
		return ui.BadgeProps{Tone: ui.Neutral, Label: "version " + ui.Comma(p.Version)}
	}
}

// expiry says how long an item has left.
func (p Item) expiry() string { return "expires in " + span(p.ExpiresAt-p.Now) }

// span says a length of time (ms) in its largest whole unit.
func span(ms int64) string {
	s := max(0, ms) / 1000
	switch {
	case s < 120:
		return ui.Comma(s) + " s"
	case s < 2*3600:
		return ui.Comma(s/60) + " min"
	case s < 2*86400:
		return ui.Comma(s/3600) + " h"
	}
	return ui.Comma(s/86400) + " days"
}

func (p Item) tabs(view ItemView) []ui.Choice {
	return []ui.Choice{
		{Label: "Tree", Href: p.Place.Href(""), Current: view == ViewTree},
		{Label: "JSON", Href: p.Place.Href("", ui.Hidden{Name: "view", Value: "json"}), Current: view == ViewJSON},
		{Label: "History", Href: p.Place.Href("/history"), Current: view == ViewHistory},
	}
}

package storage

import (
	"fmt"
	"slices"
	"strings"

	"tidemark/views/ui"
)

// ListProps are what the list of items shows.
type ListProps struct {
	CSRF   string
	Base   string // address without a query
	Filter Filter
	Links  ListLinks
	Path   []Step // from all users down to the prefix
	Rows   []Row
	Chosen Chosen
	Place  Place
	Cut    *Cut // nil: the page is as full as it can be
	Empty  bool // nothing is asked for, and nothing is there
	Now    int64
}

// Place is a page of the list, and the way to it.
type Place struct{ Page, Trail string }

// Chosen is what is chosen in the list to be done, when it is shown again for what that lacks.
type Chosen struct {
	Items  map[string]bool // by what their boxes send
	Action string
	Tag    string
	Error  string // empty: nothing is wrong
	OfTag  bool   // it is the tag that is wrong
}

func (c Chosen) errors() []ui.FieldError {
	id := "bulk-action"
	if c.OfTag {
		id = "bulk-tag"
	}
	return []ui.FieldError{{ID: id, Message: c.Error}}
}

// Filter is what the list is narrowed to, as it stands in the address.
type Filter struct {
	View       string // "folders" or "list"
	Prefix     string
	Owner      string
	Collection string // empty: the built-in one
	Tag        string
	Size       string // bytes at least
	Age        string // "within-1h", "older-30d", …
	Deleted    string // "", "only" or "with"
	Sort       string // "key" or "changed"
}

// Folders says whether keys are parted.
func (f Filter) Folders() bool { return f.View == "folders" }

// More counts the filters beyond the place.
func (f Filter) More() int64 {
	n := int64(0)
	for _, s := range []string{f.Tag, f.Size, f.Age, f.Deleted, f.Collection} {
		if s != "" {
			n++
		}
	}
	return n
}

func (f Filter) hidden() []ui.Hidden {
	return []ui.Hidden{
		{Name: "prefix", Value: f.Prefix},
		{Name: "owner", Value: f.Owner},
		{Name: "collection", Value: f.Collection},
		{Name: "tag", Value: f.Tag},
		{Name: "size", Value: f.Size},
		{Name: "age", Value: f.Age},
		{Name: "view", Value: f.View},
		{Name: "deleted", Value: f.Deleted},
		{Name: "sort", Value: f.Sort},
	}
}

// ListLinks are the addresses of other states, and of what belongs to the list.
type ListLinks struct {
	Folders, List, Clear string
	First, Prev, Next    string // empty: there is none
	New                  string
	Import, Export, Jobs string
	Bulk                 string // where the selection goes
	Wipe                 string // where everything of the one user is removed; empty: more than one is shown, or less than all
}

// Step is a part of the way to what is shown.
type Step struct{ Label, Href string }

// Row is a folder, a user or an item.
type Row struct {
	Folder bool
	User   bool
	Href   string
	Label  string // of an item in a folder the end of its key
	Title  string // the whole key
	Note   string // of a folder: what is in it
	Items  int64  // of a user, in all collections
	Select string // of an item: what its box sends; empty: it has none

	Owner     string
	OwnerHref string
	Size      int64 // of a user: of all items
	Version   int64
	Tags      []Step
	ChangedAt int64
	By        string // device; empty: none
	ExpiresAt int64  // 0: never
	Removed   bool
	Expired   bool
}

// Cut says how far a list came that took too long.
type Cut struct {
	Looked int64
	Owner  string
	Key    string
}

func (c Cut) text() string {
	text := "Searched the first " + ui.Count(c.Looked, "item", "items")
	switch {
	case c.Key != "":
		return text + fmt.Sprintf(", up to “\u2068%s\u2069” of \u2068%s\u2069.", c.Key, c.Owner)
	case c.Owner != "":
		return text + fmt.Sprintf(", up to the user \u2068%s\u2069.", c.Owner)
	}
	return text + "."
}

// soFar tells of a page without a row, after which more may come.
func (p ListProps) soFar() string {
	if p.Cut != nil {
		return p.Cut.text() + " None of them fits, but there is more to search."
	}
	return "Nothing fits up to here, but there is more to search."
}

func (p ListProps) items() int64 {
	n := int64(0)
	for _, r := range p.Rows {
		if !r.Folder && !r.User {
			n++
		}
	}
	return n
}

func (p ListProps) note() string {
	n := int64(len(p.Rows))
	more := ""
	if p.Links.Next != "" {
		more = ", and more"
	}
	switch {
	case p.users():
		return ui.Count(n, "user", "users") + more
	case p.Filter.Folders():
		return p.inFolder() + more
	}
	return ui.Count(n, "item", "items") + more
}

// inFolder counts what a page of folders shows.
func (p ListProps) inFolder() string {
	items := p.items()
	folders := int64(len(p.Rows)) - items
	switch {
	case folders == 0:
		return ui.Count(items, "item", "items")
	case items == 0:
		return ui.Count(folders, "folder", "folders")
	}
	return ui.Count(folders, "folder", "folders") + ", " + ui.Count(items, "item", "items")
}

func (p ListProps) views() []ui.Choice {
	return []ui.Choice{
		{Label: "Folders", Href: p.Links.Folders, Current: p.Filter.Folders()},
		{Label: "List", Href: p.Links.List, Current: !p.Filter.Folders()},
	}
}

func options(chosen string, pairs ...string) []ui.Option {
	out := make([]ui.Option, 0, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, ui.Option{Value: pair[0], Label: pair[1], Selected: pair[0] == chosen})
	}
	return out
}

func (f Filter) sizes() []ui.Option {
	return options(f.Size, "", "Any size", "1024", "1 KB or more", "10240", "10 KB or more", "102400", "100 KB or more", "1048576", "1 MB or more")
}

func (f Filter) ages() []ui.Option {
	return options(f.Age, "", "Any time", "within-1h", "In the last hour", "within-1d", "In the last day", "within-7d", "In the last 7 days",
		"older-7d", "Over 7 days ago", "older-30d", "Over 30 days ago", "older-365d", "Over a year ago")
}

func (f Filter) removals() []ui.Option {
	return options(f.Deleted, "", "Not removed", "with", "Also removed", "only", "Only removed")
}

// UsualSort is the order when none is asked for: what changed lately is found fastest newest first.
func (f Filter) UsualSort() string {
	if strings.HasPrefix(f.Age, "within-") {
		return "changed"
	}
	return "key"
}

// sorts are the orders; the usual one goes without a word, so that it follows what else is chosen.
func (f Filter) sorts() []ui.Option {
	key, changed, chosen := "key", "changed", f.Sort
	switch f.UsualSort() {
	case "key":
		key = ""
	case "changed":
		changed = ""
	}
	if chosen == f.UsualSort() {
		chosen = ""
	}
	return options(chosen, key, "By key", changed, "Last changed first")
}

// selectable says whether a row of the page can be ticked; folders cannot.
func (p ListProps) selectable() bool {
	return slices.ContainsFunc(p.Rows, func(r Row) bool { return r.Select != "" })
}

// users says whether the rows are users.
func (p ListProps) users() bool { return p.Filter.Folders() && p.Filter.Owner == "" }

func (p ListProps) columns() []ui.Column {
	wide, wider := "hidden md:table-cell", "hidden xl:table-cell"
	if p.users() {
		return []ui.Column{{Label: "User", Class: "w-full"}, {Label: "Items", Right: true}, {Label: "Stored", Right: true, Class: "hidden sm:table-cell"}}
	}
	out := []ui.Column{{Label: "Select", Class: "w-8 pr-0 text-[0px]"}, {Label: "Key", Class: "w-full md:min-w-64"}}
	if p.Filter.Owner == "" {
		out = append(out, ui.Column{Label: "User", Class: wide})
	}
	return append(out, ui.Column{Label: "Tags", Class: wider}, ui.Column{Label: "Size", Right: true, Class: wide}, ui.Column{Label: "Version", Right: true, Class: wider},
		ui.Column{Label: "By", Class: wider}, ui.Column{Label: "Changed", Right: true})
}

// Package rules are the pages on which an administrator sees and changes the policies that settle a tenant's conflicts.
//
// Page is the list with the question which policy applies to a key and what is
// offered from decisions, Form makes a policy and edits one, Dry tells what it would have done.
package rules

import (
	"net/url"
	"strconv"

	"tidemark/views/ui"
)

// Rule is a policy of the list.
type Rule struct {
	ID         string
	Href       string
	Collection string // empty: every one
	Pattern    string // empty: every key
	Path       string // empty: the item
	Does       string // what is done, in words
	UpdatedAt  int64
}

func (r Rule) keys() string {
	if r.Pattern == "" {
		return "every key"
	}
	return r.Pattern
}

// Group is the policies of a collection, the most specific first.
type Group struct {
	Collection string // empty: those for every collection
	Rules      []Rule
}

func (g Group) title() string {
	if g.Collection == "" {
		return "Every collection"
	}
	return "Collection “\u2068" + g.Collection + "\u2069”"
}

// Offer is a policy that would have decided as people did.
type Offer struct {
	Rule
	Review    string // address of the form with it
	Dismiss   string // address of the form that turns it down
	Decisions []Link // the newest of the conflicts it is drawn from
	Total     int    // of them
}

// Link leads to a conflict.
type Link struct{ Href, Label string }

// Ruling says what part a policy has in the conflicts of the key that was asked about.
type Ruling struct {
	Rule
	Fits, Rules bool
	Why         string
}

func (r Ruling) badge() ui.BadgeProps {
	switch {
	case r.Rules && r.Path == "":
		return ui.BadgeProps{Tone: ui.OK, Label: "decides", Glyph: ui.GlyphCheck}
	case r.Rules:
		return ui.BadgeProps{Tone: ui.Info, Label: "holds for its field"}
	case r.Fits:
		return ui.BadgeProps{Tone: ui.Warn, Label: "gives way"}
	}
	return ui.BadgeProps{Tone: ui.Neutral, Label: "not for this key"}
}

// Asked is the question which policy applies to a key, and the answer.
type Asked struct {
	Key, Collection string
	Error           string // of the key
	Does            string // what settles the item, in words; empty: nothing was asked
	Default         bool   // it is the tenant's own setting
	Rulings         []Ruling
}

// Props are the list.
type Props struct {
	CSRF    string
	Base    string // of the tenant's conflicts
	Now     int64
	Default string // what settles a conflict where no policy says so, in words
	Tenant  string // address where that is set
	Groups  []Group
	Offers  []Offer
	Asked   Asked
	Trash   []Trashed
}

// Trashed is a policy that was deleted.
type Trashed struct {
	Rule
	Version int64
	At      int64
}

func (p Props) count() int {
	n := 0
	for _, g := range p.Groups {
		n += len(g.Rules)
	}
	return n
}

// Values are what the fields of a form hold, as typed.
type Values struct {
	ID, Version                                                    string // of one that is edited
	Of                                                             string // "item" or "field"
	Collection, Pattern, Path, Strategy, Fallback, Kind, Threshold string
}

// Hidden are the values as a form carries them along.
func (v Values) Hidden() []ui.Hidden {
	return []ui.Hidden{
		{Name: "id", Value: v.ID},
		{Name: "version", Value: v.Version},
		{Name: "of", Value: v.Of},
		{Name: "collection", Value: v.Collection},
		{Name: "pattern", Value: v.Pattern},
		{Name: "path", Value: v.Path},
		{Name: "strategy", Value: v.Strategy},
		{Name: "fallback", Value: v.Fallback},
		{Name: "kind", Value: v.Kind},
		{Name: "threshold", Value: v.Threshold},
	}
}

// Query are the values as an address carries them.
func (v Values) Query() string {
	q := url.Values{}
	for _, h := range v.Hidden() {
		if h.Value != "" && h.Name != "id" && h.Name != "version" {
			q.Set(h.Name, h.Value)
		}
	}
	return q.Encode()
}

// FormProps are the form of a policy.
type FormProps struct {
	CSRF   string
	Base   string // of the tenant's conflicts
	Values Values
	Known  *Rule  // that is edited; nil: a new one
	Error  string // above the form
	Fields map[string]string
	Late   bool // it was changed in the meantime
	From   string
}

func (p FormProps) field() bool { return p.Values.Of == "field" }

func (p FormProps) title() string {
	switch {
	case p.Known != nil:
		return "Edit a policy"
	case p.field():
		return "New policy for a field"
	}
	return "New policy"
}

func (p FormProps) action() string {
	if p.Known != nil {
		return p.Known.Href
	}
	return p.Base + "/rules/new"
}

// other is the form for the other of the two things that a policy may be for.
func (p FormProps) other() string {
	v := p.Values
	if v.Of = "field"; p.field() {
		v = Values{Of: "item", Collection: v.Collection, Pattern: v.Pattern}
	} else {
		v = Values{Of: "field", Collection: v.Collection, Pattern: v.Pattern}
	}
	return p.Base + "/rules/new?" + v.Query()
}

func (p FormProps) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range []string{"collection", "pattern", "path", "strategy", "fallback", "kind", "threshold", "policy"} {
		if m := p.Fields[name]; m != "" {
			id := "rule-" + name
			if name == "policy" {
				id = "rule-pattern"
			}
			out = append(out, ui.FieldError{ID: id, Message: m})
		}
	}
	return out
}

func options(now string, choices ...[2]string) []ui.Option {
	out := make([]ui.Option, len(choices))
	for i, c := range choices {
		out[i] = ui.Option{Value: c[0], Label: c[1], Selected: c[0] == now}
	}
	return out
}

func (p FormProps) strategies() []ui.Option {
	if p.field() {
		return options(p.Values.Strategy, [2]string{"", "As for the item"}, [2]string{"LAST_WRITE_WINS", "The later write stands"}, [2]string{"FIRST_WRITE_WINS", "The first write stands"}, [2]string{"MANUAL", "A person decides"})
	}
	return options(p.Values.Strategy, [2]string{"MERGE", "Merge both, field by field"}, [2]string{"LAST_WRITE_WINS", "The later write stands"}, [2]string{"FIRST_WRITE_WINS", "The first write stands"},
		[2]string{"AI_ASSISTED", "Merge both; ask the assistant about the rest"}, [2]string{"MANUAL", "A person decides"})
}

func (p FormProps) fallbacks() []ui.Option {
	return options(p.Values.Fallback, [2]string{"", "A person decides"}, [2]string{"LAST_WRITE_WINS", "The later write stands"}, [2]string{"FIRST_WRITE_WINS", "The first write stands"})
}

func (p FormProps) kinds() []ui.Option {
	return options(p.Values.Kind, [2]string{"", "By its values"}, [2]string{"register", "Register: one of the two stands"}, [2]string{"counter", "Counter: what both added"},
		[2]string{"set", "Set: what either added, without what either removed"}, [2]string{"list", "List: element by element"}, [2]string{"text", "Text: by characters"}, [2]string{"rows", "Rows: told apart by their id"}, [2]string{"flag", "Flag: yes stands"})
}

// Bar is an outcome with how often it comes of the conflicts, as the policies are and as they would be.
type Bar struct {
	Label         string
	Before, After int64
}

// Changed is a conflict of which something else would come.
type Changed struct {
	Link
	User, Kind    string
	At            int64
	Before, After string // what comes of it, in words
	BeforeWhy     string
	AfterWhy      string
	Diff          ui.Differences
}

// Unknown is a reason why conflicts could not be replayed.
type Unknown struct {
	Why string
	N   int64
}

// DryProps are a dry run.
type DryProps struct {
	CSRF    string
	Base    string // of the tenant's conflicts
	Self    string
	Now     int64
	Rule    Rule   // that is tried
	Verb    string // "added", "changed" or "taken away"
	Edit    string // address of the form with its values
	Days    int64
	Done    int64 // conflicts
	Total   int64
	Going   bool
	Waits   bool   // for its turn
	Ended   string // why there is no result: it failed, or was cancelled
	Same    int64
	Changed int64
	Bars    []Bar
	People  [2]int64 // that come to people, before and after
	Follows int64
	Unknown []Unknown
	Stale   bool
	Rows    []Changed
	First   string
	Prev    string
	Next    string
}

func (p DryProps) replayed() int64 { return p.Same + p.Changed }

func (p DryProps) save() ui.ButtonProps {
	b := ui.ButtonProps{Label: "Save the policy", Glyph: ui.GlyphSave, Look: ui.Primary, Submit: true}
	if p.Verb == "taken away" {
		b.Label, b.Glyph, b.Look = "Delete the policy", ui.GlyphTrash2, ui.Danger
	}
	return b
}

// widest is the highest number of the bars.
func (p DryProps) widest() string {
	top := int64(1)
	for _, b := range p.Bars {
		top = max(top, b.Before, b.After)
	}
	return strconv.FormatInt(top, 10)
}

func (p DryProps) finding() string {
	switch {
	case p.replayed() == 0:
		return "There was no conflict to try it on."
	case p.Changed == 0:
		return "It would have changed nothing."
	}
	return "It would have changed " + ui.Comma(p.Changed) + " of " + ui.Count(p.replayed(), "conflict", "conflicts") + "."
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

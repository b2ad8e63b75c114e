// Package conflicts draws the review queue: its list, a conflict to be decided, and what is done to many of them.
package conflicts

import (
	"net/url"
	"strings"

	"tidemark/views/ui"
)

// Place is where in the queue a page stands.
type Place struct {
	Base string // address of the queue
	View string // "open", "mine", "ai" or "resolved"
	Text string // what is filtered for
	Page string // where the page of the list begins; empty: at its first row
}

// Query is the place as a part of an address.
func (p Place) Query() string {
	q := url.Values{}
	for name, value := range map[string]string{"view": p.View, "q": p.Text, "page": p.Page} {
		if value != "" && (name != "view" || value != "open") {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Href is the address of a page below the queue that leads back to this place.
func (p Place) Href(below string) string { return p.Base + below + p.Query() }

// Of is the page of a conflict.
func (p Place) Of(id string) string { return p.Href("/" + id) }

// With is the first page of a list filtered otherwise.
func (p Place) With(view, text string) string {
	return Place{Base: p.Base, View: view, Text: text}.Href("")
}

// Fields are the place as a form carries it.
func (p Place) Fields() []ui.Hidden {
	return []ui.Hidden{{Name: "view", Value: p.View}, {Name: "q", Value: p.Text}, {Name: "page", Value: p.Page}}
}

func (p Place) resolved() bool { return p.View == "resolved" }

// QueueProps describe the list of conflicts, beside one of them or alone.
type QueueProps struct {
	Place

	CSRF    string
	Now     int64
	Views   []ui.Choice
	Terms   []Term
	Problem string // what is wrong with the filter
	Rows    []Row
	Active  string // the conflict that is open beside the list; empty: none
	Oldest  int64  // ms; 0: none waits
	First   string // pages of the list; empty: none
	Prev    string
	Next    string
	May     bool // decide
	Stream  string
}

// Term is something to filter by with a click.
type Term struct {
	Label string
	Href  string
	On    bool
}

// Row is a conflict in the list.
type Row struct {
	ID         string
	Key        string
	Owner      string
	Collection string
	Summary    string
	Severity   string // "High", "Medium" or "Low"; empty: it waits no more
	Fields     int64
	At         int64
	Sure       int64  // a suggestion's confidence in percent; -1: there is none
	Failed     bool   // the assistant gave none that can be used
	Claim      string // who has it open; empty: nobody
	Assignee   string
	Outcome    string // what became of it, such as "kept current"
	By         string // who settled it
}

// waits says that somebody still has to decide.
func (r Row) waits() bool { return r.Outcome == "" }

func (p QueueProps) filtered() bool { return p.Text != "" }

func (p QueueProps) stream() string {
	if p.Problem != "" {
		return ""
	}
	return p.Stream
}

func severity(s string) ui.BadgeProps {
	switch s {
	case "High":
		return ui.BadgeProps{Tone: ui.Bad, Label: s}
	case "Medium":
		return ui.BadgeProps{Tone: ui.Warn, Label: s}
	}
	return ui.BadgeProps{Tone: ui.Neutral, Label: s}
}

// emptyText says why the list is empty.
func (p QueueProps) emptyText() (title, text string) {
	switch {
	case p.filtered():
		return "No conflict fits", "There is none in this view that fits what is filtered for."
	case p.View == "mine":
		return "Nothing is assigned to you", "Conflicts that somebody gives to you, or that you take, are listed here."
	case p.View == "ai":
		return "No suggestion waits", "Where a policy asks an assistant, conflicts it has a suggestion for are listed here."
	case p.resolved():
		return "No conflict was settled yet", "What policies and people settle is listed here, with both sides kept, and can be undone."
	}
	return "Nothing to review", "Writes that clash and that no policy settles wait here for a person. Until then the stored value stands, and nothing is lost."
}

// age says how long something has waited.
func age(now, at int64) string { return strings.TrimSuffix(ui.Ago(now, at), " ago") }

// News are what happened to a list since its page was loaded.
type News struct {
	Joined int64
	Left   int64
	Fresh  string // address of the list as it is now
	Claims []Chip
}

// Chip is what is said live of one row.
type Chip struct {
	ID       string
	Claim    string
	Assignee string
	Gone     bool // it waits no more
}

func (n News) text() string {
	var out []string
	if n.Joined > 0 {
		out = append(out, ui.Comma(n.Joined)+" new")
	}
	if n.Left > 0 {
		out = append(out, ui.Comma(n.Left)+" settled")
	}
	return strings.Join(out, " · ")
}

package conflicts

import (
	"fmt"
	"strconv"

	"github.com/a-h/templ"

	"tidemark/views/storage"
	"tidemark/views/ui"
)

// DetailProps describe one conflict.
type DetailProps struct {
	Place

	CSRF       string
	Now        int64
	Script     string // address of the editor
	ID         string
	Key        string
	Owner      string
	Collection string
	Item       string // address of the item
	History    string // of its versions
	Others     string // of the other conflicts of the item
	Severity   string
	Kind       string // in words
	Reason     string // one sentence
	At         int64
	Version    int64 // of the item as it is shown here
	Open       bool
	May        bool // decide

	Outcome    string // once it is settled: what became of it
	By         string
	ByAt       int64
	Strategy   string
	Reopened   int64
	Claim      Claim
	Assignee   string
	Mine       bool        // it is assigned to who looks
	People     []ui.Option // who it may be given to; none where there is nobody else
	Base       Side
	Current    Side
	Incoming   Side
	Why        []Why
	Suggestion *Suggestion

	Rows     []DiffRow
	More     int    // rows left out
	AllRows  string // address of the page with all of them
	Same     []SameRow
	SameMore int
	Choose   int // rows that need a choice
	Merged   int // rows that do not
	Baseless bool
	JSON     string // the merged value, or what was typed
	Typed    bool   // the JSON is to be saved in place of the picks
	Chain    []Link
	Before   string // address of the conflict before this one in the list
	After    string
	Error    string // why it was not saved
	Wrong    []ui.FieldError
	Late     *Late
}

// Claim says who has a conflict open.
type Claim struct {
	Name string // empty: nobody else
	At   int64
}

// Late tells of a decision that came too late.
type Late struct {
	Title string
	Text  string
}

// Side is one of the versions of an item that a conflict is about.
type Side struct {
	Label   string
	Version string
	Who     string
	Device  string
	Link    string // address of the device's page
	Door    string
	At      int64
	Offline string // how long the device had been away
	Note    string // such as that it is not kept
	Tone    ui.SideTone
	Glyph   ui.Glyph
}

func (s Side) tint() string {
	switch s.Tone {
	case ui.SideCurrent:
		return "bg-cur-soft text-cur"
	case ui.SideIncoming:
		return "bg-inc-soft text-inc"
	default:
		return "bg-sunken text-ink-2"
	}
}

// Why is one fact of why a conflict came to a person.
type Why struct{ Name, Text, Note string }

// Suggestion is what an assistant would do.
type Suggestion struct {
	Sure    int64 // percent
	Says    string
	Reason  string
	Model   string
	Failure string // why there is none; then nothing else is set but Model
	Value   string // of a merged one, as JSON to read
}

// DiffRow is a path that the sides differ at.
type DiffRow struct {
	Name     string // as the form sends it
	Label    string
	State    string // "choose", "merged", "current", "incoming" or "alike"; of a settled conflict "settled" for the first two
	Kind     string // how it merges, such as "counter"
	Base     ui.Cell
	Current  ui.Cell
	Incoming ui.Cell
	Result   ui.Cell
	Note     string // how the result came about
	Hint     string // what the assistant would take
	Pick     string // "current", "incoming", "merged" or empty
	NoBase   bool
}

func (r DiffRow) badge() ui.BadgeProps {
	switch r.State {
	case "choose":
		return ui.BadgeProps{Tone: ui.Bad, Label: "needs a choice", Glyph: ui.GlyphTriangleAlert}
	case "merged":
		return ui.BadgeProps{Tone: ui.OK, Label: r.Kind + " merge", Glyph: ui.GlyphGitMerge}
	case "settled":
		return ui.BadgeProps{Tone: ui.Neutral, Label: "both changed"}
	case "current":
		return ui.BadgeProps{Tone: ui.Info, Label: "current changed"}
	case "incoming":
		return ui.BadgeProps{Tone: ui.Warn, Label: "incoming changed"}
	}
	return ui.BadgeProps{Tone: ui.Neutral, Label: "both changed, alike"}
}

// result says whose cell stands, for its colour.
func (r DiffRow) tone() string {
	switch r.Pick {
	case "current":
		return "text-cur"
	case "incoming":
		return "text-inc"
	default:
		return "text-ink"
	}
}

// SameRow is a path that nobody changed.
type SameRow struct{ Label, Text string }

// Link is a step of what led to a conflict.
type Link struct {
	storage.Change

	Says  string
	Tone  ui.Tone
	Glyph ui.Glyph
	Note  string
}

func (p DetailProps) act(what string) string { return p.own() + what }

// own is the address of the conflict without the place in the list.
func (p DetailProps) own() string { return p.Place.Base + "/" + p.ID }

func (p DetailProps) summary() string {
	var out string
	if !p.Open {
		return fmt.Sprintf("%d changed · %d unchanged", p.Choose+p.Merged, len(p.Same)+p.SameMore)
	}
	if p.Choose > 0 {
		out = fmt.Sprintf("%d to choose · ", p.Choose)
	}
	return out + fmt.Sprintf("%d merged for you · %d unchanged", p.Merged, len(p.Same)+p.SameMore)
}

func (p DetailProps) left() string {
	return ui.Count(int64(p.Choose), "field needs a choice", "fields need a choice")
}

// columns is how the table of fields is divided.
func (p DetailProps) hasBase() bool { return !p.Baseless }

func (s *Suggestion) title() string {
	if s.Failure != "" {
		return "No suggestion"
	}
	return "Suggestion"
}

func (l Link) tint() string {
	switch l.Tone {
	case ui.Info:
		return "text-cur"
	case ui.Warn:
		return "text-inc"
	case ui.OK:
		return "text-ok"
	case ui.Bad, ui.AI, ui.Neutral:
	}
	return "text-ink-3"
}

// act are the attributes of a button that decides.
func act(key string) templ.Attributes {
	return templ.Attributes{"form": "decide", "data-key": key, "aria-keyshortcuts": key}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

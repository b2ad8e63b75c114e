package storage

import (
	"fmt"

	"tidemark/views/ui"
)

// BulkProps are the preview of something done to many items.
type BulkProps struct {
	CSRF     string
	Action   string // "delete", "tag" or "untag"
	Tag      string
	Affected int64
	Exact    bool
	Skipped  []Count
	Sample   []Sample
	Scope    string // in words: which items
	Start    string // where the form goes
	Back     string
	Fields   []ui.Hidden
	Word     string // to be typed; empty: none
	Typed    string
	Error    string
}

// Sample is one of the items meant.
type Sample struct{ Key, Owner string }

// Count is how many there are of something.
type Count struct {
	Label string
	N     int64
}

func (p BulkProps) count() string {
	if p.Exact {
		return ui.Comma(p.Affected)
	}
	return "at least " + ui.Comma(p.Affected)
}

func (p BulkProps) things() string {
	return p.count() + " " + ui.Plural(p.Affected, "item", "items")
}

// nothing says that there is nothing to be done.
func (p BulkProps) nothing() bool { return p.Affected == 0 && p.Exact }

// tags says that it is about a tag; a deletion may come with one that was typed before.
func (p BulkProps) tags() bool { return p.Action != "delete" && p.Tag != "" }

func (p BulkProps) toBe() string {
	if p.Action == "delete" {
		return "To be deleted"
	}
	return "To be changed"
}

// Title is the question the page asks.
func (p BulkProps) Title() string {
	switch {
	case p.nothing():
		return "Nothing to change"
	case p.Action == "tag":
		return fmt.Sprintf("Add the tag “\u2068%s\u2069” to %s?", p.Tag, p.things())
	case p.Action == "untag":
		return fmt.Sprintf("Remove the tag “\u2068%s\u2069” from %s?", p.Tag, p.things())
	}
	return "Delete " + p.things() + "?"
}

func (p BulkProps) text() string {
	if p.Action == "delete" {
		return "Clients drop these items as they hear of it. Items that are changed before the job comes to them are left alone. The job can be undone for as long as the history keeps what it removed."
	}
	return "Each item becomes a new version with the same value. Items that somebody changes at the same moment are left alone."
}

func (p BulkProps) button() string {
	switch p.Action {
	case "tag":
		return "Add tag"
	case "untag":
		return "Remove tag"
	}
	return "Delete " + p.things()
}

func (p BulkProps) look() ui.Look {
	if p.Action == "delete" {
		return ui.Danger
	}
	return ui.Primary
}

// ClearProps ask before everything one user stores is removed.
type ClearProps struct {
	CSRF   string
	Owner  string
	Items  int64
	Op     string // id of the operation, so that it is done once however often the form is sent
	Action string // where the form goes
	Cancel string
	Typed  string
	Error  string
}

func (p ClearProps) confirm() ui.ConfirmProps {
	things := ui.Count(p.Items, "item", "items")
	return ui.ConfirmProps{
		CSRF: p.CSRF, Action: p.Action, Cancel: p.Cancel, Title: fmt.Sprintf("Clear the storage of “\u2068%s\u2069”?", p.Owner),
		Text:    "This cannot be undone as a whole. As long as the history keeps them, former versions can be restored one by one.",
		Effects: []string{things + " of the built-in collection " + ui.Plural(p.Items, "is", "are") + " removed here and, as they hear of it, on this user’s devices.", "What a device writes from now on stays."},
		Word:    p.Owner, Typed: p.Typed, Error: p.Error, Button: "Clear " + things, Fields: []ui.Hidden{{Name: "owner", Value: p.Owner}, {Name: "op", Value: p.Op}},
	}
}

package conflicts

import "tidemark/views/ui"

// BulkProps are the preview of one decision for many conflicts.
type BulkProps struct {
	Place

	CSRF     string
	Action   string // "current", "incoming" or "merge"
	Looked   int64
	Exact    bool // all were looked at
	Chosen   bool // by hand
	Current  int64
	Incoming int64
	Merged   int64
	Same     int64 // of these: the item stays as it is
	Left     []Count
	Sample   []Sample
	Fields   []ui.Hidden
	Word     string // to be typed; empty: none
	Typed    string
	Error    string
}

// Count is how many there are of something.
type Count struct {
	Label string
	N     int64
}

// Sample is what would become of one conflict.
type Sample struct{ Key, Owner, Href, Says string }

// Settled is how many would be settled.
func (p BulkProps) Settled() int64 { return p.Current + p.Incoming + p.Merged }

func (p BulkProps) count() string {
	if p.Exact {
		return ui.Comma(p.Settled())
	}
	return "at least " + ui.Comma(p.Settled())
}

func (p BulkProps) title() string {
	if p.nothing() {
		return "Nothing can be settled so"
	}
	return p.verb() + " " + p.count() + " " + ui.Plural(p.Settled(), "conflict", "conflicts") + "?"
}

func (p BulkProps) verb() string {
	switch p.Action {
	case "current":
		return "Keep current of"
	case "incoming":
		return "Accept incoming of"
	}
	return "Merge"
}

func (p BulkProps) nothing() bool { return p.Exact && p.Settled() == 0 }

func (p BulkProps) scope() string {
	switch {
	case p.Chosen:
		return "The " + ui.Count(p.Looked, "conflict", "conflicts") + " you chose."
	case p.Text != "":
		return "All open conflicts that fit “\u2068" + p.Text + "\u2069”."
	}
	return "All open conflicts of this view."
}

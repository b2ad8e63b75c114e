package storage

import "tidemark/views/ui"

// EditProps describe the form of an item: a new one, or one that is there.
type EditProps struct {
	Place    ItemPlace
	CSRF     string
	Script   string // address of the editor's code
	New      bool
	Version  int64  // the base version of what is being edited
	Seq      int64  // and where that is in the log
	Op       string // names this form, so that sending it twice is one write
	Value    string
	Metadata string
	Tags     string // one a line
	Expires  string
	Priority string
	Error    string            // above the form; empty: nothing is wrong
	Fields   map[string]string // what is wrong with which field
	Stale    *StaleProps       // the item has changed meanwhile
}

// editFields are the fields of the form, in its order.
var editFields = []string{"value", "key", "owner", "collection", "tags", "expires", "priority", "metadata"}

func (p EditProps) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range editFields {
		if message := p.Fields[name]; message != "" {
			out = append(out, ui.FieldError{ID: "item-" + name, Message: message})
		}
	}
	return out
}

// typed says whether the form holds what a person typed and nobody has saved.
func (p EditProps) typed() string {
	if p.Stale != nil || p.Error != "" {
		return "typed"
	}
	return ""
}

func (p EditProps) action() string {
	if p.New {
		return p.Place.Form("/new")
	}
	return p.Place.Href("/edit")
}

func (p EditProps) cancel() string {
	if p.New {
		return p.Place.Base
	}
	return p.Place.Href("")
}

func (p EditProps) hidden() []ui.Hidden {
	return []ui.Hidden{{Name: "op", Value: p.Op}, number("version", p.Version), number("seq", p.Seq)}
}

func (p EditProps) save() string {
	switch {
	case p.Stale != nil && p.Stale.Removed:
		return "Save mine, bring it back"
	case p.Stale != nil:
		return "Save mine over version " + ui.Comma(p.Version)
	case p.New:
		return "Create"
	}
	return "Save"
}

// StaleProps tell that an item has changed since it was opened.
type StaleProps struct {
	Title    string
	Text     string
	Now      int64 // ms
	Removed  bool  // it is gone now
	Since    []Change
	Sides    []ui.Side
	Diff     ui.Differences
	Fallback string // the theirs: address of the item as it is
}

// theirs says what leaving the item as it is means.
func (p StaleProps) theirs() string {
	if p.Removed {
		return "Leave it removed"
	}
	return "Take theirs"
}

// StaleDeleteProps ask whether to delete an item that has changed since it was looked at.
type StaleDeleteProps struct {
	Item
	Since []Change
}

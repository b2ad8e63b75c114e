package storage

import (
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"tidemark/views/ui"
)

// ImportProps are what the page shows on which an import begins.
type ImportProps struct {
	CSRF   string
	Action string
	Back   string
	Owner  string
	Error  string
	Fields map[string]string // messages by field
	Most   string            // bytes that a file may have without JavaScript, in words
	Part   string            // bytes of a part of a larger one
}

func (p ImportProps) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range []string{"file", "owner"} {
		if m := p.Fields[name]; m != "" {
			out = append(out, ui.FieldError{ID: "import-" + name, Message: m})
		}
	}
	return out
}

// LineExample is a line of a file to import.
const LineExample = `{"key":"orders/1","value":{"total":12.5},"owner":"u-17","tags":["paid"],"metadata":{"from":"shop"},"priority":0,"ttl":86400,"timestamp":1767225600000}`

// JobProps are what the page of a job shows.
type JobProps struct {
	CSRF   string
	Self   string // address of the page
	Jobs   string // of the list
	Title  string
	What   string // more about it: a file's name, what keys begin with, or a tag
	WhatIs string // of these
	Status string // "open", "held", "done", "failed" or "cancelled"
	Stage  string // of an import: "upload", "check", "ready" or "write"
	Done   int64  // gone through, whatever became of it
	Total  int64  // 0: unknown
	Failed int64
	Waits  bool // another job of this tenant comes first
	Ending bool // somebody has asked for its end
	Error  string
	Counts []Count
	Errors []JobError
	Kept   int64  // errors that are kept, at most
	First  string // addresses of other pages of errors; empty: there is none
	Prev   string
	Next   string
	By     string
	At     int64
	Last   int64
	Now    int64
	Undo   bool  // it can be taken back
	Parts  int64 // of a file
	Bytes  int64
	Policy string // chosen the last time
}

// JobError is one thing that could not be done.
type JobError struct {
	Place  string
	Key    string
	Owner  string
	Href   string // of the item; empty: there is none
	Reason string
}

func (p JobProps) moves() bool { return p.Status == "open" }

// unit is what a job goes through.
func (p JobProps) unit() string {
	switch p.Stage {
	case "":
		return "items"
	case "upload":
		return ""
	}
	return "lines"
}

func (p JobProps) badge() ui.BadgeProps {
	return ui.JobBadge(ui.JobState{Status: p.Status, Stage: p.Stage, Waits: p.Waits, Ending: p.Ending, Failed: p.Failed})
}

// poll has the page ask for itself again for as long as the job goes on.
func (p JobProps) poll() templ.Attributes {
	if !p.moves() {
		return nil
	}
	return templ.Attributes{"hx-get": p.Self, "hx-trigger": "every 1s", "hx-target": "this", "hx-swap": "outerHTML"}
}

func (p JobProps) errorsTitle() string {
	if p.Stage == "check" || p.Stage == "ready" {
		return "Lines that cannot be imported"
	}
	return "What could not be done"
}

func (p JobProps) errorsNote() string {
	if p.Failed > p.Kept {
		return fmt.Sprintf("%s in all; the first %s are kept", ui.Comma(p.Failed), ui.Comma(p.Kept))
	}
	return ui.Comma(p.Failed) + " in all"
}

func (p JobProps) summary() string {
	n := map[string]int64{}
	for _, c := range p.Counts {
		n[c.Label] = c.N
	}
	return fmt.Sprintf("%s new, %s %s already, %s invalid", ui.Comma(n["New"]), ui.Comma(n["Existing"]), ui.Plural(n["Existing"], "exists", "exist"), ui.Comma(n["Invalid"]))
}

// errorColumns leave out where something stands in a file, unless it came from one.
func (p JobProps) errorColumns() []ui.Column {
	out := []ui.Column{{Label: "Key", Class: "w-1/3"}, {Label: "Why", Class: "w-1/2"}}
	if p.placed() {
		return append([]ui.Column{{Label: "Where"}}, out...)
	}
	return out
}

func (p JobProps) placed() bool {
	return slices.ContainsFunc(p.Errors, func(e JobError) bool { return e.Place != "" })
}

// JobsProps are the jobs of a tenant.
type JobsProps struct {
	Back  string
	First string // addresses of other pages; empty: there is none
	Prev  string
	Next  string
	Rows  []JobRow
	Now   int64
}

// JobRow is a job in a list.
type JobRow struct {
	Href   string
	Title  string
	Status string
	Stage  string
	Waits  bool
	Ending bool
	Done   int64 // gone through, whatever became of it
	Total  int64
	Failed int64
	By     string
	At     int64
}

func (r JobRow) badge() ui.BadgeProps {
	return ui.JobBadge(ui.JobState{Status: r.Status, Stage: r.Stage, Waits: r.Waits, Ending: r.Ending, Failed: r.Failed})
}

// Package roles are the pages of what a tenant's roles give.
package roles

import (
	"strconv"

	"tidemark/views/ui"
	"tidemark/views/users"
)

// MatrixProps are what the page of all roles shows.
type MatrixProps struct {
	CSRF    string
	Base    string
	Roles   []Head
	Rows    []Line
	Trash   []Head
	People  Registration
	Default bool // the page shows the shipped roles alone
}

// Head is a role at the top of its column.
type Head struct {
	Name    string
	Title   string
	Href    string
	Own     bool // made by the tenant
	MFA     bool // its members sign in with a second factor
	Members int64
	Fields  int // parts of values it keeps back
	Version int64
}

// Line is a permission with what each role gives of it.
type Line struct {
	Area   string // where the line begins another one; empty: the same as before
	Name   string
	Label  string
	Writes bool
	Cells  []Cell
}

// Cell is what a role gives of a permission.
type Cell string

// What a role gives.
const (
	None  Cell = ""
	Whole Cell = "all"
	Part  Cell = "part"
)

func (c Cell) said() string {
	switch c {
	case Whole:
		return "yes"
	case Part:
		return "for some keys"
	case None:
	}
	return "no"
}

// Registration is how people come into the tenant, and what they sign in with.
type Registration struct {
	Action  string
	Version int64
	Roles   []ui.Option
	MFA     []Tick
	Error   string
	Stale   bool // somebody saved it meanwhile
}

// Tick is a box with its words.
type Tick struct {
	Value string
	Label string
	On    bool
	Hint  string
}

// FormProps are a role to be made, changed or looked at.
type FormProps struct {
	CSRF    string
	Base    string
	Action  string
	Title   string
	Name    string
	NewName bool // it can be chosen
	Label   string
	MFA     bool
	Areas   []Area
	Narrow  string
	Fields  []Field
	Version int64
	Fixed   bool   // ships with Tidemark
	Copy    string // where a role like it is made
	Delete  string
	Errors  map[string]string
	Stale   []string
}

// Area is a group of permissions.
type Area struct {
	Name  string
	Ticks []Tick
}

// Field is a rule for a part of values.
type Field struct {
	Collection, Key, Pointer string
	Hidden                   bool
}

func (p FormProps) problems() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range []string{"name", "title", "grants", "fields", ""} {
		if p.Errors[name] != "" {
			out = append(out, ui.FieldError{ID: map[string]string{"name": "role-name", "title": "role-title", "grants": "role-narrow", "fields": "field-0-collection"}[name], Message: p.Errors[name]})
		}
	}
	return out
}

// PreviewProps are a role before it is saved.
type PreviewProps = users.ChangeProps

// WhyProps are the answer to whether somebody may do something.
type WhyProps struct {
	Base       string
	Self       string
	User       string
	Key        string
	Keys       []ui.Option
	Permission []ui.Option
	Where      string
	Asked      bool
	Allowed    bool
	Steps      []Step
	Error      string
}

// Step is one of the things that have to hold.
type Step struct {
	Name string
	OK   bool
	Text string
	Rule string // in the form of a scope; empty: none
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

func field(i int, name string) string { return "field-" + strconv.Itoa(i) + "-" + name }

// Package field is the registry of field types: what a value of each may be, how
// it is read, shown, sorted and searched, and how two changes of it merge.
//
// A Type is one kind of field, in a file of its own. With options it makes a
// Field, which judges values. A value is canonical JSON, as protocol.Canonical
// makes it; no value is nil, and never null. Nothing here knows of tables, of
// tenants or of a database.
package field

import (
	"fmt"
	"time"
)

// Type is one type of field.
type Type struct {
	Name    string // part of the wire contract, camelCase
	Label   string // for people
	Group   Group
	About   string // one sentence of what it holds, for whoever picks one
	Source  Source // who gives it its value; empty: Given
	Storage string // the column a database of one's own would have for it
	Merge   Merge  // of two changes; a Field that is a Merger has its own
	Index   Index  // how it can be found
	Filters []Op   // what may be asked of it
	Widget  Widget // what it is edited with
	Cell    Cell   // what it is shown as in a table
	Secret  bool   // it can be written and never be read
	Lead    bool   // it can be what a record is called by
	Library string // what does the judging, where that is not Tidemark

	options *options
}

// Group is what types are sorted under for whoever picks one.
type Group string

// The groups, in the order they are shown in.
const (
	GroupText       Group = "text"
	GroupNumber     Group = "number"
	GroupChoice     Group = "choice"
	GroupTime       Group = "time"
	GroupIdentifier Group = "identifier"
	GroupStructure  Group = "structure"
	GroupRelation   Group = "relation"
	GroupPlace      Group = "place"
	GroupFile       Group = "file"
	GroupSecret     Group = "secret"
	GroupSystem     Group = "system"
)

// Groups are all there are, in order.
var Groups = []Group{GroupText, GroupNumber, GroupChoice, GroupTime, GroupIdentifier, GroupStructure, GroupRelation, GroupPlace, GroupFile, GroupSecret, GroupSystem}

// Source says who gives a field its value.
type Source string

// The sources of values.
const (
	Given    Source = "given"    // whoever writes the record
	Server   Source = "server"   // Tidemark when it takes a write; what a client sends for it is left out
	Computed Source = "computed" // made of other fields when a record is read; never stored, never synced
	Nothing  Source = "nothing"  // it has none
)

// Merge says how two changes of a field made apart become one. The engine maps it to a replicated data type.
type Merge string

// The kinds of merges.
const (
	MergeRegister Merge = "register" // the later one stands, as a whole
	MergeReview   Merge = "review"   // as a register; when both changed it a person decides
	MergeFirst    Merge = "first"    // the first one stands
	MergeFlag     Merge = "flag"     // of yes and no, yes stands
	MergeCounter  Merge = "counter"  // both are added
	MergeSet      Merge = "set"      // what either added, without what either removed
	MergeList     Merge = "list"     // element by element, in order
	MergeRows     Merge = "rows"     // as a list of objects that are told apart by their id, each member by member
	MergeMap      Merge = "map"      // member by member
	MergeText     Merge = "text"     // by characters
	MergeServer   Merge = "server"   // not at all: the server sets it
	MergeComputed Merge = "computed" // not at all: it is made anew
	MergeNothing  Merge = "nothing"  // it has no value
)

// Index says how values can be found without reading every record.
type Index string

// The kinds of indexes.
const (
	NoIndex  Index = "none"
	ByValue  Index = "value"   // one key for each value; sortable, and it may be unique
	ByMember Index = "members" // a key for each member of it
)

// Op is something that may be asked of a field in a filter.
type Op string

// The operators. Those with an operand take it as text that Parse reads.
const (
	Eq         Op = "eq"
	Ne         Op = "ne"
	Lt         Op = "lt"
	Le         Op = "le"
	Gt         Op = "gt"
	Ge         Op = "ge"
	In         Op = "in"         // one of several
	Contains   Op = "contains"   // the text is in what is shown, in any case of letters
	StartsWith Op = "startsWith" // what is shown begins with the text, in any case of letters
	Has        Op = "has"        // one of its members is this
	Empty      Op = "empty"      // no value; no operand
	NotEmpty   Op = "notEmpty"   // no operand
)

// Sets of operators that many types share.
var (
	opsText    = []Op{Eq, Ne, In, Contains, StartsWith, Lt, Le, Gt, Ge, Empty, NotEmpty}
	opsOrdered = []Op{Eq, Ne, In, Lt, Le, Gt, Ge, Empty, NotEmpty}
	opsEqual   = []Op{Eq, Ne, In, Empty, NotEmpty}
	opsMembers = []Op{Has, Empty, NotEmpty}
	opsLong    = []Op{Contains, StartsWith, Empty, NotEmpty}
	opsPresent = []Op{Empty, NotEmpty}
)

// Widget is what a value is edited with.
type Widget string

// The widgets.
const (
	WidgetLine     Widget = "line"     // one line of text
	WidgetArea     Widget = "area"     // lines of text
	WidgetCode     Widget = "code"     // lines of text in type of one width
	WidgetNumber   Widget = "number"   // a number, by the locale
	WidgetMoney    Widget = "money"    // an amount and a currency
	WidgetQuantity Widget = "quantity" // an amount and a unit
	WidgetSwitch   Widget = "switch"   // yes or no
	WidgetRating   Widget = "rating"   // stars
	WidgetRange    Widget = "range"    // a slider
	WidgetSelect   Widget = "select"   // one of some
	WidgetChoices  Widget = "choices"  // some of some
	WidgetTags     Widget = "tags"     // words one makes up
	WidgetDate     Widget = "date"
	WidgetTime     Widget = "time"
	WidgetDateTime Widget = "datetime"
	WidgetZoned    Widget = "zoned" // date, time and zone
	WidgetDates    Widget = "dates" // from and to
	WidgetColor    Widget = "color"
	WidgetJSON     Widget = "json"
	WidgetPairs    Widget = "pairs"     // names and values
	WidgetLines    Widget = "lines"     // a list, one a line
	WidgetAddress  Widget = "address"   // parts of an address
	WidgetChecks   Widget = "checklist" // steps to tick off
	WidgetRows     Widget = "rows"      // a table in the record
	WidgetLanguage Widget = "languages" // a text for each language
	WidgetPoint    Widget = "point"     // latitude and longitude
	WidgetLink     Widget = "link"      // a record
	WidgetLinks    Widget = "links"     // records
	WidgetUser     Widget = "user"
	WidgetUsers    Widget = "users"
	WidgetFile     Widget = "file"
	WidgetFiles    Widget = "files"
	WidgetSecret   Widget = "secret" // text that is not shown
	WidgetVote     Widget = "vote"
	WidgetNone     Widget = "none" // it is not edited
)

// Cell is what a value is shown as in a table.
type Cell string

// The cells.
const (
	CellText    Cell = "text"
	CellMono    Cell = "mono"   // text of one width: identifiers, code
	CellNumber  Cell = "number" // at the right, in figures of one width
	CellBadge   Cell = "badge"  // one coloured word
	CellBadges  Cell = "badges" // some
	CellCheck   Cell = "check"  // a tick, or none
	CellStars   Cell = "stars"
	CellBar     Cell = "bar"    // part of 100
	CellLink    Cell = "link"   // leads out
	CellRecord  Cell = "record" // leads to a record
	CellPerson  Cell = "person"
	CellPeople  Cell = "people"
	CellSwatch  Cell = "swatch" // a colour
	CellGlyph   Cell = "glyph"  // one sign
	CellPicture Cell = "picture"
	CellFiles   Cell = "files"
	CellPlace   Cell = "place"
	CellBarcode Cell = "barcode"
	CellHidden  Cell = "hidden"  // that there is one
	CellSummary Cell = "summary" // how much there is
	CellButton  Cell = "button"
)

// Field is a type with its options: it judges values. Its methods are safe for
// concurrent use, and none keeps or changes a value it is given.
type Field interface {
	// Check gives a value as it is stored: normalised, and canonical; nil of what comes to
	// none, as blank text or an empty list. Checking what it gave gives the same. What may not be is a *Problem.
	Check(value []byte) ([]byte, error)
	// Parse makes a value of what a person typed or what a cell of a file holds; nil of
	// blank text. What can't be read is a *Problem; whether the value may be is for Check.
	Parse(text string, in *Locale) ([]byte, error)
	// Show is a checked value as people read it, on one line.
	Show(value []byte, in *Locale) string
	// Schema is the JSON Schema (2020-12) of what Check takes.
	Schema() Schema
}

// Editor is a field that is edited as something else than it is shown as: Parse in
// the same locale reads the text and Check makes the very value of it. Others are edited as Export.
type Editor interface {
	Edit(value []byte, in *Locale) string
}

// Exporter is a field with a text of its own in files: Parse in Plain reads it and
// Check makes the very value of it. That of others is a string's content, or else the JSON.
type Exporter interface {
	Export(value []byte) string
}

// Sorter is a field that can be sorted by. Keys compare, as bytes, like the values;
// equal values have equal keys, and values that differ late may share one. They have at most KeySize bytes.
type Sorter interface {
	Key(value []byte) []byte
}

// Indexer is a field with several members to be found by, each by a key as Sorter's.
type Indexer interface {
	Keys(value []byte) [][]byte
}

// Merger is a field whose options say how it merges.
type Merger interface {
	Merge() Merge
}

// Mover is a field that may change in some ways only. What is not allowed is a *Problem. A nil from is no value yet.
type Mover interface {
	Move(from, to []byte) error
}

// Setter is a field whose value the server sets, of what it was before: nil where there was none. Nil leaves it without.
type Setter interface {
	Set(was []byte, w Write) []byte
}

// Write is what is known of a write, to who sets values by it.
type Write struct {
	At    int64                   // the server's time, ms
	User  string                  // who writes
	Fresh bool                    // it makes the record
	Next  func(start int64) int64 // counts on, from start where nothing was counted yet; nil: it can't be counted
}

// Sources are what a computed field can look at.
type Sources struct {
	Kinds map[string]Kind // the other fields of its table, by name
	Links []string        // those of them that lead to records
}

// Input is a record whose computed fields are worked out.
type Input struct {
	Value  func(name string) []byte   // of a field; nil: it has none
	Linked func(link string) [][]byte // the values of the records that a field leads to, in order, as far as they are there
	Now    time.Time
}

// Computer is a field whose value is worked out of others when a record is read.
type Computer interface {
	// Compute makes it ready over the other fields of its table, and names those it looks at. What can't be is a *Problem, with the option in its path.
	Compute(of Sources) (needs []string, work func(Input) ([]byte, error), err error)
	// Gives is what its values are to formulas.
	Gives() Kind
}

// Referrer is a field that names something else, which must be there.
type Referrer interface {
	Refers(value []byte) []Reference
}

// Reference is what a value names.
type Reference struct {
	To    string // "record", "user" or "file"
	Table string // of a record
	ID    string
}

// KeySize is how many bytes a key has at most.
const KeySize = 96

// Problem says why a value can't be taken.
type Problem struct { //nolint:errname // it is what is wrong with a value, not with a program
	Rule    string // what it breaks, for programs; see docs/field-types.md
	Message string // for people, after the field's name: "is longer than 20 characters"
	Path    string // where in the value, as a JSON pointer (RFC 6901); empty: the whole
}

func (p *Problem) Error() string { return p.Message }

func bad(rule, format string, args ...any) *Problem {
	return &Problem{Rule: rule, Message: fmt.Sprintf(format, args...)}
}

// in says where in a value a problem is.
func (p *Problem) in(path string) *Problem {
	return &Problem{Rule: p.Rule, Message: p.Message, Path: path + p.Path}
}

// Schema is a JSON Schema.
type Schema map[string]any

// MergeOf is how a field of a type merges.
func MergeOf(t *Type, f Field) Merge {
	if m, own := f.(Merger); own {
		return m.Merge()
	}
	return t.Merge
}

// Key is the key of a value, nil when it has none.
func Key(f Field, value []byte) []byte {
	if s, ok := f.(Sorter); ok && value != nil {
		return s.Key(value)
	}
	return nil
}

// Keys are the keys a value is found by.
func Keys(f Field, value []byte) [][]byte {
	if value == nil {
		return nil
	}
	if x, ok := f.(Indexer); ok {
		return x.Keys(value)
	}
	if key := Key(f, value); key != nil {
		return [][]byte{key}
	}
	return nil
}

// Edit is the text a value is edited as.
func Edit(f Field, value []byte, in *Locale) string {
	if value == nil {
		return ""
	}
	if e, ok := f.(Editor); ok {
		return e.Edit(value, in)
	}
	return Export(f, value)
}

// Export is a value's text in files.
func Export(f Field, value []byte) string {
	if value == nil {
		return ""
	}
	if e, ok := f.(Exporter); ok {
		return e.Export(value)
	}
	return plainText(value)
}

package system

import (
	"strconv"

	"tidemark/views/ui"
)

// TablesProps are what the list of tables shows.
type TablesProps struct {
	Places Places
	Tables []Table
}

// Table is one table of the database.
type Table struct {
	Name    string
	Rows    string // about how many
	Columns []Column
	Indexes []Index
	Key     []string
}

// Column is a column of a table.
type Column struct {
	Name   string
	Type   string
	Null   bool
	Hidden bool
	Key    bool
	Number bool

	Indexed bool // the key or an index has it
}

// Index is an index of a table.
type Index struct {
	Name    string
	Columns string
	Note    string // such as "unique"
}

// RowsProps are what the page of one table shows.
type RowsProps struct {
	Places  Places
	Table   Table
	Column  string // of the filter
	Value   string
	Sort    string
	Orders  []Order
	Rows    []Row
	First   string
	Prev    string
	Next    string
	Problem string // why there are no rows: the look took too long, or the filter is not one
	Slow    bool
	Single  bool // one row alone, in full
}

// Order is a way to sort a table.
type Order struct{ Value, Label string }

// Row is a row of a table.
type Row struct {
	Href  string // the row alone
	Cells []Cell
}

// Cell is a value as it is shown.
type Cell struct {
	Text   string
	Note   string // such as its size
	Null   bool
	Hidden bool
	Number bool
	JSON   bool
}

func (p RowsProps) base() string { return base + "/tables/" + p.Table.Name }

func (p RowsProps) columns() []ui.Column {
	out := []ui.Column{{Label: "Row"}}
	for _, c := range p.Table.Columns {
		out = append(out, ui.Column{Label: c.Name, Right: c.Number})
	}
	return out
}

func (p RowsProps) filters() []ui.Option {
	out := []ui.Option{{Value: "", Label: "any column"}}
	for _, c := range p.Table.Columns {
		if !c.Hidden {
			out = append(out, ui.Option{Value: c.Name, Label: c.Name, Selected: c.Name == p.Column})
		}
	}
	return out
}

func (p RowsProps) orders() []ui.Option {
	out := make([]ui.Option, 0, len(p.Orders))
	for _, o := range p.Orders {
		out = append(out, ui.Option{Value: o.Value, Label: o.Label, Selected: o.Value == p.Sort})
	}
	return out
}

// Address is the page from a place on, or the first one.
func (p RowsProps) Address(from string) string {
	return p.base() + query("column", p.Column, "q", p.Value, "sort", p.Sort, "page", from)
}

// Before is the page that ends before a row.
func (p RowsProps) Before(place string) string {
	return p.base() + query("column", p.Column, "q", p.Value, "sort", p.Sort, "before", place)
}

// RowAddress is the page of one row.
func (p RowsProps) RowAddress(place string) string {
	return p.base() + query("sort", p.Sort, "row", place)
}

// only is the page with the rows that have the cell's value in their column.
func (p RowsProps) only(i int, c Cell) string {
	return p.base() + query("column", p.Table.Columns[i].Name, "q", c.Text, "sort", p.Sort)
}

// leads says whether a cell leads to the rows with the same: its column can be looked through, and its value is a short text.
func (p RowsProps) leads(i int, c Cell) bool {
	return p.Table.Columns[i].Indexed && !c.Null && !c.Hidden && !c.JSON && c.Note == "" && c.Text != "" && len(c.Text) <= 64
}

func (p TablesProps) total() string {
	return strconv.Itoa(len(p.Tables)) + " " + ui.Plural(int64(len(p.Tables)), "table", "tables")
}

package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidemark/internal/fault"
)

// TableQuery asks for a page of a table's rows.
type TableQuery struct {
	Table  string
	Column string // only rows that have Value there; empty: all
	Value  string // as people write it; bytes may begin with 0x
	Sort   string // KeyOrder or the name of one of Orders; empty: KeyOrder
	Down   bool   // from the last row to the first
	After  []byte // Place of the row before the page; nil: the first page
	Back   bool   // the page before that row instead, in the same order
	Only   []byte // Place of the one row wanted, instead of a page
	Limit  int
	Cell   int           // bytes of a value that are read, at most
	Within time.Duration // 0: 300 ms
}

// KeyOrder sorts rows by their key.
const KeyOrder = "key"

// Cell is a value of a row.
type Cell struct {
	Null   bool
	Hidden bool   // it has a value, which is not shown
	Bytes  []byte // its beginning
	Size   int64  // of the whole as it is written here, in bytes
	Number bool
}

// TableRow is a row with its place in the order it was read in.
type TableRow struct {
	Cells []Cell // one for each column
	Place []byte // may hold what is hidden: to be sealed before anybody sees it
}

// Orders are the sorts a table can be read in without sorting it: by its key, and by these indexes.
func (t *Table) Orders() []Index {
	return slices.DeleteFunc(slices.Clone(t.Indexes), func(x Index) bool { return !t.orders(x) || slices.Equal(x.Columns, t.Key) })
}

// TableRows reads a page of a table, and says whether more follows, or with Back whether more goes before. A table or column that is not
// in the schema, a hidden column or a value that cannot be one of its column is `invalid` or
// `not_found`; a look that takes too long is `timeout`.
func (s *Store) TableRows(ctx context.Context, t Table, q TableQuery) (rows []TableRow, more bool, err error) {
	if q.Within == 0 {
		q.Within = tablesWithin
	}
	ctx, cancel := context.WithTimeout(ctx, q.Within)
	defer cancel()
	b := &tableRead{t: &t, q: q, c: s.catalog(), rowValues: s.dialect.rowValues}
	b.q.Down = q.Down != q.Back
	text, args, err := b.statement()
	if err != nil {
		return nil, false, err
	}
	rows, err = b.read(ctx, s, text, args)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, false, fault.Wrap(fault.Timeout, err, "The database did not find that within %d ms.", q.Within.Milliseconds())
	case err != nil:
		return nil, false, s.fault(err)
	case len(rows) > q.Limit:
		rows, more = rows[:q.Limit], true
	}
	if q.Back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// tableRead is one statement in the making. Names in it are those of the schema, values are bound.
type tableRead struct {
	t         *Table
	q         TableQuery
	c         catalog
	rowValues bool
	order     []string // columns
	args      []any
}

func (b *tableRead) statement() (string, []any, error) {
	if err := b.sorted(); err != nil {
		return "", nil, err
	}
	var where []string
	if b.q.Column != "" {
		text, err := b.filter()
		if err != nil {
			return "", nil, err
		}
		where = append(where, text)
	}
	for _, place := range [][]byte{b.q.After, b.q.Only} {
		if place == nil {
			continue
		}
		values, err := b.place(place)
		if err != nil {
			return "", nil, err
		}
		where = append(where, b.beside(values, b.q.Only != nil))
	}
	text := "SELECT " + b.selected() + " FROM " + b.c.quoted(b.t.Name)
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	if len(b.order) > 0 {
		direction := map[bool]string{true: " DESC", false: ""}[b.q.Down]
		text += " ORDER BY " + strings.ReplaceAll(b.c.list(b.order), ", ", direction+", ") + direction
	}
	return text + " LIMIT ?", append(b.args, b.q.Limit+1), nil
}

// sorted finds the columns to sort by: those asked for, and then the key, which makes them unique.
func (b *tableRead) sorted() error {
	if b.q.Sort != "" && b.q.Sort != KeyOrder {
		orders := b.t.Orders()
		i := slices.IndexFunc(orders, func(x Index) bool { return x.Name == b.q.Sort })
		if i < 0 {
			return fault.OfField("order", "one_of", "is not an order this table has")
		}
		b.order = slices.Clone(orders[i].Columns)
	}
	for _, name := range b.t.Key {
		if !slices.Contains(b.order, name) {
			b.order = append(b.order, name)
		}
	}
	return nil
}

func (b *tableRead) filter() (string, error) {
	c := b.t.column(b.q.Column)
	if c == nil || c.Hidden {
		return "", fault.OfField("column", "one_of", "is not a column that can be searched")
	}
	value, err := c.value(b.q.Value)
	b.args = append(b.args, value)
	return b.c.quoted(c.Name) + " = ?", err
}

// value reads what somebody wrote as a value of the column.
func (c *Column) value(text string) (any, error) {
	switch {
	case c.Number():
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, fault.OfField("value", "number", "must be a whole number for the column %s", c.Name)
		}
		return n, nil
	case !c.bytes():
		return text, nil
	}
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		if b, err := hex.DecodeString(digits); err == nil {
			return b, nil
		}
	}
	return []byte(text), nil
}

// Number says whether the column holds whole numbers.
func (c *Column) Number() bool { return strings.Contains(strings.ToLower(c.Type), "int") }

func (c *Column) bytes() bool {
	kind := strings.ToLower(c.Type)
	return strings.Contains(kind, "blob") || strings.Contains(kind, "binary")
}

func (c *Column) text() bool {
	kind := strings.ToLower(c.Type)
	return strings.Contains(kind, "text") || strings.Contains(kind, "char")
}

// mark is one value of a place.
type mark struct {
	N int64  `json:"n,omitempty"`
	B []byte `json:"b,omitempty"`
}

// place reads the values of a row's place in the order.
func (b *tableRead) place(raw []byte) ([]any, error) {
	var marks []mark
	if json.Unmarshal(raw, &marks) != nil || len(marks) != len(b.order) || len(marks) == 0 {
		return nil, fault.OfField("page", "format", "is not a page of this table")
	}
	values := make([]any, len(marks))
	for i, m := range marks {
		switch c := b.t.column(b.order[i]); {
		case c.Number():
			values[i] = m.N
		case c.bytes():
			values[i] = append([]byte{}, m.B...)
		default:
			values[i] = string(m.B)
		}
	}
	return values, nil
}

// beside is the condition for the rows after a place, or for the row at it.
func (b *tableRead) beside(values []any, at bool) string {
	sign := map[bool]string{true: " < ", false: " > "}[b.q.Down]
	if at {
		sign = " = "
	}
	if b.rowValues || at {
		b.args = append(b.args, values...)
		return "(" + b.c.list(b.order) + ")" + sign + "(?" + strings.Repeat(",?", len(values)-1) + ")"
	}
	text := "" // MariaDB finds a > ? OR a = ? AND (b > ? …) in the index, and a row of values not
	for i, value := range values {
		name := b.c.quoted(b.order[i])
		b.args = append(b.args, value)
		if i == len(values)-1 {
			text += name + sign + "?"
			break
		}
		b.args = append(b.args, value)
		text += "(" + name + sign + "? OR " + name + " = ? AND "
	}
	return text + strings.Repeat(")", len(values)-1)
}

// selected are the columns of the order, and then of each column its size and its beginning.
func (b *tableRead) selected() string {
	parts := make([]string, 0, len(b.order)+2*len(b.t.Columns))
	for _, name := range b.order {
		parts = append(parts, b.c.quoted(name))
	}
	limit := strconv.Itoa(max(b.q.Cell, 1))
	for _, c := range b.t.Columns {
		name := b.c.quoted(c.Name)
		switch {
		case c.Hidden:
			parts = append(parts, "OCTET_LENGTH("+name+")", "NULL")
		case c.Number():
			parts = append(parts, "0", name)
		case c.bytes() || c.text():
			parts = append(parts, "OCTET_LENGTH("+name+")", "SUBSTR("+name+", 1, "+limit+")")
		default:
			parts = append(parts, "0", "CAST("+name+" AS CHAR)")
		}
	}
	return strings.Join(parts, ", ")
}

func (b *tableRead) read(ctx context.Context, s *Store, text string, args []any) ([]TableRow, error) {
	found, err := s.rdb.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // found.Err tells what matters
	var out []TableRow
	for found.Next() {
		var r TableRow
		if err := b.scan(found, &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, found.Err()
}

func (b *tableRead) scan(row scanner, r *TableRow) error {
	values := make([]any, len(b.order)+2*len(b.t.Columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := row.Scan(into...); err != nil {
		return err
	}
	marks := make([]mark, len(b.order))
	for i, v := range values[:len(b.order)] {
		marks[i] = markOf(v)
	}
	values = values[len(b.order):]
	r.Cells = make([]Cell, len(b.t.Columns))
	for i, c := range b.t.Columns {
		r.Cells[i] = cellOf(c, values[2*i], values[2*i+1])
	}
	var err error
	r.Place, err = json.Marshal(marks)
	return err
}

func markOf(v any) mark {
	if n, ok := v.(int64); ok {
		return mark{N: n}
	}
	return mark{B: bytesOf(v)}
}

func cellOf(c Column, size, value any) Cell {
	n, _ := size.(int64)
	if c.Hidden {
		return Cell{Null: size == nil, Hidden: true}
	}
	if value == nil {
		return Cell{Null: true}
	}
	cell := Cell{Bytes: bytesOf(value), Size: n, Number: c.Number()}
	cell.Size = max(cell.Size, int64(len(cell.Bytes)))
	return cell
}

func bytesOf(v any) []byte {
	switch v := v.(type) {
	case []byte:
		return slices.Clone(v)
	case string:
		return []byte(v)
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case time.Time:
		return v.UTC().AppendFormat(nil, time.RFC3339)
	}
	return nil
}

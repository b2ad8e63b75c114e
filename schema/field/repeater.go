package field

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// TableOptions are the columns of a table in a record.
type TableOptions struct {
	Columns []TableColumn `json:"columns" jsonschema:"title=Columns,maxItems=30"`
	Max     int           `json:"max" jsonschema:"title=Most rows,minimum=1,maximum=1000"`
}

// TableColumn is a column of such a table.
type TableColumn struct {
	Name     string          `json:"name" jsonschema:"maxLength=63"`
	Label    string          `json:"label,omitempty" jsonschema:"maxLength=100"`
	Type     string          `json:"type" jsonschema:"maxLength=40"`
	Options  json.RawMessage `json:"options,omitempty"`
	Required bool            `json:"required,omitempty"`
}

var columnName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// column is a column made ready.
type column struct {
	TableColumn
	field Field
}

// tableType is rows in a record, each with an id by which it stays the same when others move: [{"id":"r1","qty":2,"what":"Bolts"}].
func tableType() *Type {
	return define(Type{
		Name: "table", Label: "Table (repeater)", Group: GroupStructure, About: "Rows in a record, such as the lines of an order.",
		Storage: "json", Merge: MergeRows, Index: NoIndex, Filters: opsPresent, Widget: WidgetRows, Cell: CellSummary,
	}, TableOptions{Columns: []TableColumn{}, Max: 200}, func(o TableOptions) (Field, error) {
		columns, err := columnsOf(o.Columns)
		if err != nil {
			return nil, err
		}
		return &rawField{
			schema: Schema{"type": "array", "maxItems": o.Max, "items": Schema{"type": "object", "required": []string{"id"}}},
			check:  func(value []byte) ([]byte, error) { return checkRows(value, columns, o.Max) },
			show: func(value []byte, _ *Locale) string {
				rows, _ := readList(value)
				return plural(len(rows), "row", "rows")
			},
		}, nil
	})
}

func columnsOf(given []TableColumn) (map[string]column, error) {
	out := map[string]column{}
	for i, c := range given {
		at := fmt.Sprintf("/columns/%d", i)
		if _, twice := out[c.Name]; twice || !columnName.MatchString(c.Name) || c.Name == "id" {
			return nil, bad("unique", "must have a name of letters, digits and _ that is no other's, and not id").in(at + "/name")
		}
		if c.Type == "table" {
			return nil, bad("option", "must not be a table itself").in(at + "/type")
		}
		kind, known := Named(c.Type)
		if !known || kind.Source != Given || kind.Secret {
			return nil, bad("option", "must be a type that people give a value, and that is no secret").in(at + "/type")
		}
		f, err := kind.Field(c.Options)
		if err != nil {
			return nil, bad("option", "%s", fault.From(err).Message).in(at + "/options")
		}
		out[c.Name] = column{c, f}
	}
	return out, nil
}

func checkRows(value []byte, columns map[string]column, most int) ([]byte, error) {
	rows, err := readList(value)
	switch {
	case err != nil:
		return nil, err
	case len(rows) > most:
		return nil, bad("count", "must have at most %d rows, and has %d", most, len(rows))
	case len(rows) == 0:
		return nil, nil
	}
	seen := map[string]bool{}
	list := make([]string, len(rows))
	for i, row := range rows {
		made, id, err := checkRow(row, columns)
		if err == nil && seen[id] {
			err = bad("unique", "must have an id of its own").in("/id")
		}
		var p *Problem
		if errors.As(err, &p) {
			return nil, p.in(place(i))
		}
		if err != nil {
			return nil, err
		}
		seen[id], list[i] = true, string(made)
	}
	return protocol.Array(list), sized(value, 4*longBytes)
}

func checkRow(row []byte, columns map[string]column) (made []byte, id string, err error) {
	members, isObject := crdt.Members(row)
	if !isObject {
		return nil, "", bad("type", "must be an object")
	}
	cells := map[string][]byte{}
	for _, m := range members {
		if m.Name == "id" {
			if id, err = readString(m.Value); err != nil || !rowIDForm.MatchString(id) {
				return nil, "", bad("format", "must have an id of 1 to 40 letters, digits, - and _").in("/id")
			}
			cells["id"] = m.Value
			continue
		}
		c, known := columns[m.Name]
		if !known {
			return nil, "", bad("unknown", "is no column").in("/" + m.Name)
		}
		if string(m.Value) == "null" {
			continue
		}
		v, err := c.field.Check(m.Value)
		var p *Problem
		if errors.As(err, &p) {
			return nil, "", p.in("/" + m.Name)
		}
		if err != nil {
			return nil, "", err
		}
		if v != nil {
			cells[m.Name] = v
		}
	}
	if id == "" {
		return nil, "", bad("required", "must be there").in("/id")
	}
	for name, c := range columns {
		if c.Required && cells[name] == nil {
			return nil, "", bad("required", "must be there").in("/" + name)
		}
	}
	return objectOf(cells), id, nil
}

// objectOf is a canonical object of members.
func objectOf(members map[string][]byte) []byte {
	out := []byte{'{'}
	for i, name := range slices.Sorted(keysOf(members)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, name), ':'), members[name]...)
	}
	return append(out, '}')
}

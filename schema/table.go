package schema

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema/field"
)

// Table is a table made ready to judge records.
type Table struct {
	models.DataTable
	columns  []*Column // by name
	rules    []conflict.FieldRule
	sets     []*Column // those the server gives values
	uniques  []*Column
	moves    []*Column // whose states follow each other
	indexes  []*Column
	computed []computation // each after what it looks at
	lenses   []lens        // from each revision to the next, the first first
	fills    bool          // a new record gets defaults
	broken   error
}

// Column is a field of a table with what judges its values.
type Column struct {
	models.DataField
	Kind  *field.Type
	Field field.Field
}

const maxIndexes = 16 // fields of a table that can be found by value

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// Compile makes a table ready: `invalid` names what will not do, as fields.N.options.max.
func Compile(t models.DataTable) (*Table, error) { return CompileWith(t, nil) }

// CompileWith makes a table ready that can also lead values from one of its revisions to another; these are all it has had, the first first.
func CompileWith(t models.DataTable, revisions []models.DataRevision) (*Table, error) {
	out := &Table{DataTable: t}
	seen := map[string]bool{}
	for i, f := range t.Fields {
		c, err := column(f)
		if err == nil {
			err = apart(f, seen)
		}
		if err != nil {
			return nil, at(err, place(i))
		}
		out.columns = append(out.columns, c)
	}
	slices.SortFunc(out.columns, func(a, b *Column) int { return cmp.Compare(a.Name, b.Name) })
	for _, c := range out.columns {
		out.file(c)
	}
	if len(out.indexes) > maxIndexes {
		return nil, fault.OfField("fields", "count", "must have at most %d that are indexed or unique", maxIndexes)
	}
	if c := out.Column(t.Lead); t.Lead != "" && (c == nil || !c.Kind.Lead) {
		return nil, fault.OfField("lead", "field", "must be the name of a field that a record can be called by")
	}
	if err := out.plan(); err != nil {
		return nil, err
	}
	var err error
	out.lenses, err = lensesOf(t, revisions)
	return out, err
}

// place is where in a table a field is.
func place(i int) string { return fmt.Sprintf("fields.%d", i) }

// file files a column under what it is for.
func (t *Table) file(c *Column) {
	if c.Kind.Source == field.Server {
		t.sets = append(t.sets, c)
	}
	if _, is := c.Field.(field.Mover); is {
		t.moves = append(t.moves, c)
	}
	t.fills = t.fills || c.Default != nil
	if c.Unique {
		t.uniques = append(t.uniques, c)
	}
	if c.Unique || c.Indexed {
		t.indexes = append(t.indexes, c)
	}
	if c.Stored() {
		if rule, has := ruleOf(c); has {
			t.rules = append(t.rules, rule)
		}
	}
}

// column makes a field ready.
func column(f models.DataField) (*Column, error) {
	if !fieldName.MatchString(f.Name) {
		return nil, fault.OfField("name", "format", "must be 1 to 63 of letters, digits and _, and begin with a letter")
	}
	kind, ok := field.Named(f.Type)
	if !ok {
		return nil, fault.OfField("type", "known", "must be one of the field types, and %q is none", f.Type)
	}
	of, err := kind.Field(f.Options)
	if err != nil {
		return nil, err
	}
	c := &Column{DataField: f, Kind: kind, Field: of}
	switch given := kind.Source == field.Given; {
	case f.Required && !given:
		return nil, fault.OfField("required", "only", "goes with fields that people give")
	case f.Unique && (!given || kind.Index != field.ByValue):
		return nil, fault.OfField("unique", "only", "goes with fields that have one value to be found by")
	case f.Indexed && kind.Index == field.NoIndex:
		return nil, fault.OfField("indexed", "only", "goes with fields that can be found by their values")
	case f.Default != nil:
		if !given {
			return nil, fault.OfField("default", "only", "goes with fields that people give")
		}
		if c.Default, err = c.check(f.Default); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// check judges a default.
func (c *Column) check(value []byte) ([]byte, error) {
	text, err := protocol.Canonical(nil, value)
	if err != nil {
		return nil, err
	}
	out, err := c.Field.Check(text)
	var p *field.Problem
	if errors.As(err, &p) {
		return nil, fault.OfField("default", p.Rule, "%s", p.Message)
	}
	return out, err
}

// apart says whether a field differs from those before it.
func apart(f models.DataField, seen map[string]bool) error {
	switch {
	case f.ID == "":
		return fault.OfField("id", "required", "must be there")
	case seen["id "+f.ID]:
		return fault.OfField("id", "unique", "is that of another field")
	case seen["name "+f.Name]:
		return fault.OfField("name", "unique", "is that of another field")
	}
	seen["id "+f.ID], seen["name "+f.Name] = true, true
	return nil
}

// at says where in a table a fault is.
func at(err error, place string) error {
	f := fault.From(err)
	if f.Code != fault.Invalid || len(f.Fields) == 0 {
		return err
	}
	out := fault.New(fault.Invalid, "%s %s", place+"."+f.Fields[0].Path, f.Fields[0].Message)
	for _, one := range f.Fields {
		out.Fields = append(out.Fields, fault.Field{Path: place + "." + one.Path, Rule: one.Rule, Message: one.Message})
	}
	return out
}

// Stored says whether a column has a value that clients write.
func (c *Column) Stored() bool { return c.Kind.Source == field.Given }

// Merge is how two changes of the column become one.
func (c *Column) Merge() field.Merge { return field.MergeOf(c.Kind, c.Field) }

// ruleOf maps how a column merges to what the engine does with a path; false where the values say it.
func ruleOf(c *Column) (conflict.FieldRule, bool) {
	r := conflict.FieldRule{Path: []string{c.Name}}
	switch c.Merge() {
	case field.MergeRegister:
		r.Kind = conflict.Register
	case field.MergeReview:
		r.Kind, r.Fallback, r.Own = conflict.Register, models.StrategyManual, true
	case field.MergeFirst:
		r.Kind, r.Fallback, r.Own = conflict.Register, models.StrategyFWW, true
	case field.MergeFlag:
		r.Kind = conflict.Flag
	case field.MergeCounter:
		r.Kind = conflict.Counter
	case field.MergeSet:
		r.Kind = conflict.Set
	case field.MergeList:
		r.Kind = conflict.List
	case field.MergeRows:
		r.Kind = conflict.Rows
	case field.MergeText:
		r.Kind = conflict.Text
	case field.MergeMap, field.MergeServer, field.MergeComputed, field.MergeNothing:
		return r, false
	}
	return r, true
}

// Policy is how conflicts of a key of the table are settled, given how policies and
// the tenant would: as a policy says that is for the collection or the key; without
// one records are merged, and of what clashes the later write stands. Each field
// merges by its type, unless a policy for its path says otherwise.
func (t *Table) Policy(p conflict.Policy) conflict.Policy {
	if p.ID == "" {
		p.Strategy, p.Fallback = models.StrategyMerge, models.StrategyLWW
	}
	p.Fields = append(p.Fields[:len(p.Fields):len(p.Fields)], t.rules...)
	return p
}

// Column is the field of a name; nil when there is none.
func (t *Table) Column(name string) *Column {
	i, found := slices.BinarySearchFunc(t.columns, name, func(c *Column, name string) int { return cmp.Compare(c.Name, name) })
	if !found {
		return nil
	}
	return t.columns[i]
}

// Columns are the table's fields in the order people gave them.
func (t *Table) Columns() []*Column {
	out := make([]*Column, len(t.Fields))
	for i := range t.Fields {
		out[i] = t.Column(t.Fields[i].Name)
	}
	return out
}

// Problem says whether records can be written at all: `invalid` while the table is in the trash, or where it can't be made ready.
func (t *Table) Problem() error {
	switch {
	case t.broken != nil:
		return fault.Wrap(fault.Invalid, t.broken, "The table %s can't be used: its fields are not what this version of Tidemark knows.", t.Name)
	case t.DeletedAt != 0:
		return fault.OfField("collection", "trash", "is that of a table in the trash: restore it first")
	}
	return nil
}

// Usable says whether records can be judged by it.
func (t *Table) Usable() bool { return t.Problem() == nil }

// Check gives a record's value, canonical JSON, as it is stored: each field judged, those
// left out that clients don't write, and those without a value. With fresh a field
// that isn't there gets its default. `invalid` names each field that will not do.
func (t *Table) Check(value []byte, fresh bool) ([]byte, error) {
	members, isObject := crdt.Members(value)
	if !isObject {
		return nil, fault.OfField("value", "type", "must be an object with the table's fields")
	}
	var wrong []fault.Field
	out := append(make([]byte, 0, len(value)+32), '{')
	put := func(name string, v []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, name), ':'), v...)
	}
	next := 0 // of the columns
	skip := func(to string) {
		for ; next < len(t.columns) && (to == "" || t.columns[next].Name < to); next++ {
			v, lacks := t.columns[next].absent(fresh)
			if wrong = append(wrong, lacks...); v != nil {
				put(t.columns[next].Name, v)
			}
		}
	}
	for _, m := range members {
		skip(m.Name)
		if next == len(t.columns) || t.columns[next].Name != m.Name {
			wrong = append(wrong, fault.Field{Path: m.Name, Rule: "unknown", Message: "is no field of the table"})
			continue
		}
		v, why := t.columns[next].judge(m.Value, fresh)
		if wrong = append(wrong, why...); v != nil {
			put(m.Name, v)
		}
		next++
	}
	skip("")
	if wrong != nil {
		return nil, refusal(wrong)
	}
	return append(out, '}'), nil
}

// refusal is one fault of all that is wrong with a record.
func refusal(wrong []fault.Field) error {
	out := fault.New(fault.Invalid, "%s %s", wrong[0].Path, wrong[0].Message)
	out.Fields = wrong
	return out
}

// absent is what a record without a value for the column has there.
func (c *Column) absent(fresh bool) (value []byte, lacks []fault.Field) {
	if (fresh || c.Required) && c.Default != nil {
		return c.Default, nil
	}
	if c.Required {
		return nil, []fault.Field{{Path: c.Name, Rule: "required", Message: "must be there"}}
	}
	return nil, nil
}

// judge is what is stored of a value that was sent for the column.
func (c *Column) judge(sent []byte, fresh bool) (value []byte, wrong []fault.Field) {
	if !c.Stored() {
		return nil, nil
	}
	if string(sent) == "null" {
		return c.absent(fresh)
	}
	value, err := c.Field.Check(sent)
	if err == nil && value == nil {
		return c.absent(fresh)
	}
	var p *field.Problem
	if errors.As(err, &p) {
		return nil, []fault.Field{{Path: c.Name + p.Path, Rule: p.Rule, Message: p.Message}}
	}
	if err != nil {
		return nil, []fault.Field{{Path: c.Name, Rule: "invalid", Message: "can't be judged"}}
	}
	return value, nil
}

// Get is the value of a member; nil when it has none.
func Get(value []byte, name string) []byte {
	members, _ := crdt.Members(value)
	for _, m := range members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Bare is a record's value without what the server gave it, as clients write it.
func (t *Table) Bare(value []byte) []byte {
	if len(t.sets) == 0 || value == nil {
		return value
	}
	return with(value, func(name string, v []byte) []byte {
		if c := t.Column(name); c != nil && !c.Stored() {
			return nil
		}
		return v
	})
}

// with is a value with each member as change leaves it; nil leaves it out. A value that stays the same is returned as it is.
func with(value []byte, change func(name string, v []byte) []byte) []byte {
	members, _ := crdt.Members(value)
	out, same := append(make([]byte, 0, len(value)), '{'), true
	for _, m := range members {
		v := change(m.Name, m.Value)
		same = same && bytes.Equal(v, m.Value)
		if v == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, m.Name), ':'), v...)
	}
	if same {
		return value
	}
	return append(out, '}')
}

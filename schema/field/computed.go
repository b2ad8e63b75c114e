package field

import (
	"slices"

	"github.com/cockroachdb/apd/v3"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// computedField is a field whose values are made when a record is read.
func computedField() *rawField {
	return &rawField{
		schema: Schema{},
		check:  left,
		show: func(value []byte, in *Locale) string {
			if list, err := readList(value); err == nil {
				var out []string
				for _, e := range list {
					out = append(out, shownScalar(e, in))
				}
				return oneLine(joined(out), shownSigns)
			}
			return shownScalar(value, in)
		},
	}
}

// LookupOptions say whose value is shown.
type LookupOptions struct {
	Link  string `json:"link" jsonschema:"title=Link,description=The field that leads to the other records,maxLength=63"`
	Field string `json:"field" jsonschema:"title=Field,description=Of the other table,maxLength=63"`
}

// lookupType shows a field of the records that a link leads to.
func lookupType() *Type {
	return define(Type{
		Name: "lookup", Label: "Lookup", Group: GroupRelation, About: "A field of the records that a link leads to.",
		Source: Computed, Storage: "computed", Merge: MergeComputed, Index: NoIndex, Filters: opsPresent, Widget: WidgetNone, Cell: CellText,
	}, LookupOptions{}, func(o LookupOptions) (Field, error) { return lookup{computedField(), o}, nil })
}

// lookup is a field of linked records.
type lookup struct {
	*rawField
	o LookupOptions
}

// Gives says that it may be several values.
func (lookup) Gives() Kind { return KindList }

// Compute looks at the link: one value where that leads to one record, and else a list.
func (l lookup) Compute(of Sources) ([]string, func(Input) ([]byte, error), error) {
	return through(of, l.o.Link, func(in Input) ([]byte, error) {
		values := membersOf(in.Linked(l.o.Link), l.o.Field)
		if _, err := readList(in.Value(l.o.Link)); err == nil && values != nil {
			return listed(values), nil
		}
		return Aggregate("first", values), nil
	})
}

// through is a computation over the records that a link leads to.
func through(of Sources, link string, work func(Input) ([]byte, error)) ([]string, func(Input) ([]byte, error), error) {
	if !slices.Contains(of.Links, link) {
		return nil, nil, bad("option", "must be a field that leads to records").in("/link")
	}
	return []string{link}, work, nil
}

// membersOf are the values of a member, of those that have it.
func membersOf(values [][]byte, name string) [][]byte {
	var out [][]byte
	for _, v := range values {
		members, _ := crdt.Members(v)
		for _, m := range members {
			if m.Name == name {
				out = append(out, m.Value)
			}
		}
	}
	return out
}

// RollupOptions say what is made of the values of other records.
type RollupOptions struct {
	Link      string `json:"link" jsonschema:"title=Link,description=The field that leads to the other records,maxLength=63"`
	Field     string `json:"field" jsonschema:"title=Field,description=Of the other table,maxLength=63"`
	Aggregate string `json:"aggregate" jsonschema:"title=What is made of them,enum=count,enum=sum,enum=min,enum=max,enum=average,enum=first,enum=last,enum=list,enum=any,enum=all"`
}

// rollupType is one value made of a field of the records that a link leads to.
func rollupType() *Type {
	return define(Type{
		Name: "rollup", Label: "Rollup", Group: GroupRelation, About: "A sum, a count or the like over the records that a link leads to.",
		Source: Computed, Storage: "computed", Merge: MergeComputed, Index: NoIndex, Filters: opsPresent, Widget: WidgetNone, Cell: CellNumber, Library: "cockroachdb/apd",
	}, RollupOptions{Aggregate: "sum"}, func(o RollupOptions) (Field, error) { return rollup{computedField(), o}, nil })
}

// rollup is one value made of linked records.
type rollup struct {
	*rawField
	o RollupOptions
}

// Gives depends on what is made.
func (r rollup) Gives() Kind {
	switch r.o.Aggregate {
	case "count", "sum", "average":
		return KindNumber
	case "any", "all":
		return KindBoolean
	case "list":
		return KindList
	}
	return KindText
}

// Compute looks at the link.
func (r rollup) Compute(of Sources) ([]string, func(Input) ([]byte, error), error) {
	return through(of, r.o.Link, func(in Input) ([]byte, error) {
		return Aggregate(r.o.Aggregate, membersOf(in.Linked(r.o.Link), r.o.Field)), nil
	})
}

// CountOptions say what is counted.
type CountOptions struct {
	Link string `json:"link" jsonschema:"title=Link,description=The field that leads to the other records,maxLength=63"`
}

// countType is how many records a link leads to.
func countType() *Type {
	return define(Type{
		Name: "count", Label: "Count", Group: GroupRelation, About: "How many records a link leads to.",
		Source: Computed, Storage: "computed", Merge: MergeComputed, Index: NoIndex, Filters: opsPresent, Widget: WidgetNone, Cell: CellNumber,
	}, CountOptions{}, func(o CountOptions) (Field, error) { return count{computedField(), o}, nil })
}

// count is how many records are named.
type count struct {
	*rawField
	o CountOptions
}

// Gives a number.
func (count) Gives() Kind { return KindNumber }

// Compute looks at the link.
func (c count) Compute(of Sources) ([]string, func(Input) ([]byte, error), error) {
	return through(of, c.o.Link, func(in Input) ([]byte, error) {
		named := in.Value(c.o.Link)
		if named == nil {
			return writeWhole(0), nil
		}
		if list, err := readList(named); err == nil {
			return writeWhole(int64(len(list))), nil
		}
		return writeWhole(1), nil
	})
}

// Aggregate makes one value of several by one of the aggregates of a rollup: exact
// for decimal numbers, to 34 digits for an average. Values that are no numbers do
// not count in sum, average; min and max compare numbers where all are, and else texts. Nil is no value.
func Aggregate(kind string, values [][]byte) []byte {
	values = slices.DeleteFunc(slices.Clone(values), func(v []byte) bool { return v == nil })
	switch kind {
	case "count":
		return writeWhole(int64(len(values)))
	case "list":
		return listed(values)
	case "any", "all":
		return boolText(agrees(kind, values))
	}
	if len(values) == 0 {
		return nil
	}
	switch kind {
	case "first":
		return values[0]
	case "last":
		return values[len(values)-1]
	case "min":
		return slices.MinFunc(values, compareValues)
	case "max":
		return slices.MaxFunc(values, compareValues)
	}
	sum, n := summed(values)
	if n == 0 {
		return nil
	}
	if kind == "average" {
		_, _ = amounts.Quo(sum, sum, apd.New(int64(n), 0)) // by more than 0
		_, _ = amounts.Round(sum, sum)
	}
	return []byte(shortest(sum.Text('f')))
}

func listed(values [][]byte) []byte {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return protocol.Array(out)
}

func agrees(kind string, values [][]byte) bool {
	yes := func(v []byte) bool { return string(v) == "true" }
	if kind == "any" {
		return slices.ContainsFunc(values, yes)
	}
	return !slices.ContainsFunc(values, func(v []byte) bool { return !yes(v) })
}

func summed(values [][]byte) (sum *apd.Decimal, n int) {
	sum = new(apd.Decimal)
	for _, v := range values {
		if f := amountOf(v); f != nil {
			n++
			_, _ = amounts.Add(sum, sum, f) // finite numbers always add
		}
	}
	return sum, n
}

// amountOf is the number in a value: a JSON number, text with one, or the amount of money and quantities; nil where there is none.
func amountOf(value []byte) *apd.Decimal {
	if len(value) > 0 && value[0] == '{' {
		value = writeString(textsOf(value)["amount"])
	}
	literal, err := readExact(value)
	if err != nil {
		return nil
	}
	return numberOf(literal)
}

func compareValues(a, b []byte) int {
	x, y := amountOf(a), amountOf(b)
	if x != nil && y != nil {
		return x.Cmp(y)
	}
	return slices.Compare(keyText(plainText(a)), keyText(plainText(b)))
}

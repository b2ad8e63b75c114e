package field

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// FormulaOptions are an expression over the record's other fields, and what it gives.
type FormulaOptions struct {
	Expression string `json:"expression" jsonschema:"title=Expression,description=Such as quantity * price,maxLength=4000"`
	Result     string `json:"result" jsonschema:"title=Gives,enum=text,enum=number,enum=boolean,enum=date,enum=datetime"`
}

// formulaType is what an expression gives over the record's other fields.
func formulaType() *Type {
	return define(Type{
		Name: "formula", Label: "Formula", Group: GroupRelation, About: "What an expression over the record's other fields gives.",
		Source: Computed, Storage: "computed", Merge: MergeComputed, Index: NoIndex, Filters: opsPresent, Widget: WidgetNone, Cell: CellText, Library: "expr-lang/expr",
	}, FormulaOptions{Expression: `""`, Result: "text"}, func(o FormulaOptions) (Field, error) {
		if strings.TrimSpace(o.Expression) == "" {
			return nil, bad("required", "must be there").in("/expression")
		}
		return formula{computedField(), o}, nil
	})
}

// formula is an expression over the record's other fields.
type formula struct {
	*rawField
	o FormulaOptions
}

// Gives is what the expression gives.
func (f formula) Gives() Kind { return Kind(f.o.Result) }

// Compute type-checks the expression.
func (f formula) Compute(of Sources) ([]string, func(Input) ([]byte, error), error) {
	made, err := CompileFormula(f.o.Expression, of.Kinds, Kind(f.o.Result))
	var p *Problem
	if errors.As(err, &p) {
		return nil, nil, p.in("/expression")
	}
	if err != nil {
		return nil, nil, err
	}
	return made.Fields(), func(in Input) ([]byte, error) { return made.Run(in.Value, in.Now) }, nil
}

// Kind is what a value is to formulas.
type Kind string

// The kinds of values.
const (
	KindText     Kind = "text"
	KindNumber   Kind = "number"
	KindBoolean  Kind = "boolean"
	KindDate     Kind = "date"
	KindDateTime Kind = "datetime"
	KindList     Kind = "list"
)

// KindOf is what the values of a type are to formulas.
func KindOf(t *Type) Kind {
	switch {
	case t.Name == "boolean":
		return KindBoolean
	case t.Name == "date":
		return KindDate
	case slices.Contains([]string{"datetime", "createdTime", "modifiedTime"}, t.Name):
		return KindDateTime
	case t.Group == GroupNumber || t.Name == "year" || t.Name == "count":
		return KindNumber
	case slices.Contains([]string{"multiSelect", "tags", "list", "links", "users", "vote"}, t.Name):
		return KindList
	}
	return KindText
}

// Formula is an expression made ready. It is safe for concurrent use.
type Formula struct {
	program *vm.Program
	fields  map[string]Kind // those it names
	result  Kind
}

const formulaNodes = 1000 // of an expression

// CompileFormula makes an expression ready over fields of some kinds, which must give
// a kind. What can't be is a *Problem that says where: unknown names, wrong types, too
// long an expression. Numbers are decimal and count to 34 digits.
func CompileFormula(expression string, fields map[string]Kind, result Kind) (*Formula, error) {
	names := &namesIn{fields: fields, found: map[string]Kind{}}
	options := append(library(), expr.Env(environment(fields)), expr.DisableAllBuiltins(), expr.MaxNodes(formulaNodes), expr.Patch(exactly{}), expr.Patch(names))
	program, err := compileSafely(expression, options)
	if err != nil {
		return nil, formulaProblem(err)
	}
	if gives := program.Node().Type(); gives != nil && gives.Kind() != reflect.Interface && gives != reflect.TypeOf(zeroOf(result)) {
		return nil, bad("type", "gives no %s", result)
	}
	return &Formula{program: program, fields: names.found, result: result}, nil
}

// compileSafely keeps a fault of the library from whoever saves an expression.
func compileSafely(expression string, options []expr.Option) (program *vm.Program, err error) {
	defer func() {
		if recover() != nil {
			err = bad("format", "can't be read")
		}
	}()
	return expr.Compile(expression, options...)
}

func formulaProblem(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return bad("format", "can't be used: %s", oneLine(err.Error(), 200))
	}
	return bad("format", "has a mistake at line %d, column %d: %s", at.Line, at.Column+1, oneLine(at.Message, 200))
}

// Fields are the names of the fields that the formula looks at, in order.
func (f *Formula) Fields() []string { return slices.Sorted(keysOf(f.fields)) }

// Run gives the formula's value, canonical JSON, nil where it is nothing. The values of
// fields come from value, nil where a record has none; now is what now() and today() say.
// What goes wrong is a *Problem. It ends within the library's bound of memory, and without loops.
func (f *Formula) Run(value func(name string) []byte, now time.Time) (out []byte, err error) {
	env := environment(nil)
	for name, kind := range f.fields {
		env[name] = native(kind, value(name))
	}
	env["now"], env["today"] = func() time.Time { return now.UTC() }, func() time.Time { return dayOf(now) }
	defer func() {
		if recover() != nil {
			out, err = nil, bad("format", "can't be worked out")
		}
	}()
	got, err := expr.Run(f.program, env)
	if err != nil {
		return nil, formulaProblem(err)
	}
	return f.written(got)
}

func dayOf(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// written is a result as JSON.
func (f *Formula) written(got any) ([]byte, error) {
	switch v := got.(type) {
	case decimal:
		if v.n == nil {
			return nil, nil
		}
		if v.n.Form != apd.Finite || v.n.Exponent > maxDigits || v.n.Exponent < -maxDigits {
			return nil, bad("range", "gives no number")
		}
		return []byte(shortest(v.n.Text('f'))), nil
	case string:
		if v == "" {
			return nil, nil
		}
		return writeString(v), sized([]byte(v), longBytes)
	case bool:
		return boolText(v), nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		if v.Year() < 1 || v.Year() > 9999 {
			return nil, bad("range", "gives no date of the years 1 to 9999")
		}
		if f.result == KindDate {
			return writeString(v.UTC().Format(time.DateOnly)), nil
		}
		return writeString(instantText(v)), nil
	}
	return nil, bad("type", "gives no %s", f.result)
}

// decimal is a number of formulas; the zero value is none, which counts as 0.
type decimal struct{ n *apd.Decimal }

func (d decimal) value() *apd.Decimal {
	if d.n == nil {
		return new(apd.Decimal)
	}
	return d.n
}

func zeroOf(k Kind) any {
	switch k {
	case KindNumber:
		return decimal{}
	case KindBoolean:
		return false
	case KindDate, KindDateTime:
		return time.Time{}
	case KindList:
		return []any{}
	case KindText:
	}
	return ""
}

// environment is what an expression may name: fields, by samples of their kinds.
func environment(fields map[string]Kind) map[string]any {
	env := map[string]any{"now": func() time.Time { return time.Time{} }, "today": func() time.Time { return time.Time{} }}
	for name, kind := range fields {
		env[name] = zeroOf(kind)
	}
	return env
}

// native is a value as expressions count with it.
func native(k Kind, value []byte) any {
	switch k {
	case KindNumber:
		if value == nil {
			return decimal{}
		}
		return decimal{amountOf(value)}
	case KindBoolean:
		return string(value) == "true"
	case KindDate, KindDateTime:
		if t, err := readInstant(value); err == nil {
			return t
		}
		if t, err := readDay(value); err == nil {
			return t
		}
		return time.Time{}
	case KindList:
		list, _ := readList(value)
		out := make([]any, len(list))
		for i, e := range list {
			out[i] = plainText(e)
		}
		return out
	case KindText:
	}
	if value == nil {
		return ""
	}
	return plainText(value)
}

// exactly makes every number of an expression a decimal one.
type exactly struct{}

// Visit replaces literals.
func (exactly) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IntegerNode:
		ast.Patch(node, &ast.ConstantNode{Value: decimal{apd.New(int64(n.Value), 0)}})
	case *ast.FloatNode:
		literal, err := exact(floatText(n.Value))
		if err == nil {
			ast.Patch(node, &ast.ConstantNode{Value: decimal{numberOf(literal)}})
		}
	case *ast.UnaryNode:
		if n.Operator == "-" {
			ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: "negative"}, Arguments: []ast.Node{n.Node}})
		}
	}
}

// namesIn notes which fields an expression names.
type namesIn struct {
	fields, found map[string]Kind
}

// Visit looks at a name.
func (v *namesIn) Visit(node *ast.Node) {
	if n, is := (*node).(*ast.IdentifierNode); is {
		if kind, known := v.fields[n.Value]; known {
			v.found[n.Value] = kind
		}
	}
}

// ComputeOrder gives an order in which computed fields can be worked out, each after
// those it needs; names it does not have are of fields that are there already. Fields that need one another are a *Problem.
func ComputeOrder(needs map[string][]string) ([]string, error) {
	var order []string
	state := map[string]int{} // 1: on the way, 2: done
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case 1:
			return bad("cycle", "needs itself, by way of %s", name)
		case 2:
			return nil
		}
		state[name] = 1
		for _, need := range needs[name] {
			if _, computed := needs[need]; computed {
				if err := visit(need); err != nil {
					return err
				}
			}
		}
		state[name], order = 2, append(order, name)
		return nil
	}
	for _, name := range slices.Sorted(keysOf(needs)) {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return order, nil
}

package field

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"

	reflector "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// options are those of a type: read strictly, over their defaults, and held against their schema.
type options struct {
	schema   func() Schema
	judge    func() *jsonschema.Schema
	defaults func() []byte
	compile  func(raw []byte) (Field, error)
}

// none are the options of a type that has none.
type none struct{}

// define gives a type its options, with what they are when they are not given, and
// what makes a field of them. The schema is drawn from the struct: `json` names a
// member, `jsonschema` says its title, description, bounds and values.
func define[O any](t Type, defaults O, build func(O) (Field, error)) *Type {
	o := &options{}
	o.schema = sync.OnceValue(func() Schema { return schemaOf(defaults) })
	o.judge = sync.OnceValue(func() *jsonschema.Schema { return compiled(o.schema()) })
	o.defaults = sync.OnceValue(func() []byte { return canonical(defaults) })
	o.compile = func(raw []byte) (Field, error) {
		given := defaults
		if len(raw) > 0 {
			if err := o.read(raw, &given); err != nil {
				return nil, err
			}
		}
		f, err := build(given)
		var p *Problem
		if errors.As(err, &p) {
			return nil, fault.OfField("options"+strings.ReplaceAll(p.Path, "/", "."), p.Rule, "%s", p.Message)
		}
		return f, err
	}
	if t.Source == "" {
		t.Source = Given
	}
	t.options = o
	return &t
}

// Options is the JSON Schema of the type's options.
func (t *Type) Options() Schema { return t.options.schema() }

// Defaults are the options that hold where none are given, as canonical JSON.
func (t *Type) Defaults() []byte { return bytes.Clone(t.options.defaults()) }

// Field makes a field of the type with the options, a JSON object; nil are the
// defaults, and what it doesn't name has its default. Options that may not be are `invalid` and say which.
func (t *Type) Field(options []byte) (Field, error) { return t.options.compile(options) }

// read reads options over their defaults.
func (o *options) read(raw []byte, into any) error {
	text, err := protocol.Canonical(nil, raw)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fault.Wrap(fault.Malformed, err, "The options are not JSON.")
	}
	if err := o.judge().Validate(value); err != nil {
		return told(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fault.OfField("options", "type", "are not what they should be: %v", err)
	}
	return nil
}

// told makes of what a schema says one fault with a line for each field.
func told(err error) error {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err
	}
	out := fault.New(fault.Invalid, "The options are not what they should be.")
	for _, leaf := range leaves(v) {
		rule := "invalid"
		if path := leaf.ErrorKind.KeywordPath(); len(path) > 0 {
			rule = path[len(path)-1]
		}
		at := strings.Join(append([]string{"options"}, leaf.InstanceLocation...), ".")
		out.Fields = append(out.Fields, fault.Field{Path: at, Rule: rule, Message: leaf.ErrorKind.LocalizedString(english)})
	}
	out.Message = out.Fields[0].Path + ": " + out.Fields[0].Message
	return out
}

var english = message.NewPrinter(language.English)

func leaves(v *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(v.Causes) == 0 {
		return []*jsonschema.ValidationError{v}
	}
	var out []*jsonschema.ValidationError
	for _, c := range v.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

func schemaOf(defaults any) Schema {
	r := reflector.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true}
	text, err := json.Marshal(r.ReflectFromType(reflect.TypeOf(defaults)))
	if err != nil {
		panic(err) // a struct of ours
	}
	var s, given map[string]any
	_, _ = json.Unmarshal(text, &s), json.Unmarshal(canonical(defaults), &given)
	delete(s, "required") // whatever is not given has its default
	if members, ok := s["properties"].(map[string]any); ok {
		for name, m := range members {
			if value := given[name]; value != nil && !reflect.ValueOf(value).IsZero() {
				m.(map[string]any)["default"] = value
			}
		}
	}
	return s
}

func compiled(s Schema) *jsonschema.Schema {
	text, err := json.Marshal(s)
	if err == nil {
		var doc any
		if doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(text)); err == nil {
			c := jsonschema.NewCompiler()
			if err = c.AddResource("options.json", doc); err == nil {
				var out *jsonschema.Schema
				if out, err = c.Compile("options.json"); err == nil {
					return out
				}
			}
		}
	}
	panic(err) // a schema of ours
}

func canonical(v any) []byte {
	text, err := json.Marshal(v)
	if err == nil {
		text, err = protocol.Canonical(nil, text)
	}
	if err != nil {
		panic(err) // a struct of ours
	}
	return text
}

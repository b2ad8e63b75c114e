package field

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tidemark/engine/crdt"
)

// JSONOptions say what JSON may be.
type JSONOptions struct {
	Schema   json.RawMessage `json:"schema,omitempty" jsonschema:"title=JSON Schema,description=2020-12; without references to elsewhere"`
	MaxBytes int             `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

// jsonType is any JSON, or what a JSON Schema allows.
func jsonType() *Type {
	return define(Type{
		Name: "json", Label: "JSON", Group: GroupStructure, About: "Any JSON, or what a JSON Schema allows.",
		Storage: "json", Merge: MergeMap, Index: NoIndex, Filters: opsPresent, Widget: WidgetJSON, Cell: CellSummary, Library: "santhosh-tekuri/jsonschema",
	}, JSONOptions{MaxBytes: longBytes}, func(o JSONOptions) (Field, error) {
		judge, err := ownSchema(o.Schema)
		if err != nil {
			return nil, err
		}
		return &rawField{
			schema: Schema{},
			check: func(value []byte) ([]byte, error) {
				if err := sized(value, o.MaxBytes); err != nil || judge == nil {
					return value, err
				}
				return value, allowed(judge, value)
			},
			show: func(value []byte, _ *Locale) string { return summary(value) },
		}, nil
	})
}

// ownSchema makes a schema ready that somebody wrote; it may refer to nothing outside of itself.
func ownSchema(raw json.RawMessage) (*jsonschema.Schema, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil //nolint:nilnil // nothing is said of it
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, bad("format", "must be JSON").in("/schema")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(nowhere{})
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, bad("schema", "must be a JSON Schema: %s", oneLine(err.Error(), 200)).in("/schema")
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		return nil, bad("schema", "must be a JSON Schema that refers to nothing elsewhere: %s", oneLine(err.Error(), 200)).in("/schema")
	}
	return s, nil
}

// nowhere loads nothing.
type nowhere struct{}

func (nowhere) Load(string) (any, error) {
	return nil, errors.New("references to elsewhere are not followed")
}

// allowed holds a value against a schema, and says what the first thing is that does not fit.
func allowed(s *jsonschema.Schema, value []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return bad("type", "must be JSON")
	}
	err = s.Validate(doc)
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err
	}
	leaf := leaves(v)[0]
	p := bad("schema", "does not fit its JSON Schema: %s", leaf.ErrorKind.LocalizedString(english))
	if len(leaf.InstanceLocation) > 0 {
		return p.in("/" + strings.Join(leaf.InstanceLocation, "/"))
	}
	return p
}

// summary is JSON in a few signs.
func summary(value []byte) string {
	members, isObject := crdt.Members(value)
	if isObject {
		var names []string
		for _, m := range members {
			names = append(names, m.Name)
		}
		return oneLine("{"+strings.Join(names, ", ")+"}", 80)
	}
	if list, err := readList(value); err == nil {
		return plural(len(list), "element", "elements")
	}
	return oneLine(plainText(value), 80)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

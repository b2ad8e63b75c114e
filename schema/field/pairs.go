package field

import (
	"strings"

	"tidemark/engine/crdt"
)

// MapOptions bound names with values.
type MapOptions struct {
	KeyPattern string `json:"keyPattern" jsonschema:"title=Names,description=A regular expression (RE2) that each name fits; empty: any of 1 to 100 characters,maxLength=500"`
	ValueType  string `json:"valueType" jsonschema:"title=Values,enum=text,enum=number,enum=boolean"`
	Max        int    `json:"max" jsonschema:"title=Most,minimum=1,maximum=1000"`
}

// mapType is names with a value each.
func mapType() *Type {
	return define(Type{
		Name: "map", Label: "Key-value map", Group: GroupStructure, About: "Names with a value each, such as properties of a product.",
		Storage: "json", Merge: MergeMap, Index: NoIndex, Filters: opsPresent, Widget: WidgetPairs, Cell: CellSummary,
	}, MapOptions{ValueType: "text", Max: 100}, func(o MapOptions) (Field, error) {
		pattern, err := wholly(o.KeyPattern)
		if err != nil {
			return nil, bad("pattern", "%s", err.Error()).in("/keyPattern")
		}
		name := func(s string) error {
			if s == "" || len(s) > 400 || pattern != nil && !pattern.MatchString(s) {
				return bad("pattern", "has a name that may not be: %q", oneLine(s, 40))
			}
			return nil
		}
		return &rawField{
			schema: Schema{"type": "object", "maxProperties": o.Max},
			check:  func(value []byte) ([]byte, error) { return checkPairs(value, o, name) },
			show: func(value []byte, in *Locale) string {
				var out []string
				members, _ := crdt.Members(value)
				for _, m := range members {
					out = append(out, m.Name+": "+shownScalar(m.Value, in))
				}
				return oneLine(strings.Join(out, ", "), shownSigns)
			},
		}, nil
	})
}

func checkPairs(value []byte, o MapOptions, name func(string) error) ([]byte, error) {
	members, isObject := crdt.Members(value)
	if !isObject {
		return nil, bad("type", "must be an object of names and values")
	}
	if len(members) > o.Max {
		return nil, bad("count", "must have at most %d, and has %d", o.Max, len(members))
	}
	if len(members) == 0 {
		return nil, nil
	}
	for _, m := range members {
		if err := name(m.Name); err != nil {
			return nil, err
		}
		if !isScalar(m.Value, o.ValueType) {
			return nil, bad("type", "must have %s as the value of each name", scalarNames[o.ValueType]).in("/" + m.Name)
		}
	}
	return value, sized(value, longBytes)
}

var scalarNames = map[string]string{"text": "a text", "number": "a number", "boolean": "true or false"}

// isScalar says whether a value is a text, a number or a boolean.
func isScalar(value []byte, kind string) bool {
	var err error
	switch kind {
	case "number":
		_, err = readFloat(value)
	case "boolean":
		_, err = readBool(value)
	default:
		_, err = readString(value)
	}
	return err == nil
}

func shownScalar(value []byte, in *Locale) string {
	if literal, err := readNumber(value); err == nil && !strings.ContainsAny(literal, "eE") {
		return in.Number(literal)
	}
	if b, err := readBool(value); err == nil {
		return BooleanOptions{}.word(b, in)
	}
	return plainText(value)
}

// ListOptions bound a list.
type ListOptions struct {
	Item string `json:"item" jsonschema:"title=Elements,enum=text,enum=number,enum=boolean"`
	Max  int    `json:"max" jsonschema:"title=Most,minimum=1,maximum=10000"`
}

// listType is a list in an order of its own.
func listType() *Type {
	return define(Type{
		Name: "list", Label: "List", Group: GroupStructure, About: "Values in an order of their own, such as steps.",
		Storage: "json", Merge: MergeList, Index: ByMember, Filters: opsMembers, Widget: WidgetLines, Cell: CellSummary,
	}, ListOptions{Item: "text", Max: 1000}, func(o ListOptions) (Field, error) {
		return membered{&rawField{
			schema: Schema{"type": "array", "maxItems": o.Max},
			check:  func(value []byte) ([]byte, error) { return checkList(value, o) },
			show: func(value []byte, in *Locale) string {
				var out []string
				list, _ := readList(value)
				for _, e := range list {
					out = append(out, shownScalar(e, in))
				}
				return oneLine(strings.Join(out, ", "), shownSigns)
			},
			parse: func(text string, _ *Locale) ([]byte, error) { return typedList(text, o.Item) },
			edit:  editedList,
			keys: func(value []byte) [][]byte {
				list, _ := readList(value)
				out := make([][]byte, 0, len(list))
				for _, e := range list {
					if key := keyText(plainText(e)); len(key) > 0 {
						out = append(out, key)
					}
				}
				return out
			},
		}}, nil
	})
}

func checkList(value []byte, o ListOptions) ([]byte, error) {
	list, err := readList(value)
	switch {
	case err != nil:
		return nil, err
	case len(list) > o.Max:
		return nil, bad("count", "must have at most %d, and has %d", o.Max, len(list))
	case len(list) == 0:
		return nil, nil
	}
	for i, e := range list {
		if !isScalar(e, o.Item) {
			return nil, bad("type", "must have %s as each element", scalarNames[o.Item]).in(place(i))
		}
	}
	return value, sized(value, longBytes)
}

// typedList reads one element a line, or a JSON list.
func typedList(text, item string) ([]byte, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		if value, err := jsonTyped(text); err == nil {
			return value, nil
		}
	}
	out := []byte{'['}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if line = trimmed(line); line == "" {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if item == "text" {
			out = append(out, writeString(line)...)
			continue
		}
		value, err := jsonTyped(line)
		if err != nil || !isScalar(value, item) {
			return nil, bad("type", "must have %s in each line", scalarNames[item])
		}
		out = append(out, value...)
	}
	return append(out, ']'), nil
}

// editedList is one element a line, or JSON where an element has lines of its own or would be read as something else.
func editedList(value []byte) string {
	list, _ := readList(value)
	var out []string
	for _, e := range list {
		s := plainText(e)
		if s == "" || strings.ContainsAny(s, "\r\n") || trimmed(s) != s || strings.HasPrefix(s, "[") {
			return string(value)
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

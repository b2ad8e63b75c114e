package field

import (
	"slices"
	"strings"
)

// SelectOptions are the choices of a field.
type SelectOptions struct {
	Options []Option `json:"options" jsonschema:"title=Choices,maxItems=500"`
}

// Option is a choice: what is stored, what people see, and its colour.
type Option struct {
	Value string `json:"value" jsonschema:"title=Value,minLength=1,maxLength=64"`
	Label string `json:"label,omitempty" jsonschema:"title=Label,description=The value where there is none,maxLength=100"`
	Color string `json:"color,omitempty" jsonschema:"title=Colour,enum=gray,enum=red,enum=orange,enum=yellow,enum=green,enum=teal,enum=blue,enum=purple,enum=pink"`
}

// selectType is one of some choices; it sorts in their order.
func selectType() *Type {
	return define(Type{
		Name: "select", Label: "Single select", Group: GroupChoice, About: "One of a list of choices.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetSelect, Cell: CellBadge,
	}, SelectOptions{Options: []Option{}}, func(o SelectOptions) (Field, error) {
		if err := distinct(o.Options); err != nil {
			return nil, err
		}
		return choiceOf(o.Options), nil
	})
}

// choiceOf is a field of one choice.
func choiceOf(options []Option) *scalar[string] {
	return &scalar[string]{
		schema: Schema{"type": "string", "enum": valuesOf(options)},
		read:   readString, write: writeString,
		rule:  func(s string) (string, error) { return s, chosen(options, s) },
		parse: func(text string, _ *Locale) (string, error) { return choice(options, text), nil },
		show:  func(s string, _ *Locale) string { return labelOf(options, s) },
		key:   func(s string) []byte { return keyWhole(int64(placeOf(options, s))) },
	}
}

func placeOf(options []Option, value string) int {
	return slices.IndexFunc(options, func(o Option) bool { return o.Value == value })
}

// chosen says whether a value is a choice.
func chosen(options []Option, value string) error {
	if placeOf(options, value) < 0 {
		return bad("option", "must be one of the choices, and %q is none", oneLine(value, 40))
	}
	return nil
}

// choice is the value that a person means who writes a value or a label.
func choice(options []Option, text string) string {
	for _, o := range options {
		if o.Value == text {
			return o.Value
		}
	}
	for _, o := range options {
		if strings.EqualFold(o.Label, text) || strings.EqualFold(o.Value, text) {
			return o.Value
		}
	}
	return text
}

func labelOf(options []Option, value string) string {
	if i := placeOf(options, value); i >= 0 && options[i].Label != "" {
		return options[i].Label
	}
	return value
}

func valuesOf(options []Option) []string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = o.Value
	}
	return out
}

func distinct(options []Option) error {
	for i, o := range options {
		if placeOf(options, o.Value) != i {
			return bad("unique", "has %q twice", o.Value).in("/options")
		}
	}
	return nil
}

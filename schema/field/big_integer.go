package field

import "strings"

// BigIntegerOptions bound a whole number of any size.
type BigIntegerOptions struct {
	Min string `json:"min,omitempty" jsonschema:"title=Least,pattern=^(-?[0-9]{1\\,65})?$"`
	Max string `json:"max,omitempty" jsonschema:"title=Most,pattern=^(-?[0-9]{1\\,65})?$"`
}

const bigDigits = 65

// bigIntegerType is a whole number of up to 65 digits, written as text so that no program rounds it.
func bigIntegerType() *Type {
	return define(Type{
		Name: "bigInteger", Label: "Big integer", Group: GroupNumber, About: "A whole number of up to 65 digits.",
		Storage: "decimal(65,0)", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetNumber, Cell: CellNumber, Library: "cockroachdb/apd",
	}, BigIntegerOptions{}, func(o BigIntegerOptions) (Field, error) {
		f, err := exactField(o.Min, o.Max)
		if err != nil {
			return nil, err
		}
		bounds := f.rule
		f.schema["pattern"] = "^-?[0-9]+$"
		f.rule = func(literal string) (string, error) {
			if literal = shortest(literal); strings.Contains(literal, ".") {
				return "", bad("integer", "must be a whole number")
			}
			if len(strings.TrimPrefix(literal, "-")) > bigDigits {
				return "", bad("precision", "must have at most %d digits", bigDigits)
			}
			return bounds(literal)
		}
		return f, nil
	})
}

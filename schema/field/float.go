package field

import (
	"math"
	"strconv"
)

// FloatOptions bound a number.
type FloatOptions struct {
	Min *float64 `json:"min,omitempty" jsonschema:"title=Least"`
	Max *float64 `json:"max,omitempty" jsonschema:"title=Most"`
}

// floatType is a number of IEEE 754 with 64 bits that is finite, in the shortest digits that read back as the same.
func floatType() *Type {
	return define(Type{
		Name: "float", Label: "Float", Group: GroupNumber, About: "A number as computers count: large or small, and not always exact.",
		Storage: "double", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetNumber, Cell: CellNumber,
	}, FloatOptions{}, func(o FloatOptions) (Field, error) {
		if o.Min != nil && o.Max != nil && *o.Min > *o.Max {
			return nil, bad("minimum", "must not be above max").in("/min")
		}
		return &scalar[float64]{
			schema: Schema{"type": "number"},
			read:   readFloat, write: func(f float64) []byte { return []byte(floatText(f)) },
			rule: func(f float64) (float64, error) {
				switch {
				case o.Min != nil && f < *o.Min:
					return 0, bad("range", "must be at least %s", floatText(*o.Min))
				case o.Max != nil && f > *o.Max:
					return 0, bad("range", "must be at most %s", floatText(*o.Max))
				}
				return f, nil
			},
			parse: func(text string, in *Locale) (float64, error) {
				if f, err := strconv.ParseFloat(text, 64); err == nil && in.plain && !math.IsInf(f, 0) && !math.IsNaN(f) {
					return f, nil
				}
				literal, err := in.ParseNumber(text)
				if err != nil {
					return 0, err
				}
				return readFloat([]byte(literal))
			},
			show:   func(f float64, in *Locale) string { return in.Number(shownFloat(f)) },
			edit:   func(f float64, in *Locale) string { return in.Number(plainFloat(f)) },
			export: floatText,
			key:    keyFloat,
		}, nil
	})
}

func readFloat(value []byte) (float64, error) {
	literal, err := readNumber(value)
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, bad("range", "must be a number of at most 1.8e308")
	}
	return f + 0, nil // -0 is 0
}

// floatText is the shortest literal of a number, with an exponent where it is very large or small (RFC 8785, 3.2.2.3).
func floatText(f float64) string {
	if f == 0 {
		return "0"
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'e', -1, 64)
}

func plainFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// shownFloat is a number of at most six decimals, or of six digits where it is very small.
func shownFloat(f float64) string {
	if a := math.Abs(f); a != 0 && a < 1e-4 {
		g, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 5, 64), 64) // digits it just wrote
		return plainFloat(g)
	}
	return shortest(strconv.FormatFloat(f, 'f', 6, 64))
}

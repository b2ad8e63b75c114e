package field

import "strconv"

// IntegerOptions bound a whole number.
type IntegerOptions struct {
	Min  *int64 `json:"min,omitempty" jsonschema:"title=Least"`
	Max  *int64 `json:"max,omitempty" jsonschema:"title=Most"`
	Step int64  `json:"step" jsonschema:"title=Step,description=It is a multiple of this,minimum=1"`
}

// integerType is a whole number of 64 bits.
func integerType() *Type {
	return define(Type{
		Name: "integer", Label: "Integer", Group: GroupNumber, About: "A whole number: a count, a quantity.",
		Storage: "bigint", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetNumber, Cell: CellNumber,
	}, IntegerOptions{Step: 1}, func(o IntegerOptions) (Field, error) {
		if o.Min != nil && o.Max != nil && *o.Min > *o.Max {
			return nil, bad("minimum", "must not be above max").in("/min")
		}
		f := wholeField()
		f.rule = func(n int64) (int64, error) {
			if err := within(n, o.Min, o.Max); err != nil {
				return 0, err
			}
			if n%o.Step != 0 {
				return 0, bad("step", "must be a multiple of %d", o.Step)
			}
			return n, nil
		}
		return f, nil
	})
}

// wholeField is a field of whole numbers; its rule is still to be set.
func wholeField() *scalar[int64] {
	return &scalar[int64]{
		schema: Schema{"type": "integer"},
		read:   readWhole, write: writeWhole,
		parse: func(text string, in *Locale) (int64, error) {
			literal, err := in.ParseNumber(text)
			if err != nil {
				return 0, err
			}
			return readWhole([]byte(literal))
		},
		show:   func(n int64, in *Locale) string { return in.Number(strconv.FormatInt(n, 10)) },
		edit:   func(n int64, in *Locale) string { return in.Number(strconv.FormatInt(n, 10)) },
		export: func(n int64) string { return strconv.FormatInt(n, 10) },
		key:    keyWhole,
	}
}

func within(n int64, least, most *int64) error {
	switch {
	case least != nil && n < *least:
		return bad("range", "must be at least %d", *least)
	case most != nil && n > *most:
		return bad("range", "must be at most %d", *most)
	}
	return nil
}

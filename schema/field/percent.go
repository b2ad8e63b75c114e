package field

// PercentOptions bound a percentage.
type PercentOptions struct {
	Min   string `json:"min,omitempty" jsonschema:"title=Least,pattern=^(-?[0-9]+(\\.[0-9]+)?)?$"`
	Max   string `json:"max,omitempty" jsonschema:"title=Most,pattern=^(-?[0-9]+(\\.[0-9]+)?)?$"`
	Scale int    `json:"scale" jsonschema:"title=Decimals,minimum=0,maximum=10"`
}

// percentType is an exact number of hundredths: "12.5" is 12.5 %.
func percentType() *Type {
	return define(Type{
		Name: "percent", Label: "Percent", Group: GroupNumber, About: "An exact percentage: 12.5 is 12.5 %.",
		Storage: "decimal", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetNumber, Cell: CellNumber, Library: "cockroachdb/apd",
	}, PercentOptions{Scale: 2}, func(o PercentOptions) (Field, error) {
		f, err := exactField(o.Min, o.Max)
		if err != nil {
			return nil, err
		}
		bounds := f.rule
		f.rule = func(literal string) (string, error) {
			if _, err := scaled(literal, o.Scale); err != nil {
				return "", err
			}
			if literal = shortest(literal); len(literal) > bigDigits {
				return "", bad("precision", "must have at most %d digits", bigDigits)
			}
			return bounds(literal)
		}
		f.parse = func(text string, in *Locale) (string, error) { return in.ParseNumber(withoutPercent(text)) }
		f.show = func(literal string, in *Locale) string { return in.percent(literal) }
		return f, nil
	})
}

// progressType is how far something is, in whole hundredths.
func progressType() *Type {
	return define(Type{
		Name: "progress", Label: "Progress", Group: GroupNumber, About: "How far something is, from 0 to 100 %, shown as a bar.",
		Storage: "smallint", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetRange, Cell: CellBar,
	}, none{}, func(none) (Field, error) {
		f := wholeField()
		least, most := int64(0), int64(100)
		f.schema = Schema{"type": "integer", "minimum": 0, "maximum": 100}
		f.rule = func(n int64) (int64, error) { return n, within(n, &least, &most) }
		parse, show := f.parse, f.show
		f.parse = func(text string, in *Locale) (int64, error) { return parse(withoutPercent(text), in) }
		f.show = func(n int64, in *Locale) string { return in.percent(show(n, Plain)) }
		return f, nil
	})
}

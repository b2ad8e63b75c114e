package field

import "strconv"

// YearOptions bound a year.
type YearOptions struct {
	Min int64 `json:"min" jsonschema:"title=First,minimum=1,maximum=9999"`
	Max int64 `json:"max" jsonschema:"title=Last,minimum=1,maximum=9999"`
}

// yearType is a year of the Gregorian calendar, from 1 to 9999.
func yearType() *Type {
	return define(Type{
		Name: "year", Label: "Year", Group: GroupTime, About: "A year, from 1 to 9999.",
		Storage: "smallint", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetLine, Cell: CellNumber, Lead: true,
	}, YearOptions{Min: 1, Max: 9999}, func(o YearOptions) (Field, error) {
		if o.Min > o.Max {
			return nil, bad("minimum", "must not be above max").in("/min")
		}
		f := wholeField()
		f.schema = Schema{"type": "integer", "minimum": o.Min, "maximum": o.Max}
		f.rule = func(n int64) (int64, error) { return n, within(n, &o.Min, &o.Max) }
		f.parse = func(text string, _ *Locale) (int64, error) { return Plain.year(text) }
		f.show = func(n int64, _ *Locale) string { return strconv.FormatInt(n, 10) }
		f.edit = f.show
		return f, nil
	})
}

// year reads a year in digits of any script.
func (l *Locale) year(text string) (int64, error) {
	literal, err := l.ParseNumber(text)
	if err != nil {
		return 0, err
	}
	return readWhole([]byte(literal))
}

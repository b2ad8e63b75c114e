package field

import "time"

// DateOptions bound a day.
type DateOptions struct {
	Min string `json:"min" jsonschema:"title=First,description=As 2026-11-22,pattern=^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"`
	Max string `json:"max" jsonschema:"title=Last,description=As 2026-11-22,pattern=^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"`
}

// dateType is a day of the Gregorian calendar, in no time zone, from the year 1 to 9999.
func dateType() *Type {
	return define(Type{
		Name: "date", Label: "Date", Group: GroupTime, About: "A day, the same in every time zone: a birthday, a deadline.",
		Storage: "date", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetDate, Cell: CellText,
	}, DateOptions{}, func(o DateOptions) (Field, error) {
		first, last, err := days(o)
		if err != nil {
			return nil, err
		}
		return &scalar[time.Time]{
			schema: Schema{"type": "string", "format": "date"},
			read:   readDay,
			rule: func(day time.Time) (time.Time, error) {
				switch {
				case day.Before(first):
					return day, bad("range", "must not be before %s", o.Min)
				case day.After(last):
					return day, bad("range", "must not be after %s", o.Max)
				}
				return day, nil
			},
			write:  func(day time.Time) []byte { return writeString(day.Format(time.DateOnly)) },
			parse:  func(text string, in *Locale) (time.Time, error) { return in.ParseDate(text) },
			show:   func(day time.Time, in *Locale) string { return in.Date(day) },
			edit:   func(day time.Time, in *Locale) string { return in.short(day) },
			export: func(day time.Time) string { return day.Format(time.DateOnly) },
			key:    func(day time.Time) []byte { return []byte(day.Format(time.DateOnly)) },
		}, nil
	})
}

func days(o DateOptions) (first, last time.Time, err error) {
	first, last = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	if o.Min != "" {
		if first, err = time.Parse(time.DateOnly, o.Min); err != nil {
			return first, last, bad("date", "is not a date").in("/min")
		}
	}
	if o.Max != "" {
		if last, err = time.Parse(time.DateOnly, o.Max); err != nil {
			return first, last, bad("date", "is not a date").in("/max")
		}
	}
	if last.Before(first) {
		return first, last, bad("minimum", "must not be after max").in("/min")
	}
	return first, last, nil
}

func readDay(value []byte) (time.Time, error) {
	s, err := readString(value)
	if err != nil {
		return time.Time{}, err
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return day, bad("date", "must be a date such as 2026-11-22")
	}
	return day, nil
}

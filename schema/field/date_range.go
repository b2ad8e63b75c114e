package field

import (
	"regexp"
	"strings"
	"time"

	"tidemark/engine/protocol"
)

// DateRangeOptions bound a range of days.
type DateRangeOptions struct {
	MaxDays int `json:"maxDays" jsonschema:"title=Longest,description=In days; 0: any,minimum=0,maximum=3660000"`
}

// dates are two days, the second not before the first.
type dates struct{ from, to time.Time }

// dateRangeType is a range of days, both of them in it: {"from":"2026-01-01","to":"2026-01-31"}.
func dateRangeType() *Type {
	return define(Type{
		Name: "dateRange", Label: "Date range", Group: GroupTime, About: "From one day to another, both of them in it.",
		Storage: "date + date", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetDates, Cell: CellText,
	}, DateRangeOptions{}, func(o DateRangeOptions) (Field, error) {
		return &scalar[dates]{
			schema: Schema{"type": "object", "required": []string{"from", "to"}, "additionalProperties": false, "properties": Schema{"from": Schema{"type": "string", "format": "date"}, "to": Schema{"type": "string", "format": "date"}}},
			read:   readDates,
			rule: func(d dates) (dates, error) {
				switch days := int(d.to.Sub(d.from).Hours()/24) + 1; {
				case d.to.Before(d.from):
					return d, bad("range", "must not end before it begins")
				case o.MaxDays > 0 && days > o.MaxDays:
					return d, bad("range", "must be at most %d days, and is %d", o.MaxDays, days)
				}
				return d, nil
			},
			write: func(d dates) []byte {
				out := append(protocol.AppendString([]byte(`{"from":`), d.from.Format(time.DateOnly)), `,"to":`...)
				return append(protocol.AppendString(out, d.to.Format(time.DateOnly)), '}')
			},
			parse:  typedDates,
			show:   func(d dates, in *Locale) string { return in.Date(d.from) + " – " + in.Date(d.to) },
			edit:   func(d dates, in *Locale) string { return in.short(d.from) + " – " + in.short(d.to) },
			export: func(d dates) string { return d.from.Format(time.DateOnly) + "/" + d.to.Format(time.DateOnly) },
			key:    func(d dates) []byte { return []byte(d.from.Format(time.DateOnly) + d.to.Format(time.DateOnly)) },
		}, nil
	})
}

func readDates(value []byte) (dates, error) {
	var raw struct {
		From rawValue `json:"from"`
		To   rawValue `json:"to"`
	}
	if err := readInto(value, &raw); err != nil {
		return dates{}, err
	}
	from, err := readDay(raw.From)
	if err != nil {
		return dates{}, bad("date", "must have two days, from and to, such as 2026-11-22")
	}
	to, err := readDay(raw.To)
	if err != nil {
		return dates{}, bad("date", "must have two days, from and to, such as 2026-11-22")
	}
	return dates{from, to}, nil
}

var rangeMark = regexp.MustCompile(`\s+[-–—]\s+|\s*[–—]\s*|\s+to\s+|\s+bis\s+|\s+au\s+`)

// typedDates reads two days with a dash between; one day is a range of itself.
func typedDates(text string, in *Locale) (dates, error) {
	parts := rangeMark.Split(text, -1)
	if len(parts) == 1 && strings.Count(text, "/") == 1 { // ISO 8601
		parts = strings.Split(text, "/")
	}
	if len(parts) == 1 {
		parts = append(parts, parts[0])
	}
	if len(parts) != 2 {
		return dates{}, bad("date", "must be two days with a dash between")
	}
	from, err := in.ParseDate(parts[0])
	if err != nil {
		return dates{}, err
	}
	to, err := in.ParseDate(parts[1])
	return dates{from, to}, err
}

package field

import (
	"strings"
	"time"
)

// DateTimeOptions bound an instant.
type DateTimeOptions struct {
	Min string `json:"min" jsonschema:"title=First,description=As 2026-11-22T09:00:00Z"`
	Max string `json:"max" jsonschema:"title=Last,description=As 2026-11-22T09:00:00Z"`
}

// dateTimeType is an instant, to the millisecond: RFC 3339 in UTC. It is shown in the reader's time zone.
func dateTimeType() *Type {
	return define(Type{
		Name: "datetime", Label: "Date and time", Group: GroupTime, About: "An instant, shown in the reader's time zone.",
		Storage: "datetime(3)", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetDateTime, Cell: CellText,
	}, DateTimeOptions{}, func(o DateTimeOptions) (Field, error) {
		first, last, err := instants(o)
		if err != nil {
			return nil, err
		}
		f := instantField()
		f.rule = func(t time.Time) (time.Time, error) {
			switch {
			case t.Before(first):
				return t, bad("range", "must not be before %s", first.Format(time.RFC3339))
			case t.After(last):
				return t, bad("range", "must not be after %s", last.Format(time.RFC3339))
			}
			return t, nil
		}
		return f, nil
	})
}

func instants(o DateTimeOptions) (first, last time.Time, err error) {
	first, last = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	if o.Min != "" {
		if first, err = time.Parse(time.RFC3339, o.Min); err != nil {
			return first, last, bad("date", "is not an instant such as 2026-11-22T09:00:00Z").in("/min")
		}
	}
	if o.Max != "" {
		if last, err = time.Parse(time.RFC3339, o.Max); err != nil {
			return first, last, bad("date", "is not an instant such as 2026-11-22T09:00:00Z").in("/max")
		}
	}
	if last.Before(first) {
		return first, last, bad("minimum", "must not be after max").in("/min")
	}
	return first, last, nil
}

// instantField is a field of instants; its rule is still to be set.
func instantField() *scalar[time.Time] {
	return &scalar[time.Time]{
		schema: Schema{"type": "string", "format": "date-time"},
		read:   readInstant,
		write:  func(t time.Time) []byte { return writeString(instantText(t)) },
		parse:  func(text string, in *Locale) (time.Time, error) { return in.parseInstant(text) },
		show:   func(t time.Time, in *Locale) string { return in.Instant(t) },
		edit: func(t time.Time, in *Locale) string {
			if t = t.In(in.Zone); in.plain || t.Nanosecond() != 0 {
				return instantText(t)
			}
			return in.short(t) + " " + shortClock(t)
		},
		key: func(t time.Time) []byte { return keyWhole(t.UnixMilli()) },
	}
}

func readInstant(value []byte) (time.Time, error) {
	s, err := readString(value)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return time.Time{}, bad("date", "must be an instant such as 2026-11-22T09:00:00Z")
	}
	return t.UTC().Truncate(time.Millisecond), nil
}

// instantText is an instant as RFC 3339 has it, in UTC, with milliseconds where it has some.
func instantText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// Instant writes an instant in the locale's time zone.
func (l *Locale) Instant(t time.Time) string {
	if l.plain {
		return instantText(t)
	}
	t = t.In(l.Zone)
	return l.Date(t) + ", " + l.Clock(t)
}

// parseInstant reads an instant: as RFC 3339 has it, or a day and a time in the locale's zone.
func (l *Locale) parseInstant(text string) (time.Time, error) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC().Truncate(time.Millisecond), nil
		}
	}
	day, clock, err := l.parseLocal(text)
	if err != nil {
		return day, err
	}
	return time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, l.Zone).UTC(), nil
}

// parseLocal reads a day and a time of it; none is midnight.
func (l *Locale) parseLocal(text string) (day, clock time.Time, err error) {
	text = strings.ReplaceAll(text, ",", " ")
	if at := strings.IndexAny(text, "T"); at == len(time.DateOnly) {
		text = text[:at] + " " + text[at+1:]
	}
	if day, err = l.ParseDate(text); err == nil {
		return day, time.Time{}, nil
	}
	for at, r := range text {
		if r != ' ' {
			continue
		}
		if day, err = l.ParseDate(text[:at]); err != nil {
			continue
		}
		clock, err = clockOf(strings.TrimSpace(text[at:]))
		return day, clock, err
	}
	return day, clock, bad("date", "is not a date and time such as %s 14:30", l.short(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)))
}

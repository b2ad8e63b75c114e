package field

import (
	"strings"
	"time"
	_ "time/tzdata" // time zones, where the machine has none

	"tidemark/engine/protocol"
)

// Zoned is a local time with its zone.
type Zoned struct {
	At   string `json:"at"`
	Zone string `json:"zone"`
}

const localForm = "2006-01-02T15:04:05"

// zonedType is a time on the clocks of a place: {"at":"2026-11-22T09:00:00","zone":"Europe/Berlin"}. It stays that time when a zone's rules change. The two are never told apart.
func zonedType() *Type {
	return define(Type{
		Name: "zonedDatetime", Label: "Zoned date and time", Group: GroupTime, About: "A time on the clocks of a place, such as of an appointment.",
		Storage: "datetime + varchar", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetZoned, Cell: CellText, Library: "time/tzdata",
	}, none{}, func(none) (Field, error) {
		return &scalar[Zoned]{
			schema: Schema{"type": "object", "required": []string{"at", "zone"}, "additionalProperties": false, "properties": Schema{"at": Schema{"type": "string"}, "zone": Schema{"type": "string"}}},
			read:   func(value []byte) (z Zoned, err error) { return z, readInto(value, &z) },
			rule: func(z Zoned) (Zoned, error) {
				t, err := z.time()
				if err != nil {
					return z, err
				}
				return Zoned{t.Format(localForm), t.Location().String()}, nil
			},
			write: func(z Zoned) []byte {
				out := append(protocol.AppendString([]byte(`{"at":`), z.At), `,"zone":`...)
				return append(protocol.AppendString(out, z.Zone), '}')
			},
			parse: typedZoned,
			show: func(z Zoned, in *Locale) string {
				t, err := z.time()
				if err != nil || in.plain {
					return z.At + " " + z.Zone
				}
				return in.Date(t) + ", " + in.Clock(t) + " (" + z.Zone + ")"
			},
			edit: func(z Zoned, in *Locale) string {
				t, err := z.time()
				if err != nil || in.plain {
					return z.At + " " + z.Zone
				}
				return in.short(t) + " " + shortClock(t) + " " + z.Zone
			},
			export: func(z Zoned) string { return z.At + " " + z.Zone },
			key: func(z Zoned) []byte {
				t, err := z.time()
				if err != nil {
					return nil
				}
				return keyWhole(t.UnixMilli())
			},
		}, nil
	})
}

// time is the instant; a time that the zone's clocks skip is refused, and of one they show twice it is the first.
func (z Zoned) time() (time.Time, error) {
	zone, err := zoneOf(z.Zone)
	if err != nil {
		return time.Time{}, err
	}
	at := z.At
	if len(at) == len("2006-01-02T15:04") {
		at += ":00"
	}
	t, err := time.ParseInLocation(localForm, at, zone)
	if err != nil || t.Year() < 1 {
		return t, bad("date", "must have a local time such as 2026-11-22T09:00:00")
	}
	if t.Format(localForm) != at {
		return t, bad("date", "must be a time that clocks in %s show: they skip %s", z.Zone, at)
	}
	return t, nil
}

// zoneOf is a zone by its name in the IANA time zone database.
func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Local" || strings.ContainsAny(name, `\.`) || len(name) > 64 {
		return nil, bad("zone", "must have a time zone such as Europe/Berlin")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, bad("zone", "must have a time zone such as Europe/Berlin")
	}
	return zone, nil
}

// typedZoned reads a local time with a zone behind it; without one it is the locale's.
func typedZoned(text string, in *Locale) (Zoned, error) {
	zone, before := in.Zone.String(), text
	if at := strings.LastIndexByte(text, ' '); at > 0 {
		if _, err := zoneOf(text[at+1:]); err == nil {
			zone, before = text[at+1:], strings.TrimSpace(text[:at])
		}
	}
	day, clock, err := in.parseLocal(before)
	if err != nil {
		return Zoned{}, err
	}
	return Zoned{day.Format(time.DateOnly) + "T" + clock.Format(time.TimeOnly), zone}, nil
}

// timezoneType is a time zone by its name in the IANA database.
func timezoneType() *Type {
	return define(Type{
		Name: "timezone", Label: "Time zone", Group: GroupTime, About: "A time zone, such as Europe/Berlin.",
		Storage: "varchar(64)", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetLine, Cell: CellText, Library: "time/tzdata",
	}, none{}, func(none) (Field, error) {
		f := textField(64)
		f.rule = func(s string) (string, error) {
			zone, err := zoneOf(trimmed(s))
			if err != nil {
				return "", bad("zone", "must be a time zone such as Europe/Berlin")
			}
			return zone.String(), nil
		}
		return f, nil
	})
}

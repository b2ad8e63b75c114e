package field

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TimeOptions say how exact a time of the day is.
type TimeOptions struct {
	Seconds bool `json:"seconds" jsonschema:"title=With seconds"`
}

// timeType is a time of the day, in no time zone: "14:30:00".
func timeType() *Type {
	return define(Type{
		Name: "time", Label: "Time", Group: GroupTime, About: "A time of the day, the same in every time zone.",
		Storage: "time", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetTime, Cell: CellText,
	}, TimeOptions{}, func(o TimeOptions) (Field, error) {
		return &scalar[time.Time]{
			schema: Schema{"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"},
			read:   readClock,
			rule: func(t time.Time) (time.Time, error) {
				if !o.Seconds && t.Second() != 0 {
					return t, bad("precision", "must have no seconds")
				}
				return t, nil
			},
			write: func(t time.Time) []byte { return writeString(t.Format(time.TimeOnly)) },
			parse: func(text string, _ *Locale) (time.Time, error) { return clockOf(text) },
			show:  func(t time.Time, in *Locale) string { return in.Clock(t) },
			edit:  func(t time.Time, _ *Locale) string { return shortClock(t) },
			key:   func(t time.Time) []byte { return []byte(t.Format(time.TimeOnly)) },
		}, nil
	})
}

func readClock(value []byte) (time.Time, error) {
	s, err := readString(value)
	if err != nil {
		return time.Time{}, err
	}
	for _, form := range []string{time.TimeOnly, "15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, bad("time", "must be a time such as 14:30:00")
}

func shortClock(t time.Time) string {
	if t.Second() == 0 {
		return t.Format("15:04")
	}
	return t.Format(time.TimeOnly)
}

var clockForm = regexp.MustCompile(`(?i)^(\d{1,2})(?:\s*[:.h]\s*(\d{2})(?:\s*[:.]\s*(\d{2}))?|\s*(?:h|uhr))?\s*(?:uhr)?\s*([ap])?\.?\s*(?:m\.?)?$`)

// clockOf reads a time of the day as people write it: 14:30, 2:30 pm, 14 h 30, 9 am.
func clockOf(text string) (time.Time, error) {
	m := clockForm.FindStringSubmatch(text)
	if m == nil || m[2] == "" && m[4] == "" && !strings.ContainsAny(text, "hH") {
		return time.Time{}, bad("time", "is not a time such as 14:30")
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second, _ := strconv.Atoi(m[3])
	if half := strings.ToLower(m[4]); half != "" {
		if hour < 1 || hour > 12 {
			return time.Time{}, bad("time", "is not a time such as 2:30 pm")
		}
		if hour %= 12; half == "p" {
			hour += 12
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, bad("time", "is not a time such as 14:30")
	}
	return time.Date(0, 1, 1, hour, minute, second, 0, time.UTC), nil
}

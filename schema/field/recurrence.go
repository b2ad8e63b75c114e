package field

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/teambition/rrule-go"
)

const (
	maxRule  = 500    // bytes of a rule
	maxCount = 10_000 // occurrences that a rule may count
)

// recurrenceType is a rule by which something comes again (RFC 5545, RRULE).
func recurrenceType() *Type {
	return define(Type{
		Name: "recurrence", Label: "Recurrence", Group: GroupTime, About: "A rule by which something comes again, such as every second Monday.",
		Storage: "text", Merge: MergeRegister, Index: NoIndex, Filters: opsLong, Widget: WidgetLine, Cell: CellText, Library: "teambition/rrule-go",
	}, none{}, func(none) (Field, error) {
		f := textField(maxRule)
		f.key = nil
		f.rule = func(s string) (string, error) {
			s = strings.TrimPrefix(strings.ToUpper(trimmed(s)), "RRULE:")
			if len(s) > maxRule {
				return "", bad("length", "must have at most %d bytes", maxRule)
			}
			o, err := rrule.StrToROption(s)
			if err != nil || strings.Contains(s, "DTSTART") || strings.ContainsAny(s, "\r\n") {
				return "", bad("format", "must be a rule such as FREQ=WEEKLY;BYDAY=MO")
			}
			if _, err := rrule.NewRRule(*o); err != nil {
				return "", bad("format", "must be a rule that can be followed: %v", err)
			}
			if o.Freq > rrule.MINUTELY || o.Count > maxCount || o.Interval < 0 || o.Count < 0 {
				return "", bad("range", "must come at most once a minute, and at most %d times where it is counted", maxCount)
			}
			return s, nil
		}
		f.show = shownRule
		return f, nil
	})
}

var frequencies = map[rrule.Frequency][2]string{
	rrule.YEARLY: {"year", "years"}, rrule.MONTHLY: {"month", "months"}, rrule.WEEKLY: {"week", "weeks"}, rrule.DAILY: {"day", "days"}, rrule.HOURLY: {"hour", "hours"}, rrule.MINUTELY: {"minute", "minutes"},
}

// shownRule is a rule as a sentence; one that says more than the sentence can is shown as it is.
func shownRule(s string, in *Locale) string {
	o, err := rrule.StrToROption(s)
	if err != nil || in.plain || len(o.Bysetpos)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Bymonth)+len(o.Byeaster) > 0 {
		return s
	}
	words := frequencies[o.Freq]
	out := "every " + words[0]
	if o.Interval > 1 {
		out = fmt.Sprintf("every %d %s", o.Interval, words[1])
	}
	var days []string
	for _, d := range o.Byweekday {
		name := in.cldr.WeekdayAbbreviated(time.Weekday((d.Day() + 1) % 7))
		if n := d.N(); n != 0 {
			name = fmt.Sprintf("%d. %s", n, name)
		}
		days = append(days, name)
	}
	for _, d := range o.Bymonthday {
		days = append(days, fmt.Sprintf("day %d", d))
	}
	if len(days) > 0 {
		out += " on " + strings.Join(days, ", ")
	}
	if o.Count > 0 {
		out += fmt.Sprintf(", %d times", o.Count)
	}
	if !o.Until.IsZero() {
		out += " until " + in.Date(o.Until)
	}
	return out
}

var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// cronType is a schedule in the five parts of cron, or as @hourly, @daily, @weekly, @monthly and @yearly.
func cronType() *Type {
	return define(Type{
		Name: "cron", Label: "Schedule (cron)", Group: GroupTime, About: "When something is done, in the five parts of cron.",
		Storage: "varchar", Merge: MergeRegister, Index: NoIndex, Filters: opsLong, Widget: WidgetLine, Cell: CellMono, Library: "robfig/cron",
	}, none{}, func(none) (Field, error) {
		f := textField(100)
		f.key = nil
		f.rule = func(s string) (string, error) {
			s = strings.Join(strings.Fields(s), " ")
			if _, err := NextCron(s, time.Unix(0, 0).UTC()); err != nil || len(s) > 100 {
				return "", bad("format", "must be a schedule such as 30 9 * * 1-5")
			}
			return s, nil
		}
		return f, nil
	})
}

// NextCron is when a schedule comes next after a time, in its zone; a schedule that can't be read or never comes is a *Problem.
func NextCron(schedule string, after time.Time) (time.Time, error) {
	if strings.ContainsAny(schedule, "=") || strings.HasPrefix(schedule, "@every") {
		return time.Time{}, bad("format", "must be a schedule such as 30 9 * * 1-5")
	}
	s, err := cronParser.Parse(schedule)
	if err != nil {
		return time.Time{}, bad("format", "must be a schedule such as 30 9 * * 1-5")
	}
	next := s.Next(after)
	if next.IsZero() {
		return next, bad("range", "must come at some time")
	}
	return next, nil
}

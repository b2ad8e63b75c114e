package field

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// DurationOptions bound a duration.
type DurationOptions struct {
	Min string `json:"min,omitempty" jsonschema:"title=Shortest,description=As PT30M"`
	Max string `json:"max,omitempty" jsonschema:"title=Longest,description=As P1DT12H"`
}

// durationType is a length of time (ISO 8601) in days of 24 hours, hours, minutes and seconds to the millisecond: "PT1H30M". Months and years have no length and are refused.
func durationType() *Type {
	return define(Type{
		Name: "duration", Label: "Duration", Group: GroupTime, About: "A length of time, to the millisecond.",
		Storage: "bigint", Merge: MergeRegister, Index: ByValue, Filters: opsOrdered, Widget: WidgetLine, Cell: CellNumber, Library: "sosodev/duration",
	}, DurationOptions{}, func(o DurationOptions) (Field, error) {
		least, most, err := spans(o)
		if err != nil {
			return nil, err
		}
		return &scalar[time.Duration]{
			schema: Schema{"type": "string", "format": "duration"},
			read:   readSpan,
			rule: func(d time.Duration) (time.Duration, error) {
				switch {
				case d < least:
					return d, bad("range", "must be at least %s", spanText(least))
				case d > most:
					return d, bad("range", "must be at most %s", spanText(most))
				}
				return d, nil
			},
			write: func(d time.Duration) []byte { return writeString(spanText(d)) },
			parse: func(text string, _ *Locale) (time.Duration, error) { return typedSpan(text) },
			show:  func(d time.Duration, _ *Locale) string { return shownSpan(d) },
			edit:  func(d time.Duration, _ *Locale) string { return shownSpan(d) },
			key:   func(d time.Duration) []byte { return keyWhole(int64(d)) },
		}, nil
	})
}

const longestSpan = 100 * 365 * 24 * time.Hour

func spans(o DurationOptions) (least, most time.Duration, err error) {
	least, most = -longestSpan, longestSpan
	if o.Min != "" {
		if least, err = spanOf(o.Min); err != nil {
			return least, most, bad("format", "must be a duration such as PT30M").in("/min")
		}
	}
	if o.Max != "" {
		if most, err = spanOf(o.Max); err != nil {
			return least, most, bad("format", "must be a duration such as PT30M").in("/max")
		}
	}
	if least > most {
		return least, most, bad("minimum", "must not be above max").in("/min")
	}
	return least, most, nil
}

func readSpan(value []byte) (time.Duration, error) {
	s, err := readString(value)
	if err != nil {
		return 0, err
	}
	return spanOf(s)
}

// spanOf reads a duration of ISO 8601.
func spanOf(s string) (time.Duration, error) {
	d, err := duration.Parse(s)
	if err != nil || d.Years != 0 || d.Months != 0 || len(s) > 60 {
		return 0, bad("format", "must be a duration such as PT1H30M, without months and years")
	}
	seconds := ((d.Weeks*7+d.Days)*24+d.Hours)*3600 + d.Minutes*60 + d.Seconds
	if d.Negative {
		seconds = -seconds
	}
	return bounded(seconds)
}

func bounded(seconds float64) (time.Duration, error) {
	if seconds > longestSpan.Seconds() || seconds < -longestSpan.Seconds() || seconds != seconds {
		return 0, bad("range", "must be at most 100 years")
	}
	return time.Duration(seconds*1000+half(seconds)) * time.Millisecond, nil
}

func half(f float64) float64 {
	if f < 0 {
		return -0.5
	}
	return 0.5
}

// parts are a duration without its sign in days, hours, minutes and seconds.
func parts(d time.Duration) (sign string, days, hours, minutes int64, seconds string) {
	if d < 0 {
		sign, d = "-", -d
	}
	ms := d.Milliseconds()
	seconds = strconv.FormatInt(ms/1000%60, 10)
	if rest := ms % 1000; rest != 0 {
		seconds += strings.TrimRight(fmt.Sprintf(".%03d", rest), "0")
	}
	return sign, ms / 86_400_000, ms / 3_600_000 % 24, ms / 60_000 % 60, seconds
}

// spanText is the one form a duration is written in.
func spanText(d time.Duration) string {
	sign, days, hours, minutes, seconds := parts(d)
	out := sign + "P"
	if days > 0 {
		out += fmt.Sprintf("%dD", days)
	}
	if hours == 0 && minutes == 0 && seconds == "0" {
		if days == 0 {
			return "PT0S"
		}
		return out
	}
	out += "T"
	if hours > 0 {
		out += fmt.Sprintf("%dH", hours)
	}
	if minutes > 0 {
		out += fmt.Sprintf("%dM", minutes)
	}
	if seconds != "0" {
		out += seconds + "S"
	}
	return out
}

// shownSpan is a duration as clocks show it: 1:30:00, and days before that.
func shownSpan(d time.Duration) string {
	sign, days, hours, minutes, seconds := parts(d)
	if whole, rest, broken := strings.Cut(seconds, "."); len(whole) == 1 {
		if seconds = "0" + whole; broken {
			seconds += "." + rest
		}
	}
	out := fmt.Sprintf("%d:%02d:%s", hours, minutes, seconds)
	if days > 0 {
		out = fmt.Sprintf("%dd %s", days, out)
	}
	return sign + out
}

var (
	spanClock = regexp.MustCompile(`^(-?)(?:(\d+)\s*d\s+)?(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?$`)
	spanWords = regexp.MustCompile(`(?i)^(\d+(?:[.,]\d+)?)\s*(w|weeks?|d|days?|tage?|jours?|h|hours?|hrs?|std|stunden?|heures?|m|min|mins|minutes?|minuten?|s|sec|secs|seconds?|sek|sekunden?|secondes?)\b\.?\s*`)
	spanUnits = map[byte]float64{'w': 7 * 86400, 'd': 86400, 't': 86400, 'j': 86400, 'h': 3600, 'm': 60, 's': 1}
)

// typedSpan reads a duration as ISO 8601 has it, as clocks show it, or in words: 1:30 (hours and minutes), 1h 30m, 90 min.
func typedSpan(text string) (time.Duration, error) {
	if d, err := spanOf(strings.ToUpper(text)); err == nil {
		return d, nil
	}
	if m := spanClock.FindStringSubmatch(text); m != nil {
		var n [4]float64
		for i := range n {
			n[i], _ = strconv.ParseFloat(m[i+2], 64) // digits; none is 0
		}
		seconds := n[0]*86400 + n[1]*3600 + n[2]*60 + n[3]
		if m[1] == "-" {
			seconds = -seconds
		}
		return bounded(seconds)
	}
	rest, negative := strings.CutPrefix(text, "-")
	seconds := 0.0
	for rest != "" {
		m := spanWords.FindStringSubmatch(rest)
		if m == nil {
			return 0, bad("format", "is not a duration such as 1:30 or 90 min")
		}
		n, _ := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64) // digits
		unit := spanUnits[strings.ToLower(m[2])[0]]
		if strings.HasPrefix(strings.ToLower(m[2]), "st") {
			unit = 3600
		}
		seconds += n * unit
		rest = rest[len(m[0]):]
	}
	if negative {
		seconds = -seconds
	}
	return bounded(seconds)
}

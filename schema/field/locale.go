package field

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/ar"
	"github.com/go-playground/locales/cs"
	"github.com/go-playground/locales/da"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fi"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/he"
	"github.com/go-playground/locales/hi"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/ja"
	"github.com/go-playground/locales/ko"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/ru"
	"github.com/go-playground/locales/sv"
	"github.com/go-playground/locales/tr"
	"github.com/go-playground/locales/uk"
	"github.com/go-playground/locales/zh"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Locale is how people of a place write numbers, days and times. The zero value is
// of no use: LocaleFor finds one, and Plain is that of files and programs.
type Locale struct {
	Tag  language.Tag
	Zone *time.Location // that times are shown in, and read in

	plain          bool
	cldr           locales.Translator
	decimal, group string
	order          [3]byte // of 'd', 'm' and 'y' in a short date
}

// Plain is how programs write: a point before fractions, nothing between
// thousands, and days and times as ISO 8601 has them, in UTC.
var Plain = &Locale{Tag: language.Und, Zone: time.UTC, plain: true, cldr: en.New(), decimal: ".", order: [3]byte{'y', 'm', 'd'}}

// LocaleFor is the locale that fits tags best, the preferred first, as BCP 47 writes
// them; English when none does. A nil zone is UTC.
func LocaleFor(zone *time.Location, tags ...string) *Locale {
	var wanted []language.Tag
	for _, t := range tags {
		if tag, err := language.Parse(t); err == nil {
			wanted = append(wanted, tag)
		}
	}
	k := known()
	_, at, _ := k.matcher.Match(wanted...)
	out := *k.locales[at]
	if out.Zone = zone; zone == nil {
		out.Zone = time.UTC
	}
	return &out
}

// Locales are the tags of those there are.
func Locales() []string {
	var out []string
	for _, l := range known().locales {
		out = append(out, l.Tag.String())
	}
	return out
}

type knownLocales struct {
	locales []*Locale
	matcher language.Matcher
}

var known = sync.OnceValue(func() *knownLocales {
	k := &knownLocales{}
	var tags []language.Tag
	for _, of := range []locales.Translator{en.New(), en_GB.New(), de.New(), fr.New(), es.New(), it.New(), nl.New(), pt.New(), pl.New(), cs.New(), sv.New(), da.New(), fi.New(), tr.New(), ru.New(), uk.New(), ja.New(), zh.New(), ko.New(), ar.New(), he.New(), hi.New()} {
		l := newLocale(of)
		k.locales, tags = append(k.locales, l), append(tags, l.Tag)
	}
	k.matcher = language.NewMatcher(tags)
	return k
})

func newLocale(of locales.Translator) *Locale {
	l := &Locale{Tag: language.MustParse(strings.ReplaceAll(of.Locale(), "_", "-")), cldr: of, decimal: ".", group: ","}
	shown := message.NewPrinter(l.Tag).Sprint(number.Decimal(1234567.5))
	var marks []string
	for _, r := range shown {
		if !unicode.IsDigit(r) && r != '\u200f' {
			marks = append(marks, string(r))
		}
	}
	if len(marks) == 3 { // two between thousands, one before the fraction
		l.group, l.decimal = marks[0], marks[2]
	}
	l.order = orderOf(of.FmtDateShort(time.Date(2033, 11, 22, 0, 0, 0, 0, time.UTC)))
	return l
}

// orderOf finds the order of day, month and year in 2033-11-22 as somebody writes it.
func orderOf(short string) (order [3]byte) {
	n := 0
	for _, f := range strings.FieldsFunc(short, func(r rune) bool { return !unicode.IsDigit(r) }) {
		if n == len(order) {
			break
		}
		switch f {
		case "22":
			order[n] = 'd'
		case "11":
			order[n] = 'm'
		default:
			order[n] = 'y'
		}
		n++
	}
	return order
}

// Number writes a number, given as digits with an optional sign and point, as people of the locale do.
func (l *Locale) Number(literal string) string {
	digits, negative := strings.CutPrefix(literal, "-")
	whole, fraction, broken := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(l.group)
		}
		b.WriteRune(r)
	}
	if broken {
		b.WriteString(l.decimal)
		b.WriteString(fraction)
	}
	return b.String()
}

// percent writes a percentage.
func (l *Locale) percent(literal string) string {
	if l.plain {
		return literal + "%"
	}
	shown := l.cldr.FmtPercent(1, 0)
	return strings.Replace(shown, "1", l.Number(literal), 1)
}

// withoutPercent is a percentage without its sign.
func withoutPercent(text string) string {
	return strings.Trim(text, "%٪\u200e\u200f\u061c \u00a0\u202f")
}

// ParseNumber reads a number as people of the locale write it, with or without
// marks between thousands, in digits of any script, and gives it as digits with
// an optional sign and point. What stands in a wrong place is a *Problem.
func (l *Locale) ParseNumber(text string) (string, error) {
	notOne := bad("number", "is not a number")
	var b strings.Builder
	whole, since := true, 0 // since: digits since the last mark
	grouped := false
	for i, r := range trimmed(text) {
		switch d := digit(r); {
		case d >= 0:
			b.WriteByte(byte('0' + d))
			since++
		case i == 0 && (r == '-' || r == '−'):
			b.WriteByte('-')
		case i == 0 && r == '+':
		case string(r) == l.decimal && whole:
			if since == 0 || grouped && since != 3 {
				return "", notOne
			}
			b.WriteByte('.')
			whole, since = false, 0
		case l.groups(r) && whole && since > 0 && (!grouped && since <= 3 || since == 3):
			grouped, since = true, 0
		default:
			return "", notOne
		}
	}
	if since == 0 || whole && grouped && since != 3 {
		return "", notOne
	}
	return b.String(), nil
}

// groups says whether a sign stands between thousands here; spaces of any kind and apostrophes do everywhere but in Plain.
func (l *Locale) groups(r rune) bool {
	if l.plain {
		return false
	}
	return string(r) == l.group || unicode.IsSpace(r) || r == '\'' || r == '’'
}

// digit is the value of a decimal digit of any script, -1 of anything else.
func digit(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0')
	case !unicode.IsDigit(r), r > 0xffff:
		return -1
	}
	zero := r
	for unicode.IsDigit(zero-1) && r-zero < 9 { // the ten of a script stand together
		zero--
	}
	return int(r - zero)
}

// Date writes a day.
func (l *Locale) Date(day time.Time) string {
	if l.plain {
		return day.Format(time.DateOnly)
	}
	return l.cldr.FmtDateMedium(day)
}

// Clock writes a time of the day, to the second where it has some.
func (l *Locale) Clock(t time.Time) string {
	switch {
	case l.plain:
		return t.Format(time.TimeOnly)
	case t.Second() == 0:
		return l.cldr.FmtTimeShort(t)
	}
	return l.cldr.FmtTimeMedium(t)
}

// ParseDate reads a day: as ISO 8601 has it, or in figures in the order of the locale, with a year of four.
func (l *Locale) ParseDate(text string) (time.Time, error) {
	text = trimmed(text)
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("./- \u200f年月日", r) })
	if len(parts) == 3 && !l.plain {
		var year, month, day string
		for i, part := range parts {
			switch l.order[i] {
			case 'd':
				day = part
			case 'm':
				month = part
			case 'y':
				year = part
			}
		}
		if day, err := time.Parse("2006-1-2", year+"-"+month+"-"+day); err == nil {
			return day, nil
		}
	}
	return time.Time{}, bad("date", "is not a date such as %s", l.short(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)))
}

// short is a day in figures, as ParseDate reads it.
func (l *Locale) short(day time.Time) string {
	if l.plain {
		return day.Format(time.DateOnly)
	}
	layout := map[byte]string{'d': "02", 'm': "01", 'y': "2006"}
	mark := "/"
	if strings.Contains(l.cldr.FmtDateShort(day), ".") {
		mark = "."
	}
	return day.Format(layout[l.order[0]] + mark + layout[l.order[1]] + mark + layout[l.order[2]])
}

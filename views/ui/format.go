package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Comma writes a number with a comma between thousands.
func Comma(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 1
	if n < 0 {
		first = 2
	}
	for i := len(s) - 3; i >= first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Bytes writes a size in two parts, the number and its unit: "12.4", "MB". Units are powers of 1024.
func Bytes(n int64) (value, unit string) {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if i == 0 || f >= 100 {
		return strconv.FormatFloat(f, 'f', 0, 64), units[i]
	}
	return strconv.FormatFloat(f, 'f', 1, 64), units[i]
}

// Size is Bytes in one piece.
func Size(n int64) string {
	value, unit := Bytes(n)
	return value + " " + unit
}

// Rate writes changes per second from a count in a minute.
func Rate(perMinute int64) string {
	return strconv.FormatFloat(float64(perMinute)/60, 'f', 1, 64)
}

// Ago says how long before now a moment was; both in ms.
func Ago(now, at int64) string {
	s := max(0, now-at) / 1000
	switch {
	case s < 3:
		return "now"
	case s < 60:
		return strconv.FormatInt(s, 10) + " s ago"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + " min ago"
	case s < 86400:
		return strconv.FormatInt(s/3600, 10) + " h ago"
	default:
		return strconv.FormatInt(s/86400, 10) + " d ago"
	}
}

// Stamp writes a moment (ms) for people, in UTC.
func Stamp(at int64) string { return time.UnixMilli(at).UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// machine writes a moment (ms) for programs.
func machine(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z") }

// Plural gives the word that fits the number: Plural(1, "item", "items").
func Plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Count writes a number with its noun: Count(1204, "item", "items") is "1,204 items".
func Count(n int64, one, many string) string { return Comma(n) + " " + Plural(n, one, many) }

// Initials are the first letters of the first two words, for an avatar.
func Initials(name string) string {
	var b strings.Builder
	for i, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }) {
		if i == 2 {
			break
		}
		for _, r := range word {
			b.WriteString(strings.ToUpper(string(r)))
			break
		}
	}
	return b.String()
}

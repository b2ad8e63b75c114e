package conflict

import (
	"slices"
	"unicode"
	"unicode/utf8"

	udiff "github.com/aymanbagabas/go-udiff"
)

// edit replaces base[from:to] by what was written in its place.
type edit struct {
	from, to int // runes of the base
	text     string
}

func (e edit) deletes() bool { return e.text == "" }

// editsOf are the edits that make a base another string, in order, apart from one another.
func editsOf(base, next string) []edit {
	var edits []edit
	runes, bytes := 0, 0 // of the base, so far
	for _, e := range udiff.Strings(base, next) {
		runes += len([]rune(base[bytes:e.Start]))
		length := len([]rune(base[e.Start:e.End]))
		edits = append(edits, edit{runes, runes + length, e.New})
		runes, bytes = runes+length, e.End
	}
	return edits
}

// mergeEdits makes of a base what both of two edited versions of it say; ok is
// false where both changed the same. touched widens an edit to what it is a change
// of. Of two insertions at one place, a's comes first.
func mergeEdits(base []rune, a, b []edit, touched func(edit) edit) (merged string, ok bool) {
	var out []rune
	at := 0
	for len(a)+len(b) > 0 {
		var e edit
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			e, a, b = a[0], a[1:], b[1:]
		case len(b) == 0 || len(a) > 0 && a[0].from <= b[0].from && touched(a[0]).to <= touched(b[0]).from:
			e, a = a[0], a[1:]
		case len(a) == 0 || touched(b[0]).to <= touched(a[0]).from:
			e, b = b[0], b[1:]
		case a[0].deletes() && b[0].deletes() && max(a[0].from, b[0].from) <= min(a[0].to, b[0].to):
			e = edit{from: min(a[0].from, b[0].from), to: max(a[0].to, b[0].to)}
			a, b = a[1:], b[1:]
		default:
			return "", false
		}
		if e.from < at { // what a longer removal took, too
			e.from, e.to = at, max(at, e.to)
		}
		out = append(append(out, base[at:e.from]...), []rune(e.text)...)
		at = e.to
	}
	return string(append(out, base[at:]...)), true
}

// words widens an edit to the words that it changes; one that stands between words changes none.
func words(base []rune) func(edit) edit {
	at := func(i int) bool { return i >= 0 && i < len(base) && isWord(base[i]) }
	return func(e edit) edit {
		from, to := e.from, e.to
		first, _ := utf8.DecodeRuneInString(e.text)
		last, _ := utf8.DecodeLastRuneInString(e.text)
		if e.from < e.to && at(e.from) || isWord(first) {
			for at(from - 1) {
				from--
			}
		}
		if e.from < e.to && at(e.to-1) || isWord(last) {
			for at(to) {
				to++
			}
		}
		return edit{from, to, e.text}
	}
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// mergeText merges two edited versions of a text by characters; ok is false where
// the same words were changed twice.
func mergeText(base, a, b string) (merged string, ok bool) {
	runes := []rune(base)
	return mergeEdits(runes, editsOf(base, a), editsOf(base, b), words(runes))
}

// mergeList merges two edited versions of a list element by element; ok is false
// where the same elements were changed twice.
func mergeList(base, a, b []string) (merged []string, ok bool) {
	var alphabet []string
	letters := map[string]rune{}
	spell := func(list []string) string {
		runes := make([]rune, len(list))
		for i, e := range list {
			r, known := letters[e]
			if !known {
				r = letter(len(alphabet))
				letters[e], alphabet = r, append(alphabet, e)
			}
			runes[i] = r
		}
		return string(runes)
	}
	bases, as, bs := spell(base), spell(a), spell(b)
	text, ok := mergeEdits([]rune(bases), editsOf(bases, as), editsOf(bases, bs), func(e edit) edit { return e })
	for _, r := range text {
		merged = append(merged, alphabet[ordinal(r)])
	}
	return merged, ok
}

// letter is a character for the nth distinct element, past the surrogates, which no string holds.
func letter(n int) rune {
	if n >= 0xD800-1 {
		n += 0x800
	}
	return rune(n + 1)
}

func ordinal(r rune) int {
	if r >= 0xE000 {
		r -= 0x800
	}
	return int(r) - 1
}

// mergeSet joins two edited versions of a set: what either added, without what
// either took away and the other did not add. The result is in order.
func mergeSet(base, a, b []string) []string {
	var out []string
	for _, e := range slices.Concat(a, b) {
		kept := slices.Contains(a, e) && slices.Contains(b, e)
		if kept || !slices.Contains(base, e) {
			out = append(out, e)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

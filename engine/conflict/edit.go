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

// side is one of two versions of a base, the one whose insertions come first or the other.
type side int

const (
	nobody side = iota
	first
	second
)

// editsOf are the edits that make a base another string, in order, apart from one another.
func editsOf(base, next string) []edit {
	var edits []edit
	runes, bytes := 0, 0 // of the base, so far
	for _, e := range udiff.Strings(base, next) {
		runes += utf8.RuneCountInString(base[bytes:e.Start])
		length := utf8.RuneCountInString(base[e.Start:e.End])
		edits = append(edits, edit{runes, runes + length, e.New})
		runes, bytes = runes+length, e.End
	}
	return edits
}

// region is a stretch of a base that edits change, with what each side does there.
type region struct {
	from, to int
	a, b     []edit // of the first side and of the second
}

// mergeEdits makes of a base what both of two edited versions of it say (the
// three-way merge of Khanna, Kunal and Pierce, "A Formal Investigation of Diff3",
// 2007). touched widens an edit to what it is a change of. Regions that both
// changed are clashes, unless they did the same or did nothing but remove: there
// stands what the preferred side made of it, or else the first.
func mergeEdits(base []rune, a, b []edit, touched func(edit) edit, prefer side) (merged string, clashes int) {
	var out []rune
	at := 0
	for _, r := range regionsOf(a, b, touched) {
		text, clash := r.text(base, prefer)
		if clash {
			clashes++
		}
		out = append(append(out, base[at:r.from]...), text...)
		at = r.to
	}
	return string(append(out, base[at:]...)), clashes
}

// regionsOf puts edits together that are changes of the same.
func regionsOf(a, b []edit, touched func(edit) edit) []region {
	var out []region
	wide := -1 // how far what the last region touches reaches
	for len(a)+len(b) > 0 {
		e, ofA := edit{}, len(b) == 0 || len(a) > 0 && a[0].from <= b[0].from
		if ofA {
			e, a = a[0], a[1:]
		} else {
			e, b = b[0], b[1:]
		}
		t := touched(e)
		if n := len(out); n == 0 || t.from >= wide && !out[n-1].doubles(e, ofA) {
			out = append(out, region{from: e.from})
		}
		r := &out[len(out)-1]
		r.to, wide = max(r.to, e.to), max(wide, t.to)
		if ofA {
			r.a = append(r.a, e)
		} else {
			r.b = append(r.b, e)
		}
	}
	return out
}

// doubles says that the last edit of a region is the same as one of the other side.
func (r *region) doubles(e edit, ofA bool) bool {
	theirs := r.a
	if ofA {
		theirs = r.b
	}
	return len(theirs) > 0 && theirs[len(theirs)-1] == e
}

// text is what stands in a region.
func (r region) text(base []rune, prefer side) (text []rune, clash bool) {
	switch {
	case len(r.b) == 0 || slices.Equal(r.a, r.b):
		return r.edited(base, r.a), false
	case len(r.a) == 0:
		return r.edited(base, r.b), false
	case !slices.ContainsFunc(slices.Concat(r.a, r.b), edit.writes):
		return r.without(base), false
	case prefer == second:
		return r.edited(base, r.b), true
	}
	return r.edited(base, r.a), true
}

func (e edit) writes() bool { return e.text != "" }

// edited is the region after the edits of a side.
func (r region) edited(base []rune, edits []edit) (text []rune) {
	at := r.from
	for _, e := range edits {
		text = append(append(text, base[at:e.from]...), []rune(e.text)...)
		at = e.to
	}
	return append(text, base[at:r.to]...)
}

// without is the region without what either side removed.
func (r region) without(base []rune) (text []rune) {
	gone := make([]bool, r.to-r.from)
	for _, e := range slices.Concat(r.a, r.b) {
		for i := e.from; i < e.to; i++ {
			gone[i-r.from] = true
		}
	}
	for i, c := range base[r.from:r.to] {
		if !gone[i] {
			text = append(text, c)
		}
	}
	return text
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

// mergeText merges two edited versions of a text by characters; the same words changed twice clash.
func mergeText(base, a, b string, prefer side) (merged string, clashes int) {
	runes := []rune(base)
	return mergeEdits(runes, editsOf(base, a), editsOf(base, b), words(runes), prefer)
}

// mergeList merges two edited versions of a list element by element; the same elements changed twice clash.
func mergeList(base, a, b []string, prefer side) (merged []string, clashes int) {
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
	text, clashes := mergeEdits([]rune(bases), editsOf(bases, as), editsOf(bases, bs), func(e edit) edit { return e }, prefer)
	for _, r := range text {
		merged = append(merged, alphabet[ordinal(r)])
	}
	return merged, clashes
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
	had, inA, inB := setOf(base), setOf(a), setOf(b)
	var out []string
	for _, e := range slices.Concat(a, b) {
		if inA[e] && inB[e] || !had[e] {
			out = append(out, e)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, e := range list {
		set[e] = true
	}
	return set
}

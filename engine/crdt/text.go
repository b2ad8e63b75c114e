package crdt

import (
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"
)

// Text is a string that several edit at once, by characters: a sequence after
// Weidner and Kleppmann (2023), in which what one wrote in one go stays together.
// The zero Text is empty. Positions count characters (runes).
type Text struct{ chars sequence[rune] }

// Insert writes a string as an actor with `at` characters before it and gives
// what changed; a place beyond the end is the end.
func (t *Text) Insert(actor string, at int, s string) (delta Text) {
	return Text{t.chars.insert(actor, at, []rune(s))}
}

// Remove takes away count characters from a place on and gives what changed.
func (t *Text) Remove(at, count int) (delta Text) { return Text{t.chars.remove(at, count)} }

// Edit makes the text another, as an actor would have typed it, and gives what changed.
func (t *Text) Edit(actor, next string) (delta Text) {
	was := t.String()
	shift := 0 // of what follows, by the edits made
	for _, e := range udiff.Strings(was, next) {
		at := len([]rune(was[:e.Start])) + shift
		if gone := len([]rune(was[e.Start:e.End])); gone > 0 {
			delta.Merge(t.Remove(at, gone))
			shift -= gone
		}
		delta.Merge(t.Insert(actor, at, e.New))
		shift += len([]rune(e.New))
	}
	return delta
}

// Merge takes in another text or a delta of one.
func (t *Text) Merge(o Text) { t.chars.merge(&o.chars) }

// Clone is a copy that shares nothing.
func (t *Text) Clone() Text { return Text{t.chars.clone()} }

// String is what stands.
func (t *Text) String() string {
	var b strings.Builder
	t.chars.walk(func(_ Dot, c *cell[rune]) bool {
		if !c.removed {
			b.WriteRune(c.value)
		}
		return true
	})
	return b.String()
}

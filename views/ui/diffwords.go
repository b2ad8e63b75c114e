package ui

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Run is a part of a cell's text, which differs from the other side or is there as well.
type Run struct {
	Text    string
	Differs bool
}

const (
	diffText  = 600      // characters of a cell
	diffWords = 12 << 10 // bytes of a text compared word by word, about 2,000 words; longer ones are told apart by how they begin and end
	wordCells = 4 << 20  // of the tables in which the words of a page are matched; beyond it all that is between is marked
)

// passage is a text in its words, with those that differ.
type passage struct {
	text    string
	words   []string
	differs []bool
}

func passageOf(text string, words ...string) passage {
	return passage{text, words, make([]bool, len(words))}
}

// wordsOf splits a text into runs of letters and digits, and each other sign.
func wordsOf(text string) []string {
	var out []string
	for len(text) > 0 {
		n := 0
		for i, r := range text {
			if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
				break
			}
			n = i + utf8.RuneLen(r)
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(text)
		}
		out, text = append(out, text[:n]), text[n:]
	}
	return out
}

// cells are the sides of a row, with what differs in them marked. Of three sides the first is what the others are held against.
func (d *Differences) cells(sides []*Node) []Cell {
	texts, all := make([]string, len(sides)), make([]passage, len(sides))
	for i, n := range sides {
		if n != nil {
			texts[i] = n.Literal()
		}
	}
	if slices.ContainsFunc(texts, func(t string) bool { return len(t) > diffWords }) {
		return shown(ends(texts, sides), sides)
	}
	for i, t := range texts {
		all[i] = passageOf(t, wordsOf(t)...)
	}
	if len(sides) == 3 && sides[0] == nil {
		d.mark(all[1], all[2])
		return shown(all, sides)
	}
	for i := 1; i < len(all); i++ {
		d.mark(all[0], all[i])
	}
	return shown(all, sides)
}

// mark marks the words of each that are not in both (their longest common subsequence).
func (d *Differences) mark(a, b passage) {
	head, tail := 0, 0
	for head < len(a.words) && head < len(b.words) && a.words[head] == b.words[head] {
		head++
	}
	for tail < len(a.words)-head && tail < len(b.words)-head && a.words[len(a.words)-1-tail] == b.words[len(b.words)-1-tail] {
		tail++
	}
	x, y := a.part(head, len(a.words)-tail), b.part(head, len(b.words)-tail)
	same := size(a.words) - size(x.words)
	if n := len(x.words) * len(y.words); d.spent+n <= wordCells {
		d.spent += n
		same += x.match(y)
	} else {
		x.markAll()
		y.markAll()
	}
	if same < min(len(a.text), len(b.text))/4 { // hardly anything: all of it is new
		a.markAll()
		b.markAll()
	}
}

// match marks the words that are not in both, and gives the bytes of those that are.
func (p passage) match(q passage) (same int) {
	long := longest(p.words, q.words)
	i, j := 0, 0
	for i < len(p.words) && j < len(q.words) {
		switch {
		case p.words[i] == q.words[j]:
			same += len(p.words[i])
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			p.differs[i] = true
			i++
		default:
			q.differs[j] = true
			j++
		}
	}
	p.part(i, len(p.words)).markAll()
	q.part(j, len(q.words)).markAll()
	return same
}

// part is a passage within a passage; what is marked in it is marked there.
func (p passage) part(from, to int) passage {
	return passage{words: p.words[from:to], differs: p.differs[from:to]}
}

func (p passage) markAll() {
	for i := range p.differs {
		p.differs[i] = true
	}
}

func size(words []string) (n int) {
	for _, w := range words {
		n += len(w)
	}
	return n
}

// ends marks what is between that with which all begin and that with which all end.
func ends(texts []string, sides []*Node) []passage {
	var present []string
	for i, n := range sides {
		if n != nil {
			present = append(present, texts[i])
		}
	}
	start, end := common(present)
	all := make([]passage, len(sides))
	for i, t := range texts {
		if sides[i] != nil {
			all[i] = passageOf(t, t[:start], t[start:len(t)-end], t[len(t)-end:])
			all[i].differs[1] = i == 0 || sides[0] == nil || t != texts[0]
		}
	}
	return all
}

// runs are the passage's parts, each all marked or not at all; a space between marked words is marked with them.
func (p passage) runs() (out []Run) {
	marked := func(i int) bool {
		return p.differs[i] || p.words[i] == " " && i > 0 && i+1 < len(p.words) && p.differs[i-1] && p.differs[i+1]
	}
	start, at := 0, 0
	for i, w := range p.words {
		at += len(w)
		if (i+1 == len(p.words) || marked(i) != marked(i+1)) && at > start {
			out = append(out, Run{p.text[start:at], marked(i)})
			start = at
		}
	}
	return out
}

// first is how much stands before what is marked first; -1 when nothing is.
func (p passage) first() int {
	if i := slices.Index(p.differs, true); i >= 0 {
		return size(p.words[:i])
	}
	return -1
}

// shown are the cells, each from a little before what differs first: in it, or else in another.
func shown(all []passage, sides []*Node) []Cell {
	cells := make([]Cell, len(all))
	for i, p := range all {
		cells[i] = Cell{Absent: sides[i] == nil, Runs: p.runs()}
		if len(p.text) <= diffText {
			continue
		}
		from := p.first()
		for _, other := range all {
			if at := other.first(); from < 0 && at < len(p.text) {
				from = at
			}
		}
		cells[i].Cut, cells[i].Runs = true, around(cells[i].Runs, max(0, from-diffText/4))
	}
	return cells
}

// around leaves of a long text what a cell may hold, without so much at its beginning.
func around(runs []Run, without int) (out []Run) {
	left, dots := diffText, without > 0
	for _, r := range runs {
		skip := min(without, len(r.Text))
		without -= skip
		_, r.Text = splitAt(r.Text, skip)
		r.Text, _ = cutText(r.Text, left)
		if r.Text == "" {
			continue
		}
		left -= len(r.Text)
		if dots {
			r.Text, dots = "…"+r.Text, false
		}
		if out = append(out, r); left <= 0 {
			break
		}
	}
	return out
}

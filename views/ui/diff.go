package ui

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Side is one of the values held against each other.
type Side struct {
	Label string // such as "Version 12"
	Note  string // who wrote it and when
	Tone  SideTone
	Glyph Glyph
}

// SideTone is the colour of a side.
type SideTone string

// The tones of sides: what both began from, what the server has, what comes in.
const (
	SideBase     SideTone = "base"
	SideCurrent  SideTone = "current"
	SideIncoming SideTone = "incoming"
)

func (t SideTone) head() string {
	switch t {
	case SideCurrent:
		return "bg-cur-soft text-cur"
	case SideIncoming:
		return "bg-inc-soft text-inc"
	default:
		return "bg-sunken text-ink-2"
	}
}

func (t SideTone) text() string {
	switch t {
	case SideCurrent:
		return "text-cur"
	case SideIncoming:
		return "text-inc"
	default:
		return "text-ink-2"
	}
}

func (t SideTone) mark() string {
	switch t {
	case SideCurrent:
		return "rounded-sm bg-cur-soft font-semibold text-cur"
	case SideIncoming:
		return "rounded-sm bg-inc-soft font-semibold text-inc"
	default:
		return "rounded-sm bg-sunken font-semibold text-ink-2"
	}
}

// Cell is one side of a row.
type Cell struct {
	Absent bool
	Runs   []Run
	Cut    bool // there is more of it
}

// DiffRow is a path at which the sides differ.
type DiffRow struct {
	Path  string
	Cells []Cell // one a side
	Says  string // such as "changed"
	Tone  Tone
}

// Differences are the rows of a comparison, at most as many as a page may hold.
type Differences struct {
	Rows []DiffRow
	More int // left out

	spent int // of wordCells
}

// Cells are several versions of one value, as JSON, with what differs in them
// marked: of three the first is what the others are held against. nil is nothing.
func Cells(sides ...[]byte) []Cell {
	nodes := make([]*Node, len(sides))
	for i, text := range sides {
		if text != nil {
			n := ParseJSON(text, cellBounds)
			nodes[i] = &n
		}
	}
	var d Differences
	return d.cells(nodes)
}

// cellBounds are more than a cell can show.
var cellBounds = Bounds{Nodes: 2000, Kids: 500}

// OneLine is the beginning of a JSON value on a line.
func OneLine(text []byte) string {
	n := ParseJSON(text, cellBounds)
	line, cut := cutText(n.Literal(), diffText)
	if cut {
		return line + "…"
	}
	return line
}

const diffRows = 400

// Part is what is compared under one name: the value of each side as JSON, nil where it has none.
type Part struct {
	Name  string // "$" for the value itself
	Sides [][]byte
}

// Compare finds where the sides differ: of two, the former first; of three, what both others began from first.
func Compare(parts ...Part) Differences {
	var d Differences
	for _, p := range parts {
		nodes := make([]*Node, len(p.Sides))
		for i, text := range p.Sides {
			if text != nil {
				n := ParseJSON(text, Whole)
				nodes[i] = &n
			}
		}
		d.compare(p.Name, nodes)
	}
	return d
}

func (d *Differences) compare(path string, sides []*Node) {
	switch {
	case alike(sides):
	case every(sides, KindObject):
		for _, name := range names(sides) {
			kids := make([]*Node, len(sides))
			for i, n := range sides {
				kids[i] = n.member(name)
			}
			d.compare(path+step(name), kids)
		}
	case every(sides, KindArray):
		d.elements(path, sides)
	case len(d.Rows) == diffRows:
		d.More++
	default:
		d.Rows = append(d.Rows, d.rowOf(path, sides))
	}
}

// elements compares arrays place by place, without what all begin and end with.
func (d *Differences) elements(path string, sides []*Node) {
	least, most := len(sides[0].Kids), 0
	for _, n := range sides {
		least, most = min(least, len(n.Kids)), max(most, len(n.Kids))
	}
	head, tail := 0, 0
	for head < least && alike(elementsAt(sides, func(n *Node) int { return head })) {
		head++
	}
	for tail < least-head && alike(elementsAt(sides, func(n *Node) int { return len(n.Kids) - 1 - tail })) {
		tail++
	}
	for i := head; i < most-tail; i++ {
		d.compare(path+"["+strconv.Itoa(i)+"]", elementsAt(sides, func(n *Node) int {
			if i >= len(n.Kids)-tail {
				return -1
			}
			return i
		}))
	}
}

func elementsAt(sides []*Node, at func(*Node) int) []*Node {
	out := make([]*Node, len(sides))
	for i, n := range sides {
		if k := at(n); k >= 0 {
			out[i] = &n.Kids[k]
		}
	}
	return out
}

// member finds a member by its name; nil when there is none, or no node.
func (n *Node) member(name string) *Node {
	i, found := slices.BinarySearchFunc(n.Kids, name, func(k Node, name string) int { return strings.Compare(k.Name, name) })
	if found {
		return &n.Kids[i]
	}
	for i := range n.Kids { // not in canonical order
		if n.Kids[i].Name == name {
			return &n.Kids[i]
		}
	}
	return nil
}

// names are the members that any side has, sorted.
func names(sides []*Node) []string {
	var out []string
	for _, n := range sides {
		for i := range n.Kids {
			out = append(out, n.Kids[i].Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func every(sides []*Node, k Kind) bool {
	return !slices.ContainsFunc(sides, func(n *Node) bool { return n == nil || n.Kind != k })
}

func alike(sides []*Node) bool {
	for _, n := range sides[1:] {
		if !same(sides[0], n) {
			return false
		}
	}
	return true
}

func same(a, b *Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Text != b.Text || a.More != b.More || len(a.Kids) != len(b.Kids) {
		return false
	}
	for i := range a.Kids {
		k := &a.Kids[i]
		other := &b.Kids[i]
		if a.Kind == KindObject && other.Name != k.Name {
			other = b.member(k.Name)
		}
		if !same(k, other) {
			return false
		}
	}
	return true
}

func (d *Differences) rowOf(path string, sides []*Node) DiffRow {
	row := DiffRow{Path: path, Cells: d.cells(sides)}
	row.Says, row.Tone = verdict(sides)
	return row
}

// common is how much all that is there begins and ends with, in bytes.
func common(present []string) (start, end int) {
	if len(present) < 2 {
		return 0, 0
	}
	least := len(slices.MinFunc(present, func(a, b string) int { return len(a) - len(b) }))
	agree := func(at func(s string) byte) bool {
		return !slices.ContainsFunc(present, func(s string) bool { return at(s) != at(present[0]) })
	}
	for start < least && agree(func(s string) byte { return s[start] }) {
		start++
	}
	for start > 0 && start < len(present[0]) && !utf8.RuneStart(present[0][start]) {
		start--
	}
	for end < least-start && agree(func(s string) byte { return s[len(s)-1-end] }) {
		end++
	}
	for end > 0 && !utf8.RuneStart(present[0][len(present[0])-end]) {
		end--
	}
	if start+end < least/4 { // hardly anything: all of it is new
		return 0, 0
	}
	return start, end
}

func splitAt(s string, at int) (string, string) {
	for at < len(s) && !utf8.RuneStart(s[at]) {
		at++
	}
	return s[:at], s[at:]
}

// verdict says in a word who changed what.
func verdict(sides []*Node) (string, Tone) {
	was, is := sides[0], sides[1]
	if len(sides) > 2 {
		return verdict3(was, is, sides[2])
	}
	switch {
	case was == nil:
		return "added", OK
	case is == nil:
		return "removed", Bad
	}
	return "changed", Info
}

func verdict3(base, current, mine *Node) (string, Tone) {
	switch {
	case same(current, mine):
		return "both changed, alike", OK
	case same(base, mine):
		return "they changed", Info
	case same(base, current):
		return "you changed", Warn
	}
	return "both changed", Bad
}

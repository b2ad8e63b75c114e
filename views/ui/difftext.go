package ui

import "strings"

// Line is a line of a difference between two texts.
type Line struct {
	Kind LineKind
	Text string
	More int // lines left out here; then there is no text
}

// LineKind says which text a line is in.
type LineKind string

// A line may be in both texts, in the former alone, or in the latter alone.
const (
	LineSame LineKind = " "
	LineOld  LineKind = "-"
	LineNew  LineKind = "+"
)

func (k LineKind) class() string {
	switch k {
	case LineOld:
		return "bg-bad-soft text-bad"
	case LineNew:
		return "bg-ok-soft text-ok"
	default:
		return "text-ink-2"
	}
}

const (
	lineCells   = 4 << 20 // of the table lines are matched in; beyond it all of the middle counts as new
	lineContext = 3
	lineMost    = 4000
)

// CompareLines is the difference between two texts line by line, with a little of
// what is the same around it (the longest common subsequence).
func CompareLines(old, now string) []Line {
	a, b := splitLines(old), splitLines(now)
	head, tail := 0, 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	lines := linesOf(LineSame, a[:head])
	lines = append(lines, match(a[head:len(a)-tail], b[head:len(b)-tail])...)
	lines = append(lines, linesOf(LineSame, a[len(a)-tail:])...)
	return squeeze(lines)
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func linesOf(k LineKind, texts []string) []Line {
	out := make([]Line, len(texts))
	for i, t := range texts {
		out[i] = Line{Kind: k, Text: t}
	}
	return out
}

func match(a, b []string) []Line {
	if len(a)*len(b) > lineCells {
		return append(linesOf(LineOld, a), linesOf(LineNew, b)...)
	}
	long := longest(a, b)
	var out []Line
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = append(out, Line{Kind: LineSame, Text: a[i]})
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			out = append(out, Line{Kind: LineOld, Text: a[i]})
			i++
		default:
			out = append(out, Line{Kind: LineNew, Text: b[j]})
			j++
		}
	}
	out = append(out, linesOf(LineOld, a[i:])...)
	return append(out, linesOf(LineNew, b[j:])...)
}

// longest is how many lines the rests from i and j on have in common at most.
func longest(a, b []string) [][]int32 {
	rows := make([][]int32, len(a)+1)
	for i := range rows {
		rows[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				rows[i][j] = rows[i+1][j+1] + 1
			} else {
				rows[i][j] = max(rows[i+1][j], rows[i][j+1])
			}
		}
	}
	return rows
}

// squeeze leaves out what is the same, but for a little around each difference.
func squeeze(lines []Line) []Line {
	near := make([]bool, len(lines))
	for i := range lines {
		if lines[i].Kind == LineSame {
			continue
		}
		for j := max(0, i-lineContext); j <= min(len(lines)-1, i+lineContext); j++ {
			near[j] = true
		}
	}
	var out []Line
	for i := range lines {
		switch n := len(out); {
		case near[i] && n < lineMost:
			out = append(out, lines[i])
		case n > 0 && out[n-1].More > 0:
			out[n-1].More++
		default:
			out = append(out, Line{Kind: LineSame, More: 1})
		}
	}
	return out
}

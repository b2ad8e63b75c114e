package ui

import "github.com/a-h/templ"

// StackedProps describe a chart of bars over time, each a sum of several series.
type StackedProps struct {
	ID      string
	Finding string // the one sentence the chart says
	Head    string // of the table's first column
	Series  []string
	Bars    []StackedBar
	Every   int             // a label below each so many bars
	Until   string          // the label at the right end, such as "now"
	Quiet   templ.Component // in place of the bars while each of them is zero
}

// StackedBar is one bar: its values are those of the series, from the floor upwards.
type StackedBar struct {
	Label  string
	Values []int64
}

func (b StackedBar) sum() int64 {
	var n int64
	for _, v := range b.Values {
		n += v
	}
	return n
}

// whole is the chart of the sums, which shares its axis and its labels with this one.
func (p StackedProps) whole() BarChartProps {
	w := BarChartProps{ID: p.ID, Finding: p.Finding, Head: p.Head, Every: p.Every, Until: p.Until, Quiet: p.Quiet}
	for _, b := range p.Bars {
		w.Bars = append(w.Bars, Bar{Label: b.Label, Value: b.sum()})
	}
	return w
}

// The series' colours; a series beyond them has none.
var (
	seriesFill = []string{"fill-s1", "fill-s2", "fill-s3", "fill-s4", "fill-s5"}
	seriesSign = []string{"bg-s1", "bg-s2", "bg-s3", "bg-s4", "bg-s5"}
)

// rects are the parts of a bar, without those of nothing.
func (b StackedBar) rects(i, n int, top int64) []seriesRect {
	var out []seriesRect
	var below int64
	for series, v := range b.Values {
		if v == 0 {
			continue
		}
		upper, lower := Bar{Value: below + v}.rect(i, n, top), Bar{Value: below}.rect(i, n, top)
		share := float64(v) / float64(top) * plotHeight
		out = append(out, seriesRect{rect{x: upper.x, y: upper.y, w: lower.w, h: px(max(share, 1))}, seriesFill[series%len(seriesFill)]})
		below += v
	}
	return out
}

type seriesRect struct {
	rect
	fill string
}

package ui

import (
	"fmt"
	"slices"
	"strings"
)

// curve is the path of a series in a box of w by h, touching its floor at zero.
func curve(series []int64, w, h float64) string {
	top := float64(max(slices.Max(append(slices.Clone(series), 0)), 1))
	var b strings.Builder
	for i, v := range series {
		op := "L"
		if i == 0 {
			op = "M"
		}
		x := 0.0
		if len(series) > 1 {
			x = float64(i) * w / float64(len(series)-1)
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", op, x, h-1-float64(v)/top*(h-3))
	}
	return b.String()
}

// Bar is one bar of a BarChart, with what its tooltip says.
type Bar struct {
	Label string
	Value int64
}

// axis finds the round number at or above the highest bar: 1, 2, 4 or 5 times a power of ten.
func axis(bars []Bar) int64 {
	top := int64(4)
	for _, b := range bars {
		top = max(top, b.Value)
	}
	for unit := int64(1); ; unit *= 10 {
		for _, m := range []int64{4, 8, 10, 20} {
			if m*unit >= top {
				return m * unit
			}
		}
	}
}

// The plot is stretched to its place; only its proportions matter.
const plotWidth, plotHeight = 600.0, 100.0

type rect struct{ x, y, w, h string }

func (b Bar) rect(i, n int, top int64) rect {
	step := plotWidth / float64(n)
	h := float64(b.Value) / float64(top) * plotHeight
	if b.Value > 0 {
		h = max(h, 1)
	}
	return rect{x: px(float64(i)*step + step*.15), y: px(plotHeight - h), w: px(step * .7), h: px(h)}
}

// quiet says that there is nothing to draw, and something to say instead.
func (p BarChartProps) quiet() bool {
	return p.Quiet != nil && !slices.ContainsFunc(p.Bars, func(b Bar) bool { return b.Value != 0 })
}

// level is the height of a share of the axis.
func level(share float64) string { return px((1 - share) * plotHeight) }

// marks are the labels below the bars: the first, and then one for each so many.
func (p BarChartProps) marks() []string {
	var out []string
	for i := 0; i < len(p.Bars) && p.Every > 0; i += p.Every {
		out = append(out, p.Bars[i].Label)
	}
	return out
}

func px(f float64) string { return fmt.Sprintf("%.1f", f) }

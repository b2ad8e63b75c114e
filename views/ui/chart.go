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

const (
	plotLeft, plotRight = 46.0, 700.0
	plotTop, plotFloor  = 8.0, 168.0
)

type rect struct{ x, y, w, h float64 }

func (b Bar) rect(i, n int, top int64) rect {
	step := (plotRight - plotLeft) / float64(n)
	h := float64(b.Value) / float64(top) * (plotFloor - plotTop)
	if b.Value > 0 {
		h = max(h, 1.5)
	}
	return rect{x: plotLeft + float64(i)*step + step*.15, y: plotFloor - h, w: step * .7, h: h}
}

func level(share float64) float64 { return plotFloor - share*(plotFloor-plotTop) }

func px(f float64) string { return fmt.Sprintf("%.1f", f) }

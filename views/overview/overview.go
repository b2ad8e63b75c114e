// Package overview is the first page of a tenant: its numbers, live.
package overview

import (
	"fmt"
	"slices"
	"time"

	"tidemark/views/ui"
)

// Props are what the page shows.
type Props struct {
	Base      string // address of the page
	Stream    string // address of the live events
	Paused    bool   // the numbers stay as they are
	Activity  string // address of the live activity
	Suspended bool
	Numbers   Numbers
	Notices   []Notice              // what needs attention, the gravest first
	Recent    []ui.ActivityRowProps // newest first
	Example   string                // a first write, to be copied
}

func (p Props) live() string {
	if p.Paused {
		return "paused"
	}
	return "off"
}

func (p Props) toggle() string {
	if p.Paused {
		return p.Base
	}
	return p.Base + "?paused=1"
}

// Numbers are what moves.
type Numbers struct {
	Now           int64 // ms
	Items         int64
	Users         int64
	Bytes         int64
	OpenConflicts int64
	Devices       int64
	Connected     int64
	Live          int64 // connections to this node
	CatchingUp    int64 // of them, those still reading their queue
	Lagging       int64 // connected, but not up to date with what is two minutes old
	Seq           int64 // the last change
	LastAt        int64 // when it was made, ms; 0: never
	Floor         int64
	PerMinute     []int64 // changes in each of the last minutes, oldest first
	Past          Past
}

// Past are numbers as they were while somebody watched, oldest first; empty: nobody did.
type Past struct{ Items, Connected, OpenConflicts []int64 }

// line is a series if there is one to draw: a single point is none.
func line(series []int64) []int64 {
	if len(series) < 2 {
		return nil
	}
	return series
}

func (n Numbers) lastMinute() int64 {
	if len(n.PerMinute) == 0 {
		return 0
	}
	return n.PerMinute[len(n.PerMinute)-1]
}

func (n Numbers) lastHour() int64 {
	var sum int64
	for _, v := range n.PerMinute {
		sum += v
	}
	return sum
}

func (n Numbers) kpis() []ui.KPIProps {
	return []ui.KPIProps{
		n.changes(), n.connected(),
		{ID: "kpi-items", Label: "Items", Value: ui.Comma(n.Items), Note: "of " + ui.Count(n.Users, "user", "users"), Series: line(n.Past.Items)},
		n.conflicts(),
	}
}

func (n Numbers) changes() ui.KPIProps {
	k := ui.KPIProps{ID: "kpi-changes", Label: "Changes, last minute", Value: ui.Comma(n.lastMinute()), Note: ui.Comma(n.lastHour()) + " in the last hour", Series: n.PerMinute}
	if n.lastMinute() > 0 {
		k.Unit = "≈ " + ui.Rate(n.lastMinute()) + "/s"
	}
	if n.lastHour() == 0 {
		k.Note = "none in the last hour"
	}
	return k
}

func (n Numbers) connected() ui.KPIProps {
	k := ui.KPIProps{ID: "kpi-devices", Label: "Devices connected", Value: ui.Comma(n.Connected), Note: "of " + ui.Comma(n.Devices) + " known", Series: line(n.Past.Connected)}
	if n.Devices == 0 {
		k.Note = "none has connected yet"
	}
	return k
}

func (n Numbers) conflicts() ui.KPIProps {
	k := ui.KPIProps{ID: "kpi-conflicts", Label: "Open conflicts", Value: ui.Comma(n.OpenConflicts), Series: line(n.Past.OpenConflicts)}
	if n.OpenConflicts == 0 {
		k.Note, k.Badge = "no write is waiting", &ui.BadgeProps{Tone: ui.OK, Label: "none", Glyph: ui.GlyphCheck}
		return k
	}
	k.Note, k.Badge = "waiting for a decision", &ui.BadgeProps{Tone: ui.Warn, Label: "to review", Glyph: ui.GlyphGitMerge}
	return k
}

const minute = int64(60_000)

func (n Numbers) chart() ui.BarChartProps {
	p := ui.BarChartProps{ID: "minutes", Head: "Minute (UTC)", Unit: "Changes", Every: 10, Until: "now", Quiet: quiet(n)}
	for i, v := range n.PerMinute {
		at := n.Now - int64(len(n.PerMinute)-i)*minute
		p.Bars = append(p.Bars, ui.Bar{Label: time.UnixMilli(at).UTC().Format("15:04"), Value: v})
	}
	p.Finding = n.finding(p.Bars)
	return p
}

func (n Numbers) finding(bars []ui.Bar) string {
	if n.lastHour() == 0 {
		return "No changes in the last hour"
	}
	most := slices.MaxFunc(bars, func(a, b ui.Bar) int { return int(a.Value - b.Value) })
	return fmt.Sprintf("%s in the last hour, most in the minute from %s UTC: %s",
		ui.Count(n.lastHour(), "change", "changes"), most.Label, ui.Comma(most.Value))
}

// number is a place in the log, or what stands for none.
func number(seq int64, none string) string {
	if seq == 0 {
		return none
	}
	return "#" + ui.Comma(seq)
}

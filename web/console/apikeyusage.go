package console

import (
	"fmt"
	"time"

	"tidemark/models"
	"tidemark/views/ui"
)

// usageSpan is a stretch of time that usage is drawn over.
type usageSpan struct {
	name, label, words string
	step               int64 // ms of one bar
	bars               int64
	every              int // bars between labels
}

var usageSpans = []usageSpan{
	{"", "24 h", "the last 24 hours", hour, dayHours, 4},
	{"7d", "7 d", "the last 7 days", day, 7, 1},
	{"30d", "30 d", "the last 30 days", day, 30, 5},
	{"90d", "90 d", "the last 90 days", day, 90, 15},
}

func usageSpanOf(name string) usageSpan {
	for _, s := range usageSpans {
		if s.name == name {
			return s
		}
	}
	return usageSpans[0]
}

func ranges(base string, now usageSpan) []ui.Choice {
	out := make([]ui.Choice, 0, len(usageSpans))
	for _, s := range usageSpans {
		href := base
		if s.name != "" {
			href += "?range=" + s.name
		}
		out = append(out, ui.Choice{Label: s.label, Href: href, Current: s.name == now.name})
	}
	return out
}

// first is when the first bar begins; the last is the one that now is in.
func (s usageSpan) first(now int64) int64 { return now - now%s.step - (s.bars-1)*s.step }

// chart draws the hours of a key.
func (s usageSpan) chart(used []models.KeyUsage, now int64) ui.StackedProps {
	first := s.first(now)
	p := ui.StackedProps{ID: "hours", Head: s.head(), Series: []string{"Reads", "Writes", "Other", "Refused"}, Every: s.every, Until: "now"}
	for i := range s.bars {
		p.Bars = append(p.Bars, ui.StackedBar{Label: s.at(first + i*s.step), Values: make([]int64, len(p.Series))})
	}
	var requests, refused int64
	for _, u := range used {
		i := (u.At - first) / s.step
		if u.At < first || i >= s.bars {
			continue
		}
		v := p.Bars[i].Values
		v[0], v[1], v[3] = v[0]+u.Reads, v[1]+u.Writes, v[3]+u.Refused
		v[2] += max(u.Requests-u.Reads-u.Writes-u.Refused, 0)
		requests, refused = requests+u.Requests, refused+u.Refused
	}
	p.Finding = fmt.Sprintf("%s in %s, %s of them refused", ui.Count(requests, "request", "requests"), s.words, ui.Comma(refused))
	return p
}

func (s usageSpan) head() string {
	if s.step == hour {
		return "Hour"
	}
	return "Day"
}

func (s usageSpan) at(ms int64) string {
	form := "15:04"
	if s.step == day {
		form = "2 Jan"
	}
	return time.UnixMilli(ms).UTC().Format(form)
}

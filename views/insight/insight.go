// Package insight is the page with the figures of a tenant's conflicts: when they come,
// where from, what settles them, and for whom they wait.
package insight

import (
	"fmt"
	"strconv"
	"time"

	"tidemark/views/ui"
)

// Rank is one of the things that conflicts are most often about.
type Rank struct {
	Name    string
	N       int64
	Open    int64
	Settled string // address of those that are settled; empty: they cannot be filtered by it
	Waits   string // of those that are open
}

// Ranking is a list of those.
type Ranking struct {
	ID, Title, Sub string
	Rows           []Rank
}

func (r Ranking) top() string {
	n := int64(1)
	for _, row := range r.Rows {
		n = max(n, row.N)
	}
	return strconv.FormatInt(n, 10)
}

// Strategy is how a strategy did.
type Strategy struct {
	Name                                    string
	Total, Settled, People, Waits, Reopened int64
	Rows                                    string // address of the conflicts it settled
}

func (s Strategy) share(n int64) string {
	if s.Total == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.0f %%", float64(n)*100/float64(s.Total))
}

// Behind is what waits for somebody.
type Behind struct {
	Name     string // empty: nobody in particular
	Open     int64
	OldestAt int64
	Rows     string
}

// Props are the page.
type Props struct {
	Base       string // of the tenant's conflicts
	Now        int64
	CountedAt  int64
	Ranges     []ui.Choice
	Span       string // such as "the last 7 days"
	Total      int64
	Open       int64
	ByPolicy   int64
	ByPeople   int64
	Reopened   int64
	All        [2]string // addresses of those that are open and of those that are settled
	Kinds      ui.StackedProps
	Outcomes   ui.StackedProps
	Hours      [7][24]int64
	Rankings   []Ranking
	Strategies []Strategy
	Waited     int64 // decisions by people
	Median     int64 // ms
	P90        int64
	Behind     []Behind
}

func (p Props) share(n int64) string {
	if p.Total == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %% of all", float64(n)*100/float64(p.Total))
}

var weekdays = [7]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

// heat is how strongly a cell of the hours is drawn: 0 to 1.
func (p Props) heat(n int64) string {
	top := int64(1)
	for _, day := range p.Hours {
		for _, h := range day {
			top = max(top, h)
		}
	}
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", 0.15+0.85*float64(n)/float64(top))
}

// busiest says in one sentence when most conflicts come.
func (p Props) busiest() string {
	top, day, hour := int64(0), 0, 0
	for d := range p.Hours {
		for h, n := range p.Hours[d] {
			if n > top {
				top, day, hour = n, d, h
			}
		}
	}
	if top == 0 {
		return "There were no conflicts."
	}
	return fmt.Sprintf("Most come on %s from %02d:00 to %02d:59 UTC: %s.", weekdays[day], hour, hour, ui.Count(top, "conflict", "conflicts"))
}

// lasted is a time in two units at most.
func lasted(ms int64) string {
	d := (time.Duration(ms) * time.Millisecond).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

func (b Behind) name() string {
	if b.Name == "" {
		return "Nobody in particular"
	}
	return b.Name
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func place(i int, step, from float64) string { return fmt.Sprintf("%.1f", from+float64(i)*step) }

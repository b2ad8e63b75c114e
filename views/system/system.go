// Package system is the pages of the installation itself: how it is, its jobs,
// its settings, its audit and its tables. Tenants' own audit is drawn here too.
package system

import (
	"strconv"
	"strings"
	"time"

	"tidemark/views/ui"
)

const base = "/console/system"

// Places are the pages of the installation that the reader may open.
type Places struct {
	Current string // overview, jobs, settings, audit or tables
	Hidden  []string
}

func (p Places) choices() []ui.Choice {
	all := []struct{ id, label string }{{"overview", "Overview"}, {"jobs", "Jobs"}, {"settings", "Settings"}, {"audit", "Audit"}, {"tables", "Tables"}}
	var out []ui.Choice
	for _, one := range all {
		href := base + "/" + one.id
		if one.id == "overview" {
			href = base
		}
		if !contains(p.Hidden, one.id) {
			out = append(out, ui.Choice{Label: one.label, Href: href, Current: one.id == p.Current})
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// Props are what the overview of the system shows.
type Props struct {
	Places Places
	Stream string
	Paused bool
	Health string // address that tells the same to programs
	State  State
	Keys   []DataKey // that values are encrypted with, newest first
}

// DataKey is a key that values are encrypted with.
type DataKey struct {
	ID        int64
	State     string // active, coming or retired
	CreatedAt int64
	RetiredAt int64
}

func (p Props) live() string {
	if p.Paused {
		return "paused"
	}
	return "off"
}

func (p Props) toggle() string {
	if p.Paused {
		return base
	}
	return base + "?paused=1"
}

// State is how the system is at one moment. Numbers below zero are not known.
type State struct {
	Now       int64 // ms
	CheckedAt int64
	Well      bool
	Checks    []Check

	Tidemark, Commit, Go, Platform string
	Database, DatabaseVersion      string // its kind with where it is, without secrets
	Schema, SchemaWanted           int64
	Bytes, WALBytes                int64
	PoolInUse, PoolOpen, PoolMax   int64
	PoolWaits                      int64
	PoolWaited                     time.Duration

	Node       string
	StartedAt  int64
	Goroutines int64
	Memory     int64 // bytes, of the process
	Heap       int64
	Files      int64 // open
	Sockets    []Count
	InFlight   int64

	Queued     int64 // operations
	Operations int64 // since the start
	Commits    int64
	Batch      float64 // operations of a commit, on average
	CommitP50  time.Duration
	CommitP99  time.Duration
	Sessions   int64
	Lagging    int64

	Nodes      []Node
	NodesKnown bool
}

// Check is how one thing the server stands on is.
type Check struct {
	Name    string
	Well    bool
	Message string
	Took    time.Duration
	About   string
}

func (c Check) badge() ui.BadgeProps {
	if c.Well {
		return ui.BadgeProps{Tone: ui.OK, Label: "ok", Glyph: ui.GlyphCheck}
	}
	return ui.BadgeProps{Tone: ui.Bad, Label: "down", Glyph: ui.GlyphTriangleAlert}
}

func (c Check) says() string {
	if c.Message != "" {
		return c.Message
	}
	return c.About
}

// Count is a number of something.
type Count struct {
	Label string
	N     int64
}

// Node is a process that serves the same database.
type Node struct {
	Name    string
	Here    bool
	Clients int64
	SeenAt  int64
}

func (s State) badge() ui.BadgeProps {
	if s.Well {
		return ui.BadgeProps{Tone: ui.OK, Label: "all well", Glyph: ui.GlyphCheck}
	}
	return ui.BadgeProps{Tone: ui.Bad, Label: "needs attention", Glyph: ui.GlyphTriangleAlert}
}

func (s State) kpis() []ui.KPIProps {
	lag := ui.KPIProps{ID: "k-sessions", Label: "Live connections", Value: ui.Comma(s.Sessions), Note: "all keep up"}
	if s.Lagging > 0 {
		lag.Note, lag.Badge = ui.Comma(s.Lagging)+" read from the log", &ui.BadgeProps{Tone: ui.Warn, Label: "lagging", Glyph: ui.GlyphClock}
	}
	commit := ui.KPIProps{ID: "k-commit", Label: "Commit, median", Value: "–", Note: "nothing committed since the start"}
	if s.Commits > 0 {
		commit.Value, commit.Note = took(s.CommitP50), "99 of 100 within "+took(s.CommitP99)
	}
	return []ui.KPIProps{
		{ID: "k-up", Label: "Uptime", Value: uptime(s.Now - s.StartedAt), Note: "since " + ui.Stamp(s.StartedAt)},
		lag,
		{ID: "k-queue", Label: "Operations waiting", Value: ui.Comma(s.Queued), Note: ui.Comma(s.Operations) + " settled since the start"},
		commit,
	}
}

func uptime(ms int64) string {
	d := time.Duration(max(ms, 0)) * time.Millisecond
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h " + strconv.Itoa(int(d.Minutes())%60) + " min"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days"
}

func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64), ".0") + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func size(n int64) string {
	if n < 0 {
		return "not known"
	}
	return ui.Size(n)
}

func number(n int64) string {
	if n < 0 {
		return "not known"
	}
	return ui.Comma(n)
}

func (s State) schema() string {
	switch {
	case s.Schema < 0:
		return "not known"
	case s.Schema == s.SchemaWanted:
		return strconv.FormatInt(s.Schema, 10) + ", as this program wants it"
	}
	return strconv.FormatInt(s.Schema, 10) + ", this program wants " + strconv.FormatInt(s.SchemaWanted, 10)
}

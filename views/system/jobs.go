package system

import "tidemark/views/ui"

// JobsProps are what the page of jobs shows.
type JobsProps struct {
	Places Places
	CSRF   string
	Rows   []Job
	First  string
	Prev   string
	Next   string
	Now    int64
}

// Job is a row of the page.
type Job struct {
	ID        string
	Kind      string
	Tenant    string
	Link      string // to the tenant; empty: it is gone
	State     string // open, held, done, failed or cancelled
	Done      int64
	Total     int64
	Failed    int64 // things it could not do
	Stopping  bool  // its end was asked for
	Actor     string
	CreatedAt int64
	UpdatedAt int64
	Error     string
	Cancel    string // address that cancels it; empty: it cannot be
}

func (j Job) badge() ui.BadgeProps {
	if j.Stopping {
		return ui.BadgeProps{Tone: ui.Warn, Label: "ending", Glyph: ui.GlyphClock}
	}
	switch j.State {
	case "done":
		return ui.BadgeProps{Tone: ui.OK, Label: "done", Glyph: ui.GlyphCheck}
	case "failed":
		return ui.BadgeProps{Tone: ui.Bad, Label: "failed", Glyph: ui.GlyphTriangleAlert}
	case "held":
		return ui.BadgeProps{Tone: ui.Warn, Label: "waits for a person", Glyph: ui.GlyphPause}
	case "open":
		return ui.BadgeProps{Tone: ui.Info, Label: "under way", Glyph: ui.GlyphClock}
	}
	return ui.BadgeProps{Tone: ui.Neutral, Label: j.State}
}

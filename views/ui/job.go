package ui

// JobState is how a job stands.
type JobState struct {
	Status string // "open", "held", "done", "failed" or "cancelled"
	Stage  string // of an import: "upload", "check", "ready" or "write"
	Waits  bool   // another job of the tenant comes first
	Ending bool   // somebody has asked for its end
	Failed int64  // things it could not do
}

// JobBadge is a job's state in a word, the same wherever the job is shown.
func JobBadge(s JobState) BadgeProps {
	switch s.Status {
	case "open":
		return s.going()
	case "held":
		if s.Stage == "upload" {
			return BadgeProps{Tone: Warn, Label: "not complete", Glyph: GlyphPause}
		}
		return BadgeProps{Tone: Warn, Label: "waits for you", Glyph: GlyphPause}
	case "done":
		if s.Failed > 0 {
			return BadgeProps{Tone: Warn, Label: "done, " + Count(s.Failed, "error", "errors"), Glyph: GlyphTriangleAlert}
		}
		return BadgeProps{Tone: OK, Label: "done", Glyph: GlyphCircleCheck}
	case "failed":
		return BadgeProps{Tone: Bad, Label: "failed", Glyph: GlyphCircleX}
	case "cancelled":
		return BadgeProps{Tone: Neutral, Label: "cancelled", Glyph: GlyphBan}
	}
	return BadgeProps{Tone: Neutral, Label: s.Status}
}

// going is the badge of a job that nobody has to do anything about.
func (s JobState) going() BadgeProps {
	switch {
	case s.Ending:
		return BadgeProps{Tone: Warn, Label: "ending", Glyph: GlyphClock}
	case s.Waits:
		return BadgeProps{Tone: Neutral, Label: "queued", Glyph: GlyphClock}
	}
	return BadgeProps{Tone: Info, Label: "running", Glyph: GlyphPlay}
}

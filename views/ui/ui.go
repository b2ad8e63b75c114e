// Package ui holds the parts that the console's pages are made of. A part is a
// pure function of its props, knows no model and no page, and works without JavaScript.
//
// Closed choices are typed (Look, Tone, Glyph). Every part has its entries in
// views/gallery, which the golden and the browser tests walk. The words and
// tokens are those of tailwind.config.js.
package ui

// Tone is what a colour says. It never says it alone: a word or an icon stands beside it.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	OK      Tone = "ok"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
	AI      Tone = "ai"
)

// soft are the classes of a tinted surface with readable text on it.
func (t Tone) soft() string {
	switch t {
	case Info:
		return "bg-accent-soft text-accent"
	case OK:
		return "bg-ok-soft text-ok"
	case Warn:
		return "bg-warn-soft text-warn"
	case Bad:
		return "bg-bad-soft text-bad"
	case AI:
		return "bg-ai-soft text-ai"
	default:
		return "bg-sunken text-ink-2"
	}
}

// Look is how much a button asks to be pressed.
type Look string

// The looks. A view has one Primary; Danger is never the default and never beside it.
const (
	Plain   Look = ""
	Primary Look = "btn-primary"
	Ghost   Look = "btn-ghost"
	Danger  Look = "btn-danger"

	TakeCurrent  Look = "btn-cur" // decides for a side of a conflict
	TakeIncoming Look = "btn-inc"
)

// Theme is the colour scheme a person chose.
type Theme string

// The themes. System follows the machine.
const (
	Light  Theme = "light"
	Dark   Theme = "dark"
	System Theme = "system"
)

// ThemeOf reads a theme from outside; what it does not know is System.
func ThemeOf(s string) Theme {
	switch t := Theme(s); t {
	case Light, Dark:
		return t
	default:
		return System
	}
}

// Glyph names an icon; the constants are all there are.
type Glyph string

// current marks the chosen one of several links.
func current(b bool, kind string) string {
	if b {
		return kind
	}
	return "false"
}

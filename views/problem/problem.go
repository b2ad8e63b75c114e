// Package problem holds the pages for what went wrong.
package problem

import "tidemark/views/ui"

// Props describe what went wrong, for a person.
type Props struct {
	Status    int
	Message   string
	RequestID string
	ErrorID   string // what the log calls it; empty: not logged as ours
	Back      string // a way on
	Again     string // the same page, where another try may help; empty: it would not
	Kept      bool   // what was sent stands below, to be sent again
}

// away says whether the trouble passes by itself, or is to be looked for in the log.
func (p Props) away() bool { return p.Status == 503 || p.Status == 504 }

// Title is the page's one line.
func (p Props) Title() string {
	switch {
	case p.Status == 401:
		return "You are signed out"
	case p.Status == 403:
		return "This is not allowed"
	case p.Status == 404:
		return "Page not found"
	case p.Status == 413:
		return "Too large"
	case p.Status == 429:
		return "Too many requests"
	case p.away():
		return "Not available right now"
	case p.Status >= 500:
		return "Something went wrong"
	default:
		return "This did not work"
	}
}

// told says it in a sentence.
func (p Props) told() string {
	if p.ErrorID != "" && !p.away() {
		return "The fault is ours. The server’s log has its cause, under the log entry below."
	}
	return p.Message
}

// under is which of the numbers below the log has it under.
func (p Props) under() string {
	if p.ErrorID != "" {
		return "log entry"
	}
	return "request"
}

// backLabel says where the way back leads.
func (p Props) backLabel() string {
	if p.Back == "/console" {
		return "Back to the console"
	}
	return "Back to where you were"
}

// glyph is what kind of trouble it is.
func (p Props) glyph() ui.Glyph {
	switch p.Status {
	case 401, 403:
		return ui.GlyphBan
	case 404:
		return ui.GlyphSearch
	case 429, 503, 504:
		return ui.GlyphUnplug
	default:
		return ui.GlyphTriangleAlert
	}
}

// backLook leaves the one primary button to another try, where that may help.
func (p Props) backLook() ui.Look {
	if p.Again != "" || p.Kept {
		return ui.Plain
	}
	return ui.Primary
}

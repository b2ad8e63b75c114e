// Package assistant is the page on which a tenant is opted in to the assistant
// that is asked about conflicts, or out of it.
//
// Page is the form with how the assistant does beside it, and what came of trying it.
package assistant

import (
	"strconv"
	"time"

	"tidemark/views/ui"
)

// Values are what the fields of the form hold, as typed.
type Values struct {
	Enabled                                 bool
	BaseURL, Model, Threshold, Paths, Daily string
	DropKey                                 bool
}

// Props are the page.
type Props struct {
	CSRF     string
	Self     string // address of this page
	Try      string // where a trial is asked for
	Back     string // address of the conflicts
	May      bool   // who looks may change it
	Version  int64  // of the settings; 0: they were never set
	Trashed  int64  // since when they are in the trash (ms); 0: they are not
	Values   Values
	OwnKey   bool   // a key of the tenant's own is kept
	Installs bool   // the installation has an endpoint
	Model    string // of it; empty: it names none
	Loopback bool   // a tenant's own endpoint may be on the installation's machine
	Most     int64  // questions a day the installation gives
	Error    string // what is wrong, as a whole; empty: nothing
	TooLate  bool   // somebody changed it meanwhile
	Fields   map[string]string
	State    State
	Trial    *Trial
}

// State is how the assistant does.
type State struct {
	Enabled   bool   // as saved
	Trouble   string // why it cannot be asked; empty: it can
	Failures  int    // of its endpoint in a row, on this server
	Rests     int64  // its endpoint is not asked before (ms); 0: it may be
	Probing   bool   // one question finds out whether it works again
	Requests  int64  // today
	Daily     int64
	Applied   int64
	Suggested int64
	Failed    int64
	Waiting   int64
	ManyWait  bool // Waiting, and some more
	Now       int64
}

// Trial is what came of asking about the sample.
type Trial struct {
	Base, Current, Incoming string
	Choice                  string
	Value                   string
	Confidence              int // percent
	Reason                  string
	Model                   string
	Failure                 string // empty: it answered
	Took                    time.Duration
}

func (t *Trial) took() string {
	if t.Took < time.Second {
		return strconv.FormatInt(t.Took.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(t.Took.Seconds(), 'f', 1, 64) + " s"
}

var choices = map[string]string{"current": "what stands", "incoming": "the incoming write", "merged": "something of both"}

func (t *Trial) chose() string { return choices[t.Choice] }

// inputs are the ids of the inputs by the names of their fields, in the order of the form.
var inputs = []struct{ field, id string }{
	{"baseUrl", "assistant-url"},
	{"model", "assistant-model"},
	{"key", "assistant-key"},
	{"threshold", "assistant-threshold"},
	{"daily", "assistant-daily"},
	{"redacted", "assistant-redacted"},
}

func (p Props) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, in := range inputs {
		if m := p.Fields[in.field]; m != "" {
			out = append(out, ui.FieldError{ID: in.id, Message: m})
		}
	}
	return out
}

func (p Props) submit() string {
	if p.TooLate {
		return "Save over it"
	}
	return "Save"
}

func (p Props) urlHint() string {
	hint := "An OpenAI-compatible address, such as https://api.example.com/v1."
	if p.Installs {
		hint += " Empty: the installation's."
	} else {
		hint += " The installation has none of its own."
	}
	if p.Loopback {
		return hint + " http:// is for this machine alone."
	}
	return hint
}

func (p Props) modelHint() string {
	if p.Installs && p.Model != "" {
		return "For the installation's endpoint it may be empty: " + p.Model + ", then."
	}
	return "As the endpoint calls it."
}

func (p Props) keyHint() string {
	if p.OwnKey {
		return "A key is kept, sealed, and never shown. Empty: it stays."
	}
	return "Kept sealed, and never shown again. Only for an address of the tenant's own."
}

func (s State) badge() ui.BadgeProps {
	switch {
	case !s.Enabled:
		return ui.BadgeProps{Tone: ui.Neutral, Label: "off"}
	case s.Trouble != "":
		return ui.BadgeProps{Tone: ui.Bad, Label: "cannot be asked", Glyph: ui.GlyphTriangleAlert}
	case s.resting():
		return ui.BadgeProps{Tone: ui.Warn, Label: "resting", Glyph: ui.GlyphClock}
	}
	return ui.BadgeProps{Tone: ui.OK, Label: "on", Glyph: ui.GlyphCheck}
}

func (s State) resting() bool { return s.Rests > s.Now || s.Probing }

func (s State) circuit() string {
	switch {
	case s.Probing:
		return "one question finds out whether it works again"
	case s.Rests > s.Now:
		return "open until " + ui.Stamp(s.Rests) + ", after " + ui.Count(int64(s.Failures), "failure", "failures")
	case s.Failures > 0:
		return "closed, after " + ui.Count(int64(s.Failures), "failure", "failures")
	}
	return "closed"
}

func (s State) waiting() string {
	if s.ManyWait {
		return ui.Comma(s.Waiting) + "+"
	}
	return ui.Comma(s.Waiting)
}

func (s State) used() string { return ui.Comma(s.Requests) + " of " + ui.Comma(s.Daily) }

func version(n int64) string { return strconv.FormatInt(n, 10) }

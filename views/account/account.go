// Package account holds the page of the administrator who is signed in.
package account

import (
	"strconv"

	"tidemark/views/layout"
	"tidemark/views/ui"
)

// Props describe the page, fresh or with a form that came back.
type Props struct {
	CSRF     string
	Profile  Profile
	Password PasswordForm
	Sessions []Session
	Theme    ui.Theme
	KeysOff  bool
	Keys     []layout.Shortcut
	Now      int64 // ms
}

// Profile is the form of name and e-mail.
type Profile struct {
	Name    string
	Email   string
	Version int64 // of what it was made from
	Error   string
	Fields  map[string]string // what is wrong with which field
	Stale   *Stale            // not nil: somebody was quicker
}

// Stale is what somebody else saved meanwhile.
type Stale struct {
	Who   string
	At    int64 // ms
	Name  string
	Email string
}

// PasswordForm is the form of a new password, which never comes back with what was typed.
type PasswordForm struct {
	Email  string // whose, for the browser's keeper of passwords
	Error  string
	Fields map[string]string
}

// Session is a browser that is signed in.
type Session struct {
	ID      string
	Here    bool // this very one
	Agent   string
	Address string
	Begun   int64 // ms
	Seen    int64 // ms
}

// save is what the button does: over what somebody else saved it says so.
func (p Profile) save() string {
	if p.Stale != nil {
		return "Save over it"
	}
	return "Save profile"
}

func (p Profile) version() string { return strconv.FormatInt(p.Version, 10) }

func errorsOf(fields map[string]string, names ...string) []ui.FieldError {
	var out []ui.FieldError
	for _, name := range names {
		if m := fields[name]; m != "" {
			out = append(out, ui.FieldError{ID: name, Message: m})
		}
	}
	return out
}

func others(all []Session) int { return len(all) - 1 }

type themeChoice struct {
	theme ui.Theme
	label string
}

var themes = []themeChoice{{ui.Light, "Light"}, {ui.Dark, "Dark"}, {ui.System, "System"}}

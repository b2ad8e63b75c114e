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
	Passkeys PasskeysProps
	Others   IdentitiesProps // by which they sign in as well
	Factor   bool            // a second factor is on
	SignIns  []SignIn
	Places   []Place
	Email    EmailForm
	Theme    ui.Theme
	KeysOff  bool
	Keys     []layout.Shortcut
	Now      int64 // ms
}

// Profile is the form of name and e-mail.
type Profile struct {
	Name    string
	Email   string
	Version int64  // of what it was made from
	Picture string // its address; empty: there is none
	Wrong   string // with the picture that was chosen
	Error   string
	Fields  map[string]string // what is wrong with which field
	Stale   *Stale            // not nil: somebody was quicker
}

// shrunk is how many pixels a side of a picture has at most when a script sends it.
const shrunk = "512"

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

// EmailForm is the form of another e-mail, which counts once the link that is sent to it was followed.
type EmailForm struct {
	On     bool   // mail is sent here; otherwise the profile has the e-mail, or nobody changes it
	Typed  string // what came back
	Error  string
	Fields map[string]string
}

// SignIn is an app that is signed in.
type SignIn struct {
	ID      string
	Tenant  string
	Device  string // empty: it did not say
	Agent   string
	Address string
	Begun   int64 // ms
	Seen    int64 // ms
}

// Place is a tenant that the person is a member of.
type Place struct {
	Name, Href, Role string
	Out              bool // shut out of it, or it is suspended
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

// name is the device, or else what the app calls itself.
func (s SignIn) name() string {
	if s.Device != "" {
		return s.Device
	}
	return ui.Agent(s.Agent)
}

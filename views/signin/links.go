package signin

import "tidemark/views/ui"

// LinkProps describe the form behind a link that was sent by mail, fresh or come back.
type LinkProps struct {
	CSRF     string
	Action   string // where the form goes
	Token    string // of the link
	Title    string
	Text     string
	Button   string
	Email    string // whose the link is; empty: the page does not say
	Name     string
	Named    bool // asks for a name
	Password bool // asks for a new password
	Chosen   bool // asks for the password that was chosen before
	Error    string
	Fields   map[string]string // what is wrong with which field

	Providers []Provider // by whom one can join as well
	Tenant    string     // that one joins
}

func (p LinkProps) errors() []ui.FieldError { return fieldErrors(p.Fields, "name", "password") }

func fieldErrors(fields map[string]string, names ...string) []ui.FieldError {
	var out []ui.FieldError
	for _, name := range names {
		if m := fields[name]; m != "" {
			out = append(out, ui.FieldError{ID: name, Message: m})
		}
	}
	return out
}

// DoneProps describe the page after a link was followed.
type DoneProps struct {
	Title    string
	Text     string
	SignedIn bool
}

// ForgotProps describe the form of who has forgotten their password.
type ForgotProps struct {
	CSRF  string
	Email string
	Error string
	Sent  bool // what can be said: if there is an account, a link is under way
	Off   bool // no mail is sent here
}

// CodeProps describe the second step of a sign-in, fresh or come back.
type CodeProps struct {
	CSRF    string
	Next    string // where to go afterwards
	Error   string
	Code    bool  // a code will do
	Passkey bool  // a passkey will do
	Kept    *Kept // nil: nothing was sent
}

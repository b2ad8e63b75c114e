// Package signin holds the pages before somebody is signed in: the first-run setup and the sign-in.
package signin

import "tidemark/views/ui"

// LoginProps describe the sign-in form, fresh or come back.
type LoginProps struct {
	CSRF   string
	Next   string // where to go afterwards
	Email  string
	Error  string
	Notice string // such as "You are signed out."
	Kept   *Kept  // nil: nothing was sent
}

// Kept is a form that was sent when the session had ended, to be sent again.
type Kept struct {
	To     string // where it goes
	Back   string // the page it stood in
	Body   string // as it was sent, without its token
	Fields []ui.Hidden
}

// SetupProps describe the form of the first administrator, fresh or come back.
type SetupProps struct {
	CSRF   string
	Token  string // of the one-time link
	Email  string
	Name   string
	Error  string            // of the form as a whole
	Fields map[string]string // what is wrong with which field
}

func (p SetupProps) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range []string{"email", "name", "password"} {
		if m := p.Fields[name]; m != "" {
			out = append(out, ui.FieldError{ID: name, Message: m})
		}
	}
	return out
}

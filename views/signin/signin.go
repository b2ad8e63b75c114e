// Package signin holds the pages that ask who somebody is: the first-run setup, the sign-in, and the password once more.
package signin

import (
	"strings"

	"tidemark/views/ui"
)

// LoginProps describe the sign-in form, fresh or come back.
type LoginProps struct {
	CSRF   string
	Next   string // where to go afterwards
	Email  string
	Error  string
	Notice string // such as "You are signed out."
	Kept   *Kept  // nil: nothing was sent
	Mail   bool   // links can be sent, for another password

	Providers []Provider
}

// Provider is one that people sign in by instead.
type Provider struct {
	Name  string // in addresses
	Title string
}

// LeaveProps describe the page on which somebody leaves for a provider.
type LeaveProps struct {
	Title string // the provider's
	To    string
}

// Kept is a form that was sent when the session had ended, to be sent again.
type Kept struct {
	To     string      // where it goes
	Back   string      // the page it stood in
	Fields []ui.Hidden // without its token
}

const glimpse = 2000 // bytes of a field that are shown; all of it is sent

// shown is as much of a field as is shown.
func (Kept) shown(value string) string {
	if len(value) <= glimpse {
		return value
	}
	return strings.ToValidUTF8(value[:glimpse], "") + "…"
}

// carried are the fields as a sign-in carries them.
func (k Kept) carried() []ui.Hidden {
	out := []ui.Hidden{{Name: "kept_to", Value: k.To}}
	for _, f := range k.Fields {
		out = append(out, ui.Hidden{Name: "kept." + f.Name, Value: f.Value})
	}
	return out
}

// ConfirmProps describe the question for the password of who is signed in.
type ConfirmProps struct {
	CSRF   string
	Email  string
	Act    string // what is to be done, as its button says it
	Object string // to what; empty: that is clear
	Begun  int64  // when the password was given last, ms
	Now    int64
	Error  string
	Kept   Kept // what was sent, and is sent on
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
	return fieldErrors(p.Fields, "email", "name", "password")
}

package account

import (
	"strconv"
	"strings"

	"tidemark/views/ui"
)

// The forms of the second factor's page; that which came back carries the error.
const (
	FormBegin   = "begin"
	FormEnable  = "enable"
	FormDisable = "disable"
	FormCodes   = "codes"
)

// FactorProps describe the page of the second factor.
type FactorProps struct {
	CSRF   string
	Email  string // whose, for the browser's keeper of passwords
	On     bool   // there is one
	Must   bool   // a role asks for one
	Led    bool   // nothing else may be done before
	Left   int64  // recovery codes
	Keys   PasskeysProps
	Secret string // being set up: what an app is to hold; empty: it is not
	Form   string // which came back
	Error  string
	Fields map[string]string // what is wrong with which field
}

// of is the error of a form; empty for the others.
func (p FactorProps) of(form string) string {
	if p.Form == form {
		return p.Error
	}
	return ""
}

func (p FactorProps) field(form, name string) string {
	if p.Form == form {
		return p.Fields[name]
	}
	return ""
}

func (p FactorProps) errors(form string, names ...string) []ui.FieldError {
	var out []ui.FieldError
	for _, name := range names {
		if m := p.field(form, name); m != "" {
			out = append(out, ui.FieldError{ID: form + "-" + name, Message: m})
		}
	}
	return out
}

func (p FactorProps) left() string {
	return strconv.FormatInt(p.Left, 10) + " of 10 recovery codes are left"
}

// CodesProps describe the page that shows recovery codes, once.
type CodesProps struct {
	CSRF  string
	Codes []string
}

func (p CodesProps) text() string { return strings.Join(p.Codes, "\n") }

// PasskeysProps describe the card of passkeys.
type PasskeysProps struct {
	CSRF  string
	Email string // whose, for the browser's keeper of passwords
	Now   int64  // ms
	Keys  []Passkey
}

// Passkey is one that is there.
type Passkey struct {
	ID   string
	Name string
	Made int64 // ms
	Used int64 // ms; 0: never
}

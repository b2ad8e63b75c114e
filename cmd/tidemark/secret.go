package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

const hidden = "[hidden]"

// Secret is a text that no print, log or encoder shows. The zero value is an
// unset secret. The text lies behind a pointer, so that not even printing a
// struct with an unexported Secret reveals it.
type Secret struct{ text *string }

// NewSecret hides text; an empty text is an unset secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal gives the text to the one who must use it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Set says whether there is a secret.
func (s Secret) Set() bool { return s.text != nil }

// String is "[hidden]", or empty for an unset secret.
func (s Secret) String() string {
	if !s.Set() {
		return ""
	}
	return hidden
}

// Format prints String under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) } // a State's Write does not fail

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON is String, quoted.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

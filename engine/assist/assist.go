// Package assist asks a language model which of two writes should stand, and
// believes nothing it says.
//
// A Question (question.go) shows both sides of a conflict as data, without what is
// withheld. A Client (client.go) puts it to an OpenAI-compatible endpoint, within
// a deadline and bounds, and stops asking one that fails (breaker.go). An answer
// (answer.go) counts only if it chooses a side, or is put together of nothing but
// what the two sides hold (compose.go).
package assist

import (
	"fmt"
	"log/slog"
	"time"
)

// Choices an answer may make.
const (
	Current  = "current"
	Incoming = "incoming"
	Merged   = "merged"
)

// Answer is what an assistant would do. It was checked against its question.
type Answer struct {
	Choice     string
	Value      []byte  // of Merged: canonical JSON
	Confidence float64 // 0 to 1
	Reason     string  // short, without control characters
}

// Endpoint is where an assistant is asked.
type Endpoint struct {
	BaseURL string // such as https://api.example.com/v1
	Model   string
	Key     Key
	Guarded bool // it may not lead into the network Tidemark runs in
}

// Set says whether there is somebody to ask.
func (e Endpoint) Set() bool { return e.BaseURL != "" && e.Model != "" }

// Key opens an endpoint. No print and no log shows it.
type Key string

const hidden = "[hidden]"

// String is "[hidden]".
func (Key) String() string { return hidden }

// Format prints String under every verb.
func (Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) } // a State's Write does not fail

// LogValue is String.
func (Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is String.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Failure says in one sentence for a person why there is no answer.
type Failure struct { //nolint:errname // it is an answer, too: one to be shown
	Message string
	Retry   bool          // a later attempt may go better
	After   time.Duration // not before; 0: whenever
	Open    bool          // the endpoint was not asked, since it failed before
	Cause   error         // for the log; nil: none

	down bool // counts against the endpoint
}

func (f *Failure) Error() string { return f.Message }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Cause }

func failed(format string, args ...any) *Failure {
	return &Failure{Message: fmt.Sprintf(format, args...)}
}

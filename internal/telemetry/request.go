package telemetry

import (
	"context"
	"strings"
	"time"

	"tidemark/internal/clock"
)

// MaxRequestID bounds a request id that a client brings along, in bytes. Sockets
// number the requests of a connection behind it, and the columns for both hold 64.
const MaxRequestID = 40

// Request is who asked what, for the log. One goroutine owns it until the answer is out.
type Request struct {
	ID       string // what the client, the log and the change log call this request
	TraceID  string // of the caller's trace; empty: none
	Address  string // client IP, normalised
	Agent    string // what the client calls itself, where a door has asked
	Route    string // pattern of the matched route; empty: none matched
	TenantID string // known once the credential is verified
	Actor    string
	Secure   bool // the client's side of the connection is encrypted
	Started  time.Time
}

type requestKey struct{}

// WithRequest returns a context that carries r to everything done for the request.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf is the request ctx works for, or an empty one. Never nil.
func RequestOf(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// RequestID is offered if it is short and made of harmless characters; else the
// trace id; else a fresh one.
func RequestID(c clock.Clock, offered, traceID string) string {
	if offered != "" && len(offered) <= MaxRequestID && strings.IndexFunc(offered, unsafeInID) < 0 {
		return offered
	}
	if traceID != "" {
		return traceID
	}
	return clock.NewID(c)
}

func unsafeInID(r rune) bool {
	alnum := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !alnum && !strings.ContainsRune("-_.:/+=@", r)
}

// TraceID is the trace id in a W3C traceparent header, or empty if the header is not one.
func TraceID(traceparent string) string {
	if len(traceparent) < 55 || traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-' {
		return ""
	}
	if strings.HasPrefix(traceparent, "ff") || strings.IndexFunc(traceparent[:55], notHexOrDash) >= 0 {
		return ""
	}
	id := traceparent[3:35]
	if strings.Trim(id, "0") == "" || strings.Contains(id, "-") {
		return ""
	}
	return id
}

func notHexOrDash(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'f') && r != '-'
}

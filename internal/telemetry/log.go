package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// NewLogger writes lines of the level (debug, info, warn, error) and above to w,
// in format "json" or "text". Lines logged with a request's context carry its
// request_id, and its tenant_id once that is known.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q is not one of debug, info, warn, error", level)
	}
	o := &slog.HandlerOptions{Level: l}
	switch strings.ToLower(format) {
	case "json":
		return slog.New(requestHandler{slog.NewJSONHandler(w, o)}), nil
	case "text":
		return slog.New(requestHandler{slog.NewTextHandler(w, o)}), nil
	}
	return nil, fmt.Errorf("log format %q is not one of json, text", format)
}

// Discard is a logger that says nothing.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// requestHandler adds what is known of the request to every line.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, rec slog.Record) error {
	r, ok := ctx.Value(requestKey{}).(*Request)
	if !ok {
		return h.Handler.Handle(ctx, rec)
	}
	rec.AddAttrs(slog.String("request_id", r.ID))
	if r.TraceID != "" {
		rec.AddAttrs(slog.String("trace_id", r.TraceID))
	}
	if r.TenantID != "" {
		rec.AddAttrs(slog.String("tenant_id", r.TenantID), slog.String("actor", r.Actor))
	}
	return h.Handler.Handle(ctx, rec)
}

func (h requestHandler) WithAttrs(as []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(as)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}

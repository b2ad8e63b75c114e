package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// noted is the fault of an error, which it counts. A denial is logged; so is one
// of ours, which gets an id to be found by. That a client left is nobody's fault.
func (l *Live) noted(who *models.Caller, err error, requestID string) *fault.Error {
	f := faultOf(err)
	if f == nil || f.Code == codeShutdown || errors.Is(err, context.Canceled) {
		return f
	}
	l.opt.Fault(string(f.Code))
	attrs := []slog.Attr{
		slog.String("code", string(f.Code)), slog.String("address", who.Address), slog.String("tenant_id", who.TenantID),
		slog.String("actor", who.Actor), slog.String("request_id", requestID),
	}
	switch status := f.Code.Status(); {
	case status == 401 || status == 403 || status == 429:
		l.opt.Log.LogAttrs(context.Background(), slog.LevelInfo, "event refused", attrs...)
	case status >= 500:
		return l.failed(f, attrs)
	}
	return f
}

func (l *Live) failed(f *fault.Error, attrs []slog.Attr) *fault.Error {
	own, level, errorID := *f, slog.LevelWarn, clock.NewID(l.opt.Clock)
	if f.Code == fault.Internal {
		own.Details, level = map[string]any{"errorId": errorID}, slog.LevelError
	}
	attrs = append(attrs, slog.String("error_id", errorID), slog.Any("error", f.Cause))
	l.opt.Log.LogAttrs(context.Background(), level, "event failed", attrs...)
	return &own
}

// faultOf gives every error its fault: ours, and those of a context.
func faultOf(err error) *fault.Error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Unavailable, err, "The connection is closing.")
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Timeout, err, "This took too long and was given up.")
	}
	return fault.From(err)
}

// rescue is deferred where a panic shall be an error.
func rescue(err *error) {
	if v := recover(); v != nil {
		*err = panicked(v)
	}
}

// rescue is deferred by a goroutine of one connection: a panic ends that connection alone.
func (c *conn) rescue() {
	if v := recover(); v != nil {
		c.inbox.drop()
		c.hangUp(c.live.noted(&c.caller, panicked(v), c.caller.RequestID))
	}
}

// rescue is deferred by every other goroutine.
func (l *Live) rescue() {
	if v := recover(); v != nil {
		l.panicked(v)
	}
}

func (l *Live) panicked(v any) {
	_ = l.noted(&models.Caller{}, panicked(v), "") // there is nobody to tell
}

// panicked is what was recovered, for the log; it is called where the panic was.
func panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }

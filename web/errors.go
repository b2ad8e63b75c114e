package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

// onError is the one way errors leave: JSON for programs, a page for the console.
func (s *Server) onError(c *fiber.Ctx, err error) error {
	f, status := faultOf(err)
	s.note(c.Context(), f, status)
	if s.opt.Console != nil && isConsole(c.Path()) {
		return s.opt.Console.Error(c.Status(status), f)
	}
	writeProblem(c.Context(), f, status)
	return nil
}

// fail answers with an error where Fiber has no hand in it.
func (s *Server) fail(ctx *fasthttp.RequestCtx, err error) {
	f, status := faultOf(err)
	s.note(ctx, f, status)
	writeProblem(ctx, f, status)
}

// note counts a fault, logs the cause of ours, and gives it an id to be found by.
func (s *Server) note(ctx *fasthttp.RequestCtx, f *fault.Error, status int) {
	s.opt.Metrics.Fault(string(f.Code))
	ctx.SetUserValue(codeKey, f.Code)
	if status < http.StatusInternalServerError {
		return
	}
	id, level := clock.NewID(s.opt.Clock), slog.LevelWarn
	if f.Code == fault.Internal {
		f.Details, level = map[string]any{"errorId": id}, slog.LevelError
	}
	s.opt.Log.LogAttrs(contextOf(ctx), level, "request failed",
		slog.String("code", string(f.Code)), slog.String("error_id", id), slog.Any("error", f.Cause))
}

// writeProblem writes the contract's members of an error and those of RFC 9457.
func writeProblem(ctx *fasthttp.RequestCtx, f *fault.Error, status int) {
	h := &ctx.Response.Header
	ctx.SetStatusCode(status)
	h.SetContentType("application/problem+json")
	h.Set("Cache-Control", "no-store")
	if after := retryAfter(f); after > 0 {
		h.Set("Retry-After", strconv.Itoa(after))
	}
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="tidemark"`)
	}
	b := append(ctx.Response.SwapBody(nil)[:0], `{"type":"urn:tidemark:error:`...)
	b = append(append(b, f.Code...), `","title":`...)
	b = protocol.AppendString(b, http.StatusText(status))
	b = strconv.AppendInt(append(b, `,"status":`...), int64(status), 10)
	b = protocol.AppendErrorFields(append(b, ','), f, requestOf(ctx).ID)
	ctx.Response.SwapBody(append(b, '}'))
}

// retryAfter is in whole seconds, at least one where a retry makes sense.
func retryAfter(f *fault.Error) int {
	after := int((f.RetryAfter + time.Second - 1) / time.Second)
	if after == 0 && (f.Code == fault.Unavailable || f.Code == fault.RateLimited || f.Code == fault.QuotaExceeded) {
		return 1
	}
	return after
}

// faultOf gives every error its fault and status: ours, Fiber's, and those of a deadline.
func faultOf(err error) (*fault.Error, int) {
	var f *fault.Error
	var fe *fiber.Error
	switch {
	case errors.As(err, &f):
		own := *f // note may add to it
		return &own, f.Code.Status()
	case errors.As(err, &fe):
		return ofFiber(fe)
	case errors.Is(err, context.DeadlineExceeded):
		f = fault.Wrap(fault.Timeout, err, "This took too long and was given up.")
	case errors.Is(err, context.Canceled):
		f = fault.Wrap(fault.Unavailable, err, "The server is stopping. Try again.")
	default:
		f = fault.From(err)
	}
	return f, f.Code.Status()
}

func ofFiber(fe *fiber.Error) (*fault.Error, int) {
	switch fe.Code {
	case http.StatusNotFound:
		return fault.New(fault.NotFound, "There is nothing at this address."), fe.Code
	case http.StatusMethodNotAllowed:
		return fault.New(fault.MethodNotAllowed, "This address does not take that method."), fe.Code
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.BatchTooLarge, "What was sent is larger than is taken at once."), fe.Code
	case http.StatusRequestHeaderFieldsTooLarge:
		return fault.New(fault.Malformed, "The request's head is too large."), fe.Code
	case http.StatusRequestTimeout:
		return fault.New(fault.Timeout, "The request did not arrive in time."), fe.Code
	case http.StatusUpgradeRequired:
		return fault.New(fault.Malformed, "This address is for WebSockets: send an upgrade."), fe.Code
	}
	if fe.Code >= 400 && fe.Code < 500 {
		return fault.Wrap(fault.Malformed, fe, "The request cannot be read."), fe.Code
	}
	return fault.From(fmt.Errorf("fiber: %w", error(fe))), http.StatusInternalServerError
}

// onBadRequest answers what fasthttp could not read as a request, and ends the connection gently.
func (s *Server) onBadRequest(ctx *fasthttp.RequestCtx, err error) {
	s.begin(ctx)
	defer s.finish(ctx)
	lingering(ctx.Conn())
	ctx.SetConnectionClose()
	cause := ofReading(ctx, err)
	if errors.Is(err, fasthttp.ErrBodyTooLarge) && isConsole(string(ctx.Path())) { // the head is whole: a person is to be told
		c := s.app.AcquireCtx(ctx)
		defer s.app.ReleaseCtx(c)
		if s.onError(c, cause) == nil {
			return
		}
	}
	s.fail(ctx, cause)
}

func ofReading(ctx *fasthttp.RequestCtx, err error) error {
	var small *fasthttp.ErrSmallBuffer
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &small):
		return fiber.ErrRequestHeaderFieldsTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return fiber.ErrRequestTimeout
	case errors.Is(err, fasthttp.ErrBodyTooLarge) && !isConsole(string(ctx.Path())) && strings.Contains(string(ctx.RequestURI()), "/item/"):
		return fault.New(fault.ItemTooLarge, "The item is larger than is allowed here.")
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return fiber.ErrRequestEntityTooLarge
	}
	return fault.Wrap(fault.Malformed, err, "The request cannot be read.")
}

// recovered turns a panic into an error that only the log sees in full.
func recovered(v any, stack []byte) error {
	return fmt.Errorf("panic: %v\n%s", v, stack)
}

func isConsole(path string) bool {
	return path == consolePath || strings.HasPrefix(path, consolePath+"/")
}

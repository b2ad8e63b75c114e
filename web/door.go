package web

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/valyala/fasthttp"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
)

// Keys of what a request carries with it.
const (
	contextKey = "tidemark.context"
	codeKey    = "tidemark.code"
	routeKey   = "tidemark.route"
)

// serve is what every request passes: it is named, held against the rules of
// framing and origin, answered by its route, counted and logged.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	s.begin(ctx)
	defer s.finish(ctx)
	defer s.recover(ctx)
	switch {
	case ambiguous(&ctx.Request.Header):
		ctx.SetConnectionClose()
		s.fail(ctx, fault.New(fault.Malformed, "The request's head can be read in two ways."))
	case encoded(&ctx.Request.Header):
		s.fail(ctx, fault.New(fault.UnsupportedEncoding, "Send the body as it is, without Content-Encoding."))
	case !methods[string(ctx.Method())]:
		s.fail(ctx, fault.New(fault.MethodNotAllowed, "Nothing here takes that method."))
	case ownOrigins(string(ctx.Path())):
		s.fiber(ctx)
	case s.cors.apply(ctx): // a preflight, answered
	default:
		s.fiber(ctx)
	}
}

// ownOrigins says whether what is at the path has rules of its own for pages of other origins.
func ownOrigins(path string) bool { return isConsole(path) || strings.HasPrefix(path, socketIOPath) }

// encoded says whether a body is compressed. Unpacking it would take more memory than its size says.
func encoded(h *fasthttp.RequestHeader) bool {
	e := h.ContentEncoding()
	return len(e) > 0 && !is(e, "identity")
}

var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "OPTIONS": true}

// begin names the request and gives the answer its headers.
func (s *Server) begin(ctx *fasthttp.RequestCtx) {
	s.opt.Metrics.Begin()
	h := &ctx.Request.Header
	trace := telemetry.TraceID(string(h.Peek("Traceparent")))
	req := &telemetry.Request{
		ID:      telemetry.RequestID(s.opt.Clock, string(h.Peek("X-Request-Id")), trace),
		TraceID: trace,
		Address: s.trusted.client(ctx).String(),
		Secure:  s.trusted.secure(ctx),
		Started: s.opt.Clock.Now(),
	}
	ctx.SetUserValue(contextKey, telemetry.WithRequest(s.base, req))
	secureHeaders(&ctx.Response.Header, req)
}

var plainHeaders = []struct{ name, value []byte }{
	{[]byte("X-Content-Type-Options"), []byte("nosniff")},
	{[]byte("X-Frame-Options"), []byte("DENY")},
	{[]byte("Referrer-Policy"), []byte("no-referrer")},
	{[]byte("Cross-Origin-Opener-Policy"), []byte("same-origin")},
	{[]byte("Permissions-Policy"), []byte("camera=(), geolocation=(), microphone=(), payment=(), usb=()")},
	{[]byte("Content-Security-Policy"), []byte("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")},
}

var (
	headerRequestID = []byte("X-Request-Id")
	headerHSTS      = []byte("Strict-Transport-Security")
	twoYears        = []byte("max-age=63072000")
)

// secureHeaders are the strictest; a page that needs more says so itself.
func secureHeaders(h *fasthttp.ResponseHeader, req *telemetry.Request) {
	for i := range plainHeaders {
		h.SetCanonical(plainHeaders[i].name, plainHeaders[i].value)
	}
	h.SetCanonical(headerRequestID, []byte(req.ID))
	if req.Secure {
		h.SetCanonical(headerHSTS, twoYears)
	}
}

// recover answers a panic that came past the route's own net.
func (s *Server) recover(ctx *fasthttp.RequestCtx) {
	if v := recover(); v != nil {
		ctx.Response.ResetBody()
		s.fail(ctx, recovered(v, debug.Stack()))
	}
}

// finish counts and logs. Neither path nor query is logged, since keys of items are in them.
func (s *Server) finish(ctx *fasthttp.RequestCtx) {
	s.opt.Metrics.End()
	req, status := requestOf(ctx), ctx.Response.StatusCode()
	took := s.opt.Clock.Now().Sub(req.Started)
	rt, _ := ctx.UserValue(routeKey).(*route)
	if rt == nil {
		rt = s.unmatched
	}
	rt.metrics.Done(status, took)
	level := slog.LevelInfo
	if rt.quiet && status < 400 {
		level = slog.LevelDebug
	}
	log := contextOf(ctx)
	if !s.opt.Log.Enabled(log, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", rt.methodOf(ctx)), slog.String("route", rt.path), slog.Int("status", status),
		slog.Int64("duration_us", took.Microseconds()), slog.String("address", req.Address),
		slog.Int("bytes_in", max(ctx.Request.Header.ContentLength(), 0)),
	}
	if code, ok := ctx.UserValue(codeKey).(fault.Code); ok {
		attrs = append(attrs, slog.String("code", string(code)))
	}
	s.opt.Log.LogAttrs(log, level, "request", attrs...)
}

// contextOf is the context of a request that has begun: with its name in it, without a deadline.
func contextOf(ctx *fasthttp.RequestCtx) context.Context {
	if c, ok := ctx.UserValue(contextKey).(context.Context); ok {
		return c
	}
	return context.Background()
}

func requestOf(ctx *fasthttp.RequestCtx) *telemetry.Request {
	return telemetry.RequestOf(contextOf(ctx))
}

package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
)

func TestABusyPortIsAnErrorThatSaysSo(t *testing.T) {
	t.Parallel()
	first, _ := bare(t, nil)
	serve(t, first)
	_, port, err := net.SplitHostPort(first.Addr())
	if err != nil {
		t.Fatal(err)
	}
	second, _ := bare(t, func(o *Options) { o.Port, _ = strconv.Atoi(port) })
	err = second.Listen(context.Background())
	if err == nil || !strings.Contains(err.Error(), "another program") || !strings.Contains(err.Error(), "PORT") {
		t.Errorf("got %v", err)
	}
}

func TestEveryAnswerHasTheHeadersOfSafety(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	for _, path := range []string{"/health/live", "/nothing", "/api/openapi.json", "/api/v1/sync/status?token=x"} {
		a := call(t, "GET", url+path, "")
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Strict-Transport-Security":  "",
			"Server":                     "",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		csp := a.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "script-src 'unsafe") {
			t.Errorf("%s: policy is %q", path, csp)
		}
		if a.header.Get("Permissions-Policy") == "" || a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: a header is missing: %v", path, a.header)
		}
	}
}

func TestUnknownPathsAndMethodsAreRefusedAsJSON(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	for path, code := range map[string]int{
		"/nothing": 404, "/api/v2/sync-storage/items": 404, "/API/v1/sync/status": 404, "/health/": 404,
		"/api/docs/../secret.txt": 404, "/api/docs/%2e%2e%2fsecret.txt": 404, "/api/docs/none.js": 404, "/%zz": 404,
	} {
		call(t, "GET", url+strings.ReplaceAll(path, "%zz", "%25zz"), "").problem(t, code, "not_found")
	}
	a := call(t, "POST", url+"/health", "{}")
	a.problem(t, 405, "method_not_allowed")
	if got := a.header.Get("Allow"); !strings.Contains(got, "GET") {
		t.Errorf("Allow is %q", got)
	}
	call(t, "PATCH", url+"/api/v1/sync-storage/item/a", "{}").problem(t, 405, "method_not_allowed")
	call(t, "POST", url+"/api/v1/sync-storage/item/a", "{}", "X-HTTP-Method-Override: PUT").problem(t, 405, "method_not_allowed")
}

func TestAnEncodedBodyIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	for _, encoding := range []string{"gzip", "br", "deflate", "zstd", "gzip, identity"} {
		call(t, "PUT", url+"/api/v1/sync-storage/item/a", "x", "Content-Encoding: "+encoding).problem(t, 415, "unsupported_encoding")
	}
}

func TestABodyTooLargeIsAnsweredThoughTheClientIsStillSending(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, func(o *Options) { o.MaxItemBytes = 100 << 10 })
	url := serve(t, s)
	big := strings.Repeat("x", 8<<20)
	call(t, "PUT", url+"/api/v1/sync-storage/item/a", big).problem(t, 413, "item_too_large")
	call(t, "POST", url+"/api/v1/sync/events", big).problem(t, 413, "batch_too_large")
}

// pages stand for the console where only the way to it is looked at.
type pages struct{ Console }

func (pages) Routes(fiber.Router) error { return nil }

func (pages) Error(c *fiber.Ctx, err error) error {
	return c.SendString(c.Path() + ": " + err.Error())
}

func TestAFormTooLargeIsAnsweredByTheConsole(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, func(o *Options) { o.MaxItemBytes, o.Console = 100<<10, pages{} })
	a := call(t, "POST", serve(t, s)+"/console/t/acme/storage/item/new", strings.Repeat("x", 8<<20))
	if want := "/console/t/acme/storage/item/new: "; a.status != 413 || !strings.HasPrefix(string(a.body), want) || a.header.Get("X-Request-Id") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestTheRequestIDIsTheSameInAnswerBodyAndLog(t *testing.T) {
	t.Parallel()
	s, log := bare(t, nil)
	url := serve(t, s)
	for _, c := range []struct{ send, want string }{
		{"X-Request-Id: mine-1", "mine-1"},
		{"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"X-Request-Id: not ok!", ""},
	} {
		a := call(t, "GET", url+"/nothing/of/value?prefix=private", "", c.send)
		id := a.json(t)["requestId"].(string)
		if a.header.Get("X-Request-Id") != id || c.want != "" && id != c.want || id == "not ok!" {
			t.Errorf("%s: body has %q, header %q", c.send, id, a.header.Get("X-Request-Id"))
		}
		line := log.find(t, id)
		if line["route"] != "unmatched" || line["status"] != 404.0 || line["code"] != "not_found" || line["address"] != "127.0.0.1" {
			t.Errorf("line: %v", line)
		}
	}
	if text := log.String(); strings.Contains(text, "private") || strings.Contains(text, "of/value") {
		t.Errorf("path or query is logged:\n%s", text)
	}
}

func TestAPanicIsAnInternalErrorWithAnIDAndNothingElse(t *testing.T) {
	t.Parallel()
	s, log := bare(t, nil)
	s.app.Get("/panic", s.run(&route{method: "GET", path: "/panic", metrics: s.opt.Metrics.Route("GET", "/panic")},
		func(*fiber.Ctx) error { panic("secret of the house") }))
	a := call(t, "GET", serve(t, s)+"/panic", "")
	details := a.problem(t, 500, "internal")
	id, _ := details["errorId"].(string)
	if id == "" || strings.Contains(string(a.body), "secret") || strings.Contains(string(a.body), ".go") {
		t.Errorf("body: %s", a.body)
	}
	if text := log.String(); !strings.Contains(text, "secret of the house") || !strings.Contains(text, id) {
		t.Errorf("the log does not say what happened:\n%s", text)
	}
}

func TestAHandlerPastItsTimeIsGivenUpWith504(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, func(o *Options) { o.RequestTimeout = 20 * time.Millisecond })
	rt := &route{method: "GET", path: "/slow", timeout: s.timeout(), metrics: s.opt.Metrics.Route("GET", "/slow")}
	s.app.Get("/slow", s.run(rt, func(c *fiber.Ctx) error {
		<-c.UserContext().Done()
		return c.UserContext().Err()
	}))
	call(t, "GET", serve(t, s)+"/slow", "").problem(t, 504, "timeout")
}

func TestEveryErrorKindLeavesWithItsStatusAndShape(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	kinds := map[string]error{
		"malformed":          fault.New(fault.Malformed, "Bad."),
		"version_conflict":   fault.New(fault.VersionConflict, "Stale.").With("version", 3).With("value", []byte(`{"a":1.0}`)),
		"cursor_expired":     fault.New(fault.CursorExpired, "Old.").With("reason", "horizon"),
		"invalid":            fault.OfField("key", "max", "must be shorter"),
		"rate_limited":       fault.New(fault.RateLimited, "Slow down.").After(1500 * time.Millisecond),
		"unavailable":        fault.Wrap(fault.Unavailable, errors.New("dial tcp 10.0.0.1"), "Away."),
		"token_invalid":      fault.New(fault.TokenInvalid, "No."),
		"tenant_suspended":   fault.New(fault.TenantSuspended, "No."),
		"method_not_allowed": fiber.ErrMethodNotAllowed,
		"internal":           errors.New("select * from items"),
	}
	for name, err := range kinds {
		s.app.Get("/fail/"+name, s.run(&route{method: "GET", path: "/fail", metrics: s.opt.Metrics.Route("GET", "/fail")},
			func(*fiber.Ctx) error { return err }))
	}
	url := serve(t, s)
	for name := range kinds {
		a := call(t, "GET", url+"/fail/"+name, "")
		details := a.problem(t, fault.Code(name).Status(), name)
		if strings.Contains(string(a.body), "10.0.0.1") || strings.Contains(string(a.body), "select") {
			t.Errorf("the cause leaks: %s", a.body)
		}
		switch name {
		case "version_conflict":
			if !strings.Contains(string(a.body), `"value":{"a":1.0}`) {
				t.Errorf("the value is not as stored: %s", a.body)
			}
		case "invalid":
			if fields, _ := details["fields"].([]any); len(fields) != 1 {
				t.Errorf("details: %v", details)
			}
		case "rate_limited":
			if got := a.header.Get("Retry-After"); got != "2" {
				t.Errorf("Retry-After is %q, want 2", got)
			}
		case "unavailable":
			if a.header.Get("Retry-After") != "1" {
				t.Error("no Retry-After")
			}
		case "token_invalid":
			if a.header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		}
	}
}

func TestShutdownLetsRequestsFinishAndTakesNoNewOnes(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	begun, end := make(chan struct{}), make(chan struct{})
	s.app.Get("/slow", s.run(&route{method: "GET", path: "/slow", metrics: s.opt.Metrics.Route("GET", "/slow")},
		func(c *fiber.Ctx) error { close(begun); <-end; return c.SendString("finished") }))
	if err := s.Listen(context.Background()); err != nil {
		t.Fatal(err)
	}
	url := "http://" + s.Addr()
	got := make(chan answer, 1)
	go func() { got <- call(t, "GET", url+"/slow", "") }()
	<-begun
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- s.Shutdown(ctx)
	}()
	<-s.Draining()
	for range 100 { // until the socket is closed
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			break
		}
		_ = c.Close()
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := http.Get(url + "/health/live"); err == nil {
		t.Error("a new connection was served")
	}
	close(end)
	if a := <-got; a.status != 200 || string(a.body) != "finished" {
		t.Errorf("the request in flight got %d %q", a.status, a.body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
}

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/telemetry"
)

// logBuffer collects log lines from many goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// find waits for the line of a request and returns it.
func (l *logBuffer) find(t *testing.T, requestID string) map[string]any {
	t.Helper()
	for range 100 {
		for _, raw := range strings.Split(l.String(), "\n") {
			var line map[string]any
			if json.Unmarshal([]byte(raw), &line) == nil && line["request_id"] == requestID && line["msg"] == "request" {
				return line
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no line of request %s in:\n%s", requestID, l)
	return nil
}

// bare is a server on which only what needs no engine works.
func bare(t *testing.T, change func(*Options)) (*Server, *logBuffer) {
	t.Helper()
	out := &logBuffer{}
	log, err := telemetry.NewLogger(out, "debug", "json")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Log: log, Clock: clock.System{}, Metrics: telemetry.NewMetrics("test"), Host: "127.0.0.1", Version: "test",
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, out
}

// serve makes the server listen until the test ends and returns its base URL.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	if err := s.Listen(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return "http://" + s.Addr()
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// json is the body as an object.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(a.body, &m); err != nil {
		t.Fatalf("body %q: %v", a.body, err)
	}
	return m
}

// problem holds the answer against the shape of errors and the code wanted.
func (a answer) problem(t *testing.T, status int, code string) map[string]any {
	t.Helper()
	m := a.json(t)
	if a.status != status || m["code"] != code {
		t.Fatalf("got %d %s, want %d %s", a.status, a.body, status, code)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type is %q", got)
	}
	details, ok := m["details"].(map[string]any)
	if !ok || m["message"] == "" || m["requestId"] == "" || m["status"] != float64(status) || m["title"] == "" || m["type"] == "" {
		t.Errorf("a member is missing: %s", a.body)
	}
	return details
}

var plainClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// call sends a request; headers are "Name: value".
func call(t *testing.T, method, url, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	res, err := plainClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

// raw sends bytes and returns all that comes back until the server closes or nothing comes for a moment.
func raw(t *testing.T, url, send string) (got string, closed bool) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, send); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	b, err := io.ReadAll(c)
	return string(b), err == nil
}

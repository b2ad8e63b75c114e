package web

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMetricsCountWithoutNamingAnybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "private-key", `{"value":1}`, "X-User-Id: private-user")
	h.call(t, "GET", "/sync-storage/item/none", "")
	a := call(t, "GET", h.url+"/metrics", "")
	text := string(a.body)
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	for _, want := range []string{
		`tidemark_http_requests_total{method="PUT",route="/api/v1/sync-storage/item/*",status="200"} 1`,
		`tidemark_http_requests_total{method="GET",route="/api/v1/sync-storage/item/*",status="404"} 1`,
		`tidemark_faults_total{code="not_found"} 1`,
		"tidemark_commits_total 1", "tidemark_operations_total 1", "tidemark_queue_operations 0",
		`tidemark_batch_operations_bucket{le="1"} 1`, "tidemark_batch_operations_sum 1", "tidemark_commit_duration_seconds_count 1",
		`tidemark_conflicts_total{strategy="none"} 0`, `tidemark_sockets{transport="polling"} 0`, "tidemark_sessions 0", "tidemark_db_connections_open ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, secret := range []string{"private", h.acme.ID, "acme", h.key} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the metrics", secret)
		}
	}
}

func TestMetricsCountConflictsByStrategy(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "k", `{"value":1,"timestamp":2000}`)
	h.put(t, "k", `{"value":2,"timestamp":1000}`) // blind and older: the later clock wins
	h.call(t, "PUT", "/sync-storage/item/k", `{"value":3,"version":0}`).problem(t, 409, "version_conflict")
	h.awaitMetrics(t, `tidemark_conflicts_total{strategy="LAST_WRITE_WINS"} 1`, `tidemark_conflicts_total{strategy="none"} 1`,
		`tidemark_conflicts_total{strategy="FIRST_WRITE_WINS"} 0`, "tidemark_batch_operations_sum 3", "tidemark_commit_duration_seconds_count 3")
}

func TestMetricsCountSocketsByTransport(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	address := strings.TrimPrefix(h.url, "http://")
	if a := call(t, "GET", h.url+"/socket.io/?EIO=4&transport=polling", ""); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.upgrade(t, address, "/sync")
	h.upgrade(t, address, "/socket.io/?EIO=4&transport=websocket")
	h.upgrade(t, address, "/socket.io/?EIO=4&transport=websocket")
	h.awaitMetrics(t, `tidemark_sockets{transport="polling"} 1`, `tidemark_sockets{transport="websocket"} 2`, `tidemark_sockets{transport="plain"} 1`)
}

// upgrade opens a websocket that lives as long as the test.
func (h *house) upgrade(t *testing.T, address, path string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-API-Key: %s\r\n\r\n", path, address, h.key)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, " 101 ") {
		t.Fatalf("%q %v", line, err)
	}
}

// awaitMetrics waits until all of the lines are in the metrics.
func (h *house) awaitMetrics(t *testing.T, lines ...string) {
	t.Helper()
	var text string
	for range 500 {
		text = string(call(t, "GET", h.url+"/metrics", "").body)
		if !slices.ContainsFunc(lines, func(line string) bool { return !strings.Contains(text, line+"\n") }) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("not all of %q are in\n%s", lines, text)
}

func TestMetricsFromElsewhereNeedTheToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options Options
		headers []string
		status  int
	}{
		{"from here", Options{}, nil, 200},
		{"passed on by a proxy", Options{}, []string{"X-Forwarded-For: 203.0.113.7"}, 401},
		{"passed on by a proxy, with an empty token", Options{}, []string{"X-Forwarded-For: 203.0.113.7", "Authorization: Bearer "}, 401},
		{"the wrong token", Options{MetricsToken: "secret-token"}, []string{"Via: x", "Authorization: Bearer other"}, 401},
		{"the token", Options{MetricsToken: "secret-token"}, []string{"Via: x", "Authorization: Bearer secret-token"}, 200},
		{"from here, where a proxy is trusted", Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, nil, 401},
		{"from here in production", Options{Production: true}, nil, 401},
		{"from here in production, with an empty token", Options{Production: true}, []string{"Authorization: Bearer "}, 401},
		{"the token in production", Options{Production: true, MetricsToken: "secret-token"}, []string{"Authorization: Bearer secret-token"}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(o *Options) {
				o.MetricsToken, o.Production, o.TrustedProxies = c.options.MetricsToken, c.options.Production, c.options.TrustedProxies
			})
			a := call(t, "GET", h.url+"/metrics", "", c.headers...)
			if a.status != c.status {
				t.Errorf("got %d, want %d", a.status, c.status)
			}
			if c.status == 401 {
				a.problem(t, 401, "token_invalid")
			}
		})
	}
}

func TestRequestsOverTheRateAreRefusedForTheCallerAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.RateLimit, o.RateWindow = 5, time.Hour })
	for i := range 5 {
		a := h.call(t, "GET", "/sync-storage/keys", "")
		if a.status != 200 || a.header.Get("RateLimit-Limit") != "5" || a.header.Get("RateLimit-Remaining") != string(rune('4'-i)) {
			t.Fatalf("request %d: %d %v", i, a.status, a.header)
		}
	}
	a := h.call(t, "GET", "/sync-storage/keys", "")
	a.problem(t, 429, "rate_limited")
	if a.header.Get("Retry-After") == "" || a.header.Get("RateLimit-Remaining") != "0" || a.header.Get("RateLimit-Reset") == "" {
		t.Errorf("headers: %v", a.header)
	}
	if a := h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: "+h.foreign); a.status != 200 {
		t.Errorf("another caller: %d %s", a.status, a.body)
	}
	for range 5 {
		h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: guess").problem(t, 401, "api_key_invalid")
	}
	h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: guess").problem(t, 429, "rate_limited")
}

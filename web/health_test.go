package web

import (
	"strings"
	"testing"
	"time"
)

func TestHealthNamesEachDependency(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := call(t, "GET", h.url+"/health", "")
	m := a.json(t)
	if a.status != 200 || m["status"] != "ok" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	checks := m["checks"].(map[string]any)
	for _, name := range []string{"app", "database", "migrations", "disk"} {
		c, ok := checks[name].(map[string]any)
		if !ok || c["status"] != "ok" || c["latencyMs"] == nil {
			t.Errorf("%s: %v", name, checks[name])
		}
	}
	if strings.Contains(string(a.body), h.store.Path()) {
		t.Errorf("the path of the database is public: %s", a.body)
	}
	for _, path := range []string{"/health/live", "/health/ready"} {
		if a := call(t, "GET", h.url+path, ""); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestADatabaseThatIsAwayIsSaidByHealthAndReadyButNotByLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	a := call(t, "GET", h.url+"/health", "")
	m := a.json(t)
	if a.status != 503 || m["status"] != "down" {
		t.Errorf("health: %d %s", a.status, a.body)
	}
	if db := m["checks"].(map[string]any)["database"].(map[string]any); db["status"] != "down" || db["message"] == "" {
		t.Errorf("database: %v", db)
	}
	if strings.Contains(string(a.body), "sql") {
		t.Errorf("the cause leaks: %s", a.body)
	}
	call(t, "GET", h.url+"/health/ready", "").problem(t, 503, "unavailable")
	if a := call(t, "GET", h.url+"/health/live", ""); a.status != 200 {
		t.Errorf("live: %d", a.status)
	}
}

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
		"tidemark_commits_total 1", "tidemark_operations_total 1", "tidemark_queue_operations 0", "tidemark_batch_operations 1",
		"tidemark_sockets 0", "tidemark_sessions 0", "tidemark_db_connections_open ",
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

func TestMetricsFromElsewhereNeedTheToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token string
		headers     []string
		status      int
	}{
		{"from here", "", nil, 200},
		{"passed on by a proxy", "", []string{"X-Forwarded-For: 203.0.113.7"}, 401},
		{"passed on by a proxy, with an empty token", "", []string{"X-Forwarded-For: 203.0.113.7", "Authorization: Bearer "}, 401},
		{"the wrong token", "secret-token", []string{"Via: x", "Authorization: Bearer other"}, 401},
		{"the token", "secret-token", []string{"Via: x", "Authorization: Bearer secret-token"}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(o *Options) { o.MetricsToken = c.token })
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

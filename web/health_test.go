package web

import (
	"strings"
	"testing"
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

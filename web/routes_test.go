package web

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/web/live"
)

// served are all routes of Fiber outside the console, as "METHOD /path", without HEAD and middleware.
func served(s *Server) (routes []string) {
	for _, r := range s.app.GetRoutes(true) {
		if r.Method != "HEAD" && !isConsole(r.Path) {
			routes = append(routes, r.Method+" "+r.Path)
		}
	}
	slices.Sort(routes)
	return slices.Compact(routes)
}

func TestEveryRouteAndEventHasAPermission(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	routes := served(s)
	if len(routes) < 15 {
		t.Fatalf("only %d routes: %v", len(routes), routes)
	}
	for _, r := range routes {
		if access.Routes[r] == "" {
			t.Errorf("%s has no permission", r)
		}
	}
	for r := range access.Routes {
		if !slices.Contains(routes, r) {
			t.Errorf("%s has a permission, but is not served", r)
		}
	}
	want := append(live.Events(), "connect")
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(access.Events)); !slices.Equal(got, want) {
		t.Errorf("events with a permission: %v, events served: %v", got, want)
	}
}

func TestARouteWithoutAPermissionStopsTheStart(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	s.open("/api/v1/unheard-of", s.metrics)
	if len(s.faults) == 0 || !strings.Contains(s.faults[0].Error(), "/api/v1/unheard-of") {
		t.Errorf("faults: %v", s.faults)
	}
	s.faults = nil
	s.open("/api/v1/sync/status", s.metrics)
	if len(s.faults) == 0 {
		t.Error("a route that needs a credential can be opened without one")
	}
}

func TestEveryRouteRefusesACallerWithoutACredential(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for route, p := range access.Routes {
		method, path, _ := strings.Cut(route, " ")
		if p == access.Public || path == "/sync" {
			continue
		}
		call(t, method, h.url+strings.ReplaceAll(path, "*", "a"), "").problem(t, 401, "api_key_missing")
	}
}

// parts of paths, as the document and as a route name them.
var inDocument, inRoute = regexp.MustCompile(`\{\w+\}`), regexp.MustCompile(`:\w+`)

func TestEveryRouteIsInTheDocument(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	a := call(t, "GET", serve(t, s)+"/api/openapi.json", "")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(a.body, &doc); err != nil || a.status != 200 || doc.OpenAPI != "3.1.0" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var described []string
	for path, item := range doc.Paths {
		path = inDocument.ReplaceAllString(path, "*")
		for method := range item {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	var routes []string
	for _, r := range served(s) {
		routes = append(routes, inRoute.ReplaceAllString(r, "*"))
	}
	for _, r := range routes {
		if !slices.Contains(described, r) {
			t.Errorf("%s is served, but not described", r)
		}
	}
	for _, r := range described {
		if !slices.Contains(routes, r) && !strings.HasSuffix(r, " /socket.io/") {
			t.Errorf("%s is described, but not served", r)
		}
	}
}

func TestTheDocumentsPageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	url := serve(t, s)
	a := call(t, "GET", url+"/api/docs", "")
	csp := a.header.Get("Content-Security-Policy")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(csp, "script-src 'self';") {
		t.Errorf("got %d %v", a.status, a.header)
	}
	if strings.Contains(string(a.body), "http") || strings.Contains(string(a.body), "<script>") {
		t.Errorf("the page loads from elsewhere or has scripts in it:\n%s", a.body)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(a.body), -1) {
		if m[1] == "data:," {
			continue
		}
		if f := call(t, "GET", url+m[1], ""); f.status != 200 || f.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", m[1], f.status, f.header)
		}
	}
}

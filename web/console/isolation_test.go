package console_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidemark/access"
)

const nobodys = "01JDA2Q8M3X7Y5T40000000000" // an id that never was

// things are what an address of a route may end in, of whoever they are asked for.
var routeThings = map[string]func(*life) []string{
	"/sync-storage/item/":                       func(l *life) []string { return []string{l.named(), l.item} },
	"/sync-storage/conflicts/history/":          func(l *life) []string { return []string{l.item} },
	"/sync-storage/conflicts/resolve/":          func(l *life) []string { return []string{l.conflict} },
	"/sync-storage/conflicts/reopen/":           func(l *life) []string { return []string{l.conflict} },
	"/sync-storage/conflicts/policies/":         func(l *life) []string { return []string{l.policy} },
	"/admin/api-keys/":                          func(l *life) []string { return []string{l.keyID} },
	"/admin/api-keys/rotate/":                   func(l *life) []string { return []string{l.keyID} },
	"/admin/users/":                             func(l *life) []string { return []string{l.named()} },
	"/admin/users/restore/":                     func(l *life) []string { return []string{l.named()} },
	"/sync-storage/conflicts/policies/restore/": func(l *life) []string { return []string{l.policy} },
	"/admin/sign-ins/":                          func(l *life) []string { return []string{l.family} },
	"/admin/invitations/resend/":                func(l *life) []string { return []string{"i" + l.mark + "@example.com"} },
	"/admin/invitations/":                       func(l *life) []string { return []string{"i" + l.mark + "@example.com"} },
	"/admin/roles/":                             func(l *life) []string { return []string{l.role()} },
	"/admin/roles/restore/":                     func(l *life) []string { return []string{l.role()} },
	"/tables/:table":                            func(l *life) []string { return []string{l.mark, l.table} },
}

func (l *life) role() string { return "r" + strings.TrimPrefix(l.mark, "canary-") }

// routeBodies are what routes are sent, naming what a life has. A route without one is sent nothing.
var routeBodies = map[string]func(l *life) string{
	"PUT /sync-storage/item/":               func(*life) string { return `{"value":1,"version":1}` },
	"PUT /sync-storage/conflicts/resolve/":  func(*life) string { return `{"strategy":"LAST_WRITE_WINS"}` },
	"PUT /sync-storage/conflicts/policies/": func(*life) string { return `{"pattern":"mine/*","strategy":"MANUAL"}` },
	"POST /sync-storage/conflicts/policies": func(l *life) string { return fmt.Sprintf(`{"id":%q}`, l.policy) },
	"POST /sync-storage/conflicts/analyze":  func(l *life) string { return fmt.Sprintf(`{"itemIds":[%q]}`, l.item) },
	"POST /sync/events": func(l *life) string {
		return fmt.Sprintf(`{"instanceId":"phone","events":[{"opId":"o-%s","op":"remove","key":%q,"version":1}]}`, l.item, l.item)
	},
	"PATCH /admin/api-keys/":       func(*life) string { return `{"name":"mine"}` },
	"POST /admin/api-keys/rotate/": func(*life) string { return `{}` },
	"PATCH /admin/users/":          func(*life) string { return `{"disabled":true}` },
	"PUT /admin/roles/":            func(*life) string { return `{"title":"Mine","grants":[]}` },
	"PATCH /admin/tenant":          func(l *life) string { return fmt.Sprintf(`{"id":%q,"name":"x"}`, l.tenant.ID) },
	"POST /admin/api-keys":         func(l *life) string { return fmt.Sprintf(`{"name":"x","tenantId":%q}`, l.tenant.ID) },
	"POST /admin/users":            func(l *life) string { return fmt.Sprintf(`{"id":"x","role":%q}`, l.role()) },
	"POST /admin/invitations": func(l *life) string {
		return fmt.Sprintf(`{"email":"n@example.com","role":%q}`, l.role())
	},
	"POST /tables":                     func(l *life) string { return fmt.Sprintf(`{"id":%q,"name":"z"}`, l.table) },
	"PATCH /tables/:table":             func(*life) string { return `{"label":"mine"}` },
	"POST /tables/:table/revert":       func(*life) string { return `{"revision":1,"lose":true}` },
	"POST /tables/:table/plan":         func(*life) string { return `{"fields":[],"lose":true}` },
	"PUT /tables/:table/fields":        func(*life) string { return `{"fields":[],"lose":true}` },
	"POST /tables/:table/fields":       func(*life) string { return `{"name":"mine","type":"text"}` },
	"PUT /tables/:table/fields/:field": func(*life) string { return `{"name":"mine","type":"text"}` },
	"POST /tables/:table/records":      func(*life) string { return `{"fields":{"title":"mine"}}` },
	"PUT /tables/:table/records/":      func(*life) string { return `{"fields":{"title":"mine"}}` },
	"PATCH /tables/:table/records/":    func(*life) string { return `{"fields":{"title":"mine"}}` },
	"POST /admin/roles":                func(l *life) string { return fmt.Sprintf(`{"tenantId":%q,"name":"y"}`, l.tenant.ID) },
}

// unnamed are the routes that end in no name; all are asked with each of the queries.
var unnamed = []string{
	"/sync-storage/items", "/sync-storage/keys", "/sync-storage/clear", "/sync-storage/conflicts", "/sync-storage/conflicts/stats", "/sync-storage/conflicts/analyze",
	"/sync-storage/conflicts/policy", "/sync-storage/conflicts/policies", "/audit", "/sync/events", "/sync/snapshot", "/sync/status", "/auth/ticket", "/tables", "/tables/openapi.json",
	"/admin/assistant", "/admin/assistant/restore", "/admin/sign-ins", "/auth/providers", "/meta/field-types", "/admin/tenant", "/admin/api-keys", "/admin/users", "/admin/invitations", "/admin/roles",
}

// ofPeople are routes that know somebody by what they send, which another does not have: the tests of web/auth_test.go have them.
var ofPeople = []string{"/auth/register", "/auth/verify", "/auth/login", "/auth/firebase", "/auth/refresh", "/auth/logout", "/auth/forgot", "/auth/reset", "/auth/accept", "/auth/me", "/auth/me/avatar", "/auth/logout-everywhere"}

// installed are the routes of the installation, which a tenant's credential is refused at whatever it names: web/installation_test.go has them.
var installed = []string{"/admin/tenants", "/admin/data-keys"}

// queries name in parameters what a life has.
func (l *life) queries() []url.Values {
	var out []url.Values
	for name, values := range map[string][]string{
		"page": {l.page, l.conflict, l.keyID}, "since": {l.cursor}, "cursor": {l.cursor}, "before": {"9999999"}, "key": {l.named()}, "prefix": {"own-"}, "tag": {l.mark, "t"},
		"collection": {"storage"}, "collections": {"storage"}, "q": {l.mark, l.keyID}, "role": {l.role(), "clerk"}, "object": {l.keyID, l.policy}, "actor": {"key:" + l.keyID},
		"userId": {"ada"}, "tenantId": {l.tenant.ID}, "tenant": {l.tenant.Slug}, "removed": {"true"}, "trash": {"true"}, "includeDeleted": {"true"}, "limit": {"100"}, "requestId": {nobodys},
	} {
		for _, v := range values {
			out = append(out, url.Values{name: {v}})
		}
	}
	return append(out, url.Values{})
}

var everyID = regexp.MustCompile(`"requestId":"[^"]*"`)

// alike is an answer without the thing that was asked for, and what differs in each.
func alike(a answer, things ...string) string {
	body := everyID.ReplaceAllString(nowAttr.ReplaceAllString(tokens.ReplaceAllString(a.body, ""), ""), "")
	slices.SortFunc(things, func(a, b string) int { return len(b) - len(a) })
	for _, thing := range things {
		for _, as := range []string{thing, url.QueryEscape(thing), url.PathEscape(thing), strings.ReplaceAll(thing, "@", "%40")} {
			body = strings.ReplaceAll(body, as, "")
		}
	}
	return fmt.Sprint(a.status, " ", ids.ReplaceAllString(body, ""))
}

var ids = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b`)

// clean finds nothing of a life in a text but what was asked for.
func (l *life) clean(t *testing.T, where, text string, asked ...string) {
	t.Helper()
	for _, a := range asked {
		text = strings.ReplaceAll(strings.ReplaceAll(text, url.QueryEscape(a), ""), a, "")
	}
	for _, thing := range []string{l.mark, l.keyID, l.item, l.conflict, l.policy, l.table, l.job, l.family, l.tenant.ID} {
		if at := strings.Index(text, thing); at >= 0 {
			t.Errorf("%s tells %s: …%.160s", where, thing, text[max(0, at-80):])
		}
	}
}

// stands is all that a tenant may know of itself.
func (l *life) stands() string {
	var b strings.Builder
	for _, path := range []string{"/sync-storage/items?includeDeleted=true", "/sync-storage/conflicts", "/sync-storage/conflicts/policies", "/audit?limit=1000", "/sync/events", "/admin/tenant", "/admin/api-keys", "/admin/users", "/admin/users?removed=true", "/admin/invitations", "/admin/roles?trash=true", "/tables", "/tables?trash=true", "/tables/" + l.mark + "/revisions", "/tables/" + l.mark + "/records"} {
		a := l.api("GET", "/api/v1"+path, "", "X-User-Id: ada")
		fmt.Fprintln(&b, path, a.status, usedAt.ReplaceAllString(a.body, ""))
	}
	return b.String()
}

var usedAt = regexp.MustCompile(`,?"(lastUsed[A-Za-z]*|lastSeenAt|cursor)":("[^"]*"|null)|,?"(used|usage[A-Za-z]*|serverTime)":\d+`)

// TestNoRouteTellsOrChangesWhatIsAnothersTenants asks every route of the table for what another tenant of the same life has.
func TestNoRouteTellsOrChangesWhatIsAnothersTenants(t *testing.T) {
	t.Parallel()
	ours, theirs, log := twins(t)
	before := theirs.stands()
	if !strings.Contains(before, theirs.mark) || !strings.Contains(before, theirs.policy) {
		t.Fatalf("there is nothing to be found: %.300s", before)
	}
	headers := []string{"X-User-Id: ada", "X-Instance-Id: phone", `If-Match: "1"`, "X-Tenant-Id: " + theirs.tenant.ID}
	for _, route := range slices.Sorted(maps.Keys(access.Routes)) {
		method, path, _ := strings.Cut(route, " ")
		path, of := strings.CutPrefix(path, "/api/v1")
		body := ""
		if f := routeBodies[method+" "+strings.TrimSuffix(path, "*")]; f != nil {
			body = f(theirs)
		}
		path = strings.ReplaceAll(path, ":field", "title")
		path, ends := strings.CutSuffix(path, "*")
		named := path
		if strings.HasPrefix(path, "/tables/:table") {
			named = "/tables/:table"
		}
		switch {
		case !of || slices.Contains(ofPeople, path) || path == "/auth/oauth/":
		case slices.ContainsFunc(installed, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }):
			for _, id := range []string{theirs.tenant.ID, theirs.tenant.Slug, nobodys} {
				at := path
				if ends {
					at += id
				}
				a := ours.api(method, "/api/v1"+at, "", headers...)
				if a.status != http.StatusForbidden {
					t.Errorf("%s with a tenant's key: %d %s", route, a.status, a.body)
				}
				theirs.clean(t, route, a.body, id)
			}
		case routeThings[named] != nil:
			at := func(thing string) string {
				if rest, of := strings.CutPrefix(path, "/tables/:table"); of {
					if ends {
						rest += "r-" + theirs.mark
					}
					return "/api/v1/tables/" + url.PathEscape(thing) + rest
				}
				return "/api/v1" + path + url.PathEscape(thing)
			}
			for i, thing := range routeThings[named](theirs) {
				unknown := ours.api(method, at(nobodys), body, headers...)
				got := ours.api(method, at(thing), body, headers...)
				if alike(got, thing, "r-"+theirs.mark) != alike(unknown, nobodys, "r-"+theirs.mark) || !strings.HasPrefix(path, "/sync-storage/") && got.status != http.StatusNotFound {
					t.Errorf("%s (%d): %d %.300s, unknown: %d %.300s", route, i, got.status, got.body, unknown.status, unknown.body)
				}
				theirs.clean(t, route, got.body+fmt.Sprint(got.header), thing, "r-"+theirs.mark)
			}
		case !ends && slices.Contains(unnamed, path):
			for _, q := range theirs.queries() {
				if a := ours.api(method, "/api/v1"+path+"?"+q.Encode(), body, headers...); a.status >= 500 {
					t.Errorf("%s?%v: %d %s", route, q, a.status, a.body)
				} else {
					theirs.clean(t, fmt.Sprint(route, "?", q), a.body+fmt.Sprint(a.header), theirs.item, theirs.role(), theirs.named())
				}
			}
		default:
			t.Errorf("%s is not asked here", route)
		}
	}
	if after := theirs.stands(); after != before {
		t.Errorf("what is theirs has changed:\n%s", differing(before, after))
	}
	theirs.kept(t, ours, log)
}

// differing is where two texts part.
func differing(a, b string) string {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-120)
	return fmt.Sprintf("%.240s\n%.240s", a[from:], b[from:])
}

// kept finds nothing of a life in the log, in the metrics, and in what another tenant exports.
func (l *life) kept(t *testing.T, ours *life, log *lines) {
	t.Helper()
	if told := log.with(l.mark); len(told) > 0 {
		t.Errorf("the log tells of it: %.300s", told[0])
	}
	metrics := ours.owner.get("/metrics")
	if metrics.status != http.StatusOK {
		t.Fatalf("/metrics: %d", metrics.status)
	}
	l.clean(t, "/metrics", metrics.body)
	for _, path := range []string{"/storage/export", "/audit/export?format=jsonl", "/audit/export?format=csv"} {
		a := ours.owner.get("/console/t/" + ours.tenant.Slug + path)
		if a.status != http.StatusOK || a.body == "" {
			t.Errorf("%s: %d %.100s", path, a.status, a.body)
		}
		l.clean(t, path, a.body)
	}
}

package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/access"
	"tidemark/models"
)

// scenario is a request to a fresh user, and what is to come of it.
type scenario struct {
	name, method, path, body string
	headers                  []string
	before                   []string // bodies put to the key "a" first
	status                   int
	code                     string            // of an error
	contains                 string            // in the body
	answer                   map[string]string // headers
	logged                   []string          // rows of the user's log after it
}

func TestItems(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	one := []string{`{"value":1}`}
	for i, sc := range []scenario{
		{
			name: "a new item is version 1", method: "PUT", path: "/item/a", body: `{"value":{"b":1.0,"a":[null,9007199254740993]},"metadata":{"x":"y"},"tags":["t"],"ttl":60,"priority":5}`,
			status: 200, contains: `{"status":"applied","key":"a","version":1,`, answer: map[string]string{"ETag": `"1"`, "Idempotency-Replayed": ""}, logged: []string{"set a 1"},
		},
		{name: "a blind write applies", method: "PUT", path: "/item/a", body: `{"value":2}`, before: one, status: 200, contains: `"version":2`, logged: []string{"set a 1", "set a 2"}},
		{name: "the current version as base applies", method: "PUT", path: "/item/a", body: `{"value":2,"version":1}`, before: one, status: 200, contains: `"version":2`, logged: []string{"set a 1", "set a 2"}},
		{name: "a base above the current version is a conflict", method: "PUT", path: "/item/a", body: `{"value":2,"version":7}`, before: one, status: 409, code: "version_conflict", contains: `"conflictId":"`, logged: []string{"set a 1"}},
		{name: "base 0 on an item that exists is a conflict", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{"If-None-Match: *", "X-Instance-Id: other"}, before: one, status: 409, code: "version_conflict", contains: `"value":1`, logged: []string{"set a 1"}},
		{name: "base 0 on a new item applies", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{"If-None-Match: *"}, status: 200, logged: []string{"set a 1"}},
		{name: "If-Match names the base", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{`If-Match: "1"`}, before: one, status: 200, contains: `"version":2`, logged: []string{"set a 1", "set a 2"}},
		{name: "If-Match and body agree", method: "PUT", path: "/item/a", body: `{"value":2,"version":1}`, headers: []string{`If-Match: "1"`}, before: one, status: 200, logged: []string{"set a 1", "set a 2"}},
		{name: "If-Match and body contradict", method: "PUT", path: "/item/a", body: `{"value":2,"version":1}`, headers: []string{`If-Match: "2"`}, before: one, status: 400, code: "malformed", logged: []string{"set a 1"}},
		{name: "If-None-Match and body contradict", method: "PUT", path: "/item/a", body: `{"value":2,"version":1}`, headers: []string{`If-None-Match: *`}, before: one, status: 400, code: "malformed", logged: []string{"set a 1"}},
		{name: "If-Match that is no version", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{`If-Match: "x"`}, status: 400, code: "malformed"},
		{name: "If-Match of any version", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{`If-Match: *`}, status: 400, code: "malformed"},
		{name: "If-None-Match of a version on a write", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{`If-None-Match: "1"`}, status: 400, code: "malformed"},
		{name: "an operation id too long", method: "PUT", path: "/item/a", body: `{"value":2}`, headers: []string{"Idempotency-Key: " + strings.Repeat("x", 65)}, status: 422, code: "invalid", contains: `"path":"opId"`},

		{
			name: "an item is read with its version as ETag", method: "GET", path: "/item/a", before: []string{`{"value":{"b":1.0,"a":9007199254740993},"metadata":{"x":"y"},"tags":["t"],"priority":5}`},
			status: 200, contains: `"value":{"a":9007199254740993,"b":1.0},"metadata":{"x":"y"},"version":1,`,
			answer: map[string]string{"ETag": `"1"`, "Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key, X-User-Id, X-Schema-Version", "Content-Type": "application/json"},
		},
		{
			name: "what a client encrypted is told as it came", method: "GET", path: "/item/a", before: []string{`{"value":{"b":"x","a":"y"},"encryptionType":"client"}`},
			status: 200, contains: `"encryptionType":"client"`,
		},
		{name: "no other encryption is a client's", method: "PUT", path: "/item/a", body: `{"value":2,"encryptionType":"aes-256-gcm"}`, status: 422, code: "invalid", contains: `"path":"encryptionType"`},
		{name: "a known version is 304", method: "GET", path: "/item/a", headers: []string{`If-None-Match: "1"`}, before: one, status: 304, answer: map[string]string{"ETag": `"1"`, "Cache-Control": "private, no-cache"}},
		{name: "a known version in a list is 304", method: "GET", path: "/item/a", headers: []string{`If-None-Match: "7", W/"1"`}, before: one, status: 304},
		{name: "any version is 304", method: "GET", path: "/item/a", headers: []string{`If-None-Match: *`}, before: one, status: 304},
		{name: "another version is the item", method: "GET", path: "/item/a", headers: []string{`If-None-Match: "7"`}, before: one, status: 200, contains: `"value":1`},
		{name: "HEAD is GET without the body", method: "HEAD", path: "/item/a", before: one, status: 200, answer: map[string]string{"ETag": `"1"`}},
		{name: "an unknown item", method: "GET", path: "/item/a", status: 404, code: "not_found"},
		{name: "an unknown item with a version known", method: "GET", path: "/item/a", headers: []string{`If-None-Match: "1"`}, status: 404, code: "not_found"},

		{name: "an item is removed", method: "DELETE", path: "/item/a", before: one, status: 200, contains: `{"status":"applied","key":"a","version":2,`, logged: []string{"set a 1", "remove a 2"}},
		{name: "an item is removed at its version by header", method: "DELETE", path: "/item/a", headers: []string{`If-Match: "1"`}, before: one, status: 200, logged: []string{"set a 1", "remove a 2"}},
		{name: "an item is removed at its version by parameter", method: "DELETE", path: "/item/a?version=1", before: one, status: 200, logged: []string{"set a 1", "remove a 2"}},
		{name: "an item is removed at its version by body", method: "DELETE", path: "/item/a", body: `{"version":1}`, before: one, status: 200, logged: []string{"set a 1", "remove a 2"}},
		{name: "a removal of another version is a conflict", method: "DELETE", path: "/item/a?version=5", before: one, status: 409, code: "version_conflict", logged: []string{"set a 1"}},
		{name: "a removal's versions contradict", method: "DELETE", path: "/item/a?version=1", body: `{"version":2}`, before: one, status: 400, code: "malformed", logged: []string{"set a 1"}},
		{name: "a removal of what is not there", method: "DELETE", path: "/item/a", status: 404, code: "not_found"},
	} {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			h.run(t, sc, fmt.Sprintf("user%d", i))
		})
	}
}

// run plays a scenario as a user of its own.
func (h *house) run(t *testing.T, sc scenario, user string) {
	t.Helper()
	as := "X-User-Id: " + user
	for _, body := range sc.before {
		h.put(t, "a", body, as)
	}
	a := h.call(t, sc.method, "/sync-storage"+sc.path, sc.body, append(sc.headers, as)...)
	if a.status != sc.status || !strings.Contains(string(a.body), sc.contains) {
		t.Fatalf("got %d %s, want %d with %s", a.status, a.body, sc.status, sc.contains)
	}
	if sc.code != "" {
		a.problem(t, sc.status, sc.code)
	}
	if (sc.method == "HEAD" || sc.status == 304) && len(a.body) > 0 {
		t.Errorf("a body: %s", a.body)
	}
	for name, want := range sc.answer {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if sc.method != "GET" && sc.method != "HEAD" {
		if diff := cmp.Diff(sc.logged, h.logged(t, as)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	}
}

func TestKeysInPathsAreDecodedExactlyOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, key := range []string{
		"a/b", "a//b", "/", "a/../b", "..", ".", "100%", "%2F", "a+b", "a b", "a ", "ä", "ключ", "a?b", "a#b", "a&b=c", "a;b", "A", "a", "á", `"`, "💧",
		strings.Repeat("k", 512),
	} {
		path := url.PathEscape(key)
		if key == "." || key == ".." {
			path = strings.ReplaceAll(key, ".", "%2E")
		}
		h.put(t, path, `{"value":"`+fmt.Sprint(len(key))+`"}`)
		a := h.call(t, "GET", "/sync-storage/item/"+path, "")
		if got := a.json(t)["key"]; got != key {
			t.Errorf("put %q, got %v", key, got)
		}
	}
	h.put(t, "x%2Fy", `{"value":1}`)
	if got, closed := raw(t, h.url, "GET /api/v1/sync-storage/item/x/y HTTP/1.1\r\nHost: x\r\nX-API-Key: "+h.key+"\r\nConnection: close\r\n\r\n"); !strings.Contains(got, `"key":"x/y"`) || !closed {
		t.Errorf("an unescaped slash: %s", got)
	}
	for path, code := range map[string]string{
		"": "invalid", "%00": "invalid", "%0A": "invalid", "%ff": "invalid", "%C3": "invalid", "%7F": "invalid", strings.Repeat("k", 513): "invalid",
	} {
		h.call(t, "PUT", "/sync-storage/item/"+path, `{"value":1}`).problem(t, 422, code)
	}
	for _, path := range []string{"%", "%2", "%zz", "a%g0"} {
		got, _ := raw(t, h.url, "GET /api/v1/sync-storage/item/"+path+" HTTP/1.1\r\nHost: x\r\nX-API-Key: "+h.key+"\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, `"code":"malformed"`) {
			t.Errorf("%q: %s", path, got)
		}
	}
}

func TestARepeatedWriteAnswersTheFirstOutcome(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const op = "Idempotency-Key: op-1"
	first := h.call(t, "PUT", "/sync-storage/item/a", `{"value":1}`, op)
	again := h.call(t, "PUT", "/sync-storage/item/a", `{"value":1}`, op)
	if first.status != 200 || string(first.body) != string(again.body) {
		t.Errorf("first %s, again %s", first.body, again.body)
	}
	if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the repeat, and only the repeat, is marked")
	}
	h.call(t, "PUT", "/sync-storage/item/a", `{"value":2}`, op).problem(t, 422, "idempotency_mismatch")

	const late = "Idempotency-Key: op-2"
	lost := h.call(t, "PUT", "/sync-storage/item/a", `{"value":3,"version":9}`, late)
	lost.problem(t, 409, "version_conflict")
	again = h.call(t, "PUT", "/sync-storage/item/a", `{"value":3,"version":9}`, late)
	again.problem(t, 409, "version_conflict")
	if again.header.Get("Idempotency-Replayed") != "true" {
		t.Error("a repeated conflict is not marked")
	}
	if diff := cmp.Diff(lost.json(t)["details"], again.json(t)["details"]); diff != "" {
		t.Errorf("the repeated conflict differs:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"set a 1"}, h.logged(t)); diff != "" {
		t.Errorf("log:\n%s", diff)
	}
}

func TestAnItemOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	fits := `{"value":"` + strings.Repeat("x", 100<<10-2) + `"}`
	h.put(t, "a", fits)
	h.call(t, "PUT", "/sync-storage/item/b", strings.Replace(fits, `"x`, `"xx`, 1)).problem(t, 413, "item_too_large")
	h.put(t, "c", `{"value":"`+strings.Repeat(`\u0041`, 80<<10)+`"}`) // counts as stored, not as sent
}

func TestWritesCarryTheRequestIntoTheLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.call(t, "PUT", "/sync-storage/item/private-key", `{"value":"private-value"}`, "X-Request-Id: req-7")
	line := h.log.find(t, "req-7")
	if line["tenant_id"] != h.acme.ID || line["route"] != "/api/v1/sync-storage/item/*" || line["method"] != "PUT" || line["status"] != 200.0 {
		t.Errorf("line: %v", line)
	}
	rows, err := h.store.RecentChanges(t.Context(), h.acme.ID, 10)
	if err != nil || len(rows) != 1 || rows[0].RequestID != "req-7" || rows[0].Address != "127.0.0.1" {
		t.Errorf("rows: %+v, %v", rows, err)
	}
	text := h.log.String()
	for _, secret := range []string{"private-key", "private-value", h.key} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log:\n%s", secret, text)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	bound := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "bound", UserID: "ann"})
	reader := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "reader", ReadOnly: true})
	narrow := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "narrow", Scopes: []string{"items:read:storage/pub*", "items:write:storage/pub*"}})
	const items, item = "/sync-storage/items", "/sync-storage/item/a"
	h.put(t, "a", `{"value":1}`)
	for _, c := range []struct {
		name, method, path string
		headers            []string
		status             int
		code               string
	}{
		{"no credential", "GET", items, []string{"anonymous"}, 401, "api_key_missing"},
		{"a key that is none", "GET", items, []string{"X-API-Key: nonsense"}, 401, "api_key_invalid"},
		{"a key nobody has", "GET", items, []string{"X-API-Key: " + mistyped(h.key)}, 401, "api_key_invalid"},
		{"an unknown scheme", "GET", items, []string{"Authorization: Basic YTpi"}, 401, "token_invalid"},
		{"a bearer without a token", "GET", items, []string{"Authorization: Bearer"}, 401, "token_invalid"},
		{"a token that is none", "GET", items, []string{"Authorization: Bearer a.b.c"}, 401, "token_invalid"},
		{"an unsigned token", "GET", items, []string{"Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."}, 401, "token_invalid"},
		{"an expired token", "GET", items, []string{"Authorization: Bearer " + h.token(t, "ann", -time.Hour)}, 401, "token_expired"},
		{"a good token", "GET", items, []string{"Authorization: Bearer " + h.token(t, "ann", time.Hour)}, 200, ""},
		{"a scheme in lower case", "GET", items, []string{"Authorization: bearer " + h.token(t, "ann", time.Hour)}, 200, ""},
		{"two credentials", "GET", items, []string{"X-API-Key: " + h.key, "Authorization: Bearer " + h.token(t, "ann", time.Hour)}, 400, "malformed"},
		{"another user than the token's", "GET", items, []string{"Authorization: Bearer " + h.token(t, "ann", time.Hour), "X-User-Id: bob"}, 403, "identity_mismatch"},
		{"another user than the key's", "GET", items, []string{"X-API-Key: " + bound, "X-User-Id: bob"}, 403, "identity_mismatch"},
		{"the key's own user", "GET", items, []string{"X-API-Key: " + bound, "X-User-Id: ann"}, 200, ""},
		{"all users without the scope", "GET", items, []string{"X-User-Id: *"}, 403, "scope_missing"},
		{"a user id too long", "GET", items, []string{"X-User-Id: " + strings.Repeat("u", 129)}, 422, "invalid"},
		{"an instance id too long", "GET", items, []string{"X-Instance-Id: " + strings.Repeat("i", 129)}, 422, "invalid"},
		{"a key in the URL", "GET", items + "?api_key=" + h.key, nil, 400, "malformed"},
		{"a key in the URL alone", "GET", items + "?X-API-Key=" + h.key, []string{"anonymous"}, 400, "malformed"},
		{"a token in the URL", "GET", items + "?access_token=x", nil, 400, "malformed"},
		{"a key that only reads, reading", "GET", item, []string{"X-API-Key: " + reader}, 200, ""},
		{"a key that only reads, removing", "DELETE", item, []string{"X-API-Key: " + reader}, 403, "read_only"},
		{"a key that only reads, clearing", "DELETE", "/sync-storage/clear", []string{"X-API-Key: " + reader}, 403, "read_only"},
		{"a narrow key outside its keys", "GET", item, []string{"X-API-Key: " + narrow}, 403, "scope_missing"},
		{"a narrow key removing outside its keys", "DELETE", item, []string{"X-API-Key: " + narrow}, 403, "scope_missing"},
		{"a narrow key inside its keys", "GET", "/sync-storage/item/public", []string{"X-API-Key: " + narrow}, 404, "not_found"},
		{"a narrow key clearing", "DELETE", "/sync-storage/clear", []string{"X-API-Key: " + narrow}, 403, "scope_missing"},
		{"a narrow key asking for the status", "GET", "/sync/status", []string{"X-API-Key: " + narrow}, 403, "scope_missing"},
		{"another tenant's key", "GET", item, []string{"X-API-Key: " + h.foreign}, 404, "not_found"},
		{"a tenant in a header means nothing", "GET", item, []string{"X-API-Key: " + h.foreign, "X-Tenant-Id: " + h.acme.ID}, 404, "not_found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := h.call(t, c.method, c.path, "", c.headers...)
			if c.code != "" {
				a.problem(t, c.status, c.code)
			} else if a.status != c.status {
				t.Errorf("got %d %s, want %d", a.status, a.body, c.status)
			}
			if strings.Contains(string(a.body), h.key) {
				t.Errorf("the key is in the answer: %s", a.body)
			}
		})
	}
}

// mistyped is the key with another last character.
func mistyped(key string) string {
	last := len(key) - 1
	if key[last] == 'x' {
		return key[:last] + "y"
	}
	return key[:last] + "x"
}

func TestIfNoneMatchNeverReplacesWhatIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	tenant, err := h.store.CreateTenant(t.Context(), models.Tenant{Slug: "latest", Strategy: models.StrategyLWW})
	if err != nil {
		t.Fatal(err)
	}
	latest := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: tenant.ID, Name: "server"})
	for _, key := range []string{"X-API-Key: " + h.key, latest} {
		h.put(t, "a", `{"value":1}`, key, "If-None-Match: *", "X-Instance-Id: phone")
		for _, instance := range []string{"phone", "tablet"} {
			a := h.call(t, "PUT", "/sync-storage/item/a", `{"value":2}`, key, "If-None-Match: *", "X-Instance-Id: "+instance)
			if details := a.problem(t, 409, "version_conflict"); details["value"] != 1.0 || details["version"] != 1.0 {
				t.Errorf("details: %v", details)
			}
		}
	}
	phone := "X-Instance-Id: phone"
	h.put(t, "b", `{"value":1,"version":0}`, phone)
	h.call(t, "PUT", "/sync-storage/item/b", `{"value":2,"version":0}`, phone).problem(t, 409, "version_conflict")
}

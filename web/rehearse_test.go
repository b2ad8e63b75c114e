package web

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
)

// asked is a request of the matrix, as it is sent and as it is rehearsed.
type asked struct {
	method, path, query, body    string
	address, origin, agent, user string
}

// compare rehearses a request, sends it, and fails when the answers have other codes.
func (h *house) compare(t *testing.T, k models.APIKey, secret string, q asked) (code string) {
	t.Helper()
	ctx := context.Background()
	v, err := h.access.Rehearse(ctx, k, access.Trial{
		Method: q.method, Path: "/api/v1" + q.path, Secret: secret, SecretInURL: strings.Contains(q.query, "token="),
		UserID: q.user, Address: q.address, Origin: q.origin, UserAgent: q.agent,
	})
	if err != nil {
		t.Fatal(err)
	}
	headers := []string{"X-API-Key: " + secret, "X-Forwarded-For: " + q.address, "User-Agent: " + q.agent}
	if q.origin != "" {
		headers = append(headers, "Origin: "+q.origin)
	}
	if q.user != "" {
		headers = append(headers, "X-User-Id: "+q.user)
	}
	a := call(t, q.method, h.url+"/api/v1"+q.path+q.query, q.body, headers...)
	var told struct{ Code string }
	if a.status >= 400 {
		if err := json.Unmarshal(a.body, &told); err != nil {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	var want string
	if v.Fault != nil {
		want = string(v.Fault.Code)
	}
	if told.Code != want {
		t.Errorf("%s %+v: told %d %q, rehearsed %q", k.Name, q, a.status, told.Code, want)
	}
	return want
}

// What is rehearsed is what the real door answers, for every kind of key and request.
func TestARehearsalAgreesWithTheDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}
	})
	ctx := context.Background()
	for _, key := range []string{"a", "pub/x"} {
		for _, user := range []string{"default", "ann"} {
			h.put(t, key, `{"value":1}`, "X-User-Id: "+user)
		}
	}
	kinds := map[string]func(*access.NewKey, *models.APIKey){
		"plain":     func(*access.NewKey, *models.APIKey) {},
		"all":       func(n *access.NewKey, _ *models.APIKey) { n.Scopes = append(n.Scopes, access.Scopes()...) },
		"near":      func(n *access.NewKey, _ *models.APIKey) { n.From.IPs = []string{"10.0.0.0/8"} },
		"of a page": func(n *access.NewKey, _ *models.APIKey) { n.From.Domains = []string{"*.example.com"} },
		"an app":    func(n *access.NewKey, _ *models.APIKey) { n.From.UserAgents = []string{"^App/"} },
		"reader":    func(n *access.NewKey, _ *models.APIKey) { n.ReadOnly = true },
		"writer":    func(n *access.NewKey, _ *models.APIKey) { n.WriteOnly = true },
		"narrow": func(n *access.NewKey, _ *models.APIKey) {
			n.Scopes = []string{"items:read:storage/pub/*", "items:write:storage/a"}
		},
		"of ann":  func(n *access.NewKey, _ *models.APIKey) { n.UserID = "ann" },
		"off":     func(_ *access.NewKey, k *models.APIKey) { k.Active = false },
		"revoked": func(_ *access.NewKey, k *models.APIKey) { k.RevokedAt = 1 },
	}
	routes := []asked{
		{method: "GET", path: "/sync-storage/items"},
		{method: "GET", path: "/sync-storage/item/a"},
		{method: "GET", path: "/sync-storage/item/pub%2Fx"},
		{method: "PUT", path: "/sync-storage/item/a", body: `{"value":1}`},
		{method: "PUT", path: "/sync-storage/item/pub/x", body: `{"value":1}`},
		{method: "GET", path: "/sync/status"},
		{method: "GET", path: "/sync-storage/conflicts"},
		{method: "GET", path: "/sync-storage/conflicts/stats"},
		{method: "GET", path: "/sync-storage/conflicts/policies"},
		{method: "GET", path: "/nowhere"},
		{method: "POST", path: "/auth/ticket"},
		{method: "GET", path: "/sync-storage/items", query: "?token=x"},
	}
	seen := map[string]int{}
	for name, change := range kinds {
		n := access.NewKey{TenantID: h.acme.ID, Name: name}
		change(&n, &models.APIKey{})
		k, secret, err := h.access.CreateKey(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		var after models.APIKey
		after.Active = true
		change(&access.NewKey{}, &after)
		if !after.Active {
			k, err = h.access.SetKeyActive(ctx, k.ID, false, k.Version)
		} else if after.RevokedAt != 0 {
			k, err = h.access.RevokeKey(ctx, k.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range routes {
			for _, from := range []asked{{address: "10.1.2.3", origin: "https://a.example.com", agent: "App/1"}, {address: "192.0.2.1", agent: "curl/8"}, {address: "10.1.2.3", origin: "https://evil.test", agent: "App/2"}} {
				for _, user := range []string{"", "ann", "*", strings.Repeat("u", 300)} {
					if user == "*" && (q.method == "PUT" || q.path == "/sync-storage/item/a" || strings.Contains(q.path, "pub")) {
						continue // refused by the engine: one item has one user
					}
					q.address, q.origin, q.agent, q.user = from.address, from.origin, from.agent, user
					seen[h.compare(t, k, secret, q)]++
				}
			}
		}
	}
	for _, code := range []fault.Code{
		"", fault.IPNotAllowed, fault.OriginNotAllowed, fault.UserAgentNotAllowed, fault.ReadOnly, fault.ScopeMissing, fault.IdentityMismatch,
		fault.APIKeyInactive, fault.Revoked, fault.NotFound, fault.Malformed,
	} {
		if seen[string(code)] == 0 {
			t.Errorf("nothing of the matrix was answered %q: %v", code, seen)
		}
	}
}

// Rates and quotas are rehearsed as they stand, and a rehearsal takes nothing of them.
func TestARehearsalTakesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.RateLimit, o.RateWindow = 6, time.Hour })
	k, secret, err := h.access.CreateKey(context.Background(), access.NewKey{TenantID: h.acme.ID, Name: "k", Quotas: models.Quotas{PerMonth: 3}})
	if err != nil {
		t.Fatal(err)
	}
	q := asked{method: "GET", path: "/sync-storage/items", address: "127.0.0.1", agent: "App/1"}
	var got []string
	for range 8 {
		for range 5 {
			if _, err := h.access.Rehearse(context.Background(), k, access.Trial{Method: "GET", Path: "/api/v1/sync-storage/items", Address: "127.0.0.1"}); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, h.compare(t, k, secret, q))
	}
	want := ",,,quota_exceeded,quota_exceeded,quota_exceeded,rate_limited,rate_limited"
	if strings.Join(got, ",") != want {
		t.Errorf("%v", got)
	}
	log, err := h.access.KeyLog(context.Background(), k)
	if err != nil {
		t.Fatal(err)
	}
	var all int64
	for _, r := range log.Requests {
		all += r.Count
	}
	if all > 8 {
		t.Errorf("%d requests are counted", all)
	}
	off, err := h.access.SetKeyActive(context.Background(), k.ID, false, k.Version)
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for range 8 {
		got = append(got, h.compare(t, off, secret, q))
	}
	if got[0] != "api_key_inactive" || got[7] != "rate_limited" {
		t.Errorf("%v", got)
	}
}

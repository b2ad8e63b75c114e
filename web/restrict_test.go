package web

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/models"
)

// Where a key may be used from is held against what the connection and a trusted proxy
// say, and against nothing that the client makes up.
func TestAKeyIsHeldToWhereItMayBeUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from    models.Restrictions
		trusted []netip.Prefix
		headers []string
		status  int
		code    string
	}{
		"the peer's address":         {models.Restrictions{IPs: []string{"127.0.0.0/8"}}, nil, nil, 200, ""},
		"an address made up":         {models.Restrictions{IPs: []string{"203.0.113.7"}}, nil, []string{"X-Forwarded-For: 203.0.113.7", "X-Real-IP: 203.0.113.7", "Forwarded: for=203.0.113.7"}, 403, "ip_not_allowed"},
		"an address a proxy names":   {models.Restrictions{IPs: []string{"203.0.113.7"}}, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, []string{"X-Forwarded-For: 203.0.113.7"}, 200, ""},
		"one that a client told it":  {models.Restrictions{IPs: []string{"203.0.113.7"}}, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, []string{"X-Forwarded-For: 203.0.113.7, 198.51.100.1"}, 403, "ip_not_allowed"},
		"an address made up in six":  {models.Restrictions{IPs: []string{"203.0.113.7"}}, nil, []string{"X-Forwarded-For: ::ffff:203.0.113.7", "True-Client-IP: 203.0.113.7", "CF-Connecting-IP: 203.0.113.7", "X-Client-IP: 203.0.113.7", "Via: 203.0.113.7"}, 403, "ip_not_allowed"},
		"a mapped one by a proxy":    {models.Restrictions{IPs: []string{"203.0.113.7"}}, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, []string{"X-Forwarded-For: 198.51.100.1, ::ffff:203.0.113.7, 127.0.0.1"}, 200, ""},
		"another header by a proxy":  {models.Restrictions{IPs: []string{"203.0.113.7"}}, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, []string{"X-Real-IP: 203.0.113.7", "Forwarded: for=203.0.113.7"}, 403, "ip_not_allowed"},
		"a longer domain":            {models.Restrictions{Domains: []string{"example.com"}}, nil, []string{"Origin: https://example.com.evil.test"}, 403, "origin_not_allowed"},
		"a domain that ends so":      {models.Restrictions{Domains: []string{"*.example.com"}}, nil, []string{"Origin: https://evil-example.com"}, 403, "origin_not_allowed"},
		"a letter like another":      {models.Restrictions{Domains: []string{"example.com"}}, nil, []string{"Origin: https://ex\u0430mple.com"}, 403, "origin_not_allowed"},
		"a null origin":              {models.Restrictions{Domains: []string{"example.com"}}, nil, []string{"Origin: null", "X-Forwarded-Host: example.com", "X-Forwarded-Proto: https"}, 403, "origin_not_allowed"},
		"upper case, a dot, a port":  {models.Restrictions{Domains: []string{"example.com"}}, nil, []string{"Origin: https://EXAMPLE.com.:443"}, 200, ""},
		"no program":                 {models.Restrictions{UserAgents: []string{"^FieldApp/"}}, nil, []string{"User-Agent: "}, 403, "user_agent_not_allowed"},
		"a pattern that could hang":  {models.Restrictions{UserAgents: []string{"^(a+)+$"}}, nil, []string{"User-Agent: " + strings.Repeat("a", 500) + "!"}, 403, "user_agent_not_allowed"},
		"a page of the domain":       {models.Restrictions{Domains: []string{"*.example.com"}}, nil, []string{"Origin: https://a.example.com"}, 200, ""},
		"a page of another":          {models.Restrictions{Domains: []string{"*.example.com"}}, nil, []string{"Origin: https://evil.test", "Referer: https://a.example.com/"}, 403, "origin_not_allowed"},
		"no page":                    {models.Restrictions{Domains: []string{"*.example.com"}}, nil, nil, 403, "origin_not_allowed"},
		"the program":                {models.Restrictions{UserAgents: []string{"^FieldApp/"}}, nil, []string{"User-Agent: FieldApp/3"}, 200, ""},
		"another program":            {models.Restrictions{UserAgents: []string{"^FieldApp/"}}, nil, []string{"User-Agent: curl/8", "X-User-Agent: FieldApp/3"}, 403, "user_agent_not_allowed"},
		"a program beyond the bound": {models.Restrictions{UserAgents: []string{"end$"}}, nil, []string{"User-Agent: " + strings.Repeat("a", 512) + "end"}, 403, "user_agent_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(o *Options) {
				o.TrustedProxies, o.CORSOrigins = c.trusted, []string{"https://a.example.com", "https://example.com"}
			})
			key := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "restricted", From: c.from})
			a := h.call(t, "GET", "/sync-storage/keys", "", append(c.headers, "X-API-Key: "+key)...)
			if c.code != "" {
				a.problem(t, c.status, c.code)
			} else if a.status != c.status {
				t.Errorf("%d %s", a.status, a.body)
			}
			for door, got := range h.doorsBy(t, "X-API-Key: "+key, "apiKey", key, c.headers...) {
				if socket := door == "websocket" || door == "socket.io"; socket && name == "upper case, a dot, a port" {
					continue // CORS_ORIGIN is compared sign for sign before the key's domains are
				}
				if got != c.code {
					t.Errorf("at %s: %q, want %q", door, got, c.code)
				}
			}
		})
	}
}

// What a tenant is restricted to holds at REST for keys and tokens alike, and for no other tenant.
func TestATenantIsHeldToWhereItMayBeUsed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "free"})
	h.acme.From = models.Restrictions{IPs: []string{"203.0.113.0/24"}}
	if _, err := h.store.EditTenant(t.Context(), h.acme); err != nil {
		t.Fatal(err)
	}
	h.access.Forget()
	h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: "+key, "X-Forwarded-For: 203.0.113.7").problem(t, 403, "ip_not_allowed")
	token := h.token(t, "ann", time.Minute)
	for _, tried := range []map[string]string{h.doorsBy(t, "X-API-Key: "+key, "apiKey", key, "X-Forwarded-For: 203.0.113.7"), h.doors(t, token)} {
		for door, got := range tried {
			if got != "ip_not_allowed" {
				t.Errorf("at %s: %q", door, got)
			}
		}
	}
	if a := h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: "+h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "other"})); a.status != 200 {
		t.Errorf("another tenant: %d %s", a.status, a.body)
	}
}

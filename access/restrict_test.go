package access

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/fault"
	"tidemark/models"
)

func TestRestrictionsAreKeptInOneForm(t *testing.T) {
	t.Parallel()
	got, err := checkRestrictions(models.Restrictions{
		IPs:        []string{" 203.0.113.7 ", "203.0.113.7/32", "::ffff:203.0.113.7", "10.1.2.3/8", "::ffff:10.0.0.0/104", "2001:DB8::1/32", "", "2001:db8::5"},
		Domains:    []string{"App.Example.com", "app.example.com/", "*.Example.org", "localhost:3000", "https://only.example", "[::1]:8080", "192.0.2.1"},
		UserAgents: []string{"^FieldApp/", "^FieldApp/"},
	})
	want := models.Restrictions{
		IPs:        []string{"203.0.113.7", "10.0.0.0/8", "2001:db8::/32", "2001:db8::5"},
		Domains:    []string{"app.example.com", "*.example.org", "localhost:3000", "https://only.example", "[::1]:8080", "192.0.2.1"},
		UserAgents: []string{"^FieldApp/"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

func TestRestrictionsNobodyCouldMeanAreRefused(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"nowhere", "203.0.113", "203.0.113.7/33", "fe80::1%eth0", "203.0.113.1-9", "::ffff:0:0/80", "10.0.0.0/8, 11.0.0.0/8"} {
		_, err := checkRestrictions(models.Restrictions{IPs: []string{ip}})
		wantField(t, err, "ipRestrictions", ip)
	}
	for _, domain := range []string{"*", "*.", "a*.example.com", "ftp://example.com", "example.com/path", "example.com:0", "example.com:65536", "example.com:", "ex ample.com", "-a.example", "*.192.0.2.1:x", "user@example.com", "a..b", "*.*.example.com", strings.Repeat("a", 254)} {
		_, err := checkRestrictions(models.Restrictions{Domains: []string{domain}})
		wantField(t, err, "domainRestrictions", domain)
	}
	for _, agent := range []string{"(", strings.Repeat("a", 257), "a{1001}", `\1`, "(?=look)"} {
		_, err := checkRestrictions(models.Restrictions{UserAgents: []string{agent}})
		wantField(t, err, "userAgentPatterns", agent)
	}
	many := models.Restrictions{}
	for i := range maxRestrictions + 1 {
		many.UserAgents = append(many.UserAgents, strings.Repeat("a", i+1))
	}
	_, err := checkRestrictions(many)
	wantField(t, err, "userAgentPatterns", "101 of them")
}

func wantField(t *testing.T, err error, field, of string) {
	t.Helper()
	f := fault.From(err)
	if err == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != field {
		t.Errorf("%q: %+v", of, err)
	}
}

func TestAKeyIsUsedFromWhereItMayBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from     models.Restrictions
		let, not []source
		code     fault.Code
	}{
		"an address": {
			models.Restrictions{IPs: []string{"203.0.113.7"}},
			[]source{{address: "203.0.113.7"}, {address: "::ffff:203.0.113.7"}, {address: "::ffff:cb00:7107"}},
			[]source{{address: "203.0.113.8"}, {address: ""}, {address: "unknown"}, {address: "203.0.113.7, 1.2.3.4"}, {address: "::203.0.113.7"}},
			fault.IPNotAllowed,
		},
		"networks": {
			models.Restrictions{IPs: []string{"10.0.0.0/8", "2001:db8::/32"}},
			[]source{{address: "10.255.0.1"}, {address: "2001:db8:ffff::1"}, {address: "2001:db8::1%eth0"}},
			[]source{{address: "11.0.0.1"}, {address: "2001:db9::1"}, {address: "::1"}},
			fault.IPNotAllowed,
		},
		"all of IPv4": {
			models.Restrictions{IPs: []string{"0.0.0.0/0"}},
			[]source{{address: "192.0.2.1"}},
			[]source{{address: "2001:db8::1"}},
			fault.IPNotAllowed,
		},
		"a domain": {
			models.Restrictions{Domains: []string{"app.example.com"}},
			[]source{{origin: "https://app.example.com"}, {origin: "http://app.example.com"}, {origin: "https://APP.example.com"}, {origin: "https://app.example.com:443"}, {origin: "https://app.example.com."}},
			[]source{
				{},
				{origin: "null"},
				{origin: "https://app.example.com:8443"},
				{origin: "https://app.example.com.evil.test"},
				{origin: "https://xapp.example.com"},
				{origin: "https://example.com"},
				{origin: "ftp://app.example.com"},
				{origin: "https://app.example.com@evil.test"},
				{origin: "https://evil.test/app.example.com"},
				{origin: "http://app.example.com:443"},
			},
			fault.OriginNotAllowed,
		},
		"all below a domain": {
			models.Restrictions{Domains: []string{"*.example.com"}},
			[]source{{origin: "https://a.example.com"}, {origin: "https://a.b.example.com"}},
			[]source{{origin: "https://example.com"}, {origin: "https://badexample.com"}, {origin: "https://.example.com"}},
			fault.OriginNotAllowed,
		},
		"a port, and a scheme": {
			models.Restrictions{Domains: []string{"localhost:3000", "https://only.example"}},
			[]source{{origin: "http://localhost:3000"}, {origin: "https://localhost:3000"}, {origin: "https://only.example"}},
			[]source{{origin: "http://localhost"}, {origin: "http://localhost:3001"}, {origin: "http://only.example"}},
			fault.OriginNotAllowed,
		},
		"a program": {
			models.Restrictions{UserAgents: []string{`^FieldApp/\d+`, "Nightly"}},
			[]source{{agent: "FieldApp/2 (Android)"}, {agent: "the Nightly import"}},
			[]source{{}, {agent: "curl/8"}, {agent: "a FieldApp/2"}},
			fault.UserAgentNotAllowed,
		},
		"each kind": {
			models.Restrictions{IPs: []string{"10.0.0.0/8"}, Domains: []string{"app.example.com"}, UserAgents: []string{"Mozilla"}},
			[]source{{"10.0.0.1", "https://app.example.com", "Mozilla/5.0"}},
			[]source{{"10.0.0.1", "https://app.example.com", "curl/8"}},
			fault.UserAgentNotAllowed,
		},
		"nothing": {models.Restrictions{}, []source{{}, {"203.0.113.7", "https://evil.test", "curl/8"}}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := compile(c.from, ofKey, nil)
			if !ok {
				t.Fatal("not read")
			}
			for _, from := range c.let {
				if err := r.admit(from); err != nil {
					t.Errorf("%+v: %v", from, err)
				}
			}
			for _, from := range c.not {
				if err := r.admit(from); fault.CodeOf(err) != c.code {
					t.Errorf("%+v: %v", from, err)
				}
			}
		})
	}
}

// What a key is restricted to holds for its tickets and for who is connected, from the moment it is changed.
func TestRestrictionsHoldForAllThatAKeyLetsIn(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, secret := r.key(t, NewKey{From: models.Restrictions{IPs: []string{"10.1.2.3/8"}}})
		near, far := Credential{APIKey: secret, Address: "10.9.9.9"}, Credential{APIKey: secret, Address: "192.0.2.1"}
		_, err := r.Authenticate(t.Context(), far)
		wantCode(t, err, fault.IPNotAllowed)
		who, err := r.Authenticate(t.Context(), near)
		wantCode(t, err, "")
		ticket, _, err := r.Ticket(t.Context(), who)
		wantCode(t, err, "")
		_, err = r.Authenticate(t.Context(), Credential{Ticket: ticket, Address: "192.0.2.1"})
		wantCode(t, err, fault.IPNotAllowed)

		if k, err = r.store.APIKeyByID(t.Context(), k.ID); err != nil || cmp.Diff(k.From.IPs, []string{"10.0.0.0/8"}) != "" {
			t.Errorf("%+v %v", k, err)
		}
		k.From = models.Restrictions{UserAgents: []string{"^Field"}}
		k, err = r.EditKey(t.Context(), k)
		wantCode(t, err, "")
		wantCode(t, r.Recheck(t.Context(), who), fault.UserAgentNotAllowed)
		_, err = r.Renew(t.Context(), who)
		wantCode(t, err, fault.UserAgentNotAllowed)
		far.UserAgent = "FieldApp/1"
		_, err = r.Authenticate(t.Context(), far)
		wantCode(t, err, "")

		k.From = models.Restrictions{UserAgents: []string{"("}}
		_, err = r.EditKey(t.Context(), k)
		wantCode(t, err, fault.Invalid)
		k.From = models.Restrictions{}
		_, err = r.EditKey(t.Context(), k)
		wantCode(t, err, "")
		wantCode(t, r.Recheck(t.Context(), who), "")
	})
}

// A key whose restrictions cannot be read lets nobody in.
func TestRestrictionsThatCannotBeReadCloseTheKey(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, secret := r.key(t, NewKey{})
	k.From = models.Restrictions{UserAgents: []string{"("}}
	if _, err := r.store.EditAPIKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	r.Forget()
	_, err := r.Authenticate(t.Context(), Credential{APIKey: secret, UserAgent: "("})
	wantCode(t, err, fault.APIKeyInactive)
}

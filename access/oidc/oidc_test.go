package oidc

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
)

const home = "https://sync.example.com/console/login/oidc/acme/callback"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func provider(t *testing.T, idp *testkit.IDP, change func(*Options)) *Provider {
	t.Helper()
	o := Options{Name: "acme", Title: "Acme", Issuer: idp.URL, ClientID: testkit.IDPClient, ClientSecret: testkit.IDPSecret, Clock: idp.Clock}
	if c := idp.Certificate(); c != nil {
		o.Roots = x509.NewCertPool()
		o.Roots.AddCert(c)
	}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newIDP(t *testing.T) *testkit.IDP {
	t.Helper()
	idp := testkit.NewIDP(t, true)
	idp.Clock = clock.At(noon)
	return idp
}

// way goes to the provider and back.
func way(t *testing.T, p *Provider, idp *testkit.IDP) (Attempt, Return) {
	t.Helper()
	to, a, err := p.Begin(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	q, err := idp.Visit(to)
	if err != nil {
		t.Fatal(err)
	}
	return a, Return{State: q.Get("state"), Code: q.Get("code")}
}

func TestAProviderSaysWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} { // without TLS on this machine alone
		idp := testkit.NewIDP(t, secure)
		p := provider(t, idp, nil)
		a, r := way(t, p, idp)
		u, err := p.Finish(t.Context(), a, r)
		if want := (User{Issuer: idp.URL, Subject: "u-1", Email: "ada@example.com", Name: "Ada", Provider: "acme"}); err != nil || u != want {
			t.Errorf("secure %v: %+v %v", secure, u, err)
		}
		if _, err := p.Finish(t.Context(), a, r); !fault.Is(err, fault.SignInFailed) {
			t.Errorf("a code is good twice: %v", err)
		}
	}
}

func TestAnEMailCountsOnlyWhenTheProviderHasVerifiedIt(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	p := provider(t, idp, nil)
	for _, tc := range []struct {
		verified any
		want     string
	}{{true, "ada@example.com"}, {"true", "ada@example.com"}, {false, ""}, {"false", ""}, {nil, ""}, {"yes", ""}, {map[string]any{}, ""}} {
		idp.Say("email_verified", tc.verified)
		a, r := way(t, p, idp)
		if u, err := p.Finish(t.Context(), a, r); err != nil || u.Email != tc.want {
			t.Errorf("%v: %+v %v", tc.verified, u, err)
		}
	}
	idp.Say("xms_edov", true)
	a, r := way(t, p, idp)
	if u, err := p.Finish(t.Context(), a, r); err != nil || u.Email != "" {
		t.Errorf("a claim of Microsoft's counts at another provider: %+v %v", u, err)
	}
}

func TestWhatTheTokenLeavesOutIsAskedForOfTheSameUser(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	p := provider(t, idp, nil)
	idp.SignBy(func(claims map[string]any) string {
		delete(claims, "email")
		delete(claims, "email_verified")
		return idp.Sign(map[string]any{"alg": "RS256", "kid": "k1"}, claims)
	})
	a, r := way(t, p, idp)
	if u, err := p.Finish(t.Context(), a, r); err != nil || u.Email != "ada@example.com" {
		t.Errorf("%+v %v", u, err)
	}
	idp.Answer("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"sub":"u-2","email":"ada@example.com","email_verified":true}`))
	})
	a, r = way(t, p, idp)
	if u, err := p.Finish(t.Context(), a, r); !fault.Is(err, fault.SignInFailed) {
		t.Errorf("somebody else's e-mail: %+v %v", u, err)
	}
}

// TestTokensThatAreNotForHereAreRefused: security 14, 15 and 17.
func TestTokensThatAreNotForHereAreRefused(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	p := provider(t, idp, nil)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	head := func(more map[string]any) func(map[string]any) string {
		h := map[string]any{"alg": "RS256", "kid": "k1"}
		maps.Copy(h, more)
		return func(c map[string]any) string { return idp.Sign(h, c) }
	}
	claim := func(name string, value any) func(map[string]any) string {
		return func(c map[string]any) string {
			c[name] = value
			maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
			return head(nil)(c)
		}
	}
	public, err := x509.MarshalPKIXPublicKey(&idp.Key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, sign := range map[string]func(map[string]any) string{
		"another nonce":      claim("nonce", "n"),
		"no nonce":           claim("nonce", nil),
		"another audience":   claim("aud", "other"),
		"no audience":        claim("aud", nil),
		"two and no azp":     claim("aud", []string{testkit.IDPClient, "other"}),
		"another azp":        claim("azp", "other"),
		"another issuer":     claim("iss", "https://evil.example.com"),
		"the issuer with /":  claim("iss", idp.URL+"/"),
		"expired":            claim("exp", noon.Add(-time.Second).Unix()),
		"without an end":     claim("exp", nil),
		"not yet":            claim("nbf", noon.Add(time.Hour).Unix()),
		"issued later":       claim("iat", noon.Add(time.Hour).Unix()),
		"not said when":      claim("iat", nil),
		"no subject":         claim("sub", nil),
		"a long subject":     claim("sub", strings.Repeat("x", 256)),
		"an unknown key":     head(map[string]any{"kid": "k9"}),
		"an RS512 that lies": head(map[string]any{"alg": "RS512"}),
		"critical":           head(map[string]any{"crit": []string{"exp"}}),
		"unsigned": func(c map[string]any) string {
			parts := strings.Split(idp.Sign(map[string]any{"alg": "none"}, c), ".")
			return parts[0] + "." + parts[1] + "."
		},
		"none with a signature": head(map[string]any{"alg": "none"}),
		"HS256 with the public key": func(c map[string]any) string {
			parts := strings.Split(idp.Sign(map[string]any{"alg": "HS256", "kid": "k1"}, c), ".")
			mac := hmac.New(sha256.New, public)
			mac.Write([]byte(parts[0] + "." + parts[1]))
			return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		},
		"HS256 with the client's secret": func(c map[string]any) string {
			parts := strings.Split(idp.Sign(map[string]any{"alg": "HS256"}, c), ".")
			mac := hmac.New(sha256.New, []byte(testkit.IDPSecret))
			mac.Write([]byte(parts[0] + "." + parts[1]))
			return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		},
		"another's signature": func(c map[string]any) string {
			return (&testkit.IDP{Key: stranger}).Sign(map[string]any{"alg": "RS256", "kid": "k1"}, c)
		},
		"nothing":  func(map[string]any) string { return "" },
		"no token": func(map[string]any) string { return "a.b.c" },
		"too long": claim("x", strings.Repeat("x", maxToken)),
	} {
		idp.SignBy(sign)
		a, r := way(t, p, idp)
		if u, err := p.Finish(t.Context(), a, r); !fault.Is(err, fault.SignInFailed) || u != (User{}) {
			t.Errorf("%s: %+v %v", name, u, err)
		}
	}
	for name, sign := range map[string]func(map[string]any) string{
		"nothing wrong": head(nil),
		"two with azp": func(c map[string]any) string {
			c["aud"], c["azp"] = []string{testkit.IDPClient, "other"}, testkit.IDPClient
			return head(nil)(c)
		},
	} {
		idp.SignBy(sign)
		a, r := way(t, p, idp)
		if _, err := p.Finish(t.Context(), a, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAnswerIsOfOneAttemptAndItsProvider(t *testing.T) {
	t.Parallel()
	idp, other := newIDP(t), newIDP(t)
	p, q := provider(t, idp, nil), provider(t, other, func(o *Options) { o.Name = "globex" })
	a, r := way(t, p, idp)
	second, _ := way(t, p, idp)
	mixed, answer := way(t, q, other)
	with := func(change func(*Attempt, *Return)) (Attempt, Return) {
		a, r := a, r
		change(&a, &r)
		return a, r
	}
	for name, change := range map[string]func(*Attempt, *Return){
		"no state":                func(_ *Attempt, r *Return) { r.State = "" },
		"a state of nobody":       func(_ *Attempt, r *Return) { r.State = "guessed" },
		"no attempt":              func(a *Attempt, r *Return) { *a, r.State = Attempt{}, "" },
		"another session's":       func(a *Attempt, _ *Return) { *a = second },
		"another provider's":      func(a *Attempt, r *Return) { *a, *r = mixed, answer },
		"another issuer":          func(_ *Attempt, r *Return) { r.Issuer = other.URL },
		"a refusal":               func(_ *Attempt, r *Return) { r.Code, r.Error = "", "access_denied" },
		"an error":                func(_ *Attempt, r *Return) { r.Error = "server_error" },
		"no code":                 func(_ *Attempt, r *Return) { r.Code = "" },
		"a code of nobody":        func(_ *Attempt, r *Return) { r.Code = "guessed" },
		"a very long code":        func(_ *Attempt, r *Return) { r.Code = strings.Repeat("x", maxCode+1) },
		"another's verifier":      func(a *Attempt, r *Return) { a.Verifier = second.Verifier; *r = newReturn(t, p, idp, a) },
		"another redirect URI":    func(a *Attempt, r *Return) { *r = newReturn(t, p, idp, a); a.Redirect = home + "/" },
		"another attempt's nonce": func(a *Attempt, r *Return) { *r = newReturn(t, p, idp, a); a.Nonce = second.Nonce },
	} {
		a, r := with(change)
		if u, err := p.Finish(t.Context(), a, r); !fault.Is(err, fault.SignInFailed) || u != (User{}) {
			t.Errorf("%s: %+v %v", name, u, err)
		}
	}
	r.Issuer = idp.URL
	if _, err := p.Finish(t.Context(), a, r); err != nil {
		t.Errorf("the issuer it is: %v", err)
	}
}

// newReturn begins anew and comes back; what the change put into the attempt besides stays.
func newReturn(t *testing.T, p *Provider, idp *testkit.IDP, a *Attempt) Return {
	t.Helper()
	verifier := a.Verifier
	fresh, r := way(t, p, idp)
	*a = fresh
	if verifier != "" {
		a.Verifier = verifier
	}
	return r
}

func TestAProviderThatNamesItsIssuerMustDoSo(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	idp.Answer("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		d := idp.Description()
		d["authorization_response_iss_parameter_supported"] = true
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(d)
	})
	p := provider(t, idp, nil)
	a, r := way(t, p, idp)
	if _, err := p.Finish(t.Context(), a, r); !fault.Is(err, fault.SignInFailed) {
		t.Errorf("it is left out: %v", err)
	}
	r.Issuer = idp.URL
	if _, err := p.Finish(t.Context(), a, r); err != nil {
		t.Error(err)
	}
}

func TestAnAppsCodeNeedsItsVerifierAndItsNonce(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	p := provider(t, idp, nil)
	grant := func(change func(*Grant)) Grant {
		a, r := way(t, p, idp)
		g := Grant{Code: r.Code, Verifier: a.Verifier, Redirect: a.Redirect, Nonce: a.Nonce}
		change(&g)
		return g
	}
	for name, tc := range map[string]struct {
		change func(*Grant)
		want   fault.Code
	}{
		"all of it":        {func(*Grant) {}, ""},
		"no code":          {func(g *Grant) { g.Code = "" }, fault.Invalid},
		"no verifier":      {func(g *Grant) { g.Verifier = "" }, fault.Invalid},
		"a short one":      {func(g *Grant) { g.Verifier = "x" }, fault.Invalid},
		"no nonce":         {func(g *Grant) { g.Nonce = "" }, fault.Invalid},
		"another nonce":    {func(g *Grant) { g.Nonce = "other" }, fault.SignInFailed},
		"another verifier": {func(g *Grant) { g.Verifier = strings.Repeat("x", 43) }, fault.SignInFailed},
		"another redirect": {func(g *Grant) { g.Redirect += "/" }, fault.SignInFailed},
	} {
		if _, err := p.Exchange(t.Context(), grant(tc.change)); fault.CodeOf(err) != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAProviderIsAskedWithinBounds: security 35.
func TestAProviderIsAskedWithinBounds(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	stranger := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(stranger.Close)
	answers := map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL, http.StatusTemporaryRedirect)
		},
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) },
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"x":%q}`, strings.Repeat("x", maxAnswer))
		},
	}
	for name, answer := range answers {
		idp := newIDP(t)
		idp.Answer("/.well-known/openid-configuration", answer)
		if _, _, err := provider(t, idp, nil).Begin(t.Context(), home); !fault.Is(err, fault.Unavailable) {
			t.Errorf("its description, %s: %v", name, err)
		}
		for _, path := range []string{"/token", "/keys"} {
			idp := newIDP(t)
			p := provider(t, idp, nil)
			a, r := way(t, p, idp)
			idp.Answer(path, answer)
			u, err := p.Finish(t.Context(), a, r)
			if !fault.Is(err, fault.SignInFailed) && !fault.Is(err, fault.Unavailable) || u != (User{}) {
				t.Errorf("%s, %s: %+v %v", path, name, u, err)
			}
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
	idp := newIDP(t)
	for name, change := range map[string]func(map[string]any){
		"another issuer":          func(d map[string]any) { d["issuer"] = "https://evil.example.com" },
		"a token URL without TLS": func(d map[string]any) { d["token_endpoint"] = "http://127.0.0.1:1/token" },
		"a page without TLS":      func(d map[string]any) { d["authorization_endpoint"] = "http://login.example.com/auth" },
		"a page that is code":     func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" },
		"no keys":                 func(d map[string]any) { delete(d, "jwks_uri") },
	} {
		idp.Answer("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
			d := idp.Description()
			change(d)
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(d)
		})
		if to, _, err := provider(t, idp, nil).Begin(t.Context(), home); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %s %v", name, to, err)
		}
	}
	if _, _, err := provider(t, newIDP(t), func(o *Options) { o.Roots = nil }).Begin(t.Context(), home); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a certificate of a stranger: %v", err)
	}
}

func TestAddressesAProviderIsNotLookedForAt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reach   reach
		address string
		may     bool
	}{
		{reach{world: true}, "93.184.216.34:443", true},
		{reach{world: true}, "10.0.0.1:443", false},
		{reach{world: true}, "127.0.0.1:443", false},
		{reach{world: true}, "[::ffff:10.0.0.1]:443", false},
		{reach{}, "10.0.0.1:443", true},
		{reach{}, "127.0.0.1:443", true},
		{reach{}, "169.254.169.254:80", false},
		{reach{}, "[fe80::1%eth0]:443", false},
		{reach{}, "0.0.0.0:443", false},
		{reach{local: true}, "127.0.0.1:80", true},
		{reach{local: true}, "[::1]:80", true},
		{reach{local: true}, "10.0.0.1:80", false},
		{reach{local: true}, "93.184.216.34:80", false},
		{reach{}, "nonsense", false},
	} {
		if err := tc.reach.control("tcp", tc.address, nil); (err == nil) != tc.may {
			t.Errorf("%+v %s: %v", tc.reach, tc.address, err)
		}
	}
}

func TestAProviderThatWasDownIsLookedForAgain(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	now := clock.At(noon)
	var asked atomic.Int64
	down := func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	idp.Answer("/.well-known/openid-configuration", down)
	p := provider(t, idp, func(o *Options) { o.Clock = now })
	for range 3 {
		if _, _, err := p.Begin(t.Context(), home); !fault.Is(err, fault.Unavailable) || asked.Load() != 1 {
			t.Fatalf("%v, asked %d times", err, asked.Load())
		}
	}
	idp.Answer("/.well-known/openid-configuration", nil)
	now.Advance(retryAfter)
	if _, _, err := p.Begin(t.Context(), home); err != nil {
		t.Fatal(err)
	}
	idp.Answer("/.well-known/openid-configuration", down)
	now.Advance(knownFor)
	if _, _, err := p.Begin(t.Context(), home); err != nil || asked.Load() != 2 {
		t.Errorf("an old description is better than none: %v, asked %d times", err, asked.Load())
	}
}

func TestMicrosoftHasAnIssuerForEachTenant(t *testing.T) {
	t.Parallel()
	const tenant = "11111111-2222-3333-4444-555555555555"
	for _, tc := range []struct {
		name, option, tid, iss string
		good                   bool
	}{
		{"any", "", tenant, tenant, true},
		{"organizations", "organizations", tenant, tenant, true},
		{"a personal account in an organization", "organizations", consumers, consumers, false},
		{"a personal account", "consumers", consumers, consumers, true},
		{"an organization's among personal ones", "consumers", tenant, tenant, false},
		{"one tenant", tenant, tenant, tenant, true},
		{"another", tenant, consumers, consumers, false},
		{"an issuer of another tenant", "", tenant, consumers, false},
		{"no tenant", "", "", tenant, false},
		{"the template itself", "", anyTenant, anyTenant, false},
		{"a path for a tenant", "", "../evil", "../evil", false},
	} {
		idp := newIDP(t)
		base := idp.URL
		at := tc.option
		if at == "" {
			at = "common"
		}
		idp.Issuer = base + "/" + issuerTenant(at) + tenantPath
		path := "/" + at + tenantPath + "/.well-known/openid-configuration"
		idp.Answer(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(idp.Description())
		})
		p := provider(t, idp, func(o *Options) { o.Name, o.Title, o.Issuer, o.Base, o.Tenant = "microsoft", "", "", base, tc.option })
		idp.Say("tid", tc.tid)
		idp.Say("iss", base+"/"+tc.iss+tenantPath)
		idp.Say("email_verified", nil)
		a, r := way(t, p, idp)
		u, err := p.Finish(t.Context(), a, r)
		if tc.good && (err != nil || u.Issuer != base+"/"+tenant+tenantPath && u.Issuer != base+"/"+consumers+tenantPath || u.Email != "") || !tc.good && !fault.Is(err, fault.SignInFailed) {
			t.Errorf("%s: %+v %v", tc.name, u, err)
		}
		idp.Say("xms_edov", "1")
		a, r = way(t, p, idp)
		if u, _ := p.Finish(t.Context(), a, r); tc.good && u.Email != "ada@example.com" {
			t.Errorf("%s: the domain is the tenant's: %+v", tc.name, u)
		}
	}
}

func TestGitHubTellsThroughItsAPI(t *testing.T) {
	t.Parallel()
	idp := newIDP(t)
	var user, emails, form string
	user, emails = `{"id":42,"login":"ada","name":null}`, `[{"email":"old@example.com","primary":false,"verified":true},{"email":"ada@example.com","primary":true,"verified":true}]`
	idp.Answer("/login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm.Encode()
		w.Header().Set("Content-Type", "application/json")
		if r.PostForm.Get("code") != "c0de" {
			_, _ = w.Write([]byte(`{"error":"bad_verification_code"}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"gho_x","token_type":"bearer","scope":"read:user"}`))
	})
	answer := func(body *string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer gho_x" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = w.Write([]byte(*body))
		}
	}
	idp.Answer("/api/v3/user", answer(&user))
	idp.Answer("/api/v3/user/emails", answer(&emails))
	p := provider(t, idp, func(o *Options) { o.Name, o.Title, o.Issuer, o.Base = "github", "", "", idp.URL })
	to, a, err := p.Begin(t.Context(), home)
	if err != nil || p.Title() != "GitHub" {
		t.Fatal(err)
	}
	q, err := url.Parse(to)
	if err != nil || q.Path != "/login/oauth/authorize" || q.Query().Get("code_challenge_method") != "S256" || q.Query().Get("scope") != "read:user user:email" {
		t.Errorf("it goes to %s", to)
	}
	finish := func(code string) (User, error) { return p.Finish(t.Context(), a, Return{State: a.State, Code: code}) }
	u, err := finish("c0de")
	if want := (User{Issuer: idp.URL, Subject: "42", Email: "ada@example.com", Name: "ada", Provider: "github"}); err != nil || u != want {
		t.Errorf("%+v %v", u, err)
	}
	if sent, err := url.ParseQuery(form); err != nil || sent.Get("code_verifier") != a.Verifier || sent.Get("client_secret") != testkit.IDPSecret || sent.Get("redirect_uri") != home {
		t.Errorf("it was sent %s", form)
	}
	if _, err := finish("other"); !fault.Is(err, fault.SignInFailed) {
		t.Errorf("another code: %v", err)
	}
	for _, none := range []string{`[{"email":"ada@example.com","primary":true,"verified":false}]`, `[{"email":"ada@example.com","primary":false,"verified":true}]`, `[]`} {
		emails = none
		if u, err := finish("c0de"); err != nil || u.Email != "" {
			t.Errorf("%s: %+v %v", none, u, err)
		}
	}
	for _, none := range []string{`{}`, `{"id":0}`, `{"id":-1}`, `no`} {
		user = none
		if u, err := finish("c0de"); !fault.Is(err, fault.SignInFailed) {
			t.Errorf("%s: %+v %v", none, u, err)
		}
	}
	if _, err := p.Finish(t.Context(), a, Return{State: a.State, Code: "c0de", Issuer: "https://evil.example.com"}); !fault.Is(err, fault.SignInFailed) {
		t.Errorf("another issuer: %v", err)
	}
}

func TestOptionsThatWillNotDo(t *testing.T) {
	t.Parallel()
	good := Options{Name: "acme", Issuer: "https://login.example.com", ClientID: "id", ClientSecret: "secret"}
	for _, tc := range []struct {
		option string
		change func(*Options)
	}{
		{"", func(*Options) {}},
		{"", func(o *Options) { o.Issuer = "http://localhost:9000" }},
		{"", func(o *Options) { o.Issuer = "http://[::1]:9000" }},
		{"", func(o *Options) { o.Name, o.Issuer = "google", "" }},
		{"", func(o *Options) { o.Name, o.Issuer = "github", "" }},
		{"", func(o *Options) { o.Name, o.Issuer, o.Tenant = "microsoft", "", "11111111-2222-3333-4444-555555555555" }},
		{"NAME", func(o *Options) { o.Name = "Acme" }},
		{"NAME", func(o *Options) { o.Name = "a/b" }},
		{"CLIENT_ID", func(o *Options) { o.ClientID = "" }},
		{"CLIENT_SECRET", func(o *Options) { o.ClientSecret = "" }},
		{"ISSUER", func(o *Options) { o.Issuer = "" }},
		{"ISSUER", func(o *Options) { o.Issuer = "http://login.example.com" }},
		{"ISSUER", func(o *Options) { o.Issuer = "login.example.com" }},
		{"ISSUER", func(o *Options) { o.Issuer = "https://u:p@login.example.com" }},
		{"ISSUER", func(o *Options) { o.Issuer = "https://login.example.com?x" }},
		{"TENANT", func(o *Options) { o.Tenant = "common" }},
		{"TITLE", func(o *Options) { o.Title = strings.Repeat("x", 61) }},
		{"TENANT", func(o *Options) { o.Name, o.Issuer, o.Tenant = "microsoft", "", "contoso.com" }},
	} {
		o := good
		tc.change(&o)
		_, err := New(o)
		if tc.option == "" && err != nil || tc.option != "" && err == nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		if err != nil {
			if name, text := Option(err); name != tc.option || !strings.HasPrefix(text, "must") && !strings.HasPrefix(text, "is") {
				t.Errorf("%+v: %v", o, err)
			}
		}
	}
}

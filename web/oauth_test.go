package web

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/access/oidc"
	"tidemark/internal/testkit"
)

const (
	appReturn   = "com.example.app:/signed-in"
	appVerifier = "a-verifier-of-an-app-that-is-at-least-43-signs-long"
)

// app is one that sends its users to Acme itself.
type app struct {
	*house
	idp *testkit.IDP
}

func appHouse(t *testing.T) app {
	t.Helper()
	idp := testkit.NewIDP(t, true)
	roots := x509.NewCertPool()
	roots.AddCert(idp.Certificate())
	acme, err := oidc.New(oidc.Options{Name: "acme", Title: "Acme", Issuer: idp.URL, ClientID: testkit.IDPClient, ClientSecret: testkit.IDPSecret, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	return app{newHouseWith(t, nil, func(o *access.Options) {
		o.Providers, o.RedirectURIs = []*oidc.Provider{acme}, []string{appReturn, "https://app.example.com/in"}
	}), idp}
}

// code is one that the app was given for whoever signs in.
func (a app) code(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256([]byte(appVerifier))
	q, err := a.idp.Visit(a.idp.URL + "/auth?" + url.Values{
		"client_id": {testkit.IDPClient}, "response_type": {"code"}, "redirect_uri": {appReturn}, "state": {"s"}, "nonce": {"n0nce"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return q.Get("code")
}

// signIn sends what an app sends, with some of it otherwise.
func (a app) signIn(t *testing.T, otherwise ...string) answer {
	t.Helper()
	pairs := []string{"code", a.code(t), "codeVerifier", appVerifier, "redirectUri", appReturn, "nonce", "n0nce", "tenant", "acme"}
	return a.auth(t, "oauth/acme", append(pairs, otherwise...)...)
}

func TestAProviderLetsInWhereOneMayJoin(t *testing.T) {
	t.Parallel()
	a := appHouse(t)
	if got := string(call(t, "GET", a.url+"/api/v1/auth/providers", "").body); strings.TrimSpace(got) != `{"providers":[{"name":"acme","title":"Acme"}]}` {
		t.Errorf("%s", got)
	}
	as := func(subject, email string) answer {
		a.idp.SignInAs(subject, email, email != "")
		return a.signIn(t)
	}
	as("u-1", ada).problem(t, 403, "scope_missing")
	if err := a.access.Invite(t.Context(), access.Invitation{TenantID: a.acme.ID, Email: ada, Role: access.RoleDeveloper, UserID: "ada"}); err != nil {
		t.Fatal(err)
	}
	as("u-1", "").problem(t, 403, "scope_missing")
	s := tokens(t, as("u-1", ada))
	if s.User.ID != "ada" || s.User.Role != access.RoleDeveloper || s.User.Email != ada {
		t.Errorf("%+v", s.User)
	}
	a.openTo(t, access.RoleMember)
	as("u-2", ada).problem(t, 409, "already_exists")
	as("u-3", "").problem(t, 403, "email_unverified")
	if again := tokens(t, as("u-1", "changed@example.com")); again.User.ID != "ada" || again.User.Email != ada {
		t.Errorf("the identity is another by its e-mail: %+v", again.User)
	}
	if a := a.call(t, "GET", "/sync-storage/keys", "", s.bearer()); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestRedirectURIsOfAppsAreComparedSignForSign: security 19.
func TestRedirectURIsOfAppsAreComparedSignForSign(t *testing.T) {
	t.Parallel()
	a := appHouse(t)
	a.openTo(t, access.RoleMember)
	for _, uri := range []string{
		"", appReturn + "/", appReturn + "?x=1", appReturn + "#x", strings.ToUpper(appReturn), "com.example.app://signed-in", "com.example.app:/signed-in%20", " " + appReturn, "*",
		"https://app.example.com/in/", "https://app.example.com/in/../in", "https://app.example.com/IN", "https://app.example.com:443/in", "https://evil.example.com/in", "https://app.example.com.evil.example/in", "https://app.example.com@evil.example/in",
	} {
		a.signIn(t, "redirectUri", uri).problem(t, 422, "invalid")
	}
	a.signIn(t, "redirectUri", "https://app.example.com/in").problem(t, 401, "sign_in_failed") // configured, but not what the code was asked for with
	tokens(t, a.signIn(t))
}

func TestACodeOfAnAppMustHold(t *testing.T) {
	t.Parallel()
	a := appHouse(t)
	a.openTo(t, access.RoleMember)
	a.signIn(t, "code", "").problem(t, 422, "invalid")
	a.signIn(t, "codeVerifier", "short").problem(t, 422, "invalid")
	a.signIn(t, "nonce", "").problem(t, 422, "invalid")
	a.signIn(t, "nonce", "another").problem(t, 401, "sign_in_failed")
	a.signIn(t, "code", "s3cret-code").problem(t, 401, "sign_in_failed")
	a.signIn(t, "codeVerifier", strings.Repeat("x", 43)).problem(t, 401, "sign_in_failed")
	code := a.code(t)
	tokens(t, a.signIn(t, "code", code))
	a.signIn(t, "code", code).problem(t, 401, "sign_in_failed")
	a.auth(t, "oauth/other", "code", "c").problem(t, 404, "not_found")
	a.auth(t, "oauth/acme/x", "code", "c").problem(t, 404, "not_found")
	a.idp.Close()
	a.signIn(t).problem(t, 503, "unavailable")
	for _, secret := range []string{code, appVerifier, testkit.IDPSecret, "s3cret-code", "n0nce"} {
		if strings.Contains(a.log.String(), secret) {
			t.Errorf("%.12s… is in the log", secret)
		}
	}
	limited := appHouse(t)
	for range 30 {
		if got := limited.signIn(t, "code", "guessed"); got.status == 429 {
			got.problem(t, 429, "rate_limited")
			return
		}
	}
	t.Error("thirty guessed codes were all tried")
}

func TestWithoutProvidersNobodySignsInByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.auth(t, "oauth/google", "code", "c").problem(t, 404, "not_found")
	if got := string(call(t, "GET", h.url+"/api/v1/auth/providers", "").body); strings.TrimSpace(got) != `{"providers":[]}` {
		t.Errorf("%s", got)
	}
}

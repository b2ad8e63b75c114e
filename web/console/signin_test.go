package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/web/e2e"
)

func TestSetupNeedsTheLinkAndWorksOnce(t *testing.T) {
	t.Parallel()
	h := unsettled(t, nil)
	token, err := h.Access.SetupToken(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, h)
	if a := b.get("/console/login"); !strings.Contains(a.body, "setup link") || strings.Contains(a.body, `name="password"`) {
		t.Errorf("before setup nobody can sign in, and the page says how to begin: %s", a.body)
	}
	form := func(token, password string) url.Values {
		return url.Values{"token": {token}, "email": {email}, "name": {"Amina"}, "password": {password}}
	}
	if a := b.post("/console/setup", form("setup_wrong", password)); a.status != 422 || !strings.Contains(a.body, "no longer good") {
		t.Errorf("a wrong link: %d %s", a.status, a.body)
	}
	a := b.post("/console/setup", form(token, "short"))
	if a.status != 422 || !strings.Contains(a.body, "The password must have at least") || !strings.Contains(a.body, `value="`+email+`"`) || strings.Contains(a.body, `value="short"`) {
		t.Errorf("a short password: %d %s", a.status, a.body)
	}
	if a := b.post("/console/setup", form(token, password)); a.status != 303 || a.header.Get("Location") != "/console/setup/tenant" {
		t.Fatalf("setup: %d %s", a.status, a.body)
	}
	if a := b.get("/console/t/acme"); a.status != 200 || !strings.Contains(a.body, "Amina") {
		t.Errorf("after setup one is signed in: %d", a.status)
	}
	other := newBrowser(t, h)
	if a := other.post("/console/setup", form(token, password)); a.status != 303 || a.header.Get("Location") != "/console/login" {
		t.Errorf("a second setup: %d %s", a.status, a.body)
	}
	if a := other.get("/console/t/acme"); a.status != 303 {
		t.Errorf("the second one got in: %d", a.status)
	}
}

func TestAWrongSignInSaysNothingAboutTheAccount(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := newBrowser(t, h)
	known := b.post("/console/login", url.Values{"email": {email}, "password": {"wrong wrong"}})
	unknown := b.post("/console/login", url.Values{"email": {"nobody@example.com"}, "password": {"wrong wrong"}})
	strip := func(a answer) string {
		return strings.ReplaceAll(tokens.ReplaceAllString(a.body, ""), email, "nobody@example.com")
	}
	if known.status != 422 || unknown.status != 422 || strings.TrimSpace(nowAttr.ReplaceAllString(strip(known), "")) != strings.TrimSpace(nowAttr.ReplaceAllString(strip(unknown), "")) {
		t.Errorf("the answers differ: %d %d\n%s\n%s", known.status, unknown.status, strip(known), strip(unknown))
	}
	if !strings.Contains(known.body, `value="`+email+`"`) || strings.Contains(known.body, "wrong wrong") {
		t.Error("the e-mail is kept in the form, the password is not")
	}
}

func TestSignInsAreThrottled(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, house(t, nil))
	token := b.token("/console/login")
	for range 20 {
		a := b.send("/console/login", url.Values{"email": {email}, "password": {"wrong wrong"}, "_csrf": {token}})
		if a.status != http.StatusTooManyRequests {
			continue
		}
		if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || !strings.Contains(a.body, "Too many sign-ins") {
			t.Errorf("Retry-After %q: %s", a.header.Get("Retry-After"), a.body)
		}
		return
	}
	t.Error("twenty wrong passwords were all looked at")
}

func TestTheSessionsTokenIsNewAtSignInAndGoneAfterSignOut(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := newBrowser(t, h)
	base, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.http.Jar.SetCookies(base, []*http.Cookie{{Name: "tidemark", Value: "planted", Path: "/"}})
	b.post("/console/login", url.Values{"email": {email}, "password": {password}})
	session := cookie(t, b, "tidemark")
	if session == "planted" || len(session) < 40 {
		t.Fatalf("the session's token is %q", session)
	}
	if a := b.get("/console/t/acme"); a.status != 200 {
		t.Fatalf("signed in: %d", a.status)
	}
	if a := b.post("/console/logout", url.Values{}); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/console/login") {
		t.Errorf("sign-out: %d", a.status)
	}
	if a := newBrowser(t, h).get("/console/t/acme", "Cookie: tidemark="+session); a.status != 303 {
		t.Errorf("the old token still opens pages: %d", a.status)
	}
}

func cookie(t *testing.T, b *browser, name string) string {
	t.Helper()
	base, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(base) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestCookiesBelongToThisHostAloneWhereTLSIsCertain(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		h := house(t, func(o *e2e.Options) { o.Secure = secure })
		b := newBrowser(t, h)
		page := b.get("/console/login")
		form := url.Values{"email": {email}, "password": {password}, "_csrf": {tokenField.FindStringSubmatch(page.body)[1]}}
		name, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
		a := b.send("/console/login", form, "Cookie: "+name)
		if a.status != 303 {
			t.Fatalf("secure %v: %d %s", secure, a.status, a.body)
		}
		for _, set := range append(page.header.Values("Set-Cookie"), a.header.Values("Set-Cookie")...) {
			low := strings.ToLower(set)
			if !strings.Contains(low, "httponly") || !strings.Contains(low, "samesite=lax") || !strings.Contains(low, "path=/") || strings.Contains(low, "domain=") {
				t.Errorf("cookie: %s", set)
			}
			if strings.HasPrefix(set, "__Host-") != secure || strings.Contains(low, "secure") != secure {
				t.Errorf("secure %v: %s", secure, set)
			}
		}
	}
}

func TestASessionEndsWhenNobodyUsesIt(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	b := signedIn(t, house(t, func(o *e2e.Options) { o.Clock = now }))
	for range 3 {
		now.Advance(90 * time.Minute)
		if a := b.get("/console/tenants"); a.status != 200 {
			t.Fatalf("a session in use: %d", a.status)
		}
	}
	now.Advance(121 * time.Minute)
	if a := b.get("/console/tenants"); a.status != 303 {
		t.Errorf("a session left alone for two hours: %d", a.status)
	}
}

func TestAfterSignInOneIsWhereOneWantedToGo(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	for next, want := range map[string]string{
		"/console/t/acme/activity?q=a": "/console/t/acme/activity?q=a",
		"https://evil.example/console": "/console",
		"//evil.example/console":       "/console",
		`/\evil.example`:               "/console",
		`/console/\evil`:               "/console",
		"/console//evil.example":       "/console",
		"/consoles":                    "/console",
		"javascript:alert(1)":          "/console",
		"":                             "/console",
	} {
		b := newBrowser(t, h)
		a := b.post("/console/login", url.Values{"email": {email}, "password": {password}, "next": {next}})
		if got := a.header.Get("Location"); got != want {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
	a := newBrowser(t, h).get("/console/t/acme/activity?q=a")
	if got := a.header.Get("Location"); got != "/console/login?next=%2Fconsole%2Ft%2Facme%2Factivity%3Fq%3Da" {
		t.Errorf("a closed page leads to %q", got)
	}
}

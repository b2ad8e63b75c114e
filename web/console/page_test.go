package console_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tidemark/web/e2e"
)

// What differs from page to page though nothing has changed.
var (
	tokens  = regexp.MustCompile(`(name="csrf-token" content|name="_csrf" value)="[^"]+"`)
	nowAttr = regexp.MustCompile(`data-now="\d+"`)
)

// pages are all pages and streams for people who are signed in.
var pages = []string{"/console", "/console/", "/console/tenants", "/console/palette", "/console/account", "/console/setup/tenant", "/console/t/acme", "/console/t/acme/connect", "/console/t/acme/activity", "/console/nothing", "/console/t/acme/nothing"}

func TestPagesAreClosedToWhoIsNotSignedIn(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, house(t, nil))
	for _, path := range pages {
		if a := b.get(path); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/console/login") {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Location"))
		}
		a := b.get(path, "HX-Request: true", "HX-Current-URL: http://x/console/t/acme?a=1")
		if a.status != 401 || a.header.Get("HX-Redirect") != "/console/login?next=%2Fconsole%2Ft%2Facme%3Fa%3D1" {
			t.Errorf("%s by htmx: %d %s", path, a.status, a.header.Get("HX-Redirect"))
		}
	}
	for _, path := range []string{"/console/t/acme/stream", "/console/t/acme/activity/stream"} {
		if a := b.get(path, "Accept: text/event-stream"); a.status != 401 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := b.post("/console/logout", url.Values{}); a.status != 303 {
		t.Errorf("sign-out of nobody: %d", a.status)
	}
}

func TestEveryPageKeepsAStrictPolicyAndIsNotStored(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	for _, b := range []*browser{newBrowser(t, h), signedIn(t, h)} {
		for _, path := range append([]string{"/console/login", "/console/setup"}, pages...) {
			a := b.get(path)
			csp := a.header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
				if !strings.Contains(csp, want+";") && !strings.HasSuffix(csp, want) {
					t.Errorf("%s: the policy lacks %s: %s", path, want, csp)
				}
			}
			if strings.Contains(csp, "unsafe") {
				t.Errorf("%s: %s", path, csp)
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: %s is %q", path, name, got)
				}
			}
			if a.header.Get("Permissions-Policy") == "" || !strings.Contains(a.header.Get("Vary"), "HX-Request") {
				t.Errorf("%s: headers: %v", path, a.header)
			}
		}
	}
}

func TestAFragmentIsThePageWithoutItsShell(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	for _, path := range []string{"/console/tenants", "/console/t/acme", "/console/t/acme/activity"} {
		for name, headers := range map[string][]string{"page": nil, "boosted": {"HX-Request: true", "HX-Boosted: true"}, "history": {"HX-Request: true", "HX-History-Restore-Request: true"}} {
			if a := b.get(path, headers...); a.status != 200 || !strings.Contains(a.body, "<html") || !strings.Contains(a.body, "<h1") {
				t.Errorf("%s, %s: %d", path, name, a.status)
			}
		}
		if a := b.get(path, "HX-Request: true"); a.status != 200 || strings.Contains(a.body, "<html") || !strings.Contains(a.body, "<h1") {
			t.Errorf("%s, fragment: %d", path, a.status)
		}
	}
}

func TestNothingChangesWithoutAFormTokenOfThisSession(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, stranger := signedIn(t, h), newBrowser(t, h)
	before := newBrowser(t, h)
	early := before.token("/console/login")
	before.send("/console/login", url.Values{"email": {email}, "password": {password}, "_csrf": {early}})
	good := b.token("/console/tenants")
	for name, c := range map[string]struct {
		by      *browser
		form    url.Values
		headers []string
		want    int
	}{
		"no token":             {b, url.Values{"theme": {"dark"}}, nil, 403},
		"garbage":              {b, url.Values{"theme": {"dark"}, "_csrf": {"x"}}, nil, 403},
		"a stranger's token":   {b, url.Values{"theme": {"dark"}, "_csrf": {stranger.token("/console/login")}}, nil, 403},
		"from before sign-in":  {before, url.Values{"theme": {"dark"}, "_csrf": {early}}, nil, 403},
		"from another site":    {b, url.Values{"theme": {"dark"}, "_csrf": {good}}, []string{"Sec-Fetch-Site: cross-site"}, 403},
		"from a sister site":   {b, url.Values{"theme": {"dark"}, "_csrf": {good}}, []string{"Sec-Fetch-Site: same-site"}, 403},
		"from another origin":  {b, url.Values{"theme": {"dark"}, "_csrf": {good}}, []string{"Origin: https://evil.example"}, 403},
		"token in the form":    {b, url.Values{"theme": {"dark"}, "_csrf": {good}}, []string{"Sec-Fetch-Site: same-origin"}, 303},
		"token in htmx header": {b, url.Values{"theme": {"dark"}}, []string{"X-CSRF-Token: " + good}, 303},
		"not a theme":          {b, url.Values{"theme": {"pink"}, "_csrf": {good}}, nil, 422},
	} {
		if a := c.by.send("/console/theme", c.form, c.headers...); a.status != c.want {
			t.Errorf("%s: %d, want %d", name, a.status, c.want)
		}
	}
	if one, two := b.token("/console/tenants"), b.token("/console/tenants"); one == two {
		t.Error("two pages have the same token")
	}
}

func TestAThemeIsKeptAndOneStaysWhereOneWas(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	for theme, back := range map[string]string{"dark": "/console/t/acme?x=1", "light": "/console/tenants", "system": "https://evil.example/"} {
		a := b.post("/console/theme", url.Values{"theme": {theme}, "back": {back}})
		want := back
		if theme == "system" {
			want = "/console"
		}
		if got := a.header.Get("Location"); a.status != 303 || got != want {
			t.Errorf("%s: %d to %q", theme, a.status, got)
		}
		if page := b.get("/console/tenants"); !strings.Contains(page.body, `<html lang="en" data-theme="`+theme+`"`) {
			t.Errorf("the theme is not %s", theme)
		}
	}
	b.post("/console/shortcuts", url.Values{"keys": {"off"}})
	if page := b.get("/console/tenants"); !strings.Contains(page.body, `data-keys="off"`) {
		t.Error("single keys are still on")
	}
}

func TestProblemsAreToldWithTheRequestsID(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for path, status := range map[string]int{"/console/nothing": 404, "/console/t/nobody": 404, "/console/t/nobody/activity": 404, "/console/t/ACME%00": 404, "/console/assets/x/none.js": 404} {
		a := b.get(path)
		if a.status != status || !strings.Contains(a.body, a.header.Get("X-Request-Id")) || !strings.Contains(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
	}
	if a := b.get("/console/t/nobody"); !strings.Contains(a.body, "There is no tenant at this address") {
		t.Errorf("a tenant that is not there: %s", a.body)
	}
	a := b.get("/console/t/nobody", "HX-Request: true")
	if a.status != 404 || a.header.Get("HX-Retarget") != "#toasts" || !strings.Contains(a.body, "data-toast") || strings.Contains(a.body, "<html") {
		t.Errorf("as a fragment: %d %v %s", a.status, a.header, a.body)
	}
	if a := b.post("/console/tenants", url.Values{}); a.status != 405 {
		t.Errorf("a wrong method: %d", a.status)
	}
	if a := newBrowser(t, h).send("/console/login", url.Values{"email": {email}}); a.status != 403 || !strings.Contains(a.body, "This is not allowed") {
		t.Errorf("a form without a token: %d", a.status)
	}
}

func TestHomeIsTheFirstTenant(t *testing.T) {
	t.Parallel()
	if a := signedIn(t, house(t, nil)).get("/console"); a.header.Get("Location") != "/console/t/acme" {
		t.Errorf("home is %q", a.header.Get("Location"))
	}
	b := signedIn(t, house(t, func(o *e2e.Options) { o.Tenants = nil }))
	if a := b.get("/console"); a.header.Get("Location") != "/console/tenants" {
		t.Errorf("without tenants home is %q", a.header.Get("Location"))
	}
	if a := b.get("/console/tenants"); !strings.Contains(a.body, "No tenant yet") {
		t.Error("without tenants the page does not say how the first is made")
	}
}

func TestTheGalleryIsForDevelopmentAlone(t *testing.T) {
	t.Parallel()
	if a := newBrowser(t, house(t, nil)).get("/console/gallery/activity"); a.status != 200 {
		t.Errorf("in development: %d", a.status)
	}
	b := signedIn(t, house(t, func(o *e2e.Options) { o.Shipped = true }))
	for _, path := range []string{"/console/gallery", "/console/gallery/activity", "/console/gallery/activity/stream"} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s as shipped: %d", path, a.status)
		}
	}
}

func TestAssetsAreKeptForEverUnderTheirOwnAddress(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, house(t, nil))
	page := b.get("/console/login").body
	css := regexp.MustCompile(`href="(/console/assets/[^"]+/app\.css)"`).FindStringSubmatch(page)[1]
	a := b.get(css, "Accept-Encoding: gzip")
	if a.status != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/css") {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := b.get("/console/assets/other/app.css"); a.status != 200 || a.header.Get("Cache-Control") != "no-cache" || a.header.Get("Content-Encoding") != "" {
		t.Errorf("of another build: %d %v", a.status, a.header)
	}
	for _, path := range []string{"/console/assets/x/../../routes.go", "/console/assets/x/apidocs/swagger-ui.css", "/console/assets/x/%2e%2e%2fstatic.go", "/console/assets/x/"} {
		if a := b.get(path); a.status == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
	if a := b.do("HEAD", css, io.NopCloser(strings.NewReader(""))); a.status != 200 {
		t.Errorf("HEAD: %d", a.status)
	}
}

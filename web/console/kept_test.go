package console_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tidemark/web/e2e"
)

const fromUs = "Sec-Fetch-Site: same-origin"

var hidden = regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`)

// carried are the hidden fields of a page's last form.
func carried(page string) url.Values {
	out := url.Values{}
	forms := strings.Split(page, "<form")
	for _, m := range hidden.FindAllStringSubmatch(forms[len(forms)-1], -1) {
		out.Add(m[1], html.UnescapeString(m[2]))
	}
	return out
}

// ended is a browser whose session has ended while a form was being filled in, and the form's token.
func ended(t *testing.T, h *e2e.House) (*browser, string) {
	t.Helper()
	b := signedIn(t, h)
	token := b.token("/console/account")
	other := signedIn(t, h)
	other.post("/console/account/sessions/end-others", url.Values{})
	return b, token
}

func TestAFormOfAnEndedSessionIsCarriedThroughTheSignIn(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, token := ended(t, h)
	const typed = `Änne <script>alert("x")</script>` + "\r\nsecond line & more"
	form := url.Values{"name": {typed}, "slug": {"kept"}, "_csrf": {token}}
	a := b.send("/console/setup/tenant?x=1", form, fromUs, "Referer: "+h.URL+"/console/setup/tenant?from=here")
	if a.status != 401 || !strings.Contains(a.body, "nothing was changed") || strings.Contains(a.body, "<script>alert") {
		t.Fatalf("the form: %d %s", a.status, a.body)
	}
	login := carried(a.body)
	login.Set("email", email)
	login.Set("password", "wrong wrong")
	a = b.send("/console/login", login, fromUs)
	if again := carried(a.body); a.status != 422 || again.Get("kept.name") != login.Get("kept.name") || again.Get("kept.slug") != "kept" || again.Get("kept_to") != login.Get("kept_to") {
		t.Fatalf("a wrong password loses the form: %d %s", a.status, a.body)
	}
	login = carried(a.body)
	login.Set("email", email)
	login.Set("password", password)
	a = b.send("/console/login", login, fromUs)
	if a.status != 200 || !strings.Contains(a.body, "Send it again?") || strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, `href="/console/setup/tenant?from=here"`) {
		t.Fatalf("signed in: %d %s", a.status, a.body)
	}
	if _, err := h.Store.TenantBySlug(t.Context(), "kept"); err == nil {
		t.Fatal("it was done though nobody said so")
	}
	again := carried(a.body)
	if again.Get("name") != typed || again.Get("slug") != "kept" || strings.Contains(a.body, token) {
		t.Errorf("carried: %q", again)
	}
	if !strings.Contains(a.body, `action="/console/setup/tenant?x=1"`) {
		t.Errorf("it goes elsewhere: %s", a.body)
	}
	again.Set("name", "One line")
	if a := b.send("/console/setup/tenant?x=1", again, fromUs); a.status != 303 {
		t.Errorf("sent again: %d %s", a.status, a.body)
	}
}

func TestNothingIsTooLargeToBeCarried(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, token := ended(t, h)
	value := strings.Repeat(`{"quoted": "à"}`+"\r\n", 20<<10)
	a := b.send("/console/t/acme/storage/new", url.Values{"key": {"large"}, "owner": {"dana"}, "value": {"[]"}, "metadata": {value}, "_csrf": {token}}, fromUs)
	if a.status != 401 {
		t.Fatalf("the form: %d", a.status)
	}
	login := carried(a.body)
	login.Set("email", email)
	login.Set("password", password)
	a = b.send("/console/login", login, fromUs)
	if again := carried(a.body); a.status != 200 || again.Get("metadata") != value || again.Get("key") != "large" {
		t.Errorf("signed in: %d, %d of %d bytes", a.status, len(again.Get("metadata")), len(value))
	}
}

func TestAFormIsCarriedToNobodyElse(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	const other, theirs = "badr@example.com", "yet another password"
	if _, err := h.Access.CreateAdmin(t.Context(), other, "Badr", theirs); err != nil {
		t.Fatal(err)
	}
	b, token := ended(t, h)
	form := url.Values{"name": {"Confidential"}, "slug": {"kept"}, "_csrf": {token}}
	login := carried(b.send("/console/setup/tenant", form, fromUs).body)
	login.Set("email", other)
	login.Set("password", theirs)
	a := b.send("/console/login", login, fromUs)
	if a.status != 303 || a.header.Get("Location") != "/console" || strings.Contains(a.body, "Confidential") {
		t.Fatalf("somebody else signs in: %d %s", a.status, a.body)
	}
	if a := b.get("/console/tenants"); !strings.Contains(a.body, "somebody else’s") {
		t.Error("it is not told")
	}
	if a := b.send("/console/setup/tenant", form, fromUs); a.status != 403 || strings.Contains(a.body, "Confidential") || !strings.Contains(a.body, "Somebody else has signed in") {
		t.Errorf("the page of the one before: %d %s", a.status, a.body)
	}
}

func TestAFormInHandOutlivesASignInInAnotherTab(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, token := ended(t, h)
	held := carried(b.send("/console/setup/tenant", url.Values{"name": {"Typed"}, "_csrf": {token}}, fromUs).body)
	in := carried(b.get("/console/login").body)
	in.Set("email", email)
	in.Set("password", password)
	if a := b.send("/console/login", in, fromUs); a.status != 303 {
		t.Fatalf("the other tab: %d", a.status)
	}
	held.Set("email", email)
	held.Set("password", password)
	a := b.send("/console/login", held, fromUs)
	if again := carried(a.body); a.status != 200 || again.Get("name") != "Typed" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := b.send("/console/setup/tenant", carried(a.body), fromUs); a.status != 303 {
		t.Errorf("sent again: %d", a.status)
	}
}

func TestAnUploadIsToldToBeChosenAgain(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, token := ended(t, h)
	body := "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n" + token + "\r\n--x\r\nContent-Disposition: form-data; name=\"owner\"\r\n\r\ndana & co\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{}\r\n--x--\r\n"
	a := b.do("POST", "/console/t/acme/storage/import", strings.NewReader(body), "Content-Type: multipart/form-data; boundary=x", fromUs, "Referer: "+h.URL+"/console/t/acme/storage/import")
	if next := carried(a.body).Get("next"); a.status != 401 || !strings.Contains(a.body, "choose the file again") || next != "/console/t/acme/storage/import?owner=dana+%26+co" {
		t.Errorf("%d, on to %s: %s", a.status, next, a.body)
	}
}

func TestWhatIsNotCarried(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, token := ended(t, h)
	with := func(name, value string) url.Values { return url.Values{name: {value}, "_csrf": {token}} }
	for name, c := range map[string]struct {
		path    string
		form    url.Values
		headers []string
		want    int
	}{
		"from another site":        {"/console/setup/tenant", with("name", "x"), []string{"Sec-Fetch-Site: cross-site"}, 403},
		"from another origin":      {"/console/setup/tenant", with("name", "x"), []string{"Origin: https://evil.example"}, 403},
		"where the browser is mum": {"/console/setup/tenant", with("name", "x"), nil, 403},
		"a password":               {"/console/account/password", with("password", "my new secret"), []string{fromUs}, 401},
		"a sign-out":               {"/console/logout", with("x", "y"), []string{fromUs}, 303},
		"to the sign-in":           {"/console/login", with("kept.a", "b"), []string{fromUs}, 403},
	} {
		if a := b.send(c.path, c.form, c.headers...); a.status != c.want || strings.Contains(a.body, `name="kept_to"`) || strings.Contains(a.body, "my new secret") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, to := range []string{"https://evil.example/", "//evil.example/console", "/console/login", "/elsewhere", ""} {
		in := newBrowser(t, h)
		a := in.post("/console/login", url.Values{"email": {email}, "password": {password}, "kept_to": {to}, "kept.a": {"b"}})
		if a.status != 303 || a.header.Get("Location") != "/console" {
			t.Errorf("carried to %q: %d", to, a.status)
		}
	}
}

func TestAPartOfAPageIsSentToSignInAndBack(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, token := ended(t, h)
	page := "HX-Current-URL: " + h.URL + "/console/t/acme/activity?q=1"
	a := b.send("/console/account/profile", url.Values{"_csrf": {token}}, fromUs, "HX-Request: true", page)
	if a.status != 401 || a.header.Get("HX-Redirect") != "/console/login?next=%2Fconsole%2Ft%2Facme%2Factivity%3Fq%3D1" {
		t.Errorf("a form of htmx: %d %v", a.status, a.header)
	}
	a = b.get("/console/t/acme?paused=1", "HX-Request: true", "HX-Boosted: true", page)
	if a.status != 401 || a.header.Get("HX-Redirect") != "/console/login?next=%2Fconsole%2Ft%2Facme%3Fpaused%3D1" {
		t.Errorf("a boosted link: %d %v", a.status, a.header)
	}
	a = b.send("/console/setup/tenant", url.Values{"name": {"x"}, "_csrf": {token}}, fromUs, "HX-Request: true", "HX-Boosted: true", page)
	if a.status != 422 || !strings.Contains(a.body, `name="kept_to"`) || a.header.Get("HX-Push-Url") != "false" {
		t.Errorf("a boosted form: %d %v", a.status, a.header)
	}
}

func TestAPageOfTheSessionBeforeIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	old := b.token("/console/account")
	b.post("/console/account/password", url.Values{"old": {password}, "password": {"another long password"}})
	a := b.send("/console/setup/tenant", url.Values{"name": {"Late"}, "_csrf": {old}}, fromUs)
	if a.status != 403 || !strings.Contains(a.body, "Send it again?") || carried(a.body).Get("name") != "Late" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := b.send("/console/setup/tenant", carried(a.body), fromUs); a.status != 303 {
		t.Errorf("sent again: %d %s", a.status, a.body)
	}
}

func TestTheTokenInTheFormCountsWhereThePageIsOlder(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	good := b.token("/console/account")
	if a := b.send("/console/theme", url.Values{"theme": {"dark"}, "_csrf": {good}}, "X-CSRF-Token: stale"); a.status != 303 {
		t.Errorf("%d", a.status)
	}
}

func TestAProblemLeadsBackToWhereOneWas(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for referer, want := range map[string]string{
		h.URL + "/console/account?x=1":            `href="/console/account?x=1"`,
		h.URL + "/console/t/acme/activity/none":   `href="/console/t/acme"`, // the page itself
		"https://evil.example/elsewhere":          `href="/console/t/acme"`,
		"javascript:alert(1)":                     `href="/console/t/acme"`,
		h.URL + "/console//evil.example/console/": `href="/console/t/acme"`,
	} {
		a := b.get("/console/t/acme/activity/none", "Referer: "+referer)
		_, after, _ := strings.Cut(a.body, `role="alert"`)
		if a.status != 404 || !strings.Contains(after, want) || strings.Contains(after, "evil.example") {
			t.Errorf("from %s: %d %s", referer, a.status, after)
		}
	}
}

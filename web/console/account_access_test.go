package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/internal/fault"
)

var endingApp = regexp.MustCompile(`name="family" value="([^"]+)"`)

func TestAnEmailChangesByTheLinkSentToIt(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	b := signedIn(t, h)
	const fresh = "amina.haddad@example.com"
	change := func(email, password string) answer {
		t.Helper()
		return b.post("/console/account/email", url.Values{"email": {email}, "password": {password}})
	}
	for _, c := range []struct{ email, password, want string }{
		{fresh, "wrong wrong", "The password is wrong."}, {"no e-mail", password, "The e-mail must be an e-mail address"},
	} {
		if a := change(c.email, c.password); a.status != 422 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s", c.want, a.status, mainOf(a.body))
		}
	}
	if a := b.post("/console/account/profile", url.Values{"name": {"Amina"}, "email": {"unproven@example.com"}, "version": {"1"}}); a.status != 303 {
		t.Errorf("the profile: %d", a.status)
	}
	if a := change(fresh, password); a.status != 303 {
		t.Fatalf("asked: %d %s", a.status, mainOf(a.body))
	}
	if got := box.sent(email); len(got) != 1 || got[0] != "Your e-mail for Tidemark is to change" {
		t.Errorf("the old e-mail is told %q", got)
	}
	if _, err := h.Store.AccountByEmail(t.Context(), email); err != nil {
		t.Errorf("before the link is followed: %v", err)
	}
	if a := newBrowser(t, h).follow(box.link(t, fresh), url.Values{}); a.status != 200 || !strings.Contains(a.body, "Your e-mail is changed") {
		t.Fatalf("followed: %d %s", a.status, a.body)
	}
	m, err := h.Store.AccountByEmail(t.Context(), fresh)
	if err != nil || m.Name != "Amina" {
		t.Errorf("%+v %v", m, err)
	}
}

func TestSigningOutEverywhereEndsBrowsersAndAppsAtOnce(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	const dana = "dana@example.com"
	if err := h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: dana, Role: access.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	b, other := newBrowser(t, h), newBrowser(t, h)
	b.follow(box.link(t, dana), url.Values{"password": {password}})
	for _, one := range []*browser{b, other} {
		if a := one.post("/console/login", url.Values{"email": {dana}, "password": {password}}); a.status != 303 {
			t.Fatalf("sign-in: %d", a.status)
		}
	}
	app := func(device string) access.Tokens {
		t.Helper()
		tok, err := h.Access.Login(t.Context(), access.SignIn{Email: dana, Password: password, InstanceID: device, Address: "192.0.2.7", UserAgent: "Field/1.0 <b>"})
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	asks := func(tok access.Tokens) int {
		t.Helper()
		return b.do("GET", "/api/v1/sync-storage/items", nil, "Authorization: Bearer "+tok.Access).status
	}
	one, two := app("tablet-<i>1"), app("tablet-2")
	page := b.get("/console/account").body
	for _, want := range []string{"tablet-&lt;i&gt;1", "192.0.2.7", "acme", "viewer"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	ids := endingApp.FindAllStringSubmatch(page, -1)
	if len(ids) != 2 || asks(one) == http.StatusUnauthorized || asks(two) == http.StatusUnauthorized {
		t.Fatalf("%d apps; before: %d %d", len(ids), asks(one), asks(two))
	}
	if a := b.post("/console/account/apps/end", url.Values{"family": {ids[0][1]}}); a.status != 303 {
		t.Errorf("ended: %d", a.status)
	}
	if (asks(one) == 401) == (asks(two) == 401) {
		t.Errorf("not one of the two ended: %d %d", asks(one), asks(two))
	}
	before := cookie(t, b, "tidemark")
	if a := b.post("/console/account/everywhere", url.Values{}); a.status != 303 || cookie(t, b, "tidemark") == before {
		t.Errorf("everywhere: %d", a.status)
	}
	if asks(one) != 401 || asks(two) != 401 {
		t.Errorf("apps: %d %d", asks(one), asks(two))
	}
	for _, tok := range []access.Tokens{one, two} {
		if _, err := h.Access.Refresh(t.Context(), tok.Refresh, "192.0.2.7", ""); !fault.Is(err, fault.Revoked) {
			t.Errorf("a refresh: %v", err)
		}
	}
	if other.get("/console/account").status != 303 || b.get("/console/account").status != 200 {
		t.Error("the other browser did not end, or this one did")
	}
}

func TestNobodyEndsTheAppsOfOthers(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	const dana = "dana@example.com"
	if err := h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: dana, Role: access.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	newBrowser(t, h).follow(box.link(t, dana), url.Values{"password": {password}})
	tok, err := h.Access.Login(t.Context(), access.SignIn{Email: dana, Password: password, Address: "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	families, err := h.Store.TokenFamilies(t.Context(), tok.Account.ID)
	if err != nil || len(families) != 1 {
		t.Fatalf("%v %v", families, err)
	}
	b := signedIn(t, h)
	b.post("/console/account/apps/end", url.Values{"family": {families[0].ID}})
	if a := b.get("/console/account"); !strings.Contains(a.body, "had ended already") {
		t.Error("somebody else’s app is ended")
	}
	if _, err := h.Access.Refresh(t.Context(), tok.Refresh, "192.0.2.7", ""); err != nil {
		t.Errorf("the app afterwards: %v", err)
	}
}

package console_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/e2e"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// signedInWith is signedIn in a browser that calls itself something.
func signedInWith(t *testing.T, h *e2e.House, agent string) *browser {
	t.Helper()
	b := newBrowser(t, h)
	if a := b.post("/console/login", url.Values{"email": {email}, "password": {password}}, "User-Agent: "+agent); a.status != 303 {
		t.Fatalf("sign-in: %d", a.status)
	}
	return b
}

// did are the last things the installation's audit says, oldest first.
func did(t *testing.T, h *e2e.House, n int) string {
	t.Helper()
	entries, err := h.Store.AuditEntries(t.Context(), "", "", n)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Actor, "account:") || e.Address != "127.0.0.1" || e.RequestID == "" {
			t.Errorf("not said who did it: %+v", e)
		}
		out = append([]string{e.Action}, out...)
	}
	return strings.Join(out, " ")
}

func TestAProfileIsSavedAgainstItsVersion(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	save := func(name, mail, version string) answer {
		t.Helper()
		return b.post("/console/account/profile", url.Values{"name": {name}, "email": {mail}, "version": {version}})
	}
	const hostile = `<script>alert(1)</script> ` + "\u202e" + `🌊`
	if a := save(hostile, " Amina@Example.com ", "1"); a.status != 303 || a.header.Get("Location") != "/console/account" {
		t.Fatalf("saved: %d %s", a.status, a.body)
	}
	a := b.get("/console/account")
	if !strings.Contains(a.body, "Your profile is saved") || strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "&lt;script&gt;alert(1)") {
		t.Errorf("afterwards: %s", a.body)
	}
	if strings.Contains(b.get("/console/account").body, "Your profile is saved") {
		t.Error("it is told twice")
	}
	a = save("Mine", "mine@example.com", "1")
	for _, want := range []string{`value="Mine"`, `value="mine@example.com"`, "You, in another window,", "&lt;script&gt;", `name="version" value="2"`} {
		if a.status != http.StatusConflict || !strings.Contains(a.body, want) {
			t.Errorf("a stale save: %d lacks %s: %s", a.status, want, a.body)
		}
	}
	a = save("Mine", "no e-mail", "2")
	if a.status != 422 || !strings.Contains(a.body, "The e-mail must be an e-mail address such as name@example.com.") || !strings.Contains(a.body, `value="no e-mail"`) {
		t.Errorf("a wrong e-mail: %d %s", a.status, a.body)
	}
	if a := save("Mine", email, "2"); a.status != 303 {
		t.Errorf("saved again: %d", a.status)
	}
	if got := did(t, h, 2); got != "account.update account.update" {
		t.Errorf("audit: %s", got)
	}
}

func TestAStaleProfileNamesWhoChangedIt(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	m, err := h.Store.AccountByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	bob, err := h.Access.CreateAdmin(t.Context(), "bob@example.com", "Bob <b>Okafor", password)
	if err != nil {
		t.Fatal(err)
	}
	for actor, want := range map[string]string{"account:" + bob.ID: "<bdi>Bob &lt;b&gt;Okafor</bdi> changed this", "command line": "<bdi>The command line</bdi> changed this"} {
		ctx := store.As(t.Context(), store.Author{Actor: actor})
		if m, err = h.Access.UpdateAccount(ctx, models.Account{ID: m.ID, Name: "Renamed", Email: email, Version: m.Version}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			b.get("/console/t/acme") // is in the audit as well
		}
		a := b.post("/console/account/profile", url.Values{"name": {"Mine"}, "email": {email}, "version": {"1"}})
		if a.status != 409 || !strings.Contains(a.body, want) {
			t.Errorf("by %s: %d %s", actor, a.status, mainOf(a.body))
		}
	}
}

func TestANewPasswordKeepsThisSessionAlone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, other := signedIn(t, h), signedIn(t, h)
	before := cookie(t, b, "tidemark")
	change := func(old, fresh string) answer {
		t.Helper()
		return b.post("/console/account/password", url.Values{"old": {old}, "password": {fresh}})
	}
	for _, c := range []struct{ old, fresh, want string }{
		{"wrong wrong", "another long password", "The current password is wrong."},
		{password, "short", "The password must have at least 8 characters."},
	} {
		a := change(c.old, c.fresh)
		if a.status != 422 || !strings.Contains(a.body, c.want) || strings.Contains(a.body, c.old) || strings.Contains(a.body, `"`+c.fresh+`"`) {
			t.Errorf("%s: %d %s", c.want, a.status, a.body)
		}
	}
	if a := other.get("/console/account"); a.status != 200 {
		t.Fatalf("before: %d", a.status)
	}
	if a := change(password, "another long password"); a.status != 303 {
		t.Fatalf("changed: %d %s", a.status, a.body)
	}
	if a := b.get("/console/account"); a.status != 200 || !strings.Contains(a.body, "1 other session ended") {
		t.Errorf("this session: %d", a.status)
	}
	if cookie(t, b, "tidemark") == before {
		t.Error("the session's token is the old one")
	}
	if a := other.get("/console/account"); a.status != 303 {
		t.Errorf("the other session: %d", a.status)
	}
	if a := newBrowser(t, h).get("/console/account", "Cookie: tidemark="+before); a.status != 303 {
		t.Errorf("the old token: %d", a.status)
	}
	if a := newBrowser(t, h).post("/console/login", url.Values{"email": {email}, "password": {password}}); a.status != 422 {
		t.Errorf("the old password: %d", a.status)
	}
	if got := did(t, h, 1); got != "account.password" {
		t.Errorf("audit: %s", got)
	}
}

func TestWrongPresentPasswordsAreThrottled(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	token := b.token("/console/account")
	for range 20 {
		a := b.send("/console/account/password", url.Values{"old": {"wrong wrong"}, "password": {"another long password"}, "_csrf": {token}})
		if a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Too many wrong passwords") {
				t.Errorf("%v %s", a.header, a.body)
			}
			return
		}
	}
	t.Error("twenty wrong passwords were all looked at")
}

var ending = regexp.MustCompile(`name="id" value="([0-9a-f]+)"`)

func TestSessionsAreShownAndEnded(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedInWith(t, h, firefox)
	one, two := signedInWith(t, h, `<img src=x onerror=alert(1)>`), signedInWith(t, h, "curl/8.5")
	page := b.get("/console/account").body
	for _, want := range []string{"Firefox on Linux", "this browser", "curl", "&lt;img src=x", "127.0.0.1", "End all others (2)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "<img src") || strings.Contains(page, cookie(t, b, "tidemark")) {
		t.Error("the page shows markup or a token")
	}
	ids := ending.FindAllStringSubmatch(page, -1)
	if len(ids) != 2 {
		t.Fatalf("%d sessions can be ended", len(ids))
	}
	if a := b.post("/console/account/sessions/end", url.Values{"id": {ids[0][1]}}); a.status != 303 {
		t.Errorf("ended: %d", a.status)
	}
	left := 0
	for _, other := range []*browser{one, two} {
		if other.get("/console/account").status == 200 {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d others are left", left)
	}
	b.post("/console/account/sessions/end", url.Values{"id": {ids[0][1]}})
	if a := b.get("/console/account"); !strings.Contains(a.body, "had ended already") {
		t.Error("an ended session ends again")
	}
	b.post("/console/account/sessions/end-others", url.Values{})
	if one.get("/console/account").status == 200 || two.get("/console/account").status == 200 || b.get("/console/account").status != 200 {
		t.Error("not the others ended, or not they alone")
	}
	if got := did(t, h, 2); got != "session.end session.end_others" {
		t.Errorf("audit: %s", got)
	}
}

func TestAnEndedSessionDoesNotComeBackWithARequestUnderWay(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	h := house(t, func(o *e2e.Options) { o.Clock = now })
	b, other := signedIn(t, h), signedIn(t, h)
	now.Advance(5 * time.Minute) // so that every request wants to note it
	events := other.listen("/console/t/acme/stream")
	next(t, events, "numbers", "")
	b.post("/console/account/sessions/end-others", url.Values{})
	for range 3 {
		if a := other.get("/console/account"); a.status != 303 {
			t.Fatalf("the ended session: %d", a.status)
		}
	}
	over(t, events)
}

func TestThemeAndShortcutsAreSetOnTheAccountPage(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	b.post("/console/shortcuts", url.Values{"keys": {"off"}, "back": {"/console/account"}})
	b.post("/console/theme", url.Values{"theme": {"dark"}, "back": {"/console/account"}})
	page := b.get("/console/account").body
	for _, want := range []string{`data-theme="dark"`, `data-keys="off"`, `value="dark" aria-current="true"`, `name="keys" value="on"`, "Next row of a list"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestAPictureIsShownAndTakenAway(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	const at = "/console/account/avatar"
	send := func(file string) answer {
		t.Helper()
		return b.upload(at, "picture", file, map[string]string{})
	}
	if a := b.get(at); a.status != 404 {
		t.Errorf("without a picture: %d", a.status)
	}
	send("").shows(t, 422, "The picture must be chosen", `aria-invalid="true"`)
	send("<svg onload=alert(1)>").shows(t, 422, "The picture must be a PNG, JPEG, GIF or WebP picture.")
	send(strings.Repeat("x", 1<<20+1)).shows(t, 422, "The picture may have at most 1 MB.")

	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second in place of the first
		if a := send(file.String()); a.status != 303 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	b.get("/console/account").shows(t, 200, "Your picture is changed", `src="/console/account/avatar?v=3"`)
	a := b.get(at)
	if size, err := png.DecodeConfig(strings.NewReader(a.body)); err != nil || size.Width != 128 || size.Height != 128 || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("%d %v %v", a.status, a.header, err)
	}
	if a := b.post(at+"/remove", url.Values{}); a.status != 303 {
		t.Errorf("removed: %d", a.status)
	}
	if a := b.get(at); a.status != 404 {
		t.Errorf("afterwards: %d", a.status)
	}
	if got := did(t, h, 3); got != "account.avatar account.avatar account.avatar" {
		t.Errorf("the audit has %s", got)
	}
}

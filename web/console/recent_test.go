package console_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/web/e2e"
)

// late is a house, its clock, and a browser whose person signed in eleven minutes ago.
func late(t *testing.T) (*e2e.House, *clock.Manual, *browser) {
	t.Helper()
	now := clock.At(time.Now())
	h := house(t, func(o *e2e.Options) { o.Clock = now })
	b := signedIn(t, h)
	now.Advance(11 * time.Minute)
	return h, now, b
}

// revoking is the address of a new key's revocation, and the form that asks for it.
func revoking(t *testing.T, h *e2e.House, name string) (id, path string, form url.Values) {
	t.Helper()
	k, _ := mint(t, h, access.NewKey{Name: name})
	return k.ID, keysPath + "/" + k.ID + "/revoke", url.Values{"confirm": {name}}
}

func revoked(t *testing.T, h *e2e.House, id string) bool {
	t.Helper()
	k, err := h.Store.APIKey(t.Context(), h.Tenants[0].ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return k.RevokedAt != 0
}

// waiting are the hidden fields of the form that asks for the password.
func waiting(a answer) url.Values {
	before, _, _ := strings.Cut(a.body, `name="_password"`)
	return carried(before)
}

func asks(a answer) bool {
	return a.status == 422 && strings.Contains(a.body, "Is it still you?") && strings.Contains(a.body, `name="_password"`)
}

func TestWhatCannotBeUndoneAsksForThePasswordAndGoesOn(t *testing.T) {
	t.Parallel()
	h, _, b := late(t)
	const name = `Tablets "north" <b>`
	id, path, form := revoking(t, h, name)
	before, other := cookie(t, b, "tidemark"), b.token("/console/account")
	a := b.post(path+"?x=1", form, fromUs, "Referer: "+h.URL+path)
	if !asks(a) || revoked(t, h, id) || strings.Contains(a.body, "<b>") || !strings.Contains(a.body, "11 min ago") || !strings.Contains(a.body, `href="`+path+`"`) {
		t.Fatalf("%d %s", a.status, mainOf(a.body))
	}
	sent := waiting(a)
	if sent.Get("confirm") != name || !strings.Contains(a.body, `action="`+path+`?x=1"`) {
		t.Errorf("what was typed: %q", sent)
	}
	sent.Set("_password", "wrong wrong")
	a = b.send(path+"?x=1", sent, fromUs, "Referer: "+h.URL+path+"?x=1")
	if !asks(a) || revoked(t, h, id) || !strings.Contains(a.body, "The password is wrong.") || strings.Contains(a.body, "wrong wrong") || waiting(a).Get("confirm") != name || !strings.Contains(a.body, `href="`+path+`"`) {
		t.Fatalf("a wrong password: %d %s", a.status, mainOf(a.body))
	}
	sent = waiting(a)
	sent.Set("_password", password)
	if a = b.send(path+"?x=1", sent, fromUs); a.status != 303 || !revoked(t, h, id) {
		t.Fatalf("the right one: %d %s", a.status, mainOf(a.body))
	}
	if after := cookie(t, b, "tidemark"); after == before || newBrowser(t, h).get("/console/account", "Cookie: tidemark="+before).status != 303 {
		t.Error("the session's token is the one from before")
	}
	if a := b.send("/console/theme", url.Values{"theme": {"dark"}, "_csrf": {other}}); a.status != 403 {
		t.Errorf("a form token of the session before: %d", a.status)
	}
	if a := b.get(keysPath + "/" + id); a.status != 200 || !strings.Contains(a.body, "The key is revoked.") {
		t.Errorf("the toast: %d", a.status)
	}
	if got := confirmations(t, h); !slices.Equal(got, []string{"account.confirm", "account.confirm_refused"}) {
		t.Errorf("audit: %q", got)
	}
}

// confirmations are the acts of the audit about it, the newest first; each must name who and where.
func confirmations(t *testing.T, h *e2e.House) (out []string) {
	t.Helper()
	entries, err := h.Store.AuditEntries(t.Context(), "", "", 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Action, "account.confirm") {
			continue
		}
		if out = append(out, e.Action); e.Actor != "account:"+e.Object || e.Address != "127.0.0.1" || e.RequestID == "" {
			t.Errorf("audit: %+v", e)
		}
	}
	return out
}

func TestAPasswordJustGivenIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	h, now, b := late(t)
	_, path, form := revoking(t, h, "first")
	form.Set("_password", password)
	if a := b.post(path, form); a.status != 303 {
		t.Fatalf("with the password at once: %d %s", a.status, mainOf(a.body))
	}
	now.Advance(9 * time.Minute)
	id, path, form := revoking(t, h, "second")
	if a := b.post(path, form); a.status != 303 || !revoked(t, h, id) {
		t.Errorf("nine minutes later: %d", a.status)
	}
	now.Advance(2 * time.Minute)
	if _, path, form = revoking(t, h, "third"); !asks(b.post(path, form)) {
		t.Error("eleven minutes later nobody asks")
	}
	form.Del("_csrf")
	if fresh := signedIn(t, h); fresh.post(path, form).status != 303 {
		t.Error("who signs in now is asked")
	}
}

func TestWhatComesBackAfterThePasswordCanBeSent(t *testing.T) {
	t.Parallel()
	h, _, b := late(t)
	id, path, form := revoking(t, h, "Tills")
	form.Set("confirm", "tills")
	form.Set("_password", password)
	a := b.post(path, form)
	if a.status != 422 || !strings.Contains(a.body, "This is not the name of the key.") {
		t.Fatalf("a wrong name: %d %s", a.status, mainOf(a.body))
	}
	before, _, _ := strings.Cut(a.body, `name="confirm"`)
	again := carried(before)
	again.Set("confirm", "Tills")
	if a := b.send(path, again, fromUs); a.status != 303 || !revoked(t, h, id) {
		t.Errorf("%d %s", a.status, mainOf(a.body))
	}
}

func TestEveryActThatCannotBeUndoneAsks(t *testing.T) {
	t.Parallel()
	h, _, b := late(t)
	_, key, form := revoking(t, h, "k")
	for path, act := range map[string]string{
		key:                                   "Revoke the key",
		"/console/t/acme/storage/clear":       "Remove everything of the user",
		"/console/t/acme/devices/item/forget": "Forget the device",
		"/console/tenants/" + h.Tenants[1].ID + "/delete": "Delete the tenant for good",
	} {
		if a := b.post(path, form); !asks(a) || !strings.Contains(a.body, act) {
			t.Errorf("%s: %d %s", path, a.status, mainOf(a.body))
		}
	}
	a := b.post(key, form, "HX-Request: true", "HX-Boosted: true")
	if !asks(a) || a.header.Get("HX-Push-Url") != "false" || !strings.Contains(a.body, "<html") {
		t.Errorf("a boosted form: %d %v", a.status, a.header)
	}
	if a := b.post("/console/account/profile", url.Values{"version": {"1"}, "name": {"A"}, "email": {email}}); a.status != 303 {
		t.Errorf("what can be changed back: %d", a.status)
	}
}

func TestAnotherPersonsPasswordIsWrong(t *testing.T) {
	t.Parallel()
	h, _, b := late(t)
	if _, err := h.Access.CreateAdmin(t.Context(), "bob@example.com", "Bob", "the password of bob"); err != nil {
		t.Fatal(err)
	}
	bob := newBrowser(t, h)
	bob.post("/console/login", url.Values{"email": {"bob@example.com"}, "password": {"the password of bob"}})
	id, path, form := revoking(t, h, "k")
	form.Set("_password", "the password of bob")
	if a := b.post(path, form); !asks(a) || revoked(t, h, id) {
		t.Fatalf("%d", a.status)
	}
	form.Set("_password", password)
	form.Set("_csrf", bob.token("/console/account"))
	if a := b.send(path, form, fromUs); a.status != 403 || revoked(t, h, id) {
		t.Errorf("with a form of another's session: %d", a.status)
	}
	if a := newBrowser(t, h).send(path, form, fromUs); a.status == 303 && a.header.Get("Location") != "/console/login" || revoked(t, h, id) {
		t.Errorf("without a session: %d", a.status)
	}
}

func TestWrongPasswordsAreThrottledAsSignInsAre(t *testing.T) {
	t.Parallel()
	h, _, b := late(t)
	id, path, form := revoking(t, h, "k")
	form.Set("_csrf", b.token("/console/account"))
	form.Set("_password", "wrong wrong")
	var a answer
	for range 12 {
		a = b.send(path, form)
	}
	if a.status != 429 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Too many wrong passwords.") || waiting(a).Get("confirm") != "k" {
		t.Errorf("%d %s", a.status, mainOf(a.body))
	}
	form.Set("_password", password)
	if a = b.send(path, form); a.status != 429 || revoked(t, h, id) {
		t.Errorf("the right one after that: %d", a.status)
	}
	if _, err := h.Access.SignIn(t.Context(), email, password, "192.0.2.7"); !fault.Is(err, fault.RateLimited) {
		t.Errorf("the sign-in does not count them: %v", err)
	}
	if n := len(confirmations(t, h)); n != 10 {
		t.Errorf("%d in the audit", n)
	}
}

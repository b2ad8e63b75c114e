package browser

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/web/e2e"
)

const email, password = "amina@example.com", "a long enough password"

// TestWhatCannotBeUndoneAsksWhoSignedInLongAgo revokes keys in two sessions that
// are older than that, one with script and one without.
func TestWhatCannotBeUndoneAsksWhoSignedInLongAgo(t *testing.T) {
	now := clock.At(time.Now())
	h := built(t, e2e.Options{Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme", "globex", "initech", "umbrella"}, Clock: now})
	if _, err := h.Access.CreateAdmin(t.Context(), email, "Amina Haddad", password); err != nil {
		t.Fatal(err)
	}
	script, plain := signedIn(t, h), signedIn(t, h)
	now.Advance(11 * time.Minute)
	drive(t, "confirm.mjs", h.URL, script, plain)
}

// TestWhoMayLessIsToldSo is about an administrator who may read the audit, and nothing else of the system.
func TestWhoMayLessIsToldSo(t *testing.T) {
	h := built(t, e2e.Options{
		Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme"},
		Policy: "p, installation_admin, installation, console, use\np, installation_admin, installation, audit, read\np, installation_admin, installation, items, read",
	})
	if _, err := h.Access.CreateAdmin(t.Context(), email, "Amina Haddad", password); err != nil {
		t.Fatal(err)
	}
	drive(t, "rights.mjs", h.URL, signedIn(t, h), signedIn(t, h))
}

// signedIn is the token of a new session.
func signedIn(t *testing.T, h *e2e.House) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	form := url.Values{"email": {email}, "password": {password}, "_csrf": {formToken(t, client, h.URL+"/console/login")}}
	res, err := client.PostForm(h.URL+"/console/login", form)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // what it says does not matter
	for _, c := range jar.Cookies(res.Request.URL) {
		if c.Name == "tidemark" {
			return c.Value
		}
	}
	t.Fatalf("the sign-in gave no session: %s", res.Status)
	return ""
}

func formToken(t *testing.T, client *http.Client, page string) string {
	t.Helper()
	res, err := client.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`name="csrf-token" content="([^"]+)"`).FindSubmatch(body)
	if found == nil {
		t.Fatalf("no form token in %s", body)
	}
	return string(found[1])
}

package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/store"
	"tidemark/web/e2e"
)

var (
	secretShown = regexp.MustCompile(`<code id="totp-secret">([A-Z2-7 ]+)</code>`)
	codesShown  = regexp.MustCompile(`<code id="recovery-codes">([^<]+)</code>`)
)

// app is an authenticator app.
type app struct {
	t      *testing.T
	now    *clock.Manual
	secret string
}

// code is what the app shows now; every code is shown once, as time goes on.
func (p app) code() string {
	p.t.Helper()
	p.now.Advance(30 * time.Second)
	code, err := totp.GenerateCode(p.secret, p.now.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// timed is a house with mail whose room of rights has a clock of the test's.
func timed(t *testing.T, change func(*access.Options)) (*e2e.House, *clock.Manual) {
	t.Helper()
	now := clock.At(time.Now())
	h, _ := peopled(t, func(o *access.Options) {
		o.Clock = now
		if change != nil {
			change(o)
		}
	})
	return h, now
}

// enrol sets a second factor up, and gives the app and the recovery codes.
func enrol(t *testing.T, b *browser, now *clock.Manual) (app, []string) {
	t.Helper()
	if a := b.post("/console/account/factor", url.Values{"password": {password}}); a.status != 303 {
		t.Fatalf("begun: %d %s", a.status, mainOf(a.body))
	}
	m := secretShown.FindStringSubmatch(b.get("/console/account/factor").body)
	if m == nil {
		t.Fatal("no secret is shown")
	}
	p := app{t, now, strings.ReplaceAll(m[1], " ", "")}
	a := b.post("/console/account/factor/enable", url.Values{"code": {p.code()}})
	if a.status != 303 || a.header.Get("Location") != "/console/account/factor/codes" {
		t.Fatalf("enabled: %d %s", a.status, mainOf(a.body))
	}
	shown := codesShown.FindStringSubmatch(b.get("/console/account/factor/codes").body)
	if shown == nil {
		t.Fatal("no recovery codes are shown")
	}
	return p, strings.Fields(html.UnescapeString(shown[1]))
}

// half is a browser whose person gave the password, and not yet a code.
func half(t *testing.T, h *e2e.House) *browser {
	t.Helper()
	b := newBrowser(t, h)
	a := b.post("/console/login", url.Values{"email": {email}, "password": {password}})
	if a.status != 303 || a.header.Get("Location") != "/console/login/code" {
		t.Fatalf("the first step: %d %s %s", a.status, a.header.Get("Location"), mainOf(a.body))
	}
	return b
}

func (b *browser) give(code string) answer {
	b.t.Helper()
	return b.post("/console/login/code", url.Values{"code": {code}})
}

func TestASecondFactorIsAskedForOnceItIsOn(t *testing.T) {
	t.Parallel()
	h, now := timed(t, nil)
	b, other := signedIn(t, h), signedIn(t, h)
	if a := b.get("/console/account/factor/qr"); a.status != 404 {
		t.Errorf("a picture before anything is drawn: %d", a.status)
	}
	if a := b.post("/console/account/factor", url.Values{"password": {"wrong wrong"}}); a.status != 422 || !strings.Contains(a.body, "The password is wrong") {
		t.Errorf("a wrong password: %d %s", a.status, mainOf(a.body))
	}
	b.post("/console/account/factor", url.Values{"password": {password}})
	if a := b.get("/console/account/factor/qr"); a.status != 200 || a.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.body, "\x89PNG") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the picture: %d %v", a.status, a.header)
	}
	if a := other.get("/console/account/factor"); secretShown.MatchString(a.body) {
		t.Error("a session that did not give the password sees the secret")
	}
	if a := b.post("/console/account/factor/enable", url.Values{"code": {"000000"}}); a.status != 422 || !strings.Contains(a.body, "look whether the clock") {
		t.Errorf("a wrong code: %d %s", a.status, mainOf(a.body))
	}
	before := cookie(t, b, "tidemark")
	phone, codes := enrol(t, b, now)
	if len(codes) != 10 || cookie(t, b, "tidemark") == before {
		t.Errorf("%d recovery codes, and the token is the old one: %v", len(codes), cookie(t, b, "tidemark") == before)
	}
	if a := b.get("/console/account/factor/codes"); a.status != 303 {
		t.Error("recovery codes are shown twice")
	}
	if a := other.get("/console/account"); a.status != 303 {
		t.Errorf("a session without the second factor: %d", a.status)
	}

	c := half(t, h)
	for _, path := range []string{"/console", "/console/account", "/console/t/acme", "/console/account/factor"} {
		if a := c.get(path); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/console/login") {
			t.Errorf("%s after the password alone: %d %s", path, a.status, a.header.Get("Location"))
		}
	}
	waiting := cookie(t, c, "tidemark")
	if a := c.give("000000"); a.status != 422 || !strings.Contains(a.body, "The code is wrong, or was used before.") {
		t.Errorf("a wrong code: %d %s", a.status, a.body)
	}
	code := phone.code()
	if a := c.give(code[:3] + " " + code[3:]); a.status != 303 || c.get("/console/account").status != 200 {
		t.Fatalf("the code: %d %s", a.status, a.body)
	}
	if cookie(t, c, "tidemark") == waiting {
		t.Error("the session's token is that of before the code")
	}
	if a := newBrowser(t, h).get("/console/account", "Cookie: tidemark="+waiting); a.status != 303 {
		t.Errorf("the token of before the code: %d", a.status)
	}
	if a := half(t, h).give(code); a.status != 422 {
		t.Errorf("a code that was used: %d", a.status)
	}
	if a := half(t, h).give(strings.ToUpper(codes[0])); a.status != 303 {
		t.Errorf("a recovery code: %d", a.status)
	}
	if a := half(t, h).give(codes[0]); a.status != 422 {
		t.Errorf("a recovery code a second time: %d", a.status)
	}
	if a := b.get("/console/account/factor"); !strings.Contains(a.body, "9 of 10 recovery codes are left") {
		t.Error("a used recovery code is counted")
	}
}

func TestASecondFactorIsSwitchedOffWithPasswordAndCode(t *testing.T) {
	t.Parallel()
	h, now := timed(t, nil)
	b := signedIn(t, h)
	phone, codes := enrol(t, b, now)
	off := func(password, code string) answer {
		t.Helper()
		return b.post("/console/account/factor/disable", url.Values{"password": {password}, "code": {code}})
	}
	if a := off("wrong wrong", phone.code()); a.status != 422 {
		t.Errorf("a wrong password: %d", a.status)
	}
	if a := off(password, "000000"); a.status != 422 || !strings.Contains(a.body, "used before") {
		t.Errorf("a wrong code: %d %s", a.status, mainOf(a.body))
	}
	if a := b.post("/console/account/factor/codes", url.Values{"password": {password}}); a.status != 303 {
		t.Errorf("new recovery codes: %d", a.status)
	}
	if a := off(password, codes[0]); a.status != 422 {
		t.Errorf("a recovery code that was replaced: %d", a.status)
	}
	if a := off(password, phone.code()); a.status != 303 || b.get("/console/account").status != 200 {
		t.Errorf("switched off: %d %s", a.status, mainOf(a.body))
	}
	signedIn(t, h)
	if got := did(t, h, 3); !strings.Contains(got, "account.mfa_off") {
		t.Errorf("audit: %s", got)
	}
}

func TestWrongCodesAreThrottled(t *testing.T) {
	t.Parallel()
	h, now := timed(t, nil)
	phone, _ := enrol(t, signedIn(t, h), now)
	b := half(t, h)
	for range 20 {
		if a := b.give("000000"); a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Too many wrong codes") {
				t.Errorf("%v %s", a.header, a.body)
			}
			if a := half(t, h).give(phone.code()); a.status != http.StatusTooManyRequests {
				t.Errorf("another browser with the right one: %d", a.status)
			}
			return
		}
	}
	t.Error("twenty wrong codes were all looked at")
}

func TestWhoMustHaveASecondFactorSetsItUpBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	h, now := timed(t, func(o *access.Options) { o.AdminMFA = true })
	b := signedIn(t, h)
	for _, path := range pages {
		if a := b.get(path); a.status != 303 || a.header.Get("Location") != "/console/account/factor" {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Location"))
		}
	}
	if a := b.get("/console/t/acme/stream", "Accept: text/event-stream"); a.status != 403 {
		t.Errorf("a stream: %d", a.status)
	}
	if a := b.get("/console/palette", "HX-Request: true"); a.status != 403 || a.header.Get("HX-Redirect") != "/console/account/factor" {
		t.Errorf("a fragment: %d", a.status)
	}
	if a := b.send("/console/account/profile", url.Values{"name": {"X"}, "_csrf": {b.token("/console/account/factor")}}); a.status != 303 || a.header.Get("Location") != "/console/account/factor" {
		t.Errorf("an action: %d", a.status)
	}
	if a := b.get("/console/account/factor"); a.status != 200 || !strings.Contains(a.body, "Your role asks for a second factor") {
		t.Errorf("the page: %d %s", a.status, mainOf(a.body))
	}
	phone, _ := enrol(t, b, now)
	if a := b.get("/console/t/acme"); a.status != 200 {
		t.Errorf("afterwards: %d", a.status)
	}
	if a := b.post("/console/account/factor/disable", url.Values{"password": {password}, "code": {phone.code()}}); a.status != 403 {
		t.Errorf("switched off: %d", a.status)
	}
}

func TestARoleAsksForASecondFactor(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	const dana = "dana@example.com"
	if err := h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: dana, Role: access.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, h)
	if a := b.follow(box.link(t, dana), url.Values{"password": {password}}); a.status != 200 {
		t.Fatalf("joined: %d", a.status)
	}
	if _, err := h.Store.SetRegistration(t.Context(), h.Tenants[0].ID, store.Registration{MFARoles: []string{access.RoleViewer}}, h.Tenants[0].Version); err != nil {
		t.Fatal(err)
	}
	h.Access.Forget()
	_, err := h.Access.Login(t.Context(), access.SignIn{Email: dana, Password: password, Address: "192.0.2.1"})
	if !fault.Is(err, fault.MFARequired) {
		t.Errorf("an app: %v", err)
	}
	b.post("/console/login", url.Values{"email": {dana}, "password": {password}})
	if a := b.get("/console/t/acme"); a.status != 303 || a.header.Get("Location") != "/console/account/factor" {
		t.Errorf("the console: %d %s", a.status, a.header.Get("Location"))
	}
}

func TestAnAppGivesTheCodeWithThePassword(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	h, box := peopled(t, func(o *access.Options) { o.Clock = now })
	const dana = "dana@example.com"
	if err := h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: dana, Role: access.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, h)
	b.follow(box.link(t, dana), url.Values{"password": {password}})
	b.post("/console/login", url.Values{"email": {dana}, "password": {password}})
	phone, codes := enrol(t, b, now)
	login := func(code string) error {
		_, err := h.Access.Login(t.Context(), access.SignIn{Email: dana, Password: password, Code: code, Address: "192.0.2.1"})
		return err
	}
	if err := login(""); !fault.Is(err, fault.MFARequired) {
		t.Errorf("without a code: %v", err)
	}
	if err := login("000000"); !fault.Is(err, fault.SignInFailed) {
		t.Errorf("a wrong one: %v", err)
	}
	code := phone.code()
	if err := login(code); err != nil {
		t.Errorf("the right one: %v", err)
	}
	if err := login(code); !fault.Is(err, fault.SignInFailed) {
		t.Errorf("a second time: %v", err)
	}
	if err := login(codes[1]); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if _, err := h.Access.ResetFactors(t.Context(), " Dana@example.com"); err != nil {
		t.Fatal(err)
	}
	if a := b.get("/console/account"); a.status != 303 {
		t.Errorf("a session after the reset: %d", a.status)
	}
	if err := login(""); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

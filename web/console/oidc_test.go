package console_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tidemark/access"
	"tidemark/access/oidc"
	"tidemark/internal/clock"
	"tidemark/internal/seal"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/web/e2e"
)

const public = "https://sync.example.com"

// signingIn is a house whose people may sign in by Acme, and by Globex.
func signingIn(t *testing.T, change func(*e2e.Options)) (*e2e.House, *testkit.IDP, *testkit.IDP) {
	t.Helper()
	acme, globex := testkit.NewIDP(t, true), testkit.NewIDP(t, true)
	box, err := seal.New(strings.Repeat("seal", 10))
	must(t, err)
	return house(t, func(o *e2e.Options) {
		o.People = func(a *access.Options) {
			a.PublicURL, a.Seal, a.Mail = public, box, &postbox{}
			a.Providers = []*oidc.Provider{asked(t, "acme", "Acme", acme), asked(t, "globex", "Globex", globex)}
		}
		if change != nil {
			change(o)
		}
	}), acme, globex
}

func asked(t *testing.T, name, title string, idp *testkit.IDP) *oidc.Provider {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(idp.Certificate())
	p, err := oidc.New(oidc.Options{Name: name, Title: title, Issuer: idp.URL, ClientID: testkit.IDPClient, ClientSecret: testkit.IDPSecret, Roots: roots})
	must(t, err)
	return p
}

// leave presses a button that leads to a provider, and is what the browser comes back with.
func (b *browser) leave(path string, form url.Values, idp *testkit.IDP) url.Values {
	b.t.Helper()
	a := b.post(path, form)
	_, to, led := strings.Cut(a.header.Get("Refresh"), "url=")
	if a.status != http.StatusOK || !led || !strings.Contains(a.body, `href="`) {
		b.t.Fatalf("%s leads nowhere: %d %.200s", path, a.status, mainOf(a.body))
	}
	q, err := idp.Visit(to)
	must(b.t, err)
	return q
}

// by goes to Acme and back.
func (b *browser) by(idp *testkit.IDP, form url.Values) answer {
	b.t.Helper()
	q := b.leave("/console/login/oidc/acme", form, idp)
	return b.get("/console/login/oidc/acme/callback?" + q.Encode())
}

func (b *browser) link(idp *testkit.IDP) answer {
	b.t.Helper()
	q := b.leave("/console/account/identities/link", url.Values{"provider": {"acme"}}, idp)
	b.get("/console/login/oidc/acme/callback?" + q.Encode())
	return b.get("/console/account")
}

func amina(t *testing.T, h *e2e.House) models.Account {
	t.Helper()
	m, err := h.Store.AccountByEmail(context.Background(), email)
	must(t, err)
	return m
}

// TestAnIdentitySignsInOnlyWhereItWasLinked: security 17.
func TestAnIdentitySignsInOnlyWhereItWasLinked(t *testing.T) {
	t.Parallel()
	h, idp, _ := signingIn(t, nil)
	idp.SignInAs("u-1", email, true)
	stranger := newBrowser(t, h)
	a := stranger.by(idp, url.Values{})
	if a.status != 422 || !strings.Contains(a.body, "Nobody signs in by this account of Acme here.") || stranger.get("/console/account").status != 303 {
		t.Fatalf("a verified e-mail of an account lets in: %d", a.status)
	}
	idp.SignInAs("u-2", "nobody@example.com", true)
	other := newBrowser(t, h).by(idp, url.Values{})
	same := func(a answer) string {
		return nowAttr.ReplaceAllString(tokens.ReplaceAllString(mainOf(a.body), ""), "")
	}
	if other.status != a.status || same(other) != same(a) {
		t.Errorf("it can be told whether there is an account with the e-mail:\n%s\n%s", same(a), same(other))
	}

	b := signedIn(t, h)
	idp.SignInAs("u-1", "amina@elsewhere.example", false)
	if a := b.link(idp); !strings.Contains(a.body, "Acme has not verified your e-mail") || strings.Contains(a.body, "last used") {
		t.Errorf("an e-mail that nobody verified: %s", mainOf(a.body))
	}
	idp.SignInAs("u-1", "amina@elsewhere.example", true)
	if a := b.link(idp); !strings.Contains(a.body, "You can sign in with Acme from now on.") || !strings.Contains(a.body, "amina@elsewhere.example") || !strings.Contains(a.body, "not used yet") {
		t.Fatalf("linked: %s", mainOf(a.body))
	}
	if got := did(t, h, 1); got != "account.identity_link" {
		t.Errorf("audit: %s", got)
	}
	if a := b.link(idp); !strings.Contains(a.body, "Somebody signs in by this account of Acme already") {
		t.Errorf("linked twice: %s", mainOf(a.body))
	}

	in := newBrowser(t, h)
	q := in.leave("/console/login/oidc/acme", url.Values{"next": {"/console/t/acme"}}, idp)
	before := cookie(t, in, "tidemark")
	a = in.get("/console/login/oidc/acme/callback?" + q.Encode())
	if a.status != 303 || a.header.Get("Location") != "/console/t/acme" || in.get("/console/t/acme").status != 200 {
		t.Fatalf("signed in: %d %s", a.status, a.header.Get("Location"))
	}
	if after := cookie(t, in, "tidemark"); before == "" || after == before || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the session's token is the one it had before: %v", after == before)
	}
	if got := did(t, h, 1); got != "account.signin" {
		t.Errorf("audit: %s", got)
	}
	if a := newBrowser(t, h).get("/console/login/oidc/acme/callback?" + q.Encode()); a.status != 303 || a.header.Get("Location") != "/console/login?again=1" {
		t.Errorf("the answer in another browser: %d", a.status)
	}
	again := newBrowser(t, h)
	again.get("/console/login/oidc/acme/callback?" + q.Encode())
	if again.get("/console/account").status != 303 {
		t.Error("an answer is good twice")
	}

	must(t, h.Store.LinkIdentity(t.Context(), person(t, h, "eve@example.com"), models.Identity{Issuer: idp.URL, Subject: "u-9", Provider: "acme"}))
	idp.SignInAs("u-9", email, true)
	if a := b.link(idp); !strings.Contains(a.body, "Somebody signs in by this account of Acme already, so it was not linked.") || strings.Contains(a.body, "eve@") {
		t.Errorf("somebody else's: %s", mainOf(a.body))
	}
}

// TestAnAnswerIsOfThisSessionsErrandAlone: state replay, another session's, another provider's, a late one, and a link of somebody else.
func TestAnAnswerIsOfThisSessionsErrandAlone(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	h, idp, globex := signingIn(t, func(o *e2e.Options) { o.Clock = now })
	must(t, h.Store.LinkIdentity(t.Context(), amina(t, h), models.Identity{Issuer: idp.URL, Subject: "u-1", Provider: "acme"}))
	must(t, h.Store.LinkIdentity(t.Context(), amina(t, h), models.Identity{Issuer: globex.URL, Subject: "u-1", Provider: "globex"}))
	begin := func() (*browser, url.Values) {
		b := newBrowser(t, h)
		return b, b.leave("/console/login/oidc/acme", url.Values{}, idp)
	}
	back := func(b *browser, provider string, q url.Values) answer {
		t.Helper()
		return b.get("/console/login/oidc/" + provider + "/callback?" + q.Encode())
	}
	out := func(name string, b *browser, a answer) {
		t.Helper()
		if a.status != 303 && a.status != 422 || b.get("/console/account").status != 303 {
			t.Errorf("%s: %d, and in is %v", name, a.status, b.get("/console/account").status == 200)
		}
	}
	b, q := begin()
	other, theirs := begin()
	out("another session's answer", b, back(b, "acme", theirs))
	out("one's own after that: an errand is done once", b, back(b, "acme", q))
	if a := back(other, "acme", theirs); a.status != 303 || other.get("/console/account").status != 200 {
		t.Errorf("it is good where it is theirs: %d", a.status)
	}

	b, q = begin()
	out("another provider's address", b, back(b, "globex", q))
	b, _ = begin()
	mixed, err := globex.Visit(visited(t, newBrowser(t, h), "globex"))
	must(t, err)
	out("another provider's answer", b, back(b, "acme", mixed))
	b, q = begin()
	q.Set("iss", globex.URL)
	out("another issuer", b, back(b, "acme", q))
	b, q = begin()
	q.Set("state", q.Get("state")+"x")
	out("another state", b, back(b, "acme", q))
	b, q = begin()
	q.Del("code")
	q.Set("error", "access_denied")
	if a := back(b, "acme", q); a.status != 422 || !strings.Contains(a.body, "Acme was not allowed to say who you are") {
		t.Errorf("a refusal: %d %s", a.status, mainOf(a.body))
	}
	b, q = begin()
	now.Advance(10*time.Minute + time.Second)
	out("a late one", b, back(b, "acme", q))
	b, q = begin()
	if a := back(b, "acme", q); a.status != 303 || b.get("/console/account").status != 200 {
		t.Errorf("the right one: %d", a.status)
	}

	in := signedIn(t, h)
	link := in.leave("/console/account/identities/link", url.Values{"provider": {"acme"}}, idp)
	idp.SignInAs("u-7", "ada@example.com", true)
	in.post("/console/logout", url.Values{})
	out("a link of who has left", in, back(in, "acme", link))
	if all, err := h.Store.Identities(t.Context(), amina(t, h).ID); err != nil || len(all) != 2 {
		t.Errorf("%d identities: %v", len(all), err)
	}
}

func visited(t *testing.T, b *browser, provider string) string {
	t.Helper()
	_, to, _ := strings.Cut(b.post("/console/login/oidc/"+provider, url.Values{}).header.Get("Refresh"), "url=")
	return to
}

// TestTheRedirectURIIsOneAndOurs: security 19, of the console.
func TestTheRedirectURIIsOneAndOurs(t *testing.T) {
	t.Parallel()
	h, _, _ := signingIn(t, nil)
	b := newBrowser(t, h)
	a := b.post("/console/login/oidc/acme", url.Values{"redirect_uri": {"https://evil.example.com"}, "next": {"https://evil.example.com"}}, "Host: evil.example.com", "X-Forwarded-Host: evil.example.com")
	_, to, _ := strings.Cut(a.header.Get("Refresh"), "url=")
	u, err := url.Parse(to)
	must(t, err)
	if got := u.Query().Get("redirect_uri"); got != public+"/console/login/oidc/acme/callback" || strings.Contains(to, "evil") {
		t.Errorf("it comes back to %s", to)
	}
	if a := b.post("/console/login/oidc/other", url.Values{}); a.status != 404 {
		t.Errorf("an unknown provider: %d", a.status)
	}
	if a := b.get("/console/login/oidc/acme"); a.status == 200 {
		t.Error("looking at an address begins a sign-in")
	}
}

func TestASecondFactorIsAskedForAfterAProvider(t *testing.T) {
	t.Parallel()
	h, idp, _ := signingIn(t, func(o *e2e.Options) {
		people := o.People
		o.People = func(a *access.Options) { people(a); a.AdminMFA = true }
	})
	m := amina(t, h)
	must(t, h.Store.LinkIdentity(t.Context(), m, models.Identity{Issuer: idp.URL, Subject: "u-1", Provider: "acme"}))
	b := newBrowser(t, h)
	if a := b.by(idp, url.Values{"next": {"/console/t/acme"}}); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	if a := b.get("/console/t/acme"); a.status != 303 || a.header.Get("Location") != "/console/account/factor" {
		t.Errorf("who must have a second factor, and has none: %d %s", a.status, a.header.Get("Location"))
	}
	must(t, h.Access.BeginTOTP(t.Context(), m, password))
	m = amina(t, h)
	enrolment, err := h.Access.TOTPEnrolment(m)
	must(t, err)
	code, err := totp.GenerateCode(enrolment.Secret, time.Now())
	must(t, err)
	codes, err := h.Access.EnableTOTP(t.Context(), m, code, "")
	must(t, err)

	b = newBrowser(t, h)
	a := b.by(idp, url.Values{"next": {"/console/t/acme"}})
	if a.status != 303 || a.header.Get("Location") != "/console/login/code?next=%2Fconsole%2Ft%2Facme" {
		t.Fatalf("%d %s", a.status, a.header.Get("Location"))
	}
	if a := b.get("/console/t/acme"); a.status != 303 {
		t.Errorf("in before the code: %d", a.status)
	}
	if a := b.post("/console/login/code", url.Values{"code": {codes[0]}, "next": {"/console/t/acme"}}); a.status != 303 || b.get("/console/t/acme").status != 200 {
		t.Errorf("in after it: %d", a.status)
	}
}

func TestADisabledAccountStaysOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, idp, _ := signingIn(t, func(o *e2e.Options) { o.Dir = dir })
	must(t, h.Store.LinkIdentity(t.Context(), amina(t, h), models.Identity{Issuer: idp.URL, Subject: "u-1", Provider: "acme"}))
	db, err := sql.Open("sqlite", filepath.Join(dir, "tidemark.db"))
	must(t, err)
	_, err = db.ExecContext(t.Context(), "UPDATE accounts SET disabled = 1")
	must(t, errors.Join(err, db.Close()))
	if a := newBrowser(t, h).by(idp, url.Values{}); a.status != 422 || !strings.Contains(a.body, "This account is disabled.") {
		t.Errorf("%d %s", a.status, mainOf(a.body))
	}
}

func TestTheLastWayInStays(t *testing.T) {
	t.Parallel()
	h, idp, globex := signingIn(t, nil)
	tenant := h.Tenants[0].ID
	must(t, h.Access.Invite(t.Context(), access.Invitation{TenantID: tenant, Email: "ada@example.com", Role: access.RoleDeveloper}))
	b := newBrowser(t, h)
	if a := b.by(idp, url.Values{}); a.status != 422 {
		t.Fatalf("an invited person is in without saying where: %d", a.status)
	}
	if a := newBrowser(t, h).by(idp, url.Values{"tenant": {h.Tenants[1].ID}}); a.status != 422 || !strings.Contains(a.body, "Nobody can join this tenant without an invitation.") {
		t.Fatalf("by an invitation of another tenant: %d %s", a.status, mainOf(a.body))
	}
	if a := b.by(idp, url.Values{"tenant": {tenant}}); a.status != 303 || b.get("/console/t/acme").status != 200 {
		t.Fatalf("by invitation: %d %s", a.status, mainOf(a.body))
	}
	remove := func(idp *testkit.IDP) string {
		b.post("/console/account/identities/remove", url.Values{"issuer": {idp.URL}, "subject": {"u-1"}})
		return b.get("/console/account").body
	}
	if page := remove(idp); !strings.Contains(page, "It is the only way in that you have.") || !strings.Contains(page, "ada@example.com") {
		t.Error("an account without a password lost its identity")
	}
	q := b.leave("/console/account/identities/link", url.Values{"provider": {"globex"}}, globex)
	b.get("/console/login/oidc/globex/callback?" + q.Encode())
	if page := remove(idp); !strings.Contains(page, "You no longer sign in with it.") {
		t.Error("one of two stays")
	}
	if got := did(t, h, 1); got != "account.identity_unlink" {
		t.Errorf("audit: %s", got)
	}
	if page := remove(globex); !strings.Contains(page, "It is the only way in that you have.") {
		t.Error("the other is gone too")
	}
	if a := newBrowser(t, h).by(idp, url.Values{}); a.status != 422 {
		t.Errorf("what was removed signs in: %d", a.status)
	}
	in := signedIn(t, h)
	idp.SignInAs("u-2", email, true)
	in.link(idp)
	if a := in.post("/console/account/identities/remove", url.Values{"issuer": {globex.URL}, "subject": {"u-1"}}); a.status != 303 || !strings.Contains(in.get("/console/account").body, "was removed already") {
		t.Errorf("somebody else's: %d", a.status)
	}
	in.post("/console/account/identities/remove", url.Values{"issuer": {idp.URL}, "subject": {"u-2"}})
	if !strings.Contains(in.get("/console/account").body, "You no longer sign in with it.") {
		t.Error("an account with a password keeps its identity")
	}
}

func TestAnInvitationIsAcceptedByAProvider(t *testing.T) {
	t.Parallel()
	h, idp, _ := signingIn(t, nil)
	must(t, h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: "ada@example.com", Role: access.RoleMember}))
	a := newBrowser(t, h).by(idp, url.Values{"tenant": {h.Tenants[0].ID}})
	if a.status != 200 || !strings.Contains(a.body, "You have joined") {
		t.Errorf("%d %s", a.status, mainOf(a.body))
	}
	taken := newBrowser(t, h)
	must(t, h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: email, Role: access.RoleMember}))
	idp.SignInAs("u-3", email, true)
	if a := taken.by(idp, url.Values{"tenant": {h.Tenants[0].ID}}); a.status != 422 || !strings.Contains(a.body, "There is an account with this e-mail already.") || taken.get("/console/account").status != 303 {
		t.Errorf("an invitation takes an account over: %d %s", a.status, mainOf(a.body))
	}
}

func TestAProviderThatIsDownIsToldAndPasswordsWork(t *testing.T) {
	t.Parallel()
	h, idp, _ := signingIn(t, nil)
	idp.Close()
	b := newBrowser(t, h)
	if a := b.get("/console/login"); !strings.Contains(a.body, "Continue with Acme") || !strings.Contains(a.body, "Continue with Globex") {
		t.Errorf("the sign-in: %s", mainOf(a.body))
	}
	a := b.post("/console/login/oidc/acme", url.Values{})
	if a.status != 503 || !strings.Contains(a.body, "Acme cannot be reached now.") || !strings.Contains(a.body, `name="password"`) {
		t.Errorf("%d %s", a.status, mainOf(a.body))
	}
	in := signedIn(t, h)
	in.post("/console/account/identities/link", url.Values{"provider": {"acme"}})
	if a := in.get("/console/account"); !strings.Contains(a.body, "Acme cannot be reached now.") {
		t.Errorf("%s", mainOf(a.body))
	}
}

func TestSignInsByAProviderAreThrottled(t *testing.T) {
	t.Parallel()
	h, _, _ := signingIn(t, nil)
	b := newBrowser(t, h)
	token := b.token("/console/login")
	for range 20 {
		if a := b.send("/console/login/oidc/acme", url.Values{"_csrf": {token}}); a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Too many sign-ins failed.") {
				t.Errorf("%v %s", a.header, mainOf(a.body))
			}
			return
		}
	}
	t.Error("twenty ways that nobody came back from were all begun")
}

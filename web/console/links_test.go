package console_test

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidemark/access"
	"tidemark/internal/mail"
	"tidemark/internal/seal"
	"tidemark/store"
	"tidemark/web/e2e"
)

// postbox keeps the mail that was sent.
type postbox struct {
	mu   sync.Mutex
	mail []mail.Message
}

func (p *postbox) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mail = append(p.mail, m)
	return nil
}

// sent are the subjects of what was sent to somebody, oldest first.
func (p *postbox) sent(to string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.mail {
		if m.To == to {
			out = append(out, m.Subject)
		}
	}
	return out
}

var linkForm = regexp.MustCompile(`https://sync\.example\.com(/console/\S+)`)

// link is the path of the last link sent to somebody.
func (p *postbox) link(t *testing.T, to string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.mail) {
		if found := linkForm.FindStringSubmatch(m.Text); m.To == to && found != nil {
			return found[1]
		}
	}
	t.Fatalf("no link was sent to %s", to)
	return ""
}

// peopled is a house in which mail is sent and people have second factors.
func peopled(t *testing.T, change func(*access.Options)) (*e2e.House, *postbox) {
	t.Helper()
	box := &postbox{}
	return house(t, func(o *e2e.Options) { o.People = box.people(t, change) }), box
}

// people is how a house is told to mail to the postbox.
func (p *postbox) people(t *testing.T, change func(*access.Options)) func(*access.Options) {
	return func(a *access.Options) {
		sealed, err := seal.New("a secret of tests that is longer than 32 bytes")
		if err != nil {
			t.Fatal(err)
		}
		a.Mail, a.PublicURL, a.Seal = p, "https://sync.example.com", sealed
		a.JWTSecret, a.RefreshSecret = []byte("a secret of tests, longer than 32 bytes"), []byte("another secret of tests, longer than 32 bytes")
		if change != nil {
			change(a)
		}
	}
}

var hiddenToken = regexp.MustCompile(`name="token" value="([^"]*)"`)

// follow opens a link and presses its button.
func (b *browser) follow(path string, form url.Values) answer {
	b.t.Helper()
	a := b.get(path)
	m, csrf := hiddenToken.FindStringSubmatch(a.body), tokenField.FindStringSubmatch(a.body)
	if m == nil || csrf == nil {
		b.t.Fatalf("%s: %d has no form: %s", path, a.status, a.body)
	}
	to, _, _ := strings.Cut(path, "?")
	form.Set("token", m[1])
	form.Set("_csrf", csrf[1])
	return b.send(to, form)
}

func TestAnInvitationIsAcceptedByItsPage(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	const dana = "dana@example.com"
	if err := h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[0].ID, Email: dana, Name: `<b>Dana`, Role: access.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	b, link := newBrowser(t, h), box.link(t, dana)
	for range 2 { // looking changes nothing
		a := b.get(link)
		if a.status != 200 || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" || !strings.Contains(a.body, "&lt;b&gt;Dana") {
			t.Fatalf("the page: %d %v %s", a.status, a.header, a.body)
		}
	}
	if a := b.follow(link, url.Values{"name": {"Dana"}, "password": {"short"}}); a.status != 422 || !strings.Contains(a.body, "at least 8 characters") || strings.Contains(a.body, `"short"`) {
		t.Errorf("a short password: %d %s", a.status, a.body)
	}
	_, token, _ := strings.Cut(link, "token=")
	if a := b.send("/console/join", url.Values{"token": {token}, "name": {"Dana"}, "password": {password}}); a.status != 403 {
		t.Errorf("without a form token: %d", a.status)
	}
	if a := b.follow(link, url.Values{"name": {"Dana"}, "password": {password}}); a.status != 200 || !strings.Contains(a.body, "You have joined") {
		t.Fatalf("accepted: %d %s", a.status, a.body)
	}
	if a := b.get(link); a.status != 422 || !strings.Contains(a.body, "no longer good") {
		t.Errorf("a second time: %d", a.status)
	}
	if a := b.get("/console/account"); a.status != 303 {
		t.Errorf("a link signs nobody in: %d", a.status)
	}
	if a := b.post("/console/login", url.Values{"email": {dana}, "password": {password}}); a.status != 303 {
		t.Errorf("the sign-in: %d %s", a.status, a.body)
	}

	if err := h.Access.Invite(t.Context(), access.Invitation{TenantID: h.Tenants[1].ID, Email: dana, Role: access.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	other := newBrowser(t, h)
	link = box.link(t, dana)
	if a := other.get(link); strings.Contains(a.body, `name="password"`) || !strings.Contains(a.body, "join with it") {
		t.Errorf("who has an account is asked for a password: %s", a.body)
	}
	if a := other.follow(link, url.Values{}); a.status != 200 {
		t.Errorf("joined the second: %d %s", a.status, a.body)
	}
}

func TestARegistrationIsConfirmedByItsPage(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	if _, err := h.Store.SetRegistration(t.Context(), h.Tenants[0].ID, store.Registration{Role: access.RoleMember}, h.Tenants[0].Version); err != nil {
		t.Fatal(err)
	}
	const dana = "dana@example.com"
	if err := h.Access.Register(t.Context(), access.Registration{Tenant: "acme", Email: dana, Password: password}, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	b, link := newBrowser(t, h), box.link(t, dana)
	b.get(link)
	if _, err := h.Store.AccountByEmail(t.Context(), dana); err == nil {
		t.Error("looking at the link made the account")
	}
	b.follow(link, url.Values{"password": {"what somebody else chose"}}).shows(t, 422, "must be the one that was chosen at the registration")
	if _, err := h.Store.AccountByEmail(t.Context(), dana); err == nil {
		t.Error("a password that somebody else chose made the account")
	}
	chosen := url.Values{"password": {password}}
	if a := b.follow(link, chosen); a.status != 200 || !strings.Contains(a.body, "Your e-mail is confirmed") {
		t.Fatalf("confirmed: %d %s", a.status, a.body)
	}
	if _, err := h.Store.AccountByEmail(t.Context(), dana); err != nil {
		t.Error(err)
	}
	if a := b.follow(link, chosen); a.status != 422 || !strings.Contains(a.body, "no longer good") {
		t.Errorf("a second time: %d", a.status)
	}
}

func TestAForgottenPasswordIsReset(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	b := signedIn(t, h)
	stranger := newBrowser(t, h)
	if a := stranger.get("/console/login"); !strings.Contains(a.body, "Forgot your password?") {
		t.Error("the sign-in does not say how to get another password")
	}
	known := stranger.post("/console/forgot", url.Values{"email": {email}})
	unknown := stranger.post("/console/forgot", url.Values{"email": {"nobody@example.com"}})
	strip := func(a answer) string { return nowAttr.ReplaceAllString(tokens.ReplaceAllString(a.body, ""), "") }
	if known.status != 200 || unknown.status != 200 || strip(known) != strip(unknown) {
		t.Errorf("the answers tell whether there is an account: %d %d\n%s\n%s", known.status, unknown.status, strip(known), strip(unknown))
	}
	if n := len(box.sent("nobody@example.com")); n != 0 {
		t.Error("mail went to somebody without an account")
	}
	link := box.link(t, email)
	if a := stranger.follow(link, url.Values{"password": {"short"}}); a.status != 422 {
		t.Errorf("a short one: %d", a.status)
	}
	const fresh = "another long enough password"
	if a := stranger.follow(link, url.Values{"password": {fresh}}); a.status != 200 || !strings.Contains(a.body, "Your password is set") {
		t.Fatalf("reset: %d %s", a.status, a.body)
	}
	if a := b.get("/console/account"); a.status != 303 {
		t.Errorf("the session that was open: %d", a.status)
	}
	if a := stranger.follow(link, url.Values{"password": {fresh}}); a.status != 422 {
		t.Errorf("a second time: %d", a.status)
	}
	if a := stranger.post("/console/login", url.Values{"email": {email}, "password": {fresh}}); a.status != 303 {
		t.Errorf("the new password: %d", a.status)
	}
}

func TestAskingForPasswordsIsThrottled(t *testing.T) {
	t.Parallel()
	h, box := peopled(t, nil)
	b := newBrowser(t, h)
	for range 20 {
		if a := b.post("/console/forgot", url.Values{"email": {email}}); a.status == 429 {
			if n := len(box.sent(email)); n > 10 || a.header.Get("Retry-After") == "" {
				t.Errorf("%d mails, %v", n, a.header)
			}
			return
		}
	}
	t.Error("twenty mails were sent")
}

func TestWithoutMailNobodyIsPromisedALink(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, house(t, nil))
	if a := b.get("/console/login"); strings.Contains(a.body, "Forgot your password?") {
		t.Error("the sign-in promises mail")
	}
	if a := b.get("/console/forgot"); a.status != 200 || !strings.Contains(a.body, "sends no mail") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := b.get("/console/reset"); a.status != 422 || strings.Contains(a.body, "/console/forgot") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

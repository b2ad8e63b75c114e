package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/models"
	"tidemark/views/signin"
	"tidemark/views/ui"
)

// A form that arrives after its session has ended is not done, and not lost
// either: the sign-in carries it along, and then a page shows what was sent and
// sends it again when the person says so. That page has a form token of the new
// session, so nothing is done that nobody looked at. Forms are carried only when
// the browser says that they come from a page of ours, and never with a password or a key in them.
const (
	maxKept    = 256 << 10 // bytes of a form
	logoutPath = "/console/logout"
)

// openForms are sent by who has not signed in.
var openForms = map[string]bool{"/console/login": true, "/console/setup": true, "/console/theme": true, "/console/shortcuts": true}

// ours says whether the browser itself says that a page of this console sent the form; a program says nothing.
func ours(f *fiber.Ctx) bool {
	if site := f.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return f.Get(fiber.HeaderOrigin) != "" && sameSite(f)
}

// outdated answers a form whose token is no longer good, if it was one of ours; otherwise it refuses it.
func (c *Console) outdated(f *fiber.Ctx, refused error) error {
	if !ours(f) || openForms[f.Path()] || partial(f) && visitOf(f).signedIn() {
		return refused
	}
	if !visitOf(f).signedIn() {
		return c.toLogin(f)
	}
	kept := keptOf(f)
	if kept == nil {
		return refused
	}
	return c.resend(f.Status(shown(f, http.StatusForbidden)), *kept)
}

// keptOf is the form of a request, to be sent again; nil when that cannot be.
func keptOf(f *fiber.Ctx) *signin.Kept {
	kind, _, _ := strings.Cut(f.Get(fiber.HeaderContentType), ";")
	if kind != fiber.MIMEApplicationForm || len(f.Body()) > maxKept || f.Path() == logoutPath {
		return nil
	}
	return readKept(f.OriginalURL(), stood(f), string(f.Body()))
}

// readKept reads a form as it was sent; nil when it is none of ours or holds a password or a key.
func readKept(to, back, body string) *signin.Kept {
	values, err := url.ParseQuery(body)
	if err != nil || len(body) > maxKept || !local(to) || openForms[to] {
		return nil
	}
	values.Del("_csrf")
	k := &signin.Kept{To: to, Back: back, Body: values.Encode()}
	for part := range strings.SplitSeq(k.Body, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, _ = url.QueryUnescape(name) // it was escaped a moment ago
		value, _ = url.QueryUnescape(value)
		if strings.Contains(name, "password") || name == "secret" {
			return nil
		}
		if name != "" {
			k.Fields = append(k.Fields, ui.Hidden{Name: name, Value: value})
		}
	}
	return k
}

// stood is the page that a form was sent from.
func stood(f *fiber.Ctx) string {
	for _, from := range []string{f.Get("HX-Current-URL"), f.Get(fiber.HeaderReferer)} {
		if p := pathOf(from); local(p) {
			return p
		}
	}
	return "/console"
}

// hold asks to sign in, with the form that was sent in the hand.
func (c *Console) hold(f *fiber.Ctx) error {
	p := signin.LoginProps{CSRF: c.token(f), Next: stood(f), Kept: keptOf(f)}
	p.Notice = "Your session has ended, so nothing was changed. Sign in and go back in your browser to find what you typed."
	if p.Kept != nil {
		p.Notice = "Your session has ended, so nothing was changed. What you sent is kept: sign in, look at it and send it again."
	}
	f.Set("HX-Push-Url", "false")
	return c.bare(f.Status(shown(f, http.StatusUnauthorized)), "Sign in", signin.Login(p))
}

// shown is the status of a page in place of another: htmx shows one that says that a
// form came back, and calls the others errors.
func shown(f *fiber.Ctx, status int) int {
	if f.Get("HX-Request") != "" {
		return http.StatusUnprocessableEntity
	}
	return status
}

// settle stores the session now, so that the page that answers can have a form of it.
func (c *Console) settle(f *fiber.Ctx, m models.Admin) error {
	token, expires, err := c.sessions.Commit(f.UserContext())
	if err != nil {
		return err
	}
	c.setCookie(f, sessionCookie, token, expires)
	visitOf(f).admin, visitOf(f).token = m, token
	return nil
}

// resend shows a form that was kept, and sends it when the person says so.
func (c *Console) resend(f *fiber.Ctx, k signin.Kept) error {
	f.Set("HX-Push-Url", "false")
	return c.bare(f, "Send it again?", signin.Resend(c.token(f), k))
}

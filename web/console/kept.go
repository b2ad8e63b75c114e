package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/signin"
	"tidemark/views/ui"
)

// A form that arrives after its session has ended is not done, and not lost
// either: the sign-in carries it along, and then a page shows what was sent and
// sends it again when the person says so. That page has a form token of the new
// session, so nothing is done that nobody looked at. Only the person whose page sent it
// gets it back. Forms are carried only when the browser says that they come from a page
// of ours, and never with a password or a key in them.
const (
	loginPath  = "/console/login"
	logoutPath = "/console/logout"
	keptPrefix = "kept." // of the fields that a sign-in carries
)

// openForms are sent by who has not signed in.
var openForms = map[string]bool{
	loginPath: true, "/console/setup": true, "/console/theme": true, "/console/shortcuts": true,
	codePath: true, "/console/login/passkey": true, "/console/login/passkey/begin": true, verifyPath: true, joinPath: true, resetPath: true, forgotPath: true, emailPath: true,
}

func isOpen(path string) bool { return openForms[path] || strings.HasPrefix(path, oidcPath) }

// ours says whether the browser itself says that a page of this console sent the form; a program says nothing.
func ours(f *fiber.Ctx) bool {
	if site := f.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return f.Get(fiber.HeaderOrigin) != "" && sameSite(f)
}

// outdated answers a form whose token is no longer good, if it was one of ours; otherwise it refuses it.
func (c *Console) outdated(f *fiber.Ctx, refused error) error {
	v := visitOf(f)
	switch {
	case !ours(f):
		return refused
	case f.Path() == loginPath && v.signedIn(): // meanwhile, in another tab
		return c.entered(f, v.account)
	case isOpen(f.Path()) || partial(f) && v.signedIn():
		return refused
	case !v.signedIn():
		return c.toLogin(f)
	case sentBy(f) != c.mark(f, v.account.ID):
		return fault.New(fault.OriginNotAllowed, "Somebody else has signed in in this browser since this page was opened, so nothing was done.")
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
	if kind != fiber.MIMEApplicationForm || f.Path() == logoutPath {
		return nil
	}
	return readKept(f.OriginalURL(), stood(f), string(f.Body()))
}

// inHand is the form that a sign-in carries along; nil: none.
func inHand(f *fiber.Ctx) *signin.Kept {
	form := url.Values{}
	for key, value := range f.Request().PostArgs().All() {
		if name, theirs := strings.CutPrefix(string(key), keptPrefix); theirs {
			form.Add(name, string(value))
		}
	}
	return readKept(f.FormValue("kept_to"), after(f.FormValue("next")), form.Encode())
}

// readKept reads a form as it was sent; nil when it is none of ours or holds a password or a key.
// The password that was asked for before an act is not kept, but asked for again.
func readKept(to, back, body string) *signin.Kept {
	values, err := url.ParseQuery(body)
	path, _, _ := strings.Cut(to, "?")
	if err != nil || !local(to) || isOpen(path) {
		return nil
	}
	for _, name := range []string{"_csrf", passwordField, nameField} {
		values.Del(name)
	}
	k := &signin.Kept{To: to, Back: back}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if strings.Contains(name, "password") || name == "secret" {
			return nil
		}
		for _, value := range values[name] {
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
	p := signin.LoginProps{Next: stood(f), Kept: keptOf(f)}
	switch kind, _, _ := strings.Cut(f.Get(fiber.HeaderContentType), ";"); {
	case p.Kept != nil:
		p.Notice = "Your session has ended, so nothing was changed. What you sent is kept: sign in, look at it and send it again."
	case kind == fiber.MIMEMultipartForm:
		p.Next, p.Notice = uploadPage(f), "Your session has ended, so nothing was uploaded. Sign in, then choose the file again: it cannot be kept here."
	default:
		p.Notice = "Your session has ended, so nothing was changed. Sign in and type it again: what has a password or a key in it is not kept."
	}
	f.Set("HX-Push-Url", "false")
	return c.bare(f.Status(shown(f, http.StatusUnauthorized)), "Sign in", c.loginForm(f, p))
}

// uploadPage is the page of an upload with what was typed beside the file.
func uploadPage(f *fiber.Ctx) string {
	path, _, _ := strings.Cut(stood(f), "?")
	if owner := f.FormValue("owner"); owner != "" {
		return path + "?" + url.Values{"owner": {owner}}.Encode()
	}
	return path
}

// entered goes on after a sign-in: with the form in the hand, if it is theirs, or to the page they came from.
func (c *Console) entered(f *fiber.Ctx, m models.Account) error {
	kept := inHand(f)
	switch {
	case kept == nil:
		return f.Redirect(after(f.FormValue("next")), http.StatusSeeOther)
	case sentBy(f) != c.mark(f, m.ID):
		return c.done(f, "/console", flash{Text: "What was sent before you signed in was somebody else’s, so it was not kept.", Bad: true})
	}
	if err := c.settle(f, m); err != nil {
		return err
	}
	return c.resend(f, *kept)
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
func (c *Console) settle(f *fiber.Ctx, m models.Account) error {
	token, expires, err := c.sessions.Commit(f.UserContext())
	if err != nil {
		return err
	}
	c.setCookie(f, sessionCookie, token, expires)
	visitOf(f).account, visitOf(f).token = m, token
	return nil
}

// resend shows a form that was kept, and sends it when the person says so.
func (c *Console) resend(f *fiber.Ctx, k signin.Kept) error {
	f.Set("HX-Push-Url", "false")
	return c.bare(f, "Send it again?", signin.Resend(c.token(f), k))
}

// unsent is the form of a request that failed for a reason that may pass; nil: there is none that could be sent again.
func unsent(f *fiber.Ctx, fl *fault.Error) *signin.Kept {
	if f.Method() != http.MethodPost || !fl.Code.Retryable() || !ours(f) {
		return nil
	}
	return keptOf(f)
}

// notIn shows the sign-in again that could not be tried, with the form in the hand.
func (c *Console) notIn(f *fiber.Ctx, fl *fault.Error) error {
	p := signin.LoginProps{Next: f.FormValue("next"), Email: f.FormValue("email"), Kept: inHand(f)}
	p.Error = fl.Message + " Try again in a moment. (Request " + f.GetRespHeader("X-Request-Id") + ")"
	return c.bare(f, "Sign in", c.loginForm(f, p))
}

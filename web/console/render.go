package console

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/views/layout"
	"tidemark/views/problem"
	"tidemark/views/signin"
	"tidemark/views/ui"
)

// partial says whether htmx asked for a fragment and not for a page.
func partial(f *fiber.Ctx) bool {
	return f.Get("HX-Request") != "" && f.Get("HX-Boosted") == "" && f.Get("HX-History-Restore-Request") == ""
}

// place is where in the console a page stands.
type place struct {
	title  string
	active string // entry of the navigation
	crumbs []layout.Crumb
}

// page answers the body in the console's shell, or alone where htmx asked for a fragment.
func (c *Console) page(f *fiber.Ctx, p place, body templ.Component) error {
	if partial(f) {
		return c.render(f, body)
	}
	s, err := c.shell(f, p)
	if err != nil {
		return err
	}
	return c.render(f, layout.Within(layout.Page(s), body))
}

// bare answers the body on a page without navigation.
func (c *Console) bare(f *fiber.Ctx, title string, body templ.Component) error {
	return c.render(f, layout.Within(layout.Bare(c.frame(f, title)), body))
}

// render answers a component, as a whole or not at all.
func (c *Console) render(f *fiber.Ctx, body templ.Component) error {
	var b bytes.Buffer
	ctx := c.withDoors(context.WithoutCancel(f.UserContext()), c.doors(f)) // what was read in time is shown, and so is the page that says that time ran out
	if err := body.Render(ctx, &b); err != nil {
		return err
	}
	f.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return send(f, b.Bytes())
}

func (c *Console) frame(f *fiber.Ctx, title string) layout.Frame {
	return layout.Frame{
		Title: title, Assets: c.assets.base, CSRF: c.token(f), Version: c.opt.Version, Now: clock.Millis(c.opt.Clock),
		Theme: ui.ThemeOf(f.Cookies(c.cookie(themeCookie))), KeysOff: f.Cookies(c.cookie(keysCookie)) == "off", Path: f.OriginalURL(),
	}
}

func (c *Console) shell(f *fiber.Ctx, p place) (layout.Shell, error) {
	v := visitOf(f)
	switcher, err := c.switcher(f)
	if err != nil {
		return layout.Shell{}, err
	}
	frame := c.frame(f, p.title)
	frame.Toast = c.told(f)
	s := layout.Shell{
		Frame: frame, Active: p.active, Crumbs: p.crumbs, Switcher: switcher,
		Person: layout.Person{Name: v.account.Name, Email: v.account.Email, Role: c.role(f), Picture: portraitOf(v.account)},
		Groups: c.nav(f),
	}
	if v.tenant.ID != "" && c.offers(f, fiber.MethodGet, tenantOf(v.tenant).Href()+"/conflicts") {
		count, err := c.conflictCount(f)
		if err != nil {
			return layout.Shell{}, err
		}
		s.Groups = layout.Counted(s.Groups, "conflicts", count)
	}
	return s, nil
}

// Error renders a fault: a page for a visit, a toast for a fragment, and the way to sign in for who must.
// The status is the one already set.
func (c *Console) Error(f *fiber.Ctx, err error) error {
	setHeaders(f)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.UserContext()), problemPatience) // the request's may have ended
	defer cancel()
	f.SetUserContext(ctx)
	fl, status := fault.From(err), f.Response().StatusCode()
	if wait := fl.RetryAfter.Seconds(); wait > 0 {
		f.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait))))
	}
	switch {
	case status == http.StatusUnauthorized:
		return c.toLogin(f)
	case f.Get(fiber.HeaderAccept) == eventStream:
		return f.SendString(fl.Message)
	case partial(f):
		f.Set("HX-Retarget", "#toasts")
		f.Set("HX-Reswap", "beforeend")
		return c.render(f, ui.Toast(ui.ToastProps{Text: fl.Message, Tone: ui.Bad}))
	}
	return c.problem(f, fl, status)
}

// problemPatience is what a page that tells of trouble asks for, of a database that may be the trouble.
const problemPatience = 300 * time.Millisecond

// again is the address of a page that may be there a moment later.
func again(f *fiber.Ctx, fl *fault.Error) string {
	if f.Method() == http.MethodGet && fl.Code.Retryable() {
		return f.OriginalURL()
	}
	return ""
}

func (c *Console) problem(f *fiber.Ctx, fl *fault.Error, status int) error {
	if f.Method() == http.MethodPost && f.Path() == loginPath && fl.Code.Retryable() && ours(f) {
		return c.notIn(f, fl)
	}
	id, _ := fl.Details["errorId"].(string)
	c.surround(f)
	p := problem.Props{Status: status, Message: fl.Message, RequestID: f.GetRespHeader("X-Request-Id"), ErrorID: id, Back: wayBack(f), Again: again(f, fl)}
	body := problem.Page(p)
	if kept := unsent(f, fl); kept != nil {
		p.Kept = true
		body = templ.Join(problem.Page(p), signin.Unsent(c.token(f), *kept, visitOf(f).signedIn()))
	}
	if visitOf(f).signedIn() {
		if s, err := c.shell(f, place{title: p.Title()}); err == nil { // without a database there is no shell
			return c.render(f, layout.Within(layout.Page(s), body))
		}
	}
	return c.bare(f, p.Title(), body)
}

package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
)

// A form token says whose page it is of, and is a random number with a signature over
// both, over the browser's form cookie and over the session. So it differs on every page,
// cannot be made elsewhere, and is worth nothing in another session.
const (
	formCookie  = "tidemark-form"
	formWhose   = 16 // signs; static/src/requests.js compares them
	formNonce   = 16
	formSeedLen = 26 // of rand.Text
)

var nobody = strings.Repeat("-", formWhose)

var tokenText = base64.RawURLEncoding

// token is a token for the forms of the page that answers this request.
func (c *Console) token(f *fiber.Ctx) string {
	whose, nonce := c.whose(f), make([]byte, formNonce)
	_, _ = rand.Read(nonce) // never fails
	return whose + tokenText.EncodeToString(append(nonce, c.sign(f, whose, nonce)...))
}

// sign binds a nonce to whose page it is on, the browser and its session.
func (c *Console) sign(f *fiber.Ctx, whose string, nonce []byte) []byte {
	return c.mac("form|" + whose + string(nonce) + c.seed(f) + "|" + visitOf(f).token)
}

func (c *Console) mac(text string) []byte {
	mac := hmac.New(sha256.New, c.opt.Secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// mark stands for an administrator, in this browser alone.
func (c *Console) mark(f *fiber.Ctx, id string) string {
	return tokenText.EncodeToString(c.mac("whose|" + c.seed(f) + "|" + id))[:formWhose]
}

// whose is the mark of who is signed in; where nobody is, or that cannot be known, of whose the page was that sent the request.
func (c *Console) whose(f *fiber.Ctx) string {
	if v := visitOf(f); v.signedIn() {
		return c.mark(f, v.account.ID)
	}
	return sentBy(f)
}

// sentBy is the mark of whose the page was that sent a form.
func sentBy(f *fiber.Ctx) string {
	for _, sent := range []string{f.FormValue("_csrf"), f.Get("X-CSRF-Token")} {
		if len(sent) > formWhose {
			return sent[:formWhose]
		}
	}
	return nobody
}

const seedKey = "console.seed"

// seed is the browser's own random text; it gets one with the first form.
func (c *Console) seed(f *fiber.Ctx) string {
	if s, ok := f.Locals(seedKey).(string); ok {
		return s
	}
	s := f.Cookies(c.cookie(formCookie))
	if len(s) != formSeedLen {
		s = rand.Text()
		c.setCookie(f, formCookie, s, time.Time{})
	}
	f.Locals(seedKey, s)
	return s
}

// forms refuses what changes something and was not sent by a page of ours.
func (c *Console) forms(f *fiber.Ctx) error {
	if f.Method() == fiber.MethodGet || f.Method() == fiber.MethodHead {
		return f.Next()
	}
	if !sameSite(f) {
		return fault.New(fault.OriginNotAllowed, "This was sent from another site, so it was not done.")
	}
	if c.fits(f, f.Get("X-CSRF-Token")) || c.fits(f, f.FormValue("_csrf")) {
		return f.Next()
	}
	return c.outdated(f, fault.New(fault.OriginNotAllowed, "The page was open for too long. Go back, reload it and send the form again."))
}

// fits says whether a token is of this browser and its session.
func (c *Console) fits(f *fiber.Ctx, sent string) bool {
	if len(sent) < formWhose {
		return false
	}
	b, err := tokenText.DecodeString(sent[formWhose:])
	return err == nil && len(b) > formNonce && hmac.Equal(b[formNonce:], c.sign(f, sent[:formWhose], b[:formNonce]))
}

// sameSite believes what browsers say of where a request comes from; what says nothing must still have the token.
func sameSite(f *fiber.Ctx) bool {
	if site := f.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := f.Get(fiber.HeaderOrigin)
	if origin == "" || origin == "null" && linkPages[f.Path()] { // a page that tells nobody where one came from
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, string(f.Request().Host()))
}

const preferenceLife = 365 * 24 * time.Hour

// setTheme keeps the theme a person chose.
func (c *Console) setTheme(f *fiber.Ctx) error { return c.prefer(f, themeCookie, f.FormValue("theme")) }

// setShortcuts keeps whether single keys do something.
func (c *Console) setShortcuts(f *fiber.Ctx) error {
	return c.prefer(f, keysCookie, f.FormValue("keys"))
}

const (
	themeCookie = "tidemark-theme"
	keysCookie  = "tidemark-keys"
)

var preferences = map[string]bool{"light": true, "dark": true, "system": true, "on": true, "off": true}

// prefer keeps a choice in a cookie and goes back to where it was made.
func (c *Console) prefer(f *fiber.Ctx, cookie, value string) error {
	if !preferences[value] {
		return fault.OfField("theme", "one_of", "is not one of the choices")
	}
	c.setCookie(f, cookie, value, c.opt.Clock.Now().Add(preferenceLife))
	back := f.FormValue("back")
	if !local(back) {
		back = "/console"
	}
	return f.Redirect(back, http.StatusSeeOther)
}

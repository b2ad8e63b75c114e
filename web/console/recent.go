package console

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/views/signin"
)

// What cannot be undone asks for the password once more when it was given some time
// ago, so that a console left open is not enough to do it. The page that asks has
// the form in it and sends it to where it was sent before, with the password: so it
// goes on from there, and nothing that was typed is lost.
const (
	recentSignIn  = 10 * time.Minute // enough for a row of such acts, and less than a break away from the desk
	passwordField = "_password"
	nameField     = "_username" // for who keeps passwords
	backField     = "_back"     // the page that the form stood in
)

// recently lets through who gave the password a short time ago, and asks everybody
// else for it. act says what is to be done, as its button does.
func (c *Console) recently(act string) fiber.Handler {
	return func(f *fiber.Ctx) error {
		v := visitOf(f)
		password := f.FormValue(passwordField)
		switch {
		case clock.Millis(c.opt.Clock)-c.begun(f) <= recentSignIn.Milliseconds():
			return f.Next()
		case password == "":
			return c.askPassword(f.Status(http.StatusUnprocessableEntity), act, "")
		}
		err := c.opt.Access.Confirm(as(f), v.account, password)
		if err == nil {
			err = c.enter(f, v.account.ID, v.factor)
		}
		if err == nil {
			err = c.settle(f, v.account)
		}
		if err == nil {
			return f.Next()
		}
		return c.askPasswordAgain(f, act, err)
	}
}

// begun is when the password of a session was given, ms.
func (c *Console) begun(f *fiber.Ctx) int64 { return c.sessions.GetInt64(f.UserContext(), keyBegun) }

func (c *Console) askPasswordAgain(f *fiber.Ctx, act string, err error) error {
	fl := fault.From(err)
	switch fl.Code {
	case fault.Invalid:
		return c.askPassword(f.Status(http.StatusUnprocessableEntity), act, "The password is wrong.")
	case fault.RateLimited:
		f.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(fl.RetryAfter.Seconds()))))
		told := fmt.Sprintf("Too many wrong passwords. Try again in %d minutes.", int(math.Ceil(fl.RetryAfter.Minutes())))
		return c.askPassword(f.Status(shown(f, http.StatusTooManyRequests)), act, told)
	default:
		return err
	}
}

// askPassword is the page that asks.
func (c *Console) askPassword(f *fiber.Ctx, act, wrong string) error {
	sent, err := url.ParseQuery(string(f.Body()))
	if err != nil {
		return fault.New(fault.Malformed, "The form cannot be read.")
	}
	back := sent.Get(backField)
	if !local(back) {
		back = stood(f)
	}
	sent.Set(backField, back)
	kept := readKept(f.OriginalURL(), back, sent.Encode())
	if kept == nil {
		return fault.New(fault.BatchTooLarge, "The form is too large to be kept while your password is asked for. Sign out and in again, and repeat this.")
	}
	f.Set("HX-Push-Url", "false")
	return c.page(f, place{title: "Give your password"}, signin.Confirm(signin.ConfirmProps{
		CSRF: c.token(f), Email: visitOf(f).account.Email, Act: act, Object: sent.Get("confirm"), Begun: c.begun(f), Now: clock.Millis(c.opt.Clock), Error: wrong, Kept: *kept,
	}))
}

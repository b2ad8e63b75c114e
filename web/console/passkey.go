package console

import (
	"encoding/base64"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/account"
	"tidemark/views/signin"
)

// A passkey takes two requests: one asks what the browser's authenticator is to answer, and a form brings the answer. What it is
// checked against lies in the session meanwhile, for one answer.
const (
	passkeysPath = accountPath + "/passkeys"

	keyCeremony   = "ceremony"    // what an answer is checked against
	keyCeremonyAt = "ceremony_at" // ms
)

func (c *Console) passkeyRoutes(in fiber.Router) {
	in.Post("/account/passkeys", c.addPasskey)
	in.Post("/account/passkeys/begin", c.beginPasskey)
	in.Post("/account/passkeys/remove", c.recently("Remove the passkey"), c.removePasskey)
}

// pageOrigin is that of the page that sent a request.
func pageOrigin(f *fiber.Ctx) string {
	scheme := "http://"
	if telemetry.RequestOf(f.UserContext()).Secure {
		scheme = "https://"
	}
	return scheme + string(f.Request().Host())
}

// askBrowser answers the script with what the authenticator is asked, or with a sentence about why not.
func (c *Console) askBrowser(f *fiber.Ctx, asked access.Ceremony, err error) error {
	if err != nil {
		fl := fault.From(err)
		text := fl.Message
		for _, e := range fl.Fields {
			text = sentence(e.Path, e.Message)
		}
		switch fl.Code {
		case fault.Invalid, fault.Unavailable:
		case fault.RateLimited:
			f.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(fl.RetryAfter.Seconds()))))
			text = "Too many tries. Try again later."
		default:
			return err
		}
		return f.Status(fl.Code.Status()).JSON(fiber.Map{"message": text})
	}
	ctx := f.UserContext()
	if !visitOf(f).signedIn() {
		c.sessions.SetDeadline(ctx, c.opt.Clock.Now().Add(pendingLife))
	}
	c.sessions.Put(ctx, keyCeremony, string(asked.Keep))
	c.sessions.Put(ctx, keyCeremonyAt, clock.Millis(c.opt.Clock))
	f.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return f.Send(asked.Ask)
}

// asked is what an answer is checked against, once; nil: nothing was asked, or long ago.
func (c *Console) asked(f *fiber.Ctx) []byte {
	ctx := f.UserContext()
	kept, at := c.sessions.PopString(ctx, keyCeremony), c.sessions.GetInt64(ctx, keyCeremonyAt)
	if clock.Millis(c.opt.Clock)-at > pendingLife.Milliseconds() {
		return nil
	}
	return []byte(kept)
}

func (c *Console) beginPasskey(f *fiber.Ctx) error {
	asked, err := c.opt.Access.BeginPasskey(as(f), visitOf(f).account, f.FormValue("password"), pageOrigin(f))
	return c.askBrowser(f, asked, err)
}

// addPasskey adds the passkey that the browser made. Making it verified the person, as a sign-in with it would.
func (c *Console) addPasskey(f *fiber.Ctx) error {
	v := visitOf(f)
	err := c.opt.Access.AddPasskey(as(f), v.account, f.FormValue("name"), pageOrigin(f), c.asked(f), []byte(f.FormValue("credential")))
	if fl := fault.From(err); fault.Is(err, fault.Invalid) {
		text := fl.Message
		for _, e := range fl.Fields {
			text = sentence(e.Path, e.Message)
		}
		return c.done(f, accountPath, flash{Text: text, Bad: true})
	}
	if err != nil {
		return err
	}
	if v.factor == factorNone {
		if err := c.enter(f, v.account.ID, factorPasskey); err != nil {
			return err
		}
	}
	return c.done(f, accountPath, flash{Text: "The passkey is added. You can sign in with it from now on."})
}

func (c *Console) removePasskey(f *fiber.Ctx) error {
	id, err := base64.RawURLEncoding.DecodeString(f.FormValue("id"))
	if err == nil {
		err = c.opt.Store.RemovePasskey(as(f), visitOf(f).account, id)
	}
	if err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: "The passkey is removed."})
}

func passkeysOf(all []models.Passkey) []account.Passkey {
	out := make([]account.Passkey, 0, len(all))
	for _, k := range all {
		out = append(out, account.Passkey{ID: base64.RawURLEncoding.EncodeToString(k.ID), Name: k.Name, Made: k.CreatedAt, Used: k.LastUsedAt})
	}
	return out
}

func (c *Console) beginPasskeySignIn(f *fiber.Ctx) error {
	asked, err := c.opt.Access.BeginPasskeySignIn(pageOrigin(f), telemetry.RequestOf(f.UserContext()).Address)
	return c.askBrowser(f, asked, err)
}

// passkeySignIn signs in who the browser answered for: after the password, only that very person.
func (c *Console) passkeySignIn(f *fiber.Ctx) error {
	ctx := f.UserContext()
	half, err := c.pending(f)
	if err != nil {
		return err
	}
	m, err := c.opt.Access.PasskeySignIn(ctx, pageOrigin(f), telemetry.RequestOf(ctx).Address, c.asked(f), []byte(f.FormValue("credential")))
	if err == nil && half.ID != "" && half.ID != m.ID && strings.HasPrefix(stood(f), codePath) {
		err = fault.New(fault.SignInFailed, "This passkey is somebody else’s.")
	}
	if err == nil {
		err = c.enter(f, m.ID, factorPasskey)
	}
	if err == nil {
		return c.entered(f, m)
	}
	fl := fault.From(err)
	if fl.Code != fault.SignInFailed && fl.Code != fault.Invalid && fl.Code != fault.Unavailable {
		return err
	}
	p := signin.LoginProps{Next: f.FormValue("next"), Error: fl.Message, Kept: inHand(f)}
	return c.bare(f.Status(http.StatusUnprocessableEntity), "Sign in", c.loginForm(f, p))
}

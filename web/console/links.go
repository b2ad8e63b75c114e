package console

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/signin"
)

// Links that were sent by mail lead to pages for who need not be signed in. Looking at one changes nothing, as mail
// programs look at links too; its button does. The token is in the link and then in the form, and no page is told of it.
const (
	verifyPath = "/console/verify"
	joinPath   = "/console/join"
	resetPath  = "/console/reset"
	forgotPath = "/console/forgot"
	emailPath  = "/console/email"
)

var linkPages = map[string]bool{verifyPath: true, joinPath: true, resetPath: true, forgotPath: true, emailPath: true}

func (c *Console) linkRoutes(open fiber.Router) {
	open.Get("/verify", unreferred, c.verifyPage)
	open.Post("/verify", unreferred, c.verify)
	open.Get("/join", unreferred, c.joinPage)
	open.Post("/join", unreferred, c.join)
	open.Get("/reset", unreferred, c.resetPage)
	open.Post("/reset", unreferred, c.reset)
	open.Get("/forgot", unreferred, c.forgotPage)
	open.Post("/forgot", unreferred, c.forgot)
	open.Get("/email", unreferred, c.emailPage)
	open.Post("/email", unreferred, c.confirmEmail)
}

// unreferred tells no other page where its reader came from.
func unreferred(f *fiber.Ctx) error {
	f.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	return f.Next()
}

// byLink is the request's context with whoever holds a link as the author.
func byLink(f *fiber.Ctx) context.Context {
	req := telemetry.RequestOf(f.UserContext())
	return store.As(f.UserContext(), store.Author{Actor: "link", Address: req.Address, UserAgent: req.Agent, RequestID: req.ID, Door: models.DoorConsole})
}

func (c *Console) linkDone(f *fiber.Ctx, title, text string) error {
	return c.bare(f, title, signin.Done(signin.DoneProps{Title: title, Text: text, SignedIn: visitOf(f).signedIn()}))
}

// linkFault answers a form of a link that came back: with what is wrong in it, or that the link is no longer good.
func (c *Console) linkFault(f *fiber.Ctx, err error, title string, p signin.LinkProps) error {
	fl := fault.From(err)
	switch fl.Code {
	case fault.TokenInvalid:
		return c.bare(f.Status(http.StatusUnprocessableEntity), "This link is no longer good", signin.OldLink(c.opt.Access.SendsMail()))
	case fault.Invalid:
		p.Error, p.Fields = "Not everything is right yet", fieldsOf(fl)
	case fault.AlreadyExists:
		p.Error = fl.Message
	case fault.RateLimited:
		p.Error, p.CSRF = waitText(f, fl, "Too many wrong passwords."), c.token(f)
		return c.bare(f, title, signin.Link(p))
	default:
		return err
	}
	p.CSRF = c.token(f)
	return c.bare(f.Status(http.StatusUnprocessableEntity), title, signin.Link(p))
}

// linkPage shows the form of a link.
func (c *Console) linkPage(f *fiber.Ctx, title string, p signin.LinkProps) error {
	if p.Token == "" {
		return c.bare(f.Status(http.StatusUnprocessableEntity), "This link is no longer good", signin.OldLink(c.opt.Access.SendsMail()))
	}
	p.CSRF = c.token(f)
	return c.bare(f, title, signin.Link(p))
}

func verifyForm(token string) signin.LinkProps {
	return signin.LinkProps{Action: verifyPath, Token: token, Title: "Confirm your e-mail", Text: "Give the password that you chose when you registered, and your registration is complete. If it was not you who registered, leave this page: nothing happens.", Chosen: true, Button: "Confirm it"}
}

func (c *Console) verifyPage(f *fiber.Ctx) error {
	return c.linkPage(f, "Confirm your e-mail", verifyForm(f.Query("token")))
}

func (c *Console) verify(f *fiber.Ctx) error {
	token := f.FormValue("token")
	if _, err := c.opt.Access.Verify(byLink(f), token, f.FormValue("password")); err != nil {
		return c.linkFault(f, err, "Confirm your e-mail", verifyForm(token))
	}
	return c.linkDone(f, "Your e-mail is confirmed", "Your registration is complete: you can sign in now, in your app too.")
}

func emailForm(token string) signin.LinkProps {
	return signin.LinkProps{Action: emailPath, Token: token, Title: "Confirm your new e-mail", Text: "From then on you sign in with it, and no longer with the one you had.", Button: "Confirm it"}
}

func (c *Console) emailPage(f *fiber.Ctx) error {
	return c.linkPage(f, "Confirm your new e-mail", emailForm(f.Query("token")))
}

func (c *Console) confirmEmail(f *fiber.Ctx) error {
	token := f.FormValue("token")
	m, err := c.opt.Access.ConfirmEmail(byLink(f), token)
	if err != nil {
		return c.linkFault(f, err, "Confirm your new e-mail", emailForm(token))
	}
	if visitOf(f).account.ID == m.ID {
		visitOf(f).account.Email = m.Email
	}
	return c.linkDone(f, "Your e-mail is changed", "You sign in with the new one from now on.")
}

func resetForm(token string) signin.LinkProps {
	return signin.LinkProps{
		Action: resetPath, Token: token, Title: "Another password", Password: true, Button: "Set it",
		Text: "It signs out every browser and every app that is signed in as you.",
	}
}

func (c *Console) resetPage(f *fiber.Ctx) error {
	return c.linkPage(f, "Another password", resetForm(f.Query("token")))
}

func (c *Console) reset(f *fiber.Ctx) error {
	token := f.FormValue("token")
	if _, err := c.opt.Access.Reset(byLink(f), token, f.FormValue("password")); err != nil {
		return c.linkFault(f, err, "Another password", resetForm(token))
	}
	return c.linkDone(f, "Your password is set", "Every browser and every app that was signed in as you is signed out. Sign in with the new password.")
}

// joinForm is the form of an invitation: who is known joins as they are.
func (c *Console) joinForm(ctx context.Context, token string) (signin.LinkProps, error) {
	in, known, err := c.opt.Access.Invited(ctx, token)
	if err != nil {
		return signin.LinkProps{}, err
	}
	t, err := c.opt.Store.TenantByID(ctx, in.TenantID)
	if err != nil {
		return signin.LinkProps{}, err
	}
	p := signin.LinkProps{Action: joinPath, Token: token, Title: "Join " + t.Name, Email: in.Email, Name: in.Name, Button: "Join", Tenant: t.ID, Providers: c.providers()}
	if known {
		p.Text = "You have an account with this e-mail already, and join with it."
		return p, nil
	}
	p.Text, p.Named, p.Password = "Make your account: you sign in with this e-mail and the password.", true, true
	return p, nil
}

func (c *Console) joinPage(f *fiber.Ctx) error {
	token := f.Query("token")
	p, err := c.joinForm(f.UserContext(), token)
	if err != nil {
		return c.linkFault(f, err, "Join", signin.LinkProps{})
	}
	return c.linkPage(f, p.Title, p)
}

func (c *Console) join(f *fiber.Ctx) error {
	token := f.FormValue("token")
	p, err := c.joinForm(f.UserContext(), token)
	if err != nil {
		return c.linkFault(f, err, "Join", signin.LinkProps{})
	}
	if _, err := c.opt.Access.Accept(byLink(f), token, f.FormValue("name"), f.FormValue("password")); err != nil {
		p.Name = f.FormValue("name")
		return c.linkFault(f, err, p.Title, p)
	}
	return c.linkDone(f, "You have joined", "You can sign in now with "+p.Email+", in your app too.")
}

func (c *Console) forgotPage(f *fiber.Ctx) error {
	return c.bare(f, "Another password", signin.Forgot(signin.ForgotProps{CSRF: c.token(f), Off: !c.opt.Access.SendsMail()}))
}

// forgot has a link sent. What it answers does not tell whether there is an account.
func (c *Console) forgot(f *fiber.Ctx) error {
	ctx, email := byLink(f), f.FormValue("email")
	err := c.opt.Access.AskReset(ctx, email, telemetry.RequestOf(ctx).Address)
	p := signin.ForgotProps{Email: email, Off: !c.opt.Access.SendsMail()}
	switch fl := fault.From(err); {
	case err == nil:
		p.Sent = true
	case fl.Code == fault.RateLimited:
		p.Error = waitText(f, fl, "You asked too often.")
	case p.Off:
	default:
		return err
	}
	p.CSRF = c.token(f)
	return c.bare(f, "Another password", signin.Forgot(p))
}

// waitText sets the status and the headers of who is to wait, and says for how long.
func waitText(f *fiber.Ctx, fl *fault.Error, what string) string {
	f.Status(fl.Code.Status()).Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(fl.RetryAfter.Seconds()))))
	return fmt.Sprintf("%s Try again in %d minutes.", what, int(math.Ceil(fl.RetryAfter.Minutes())))
}

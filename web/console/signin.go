package console

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/signin"
)

func (c *Console) loginPage(f *fiber.Ctx) error {
	if visitOf(f).signedIn() {
		return f.Redirect(after(f.Query("next")), http.StatusSeeOther)
	}
	open, err := c.opt.Access.SetupOpen(f.UserContext())
	if err != nil {
		return err
	}
	if open {
		return c.bare(f, "Set up", signin.Waiting(false))
	}
	p := signin.LoginProps{Next: f.Query("next")}
	switch {
	case f.Query("out") != "":
		p.Notice = "You are signed out."
	case f.Query("again") != "":
		p.Notice = "That sign-in took too long, or was begun elsewhere. Begin again."
	case p.Next != "":
		p.Notice = "Sign in to go on."
	}
	return c.bare(f, "Sign in", c.loginForm(f, p))
}

// loginForm is the form of a sign-in, with the ways in that there are.
func (c *Console) loginForm(f *fiber.Ctx, p signin.LoginProps) templ.Component {
	p.CSRF, p.Mail, p.Providers = c.token(f), c.opt.Access.SendsMail(), c.providers()
	return signin.Login(p)
}

// after is where to go once signed in.
func after(next string) string {
	if local(next) {
		return next
	}
	return "/console"
}

func (c *Console) login(f *fiber.Ctx) error {
	ctx, email := f.UserContext(), f.FormValue("email")
	admin, err := c.opt.Access.SignIn(ctx, email, f.FormValue("password"), telemetry.RequestOf(ctx).Address)
	if err == nil {
		return c.proven(f, admin)
	}
	fl := fault.From(err)
	p := signin.LoginProps{Next: f.FormValue("next"), Email: email, Error: fl.Message, Kept: inHand(f)}
	switch fl.Code {
	case fault.Invalid:
	case fault.RateLimited:
		p.Error = waitText(f, fl, "Too many sign-ins failed.")
	default:
		return err
	}
	return c.bare(f.Status(fl.Code.Status()), "Sign in", c.loginForm(f, p))
}

// proven goes on with who gave the right password: in, or to the second factor.
func (c *Console) proven(f *fiber.Ctx, m models.Account) error {
	owes, err := c.owes(f, m)
	if err != nil {
		return err
	}
	if owes {
		return c.askCode(f, m, f.FormValue("next"), inHand(f))
	}
	if err := c.enter(f, m.ID, factorNone); err != nil {
		return err
	}
	return c.entered(f, m)
}

func (c *Console) logout(f *fiber.Ctx) error {
	if err := c.sessions.Destroy(f.UserContext()); err != nil {
		return err
	}
	return f.Redirect("/console/login?out=1", http.StatusSeeOther)
}

func (c *Console) setupPage(f *fiber.Ctx) error {
	open, err := c.opt.Access.SetupOpen(f.UserContext())
	switch {
	case err != nil:
		return err
	case !open && visitOf(f).signedIn():
		return f.Redirect("/console/setup/tenant", http.StatusSeeOther)
	case !open:
		return f.Redirect("/console/login", http.StatusSeeOther)
	case f.Query("token") == "":
		return c.bare(f, "Set up", signin.Waiting(false))
	}
	return c.bare(f, "Set up", signin.Setup(signin.SetupProps{CSRF: c.token(f), Token: f.Query("token")}))
}

// setUp makes the first administrator and signs them in.
func (c *Console) setUp(f *fiber.Ctx) error {
	open, err := c.opt.Access.SetupOpen(f.UserContext())
	switch {
	case err != nil:
		return err
	case !open:
		return f.Redirect("/console/login", http.StatusSeeOther)
	}
	p := signin.SetupProps{Token: f.FormValue("token"), Email: f.FormValue("email"), Name: f.FormValue("name")}
	ctx := store.As(f.UserContext(), author(f.UserContext(), "setup"))
	admin, err := c.opt.Access.Setup(ctx, p.Token, p.Email, p.Name, f.FormValue("password"))
	if err == nil {
		return c.settled(f, admin)
	}
	fl := fault.From(err)
	switch fl.Code {
	case fault.AlreadyResolved: // somebody was quicker
		return f.Redirect("/console/login", http.StatusSeeOther)
	case fault.TokenInvalid:
		return c.bare(f.Status(http.StatusUnprocessableEntity), "Set up", signin.Waiting(true))
	case fault.Invalid:
	default:
		return err
	}
	p.CSRF, p.Error, p.Fields = c.token(f), "Not everything is right yet", fieldsOf(fl)
	return c.bare(f.Status(http.StatusUnprocessableEntity), "Set up", signin.Setup(p))
}

func (c *Console) settled(f *fiber.Ctx, admin models.Account) error {
	if err := c.enter(f, admin.ID, factorNone); err != nil {
		return err
	}
	return f.Redirect("/console/setup/tenant", http.StatusSeeOther)
}

// fieldsOf is what is wrong with which field, as sentences about the field above them.
func fieldsOf(fl *fault.Error) map[string]string {
	out := map[string]string{}
	for _, e := range fl.Fields {
		out[e.Path] = sentence(e.Path, e.Message)
	}
	return out
}

var fieldNames = map[string]string{"code": "The code", "email": "The e-mail", "file": "The file", "name": "The name", "old": "The current password", "owner": "The user", "password": "The password", "picture": "The picture", "slug": "The slug"}

func sentence(path, message string) string {
	name := fieldNames[path]
	if name == "" {
		name = path
	}
	return name + " " + strings.TrimSuffix(message, ".") + "."
}

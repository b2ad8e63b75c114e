package console

import (
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/views/account"
	"tidemark/views/layout"
)

const (
	factorPath = accountPath + "/factor"
	codesPath  = factorPath + "/codes"
	enrolLife  = 10 * time.Minute // between the password and the first code

	keyEnrol    = "enrol"          // since when this session may see the secret that was drawn, ms
	codesSecret = "recovery codes" // as what they go to the page that shows them
)

func (c *Console) factorRoutes(in fiber.Router) {
	in.Get("/account/factor", c.factorPage)
	in.Post("/account/factor", c.beginFactor)
	in.Get("/account/factor/qr", c.factorPicture)
	in.Post("/account/factor/enable", c.enableFactor)
	in.Post("/account/factor/disable", c.disableFactor)
	in.Get("/account/factor/codes", c.recoveryCodes)
	in.Post("/account/factor/codes", c.newRecoveryCodes)
	in.Post("/account/factor/codes/file", c.saveRecoveryCodes)
}

// enrols says whether this session gave the password a moment ago, and so may see the secret.
func (c *Console) enrols(f *fiber.Ctx) bool {
	at := c.sessions.GetInt64(f.UserContext(), keyEnrol)
	return at != 0 && clock.Millis(c.opt.Clock)-at <= enrolLife.Milliseconds()
}

func (c *Console) factorPage(f *fiber.Ctx) error { return c.factorForm(f, account.FactorProps{}) }

func (c *Console) factorForm(f *fiber.Ctx, p account.FactorProps) error {
	v := visitOf(f)
	p.CSRF, p.Email, p.On = c.token(f), v.account.Email, v.account.TOTPAt != 0
	var err error
	if p.Must, err = c.opt.Access.AsksFactor(f.UserContext(), v.account); err != nil {
		return err
	}
	p.Led = p.Must && v.factor == factorNone
	p.Keys = account.PasskeysProps{CSRF: p.CSRF, Email: p.Email, Now: clock.Millis(c.opt.Clock)}
	if p.On {
		if p.Left, err = c.opt.Store.RecoveryCodes(f.UserContext(), v.account.ID); err != nil {
			return err
		}
	}
	if c.enrols(f) && !p.On {
		drawn, err := c.opt.Access.TOTPEnrolment(v.account)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		p.Secret = spaced(drawn.Secret)
	}
	return c.page(f, factorPlace("Second factor"), account.Factor(p))
}

func factorPlace(title string) place {
	return place{title: title, active: "account", crumbs: []layout.Crumb{{Label: "Account", Href: accountPath}}}
}

// spaced writes a secret in groups of four, as people type it.
func spaced(secret string) string {
	var parts []string
	for ; len(secret) > 4; secret = secret[4:] {
		parts = append(parts, secret[:4])
	}
	return strings.Join(append(parts, secret), " ")
}

// factorFault shows the page again with what is wrong.
func (c *Console) factorFault(f *fiber.Ctx, err error, form string) error {
	fl := fault.From(err)
	p := account.FactorProps{Form: form, Error: fl.Message, Fields: fieldsOf(fl)}
	switch fl.Code {
	case fault.Invalid:
		p.Error = "Nothing was changed"
		f.Status(fl.Code.Status())
	case fault.RateLimited:
		p.Error = waitText(f, fl, "Too many wrong tries.")
	case fault.AlreadyResolved, fault.NotFound:
		return f.Redirect(factorPath, http.StatusSeeOther)
	default:
		return err
	}
	return c.factorForm(f, p)
}

func (c *Console) beginFactor(f *fiber.Ctx) error {
	if err := c.opt.Access.BeginTOTP(as(f), visitOf(f).account, f.FormValue("password")); err != nil {
		return c.factorFault(f, err, account.FormBegin)
	}
	c.sessions.Put(f.UserContext(), keyEnrol, clock.Millis(c.opt.Clock))
	return f.Redirect(factorPath, http.StatusSeeOther)
}

func (c *Console) factorPicture(f *fiber.Ctx) error {
	if !c.enrols(f) {
		return fault.New(fault.NotFound, "No second factor is being set up.")
	}
	drawn, err := c.opt.Access.TOTPEnrolment(visitOf(f).account)
	if err != nil {
		return err
	}
	picture, err := drawn.PNG()
	if err != nil {
		return err
	}
	f.Set(fiber.HeaderContentType, "image/png")
	return f.Send(picture)
}

// enableFactor makes the second factor count. The session goes on under a new token, all others end.
func (c *Console) enableFactor(f *fiber.Ctx) error {
	v := visitOf(f)
	if !c.enrols(f) {
		return c.done(f, factorPath, flash{Text: "That took too long. Begin again.", Bad: true})
	}
	codes, err := c.opt.Access.EnableTOTP(as(f), v.account, f.FormValue("code"), v.token)
	if err != nil {
		return c.factorFault(f, err, account.FormEnable)
	}
	c.sessions.Remove(f.UserContext(), keyEnrol)
	if err := c.enter(f, v.account.ID, factorTOTP); err != nil {
		return err
	}
	return c.showCodes(f, codes)
}

// showCodes goes on to the page that shows recovery codes, once.
func (c *Console) showCodes(f *fiber.Ctx, codes []string) error {
	if err := c.settle(f, visitOf(f).account); err != nil {
		return err
	}
	if err := c.keepSecret(f, codesSecret, strings.Join(codes, "\n")); err != nil {
		return err
	}
	return f.Redirect(codesPath, http.StatusSeeOther)
}

func (c *Console) recoveryCodes(f *fiber.Ctx) error {
	codes := c.takeSecret(f, codesSecret)
	if codes == "" {
		return c.done(f, factorPath, flash{Text: "Recovery codes are shown once. If they were not stored, make others.", Bad: true})
	}
	return c.page(f, factorPlace("Recovery codes"), account.Codes(account.CodesProps{CSRF: c.token(f), Codes: strings.Split(codes, "\n")}))
}

func (c *Console) newRecoveryCodes(f *fiber.Ctx) error {
	codes, err := c.opt.Access.NewRecoveryCodes(as(f), visitOf(f).account, f.FormValue("password"))
	if err != nil {
		return c.factorFault(f, err, account.FormCodes)
	}
	return c.showCodes(f, codes)
}

// saveRecoveryCodes answers the codes that the page has as a file. It knows them only from the page.
func (c *Console) saveRecoveryCodes(f *fiber.Ctx) error {
	f.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	f.Set(fiber.HeaderContentDisposition, `attachment; filename="tidemark-recovery-codes.txt"`)
	return f.SendString("# Tidemark recovery codes of " + visitOf(f).account.Email + ", each good once\n" + f.FormValue("secret") + "\n")
}

// disableFactor takes the second factor away.
func (c *Console) disableFactor(f *fiber.Ctx) error {
	v := visitOf(f)
	if err := c.opt.Access.DisableTOTP(as(f), v.account, f.FormValue("password"), f.FormValue("code")); err != nil {
		return c.factorFault(f, err, account.FormDisable)
	}
	if err := c.enter(f, v.account.ID, factorNone); err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: "The second factor is off."})
}

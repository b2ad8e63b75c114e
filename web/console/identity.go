package console

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/access/oidc"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/account"
)

func (c *Console) identityRoutes(in fiber.Router) {
	in.Post("/account/identities/link", c.recently("Link it"), c.beginLink)
	in.Post("/account/identities/remove", c.recently("Remove the sign-in"), c.removeIdentity)
}

// identitiesOf fills in by which providers the person signs in, and could.
func (c *Console) identitiesOf(f *fiber.Ctx, p *account.Props) error {
	list, err := c.opt.Store.Identities(f.UserContext(), visitOf(f).account.ID)
	if err != nil {
		return err
	}
	p.Others = account.IdentitiesProps{CSRF: p.CSRF, Now: p.Now}
	for _, i := range list {
		p.Others.List = append(p.Others.List, account.Identity{
			Issuer: i.Issuer, Subject: i.Subject, Title: c.opt.Access.ProviderTitle(i), Email: i.Email, Made: i.CreatedAt, Used: i.LastUsedAt,
		})
	}
	for _, o := range c.opt.Access.Providers() {
		p.Others.Offers = append(p.Others.Offers, account.Offer{Name: o.Name, Title: o.Title})
	}
	return nil
}

// beginLink sends who is signed in to a provider, to come back with an identity there.
func (c *Console) beginLink(f *fiber.Ctx) error {
	err := c.leave(f, errand{Provider: f.FormValue("provider"), Account: visitOf(f).account.ID})
	return c.toldOf(f, err)
}

// linkIdentity links the identity that somebody came back with, to the account they left with.
func (c *Console) linkIdentity(f *fiber.Ctx, e errand, back oidc.Return) error {
	v := visitOf(f)
	if v.account.ID != e.Account {
		return f.Redirect(loginPath+"?again=1", http.StatusSeeOther)
	}
	p, err := c.providerNamed(e.Provider)
	if err != nil {
		return err
	}
	err = c.opt.Access.LinkProvider(as(f), v.account, e.Provider, telemetry.RequestOf(f.UserContext()).Address, e.Keep, back)
	if err != nil {
		return c.toldOf(f, err)
	}
	return c.done(f, accountPath, flash{Text: "You can sign in with " + p.Title + " from now on."})
}

// toldOf tells on the account page why a provider was not linked.
func (c *Console) toldOf(f *fiber.Ctx, err error) error {
	if err == nil {
		return nil
	}
	fl := fault.From(err)
	text := fl.Message
	for _, e := range fl.Fields {
		text = sentence(e.Path, e.Message)
	}
	switch fl.Code {
	case fault.SignInFailed, fault.EmailUnverified, fault.AlreadyExists, fault.Invalid, fault.Unavailable, fault.RateLimited:
		return c.done(f, accountPath, flash{Text: text, Bad: true})
	default:
		return err
	}
}

func (c *Console) removeIdentity(f *fiber.Ctx) error {
	i := models.Identity{Issuer: f.FormValue("issuer"), Subject: f.FormValue("subject")}
	err := c.opt.Access.UnlinkProvider(as(f), visitOf(f).account, i.Issuer, i.Subject)
	switch {
	case fault.Is(err, fault.ScopeMissing):
		return c.done(f, accountPath, flash{Text: "It is the only way in that you have. Set a password or add a passkey first.", Bad: true})
	case fault.Is(err, fault.NotFound):
		return c.done(f, accountPath, flash{Text: "That sign-in was removed already."})
	case err != nil:
		return err
	}
	return c.done(f, accountPath, flash{Text: "You no longer sign in with it."})
}

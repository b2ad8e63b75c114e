package console

import (
	"cmp"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/account"
)

// accessOf fills in by what the person comes in, and where.
func (c *Console) accessOf(f *fiber.Ctx, p *account.Props) error {
	ctx, m := f.UserContext(), visitOf(f).account
	p.Factor, p.Email.On = m.TOTPAt != 0, c.opt.Access.SendsMail()
	keys, err := c.opt.Store.Passkeys(ctx, m.ID)
	if err != nil {
		return err
	}
	p.Passkeys = account.PasskeysProps{CSRF: p.CSRF, Email: m.Email, Now: p.Now, Keys: passkeysOf(keys)}
	if err := c.identitiesOf(f, p); err != nil {
		return err
	}
	places, err := c.opt.Store.Memberships(ctx, m.ID)
	if err != nil {
		return err
	}
	names := map[string]string{"": "The installation"}
	for _, t := range places {
		names[t.TenantID] = cmp.Or(t.Tenant, t.Slug)
		p.Places = append(p.Places, account.Place{Name: names[t.TenantID], Role: t.Role, Out: t.Disabled || t.Suspended})
	}
	families, err := c.opt.Store.TokenFamilies(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, s := range families {
		p.SignIns = append(p.SignIns, account.SignIn{
			ID: s.ID, Tenant: cmp.Or(names[s.TenantID], s.TenantID), Device: s.InstanceID, Agent: s.UserAgent, Address: s.Address, Begun: s.CreatedAt, Seen: s.SeenAt,
		})
	}
	return nil
}

// changeEmail has a link sent to the new e-mail, and the old one told.
func (c *Console) changeEmail(f *fiber.Ctx) error {
	m, typed := visitOf(f).account, f.FormValue("email")
	err := c.opt.Access.Confirm(as(f), m, f.FormValue("password"))
	if err == nil {
		err = c.opt.Access.ChangeEmail(as(f), m, typed)
	}
	if err == nil {
		return c.done(f, accountPath, flash{Text: "A link is on its way to " + typed + "."})
	}
	fl := fault.From(err)
	form := account.EmailForm{Typed: typed, Error: "The e-mail was not changed", Fields: fieldsOf(fl)}
	switch fl.Code {
	case fault.Invalid:
		f.Status(fl.Code.Status())
	case fault.RateLimited:
		form.Error = waitText(f, fl, "Too many wrong passwords.")
	default:
		return err
	}
	return c.accountPage(f, account.Props{Profile: profileOf(m), Email: form})
}

func profileOf(m models.Account) account.Profile {
	return account.Profile{Name: m.Name, Email: m.Email, Version: m.Version, Picture: portraitOf(m)}
}

// endApp ends the sign-in of an app, its tokens too.
func (c *Console) endApp(f *fiber.Ctx) error {
	err := c.opt.Access.EndFamily(as(f), visitOf(f).account.ID, f.FormValue("family"))
	if fault.Is(err, fault.NotFound) {
		return c.done(f, accountPath, flash{Text: "That sign-in had ended already."})
	}
	if err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: "The app is signed out."})
}

// signOutEverywhere ends every session but this one, and every sign-in of an app. This session goes on under a new token.
func (c *Console) signOutEverywhere(f *fiber.Ctx) error {
	v := visitOf(f)
	ended, err := c.opt.Access.EndEverywhere(as(f), v.account, v.token)
	if err == nil {
		err = c.enter(f, v.account.ID, v.factor)
	}
	if err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: endedText(ended)})
}

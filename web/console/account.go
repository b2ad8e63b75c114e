package console

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/account"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

const (
	accountPath = "/console/account"
	auditLooked = 100 // rows of the audit since a change in which its author is looked for
)

func (c *Console) accountRoutes(in fiber.Router) {
	in.Get("/account", c.account)
	in.Post("/account/profile", c.saveProfile)
	in.Get("/account/avatar", c.avatar)
	in.Post("/account/avatar", c.changeAvatar)
	in.Post("/account/avatar/remove", c.removeAvatar)
	in.Post("/account/password", c.changePassword)
	in.Post("/account/sessions/end", c.endSession)
	in.Post("/account/sessions/end-others", c.endOtherSessions)
	c.factorRoutes(in)
	c.passkeyRoutes(in)
	c.identityRoutes(in)
	in.Post("/account/email", c.changeEmail)
	in.Post("/account/apps/end", c.endApp)
	in.Post("/account/everywhere", c.signOutEverywhere)
}

func (c *Console) account(f *fiber.Ctx) error {
	m := visitOf(f).account
	return c.accountPage(f, account.Props{Profile: profileOf(m)})
}

// accountPage answers the page around the form that it was given.
func (c *Console) accountPage(f *fiber.Ctx, p account.Props) error {
	v := visitOf(f)
	frame := c.frame(f, "Account")
	p.CSRF, p.Now, p.Theme, p.KeysOff, p.Keys = frame.CSRF, frame.Now, frame.Theme, frame.KeysOff, layout.Shortcuts(c.nav(f))
	p.Password.Email = v.account.Email
	open, err := c.opt.Store.Sessions(f.UserContext(), v.account.ID, p.Now-sessionIdle.Milliseconds())
	if err != nil {
		return err
	}
	p.Sessions = sessionsOf(open, store.SessionID(v.token))
	if err := c.accessOf(f, &p); err != nil {
		return err
	}
	return c.page(f, place{title: "Account", active: "account"}, account.Page(p))
}

// sessionsOf are the rows of the list, this browser's first.
func sessionsOf(open []models.Session, here string) []account.Session {
	var mine, others []account.Session
	for _, s := range open {
		row := account.Session{ID: s.ID, Here: s.ID == here, Agent: s.UserAgent, Address: s.Address, Begun: s.CreatedAt, Seen: s.SeenAt}
		if row.Here {
			mine = append(mine, row)
			continue
		}
		others = append(others, row)
	}
	return append(mine, others...)
}

// saveProfile changes name and e-mail. A save against an older version comes back with what stands now.
func (c *Console) saveProfile(f *fiber.Ctx) error {
	version, err := strconv.ParseInt(f.FormValue("version"), 10, 64)
	if err != nil {
		return fault.OfField("version", "format", "must be a number")
	}
	typed := account.Profile{Name: f.FormValue("name"), Email: f.FormValue("email"), Version: version, Picture: portraitOf(visitOf(f).account)}
	if c.opt.Access.SendsMail() { // changes by a link alone
		typed.Email = visitOf(f).account.Email
	}
	_, err = c.opt.Access.UpdateAccount(as(f), models.Account{ID: visitOf(f).account.ID, Name: typed.Name, Email: typed.Email, Version: version})
	if err == nil {
		return c.done(f, accountPath, flash{Text: "Your profile is saved."})
	}
	fl := fault.From(err)
	switch fl.Code {
	case fault.Invalid:
		typed.Error, typed.Fields = "The profile was not saved", fieldsOf(fl)
	case fault.StaleEdit:
		if typed.Stale, err = c.staleProfile(f); err != nil {
			return err
		}
		typed.Version = visitOf(f).account.Version
	default:
		return err
	}
	return c.accountPage(f.Status(fl.Code.Status()), account.Props{Profile: typed})
}

func (c *Console) staleProfile(f *fiber.Ctx) (*account.Stale, error) {
	v := visitOf(f)
	now, err := c.admin(f.UserContext(), v.account.ID)
	if err != nil {
		return nil, err
	}
	v.account = now
	who, err := c.changedBy(f.UserContext(), now)
	return &account.Stale{Who: who, At: now.UpdatedAt, Name: now.Name, Email: now.Email}, err
}

// changedBy names who changed an administrator last, as the audit has it.
func (c *Console) changedBy(ctx context.Context, m models.Account) (string, error) {
	since := store.AuditQuery{Tenant: new(string), Action: "account.", From: m.UpdatedAt, Limit: auditLooked}
	found, err := c.opt.Store.SearchAudit(ctx, since)
	if err != nil {
		return "", err
	}
	for _, e := range found.Entries {
		if e.Object != m.ID || e.Action != "account.update" && e.Action != "account.avatar" && e.Action != "account.password" {
			continue
		}
		if e.Actor == models.ActorAccount+m.ID {
			return "You, in another window,", nil
		}
		return c.tenantAuthor(ctx, e.Actor)
	}
	return "Somebody", nil
}

// changePassword also gives this session a new token; all others end.
func (c *Console) changePassword(f *fiber.Ctx) error {
	v := visitOf(f)
	ended, err := c.opt.Access.ChangePassword(as(f), v.account, access.Passwords{Old: f.FormValue("old"), New: f.FormValue("password")}, v.token)
	if err == nil {
		if err = c.enter(f, v.account.ID, v.factor); err != nil {
			return err
		}
		return c.done(f, accountPath, flash{Text: "Your password is changed. " + endedText(ended)})
	}
	fl := fault.From(err)
	form := account.PasswordForm{Error: "The password was not changed", Fields: fieldsOf(fl)}
	switch fl.Code {
	case fault.Invalid:
	case fault.RateLimited:
		f.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(fl.RetryAfter.Seconds()))))
		form.Error = fmt.Sprintf("Too many wrong passwords. Try again in %d minutes.", int(math.Ceil(fl.RetryAfter.Minutes())))
	default:
		return err
	}
	m := v.account
	return c.accountPage(f.Status(fl.Code.Status()), account.Props{Profile: profileOf(m), Password: form})
}

func endedText(n int64) string {
	if n == 0 {
		return "No other session was open."
	}
	return fmt.Sprintf("%s other %s ended.", ui.Comma(n), ui.Plural(n, "session", "sessions"))
}

func (c *Console) endSession(f *fiber.Ctx) error {
	err := c.opt.Store.EndSession(as(f), visitOf(f).account, f.FormValue("id"))
	if fault.Is(err, fault.NotFound) {
		return c.done(f, accountPath, flash{Text: "That session had ended already."})
	}
	if err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: "The session is ended."})
}

func (c *Console) endOtherSessions(f *fiber.Ctx) error {
	v := visitOf(f)
	ended, err := c.opt.Store.EndOtherSessions(as(f), v.account, v.token)
	if err != nil {
		return err
	}
	return c.done(f, accountPath, flash{Text: endedText(ended)})
}

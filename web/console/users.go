package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/layout"
	"tidemark/views/ui"
	"tidemark/views/users"
)

const usersPage = 50

func (c *Console) userRoutes(in fiber.Router) {
	in.Get("/t/:tenant/users", c.ofTenant, c.users)
	in.Get("/t/:tenant/users/invite", c.ofTenant, c.askInvite)
	in.Post("/t/:tenant/users/invite", c.ofTenant, c.invite)
	in.Post("/t/:tenant/users/invitations/resend", c.ofTenant, c.resendInvitation)
	in.Post("/t/:tenant/users/invitations/withdraw", c.ofTenant, c.withdrawInvitation)
	in.Get("/t/:tenant/users/user", c.ofTenant, c.user)
	in.Get("/t/:tenant/users/avatar", c.ofTenant, c.userAvatar)
	in.Get("/t/:tenant/users/user/change", c.ofTenant, c.askChangeUser)
	in.Post("/t/:tenant/users/user/change", c.ofTenant, c.changeUser)
	in.Post("/t/:tenant/users/user/sign-ins/end", c.ofTenant, c.endSignIn)
}

func usersOf(f *fiber.Ctx) string { return tenantOf(visitOf(f).tenant).Href() + "/users" }

func userHref(f *fiber.Ctx, id string) string {
	return usersOf(f) + "/user?" + url.Values{"id": {id}}.Encode()
}

func userPlace(f *fiber.Ctx, title string) place {
	return place{title: title, active: "users", crumbs: []layout.Crumb{{Label: "Users", Href: usersOf(f)}}}
}

func (c *Console) users(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	p := users.ListProps{
		CSRF: c.token(f), Base: usersOf(f), Text: strings.TrimSpace(f.Query("q")), Role: f.Query("role"), Removed: f.Query("removed") != "", Now: clock.Millis(c.opt.Clock),
	}
	q := store.MemberQuery{Tenant: t.ID, Role: p.Role, Deleted: p.Removed, Text: p.Text, After: f.Query("after"), Limit: usersPage + 1}
	roles, err := c.opt.Access.Roles(f.UserContext(), t.ID)
	if err != nil {
		return err
	}
	found, err := c.opt.Store.MemberPage(f.UserContext(), q)
	if err != nil {
		return err
	}
	next := ""
	if len(found) > usersPage {
		found = found[:usersPage]
		next = found[usersPage-1].UserID
	}
	for i := range found {
		p.Rows = append(p.Rows, c.userRow(f, &found[i], roles))
	}
	p.Roles = append([]ui.Option{{Label: "any role"}}, roleOptions(roles, p.Role)...)
	p.First, p.Prev, p.Next = pagesOf(f, q.After, next, func(place string) string { return usersAt(p, place) })
	if q.After == "" && !p.Removed && p.Text == "" && p.Role == "" {
		if p.Invitations, err = c.invitations(f.UserContext(), t.ID, roles); err != nil {
			return err
		}
	}
	return c.page(f, place{title: "Users", active: "users"}, users.List(p))
}

// usersAt is the address of a page of the list.
func usersAt(p users.ListProps, after string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": p.Text, "role": p.Role, "after": after, "removed": map[bool]string{true: "1"}[p.Removed]} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(v) == 0 {
		return p.Base
	}
	return p.Base + "?" + v.Encode()
}

func (c *Console) userRow(f *fiber.Ctx, r *store.MemberRow, roles []models.Role) users.Row {
	return users.Row{
		ID: r.UserID, Href: userHref(f, r.UserID), Name: r.Name, Email: r.Email, Picture: pictureOf(f, &r.Member), Role: roleTitle(roles, r.Role), State: userState(&r.Member), Items: r.Items, Bytes: r.Bytes,
	}
}

func userState(m *models.Member) users.State {
	switch {
	case m.DeletedAt != 0:
		return users.Removed
	case m.Disabled:
		return users.Out
	case m.AccountDisabled:
		return users.Disabled
	}
	return users.Active
}

// roleTitle is what a role is called; one that is gone by its name.
func roleTitle(roles []models.Role, name string) string {
	for _, r := range roles {
		if r.Name == name {
			return r.Title
		}
	}
	return name
}

func roleOptions(roles []models.Role, chosen string) []ui.Option {
	var out []ui.Option
	for _, r := range roles {
		out = append(out, ui.Option{Value: r.Name, Label: r.Title, Selected: r.Name == chosen})
	}
	return out
}

func (c *Console) invitations(ctx context.Context, tenantID string, roles []models.Role) ([]users.Invitation, error) {
	all, err := c.opt.Store.Invitations(ctx, tenantID)
	var out []users.Invitation
	for _, i := range all {
		out = append(out, users.Invitation{Email: i.Email, Role: roleTitle(roles, i.Role), User: i.UserID, SentAt: i.CreatedAt, EndsAt: i.ExpiresAt})
	}
	return out, err
}

func (c *Console) askInvite(f *fiber.Ctx) error {
	return c.inviteForm(f, users.InviteProps{}, access.RoleMember)
}

func (c *Console) inviteForm(f *fiber.Ctx, p users.InviteProps, role string) error {
	roles, err := c.opt.Access.RolesToGive(as(f), visitOf(f).tenant.ID)
	if err != nil {
		return err
	}
	p.CSRF, p.Base, p.Roles = c.token(f), usersOf(f), roleOptions(roles, role)
	return c.page(f, userPlace(f, "Invite a user"), users.Invite(p))
}

func (c *Console) invite(f *fiber.Ctx) error {
	in := access.Invitation{
		TenantID: visitOf(f).tenant.ID, Email: strings.TrimSpace(f.FormValue("email")), Name: strings.TrimSpace(f.FormValue("name")), Role: f.FormValue("role"), UserID: strings.TrimSpace(f.FormValue("user")),
	}
	err := c.opt.Access.Invite(as(f), in)
	if err == nil {
		return c.done(f, usersOf(f), flash{Text: "An invitation is on its way to " + isolated(in.Email) + "."})
	}
	fl := fault.From(err)
	p := users.InviteProps{Email: in.Email, Name: in.Name, User: in.UserID, Errors: map[string]string{}}
	switch fl.Code {
	case fault.Invalid:
		for _, e := range fl.Fields {
			p.Errors[e.Path] = inviteFields[e.Path] + " " + e.Message + "."
		}
	case fault.AlreadyExists, fault.Unavailable:
		p.Errors[""] = fl.Message
	default:
		return err
	}
	return c.inviteForm(f.Status(fl.Code.Status()), p, in.Role)
}

var inviteFields = map[string]string{"email": "The e-mail", "name": "The name", "role": "The role", "userId": "The user id"}

func (c *Console) resendInvitation(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	all, err := c.opt.Store.Invitations(f.UserContext(), t.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(i models.AccountToken) bool { return i.Email == f.FormValue("email") })
	if i < 0 {
		return c.done(f, usersOf(f), flash{Text: "That invitation is no longer open.", Bad: true})
	}
	err = c.opt.Access.Invite(as(f), access.Invitation{TenantID: t.ID, Email: all[i].Email, Name: all[i].Name, Role: all[i].Role, UserID: all[i].UserID})
	if err != nil {
		return err
	}
	return c.done(f, usersOf(f), flash{Text: "The invitation was sent again. The link sent before is no longer good."})
}

func (c *Console) withdrawInvitation(f *fiber.Ctx) error {
	err := c.opt.Store.WithdrawInvitation(as(f), visitOf(f).tenant.ID, f.FormValue("email"))
	if fault.Is(err, fault.NotFound) {
		return c.done(f, usersOf(f), flash{Text: "That invitation is no longer open.", Bad: true})
	}
	if err != nil {
		return err
	}
	return c.done(f, usersOf(f), flash{Text: "The invitation is withdrawn; its link is no longer good."})
}

func (c *Console) endSignIn(f *fiber.Ctx) error {
	id, ctx := f.FormValue("id"), f.UserContext()
	s, err := c.opt.Store.TokenFamily(ctx, f.FormValue("sign-in"))
	if err == nil && (s.TenantID != visitOf(f).tenant.ID || s.UserID != id) {
		err = fault.New(fault.NotFound, "There is no such sign-in.")
	}
	if err == nil {
		err = c.opt.Store.RevokeFamily(as(f), s.AccountID, s.ID)
	}
	if err != nil {
		return err
	}
	c.opt.Access.Forget()
	return f.Redirect(userHref(f, id), http.StatusSeeOther)
}

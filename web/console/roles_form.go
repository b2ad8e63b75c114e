package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/roles"
	"tidemark/views/ui"
	"tidemark/views/users"
)

const emptyRules = 2 // that the form has room for beside those there are

func (c *Console) newRole(f *fiber.Ctx) error {
	r := models.Role{TenantID: visitOf(f).tenant.ID, Grants: []string{}}
	if from := f.Query("copy"); from != "" {
		like, err := c.opt.Access.RoleOf(f.UserContext(), r.TenantID, from)
		if err != nil {
			return err
		}
		r.Name, r.Title, r.Grants, r.Fields, r.MFA = like.Name+"-copy", "Copy of "+like.Title, like.Grants, like.Fields, like.MFA
	}
	return c.roleForm(f, roleFormOf(r), r)
}

// roleFormOf is the form with a role's values in it.
func roleFormOf(r models.Role) roles.FormProps {
	p := roles.FormProps{Name: r.Name, Label: r.Title, MFA: r.MFA, Version: r.Version, Fixed: r.BuiltIn}
	known := map[string]bool{}
	for _, area := range permissionWords {
		a := roles.Area{Name: area.area}
		for _, n := range area.names {
			whole, _ := access.Gives(r, access.Permission(n.name))
			a.Ticks, known[n.name] = append(a.Ticks, roles.Tick{Value: n.name, Label: n.label, On: whole}), true
		}
		p.Areas = append(p.Areas, a)
	}
	var narrow []string
	for _, g := range r.Grants {
		if !known[g] && g != "read" && g != "write" {
			narrow = append(narrow, g)
		}
	}
	p.Narrow = strings.Join(narrow, "\n")
	for _, rule := range r.Fields {
		p.Fields = append(p.Fields, roles.Field(rule))
	}
	p.Fields = append(p.Fields, make([]roles.Field, emptyRules)...)
	return p
}

func (c *Console) roleForm(f *fiber.Ctx, p roles.FormProps, r models.Role) error {
	base := rolesBase(f)
	p.CSRF, p.Base, p.NewName = c.token(f), base, r.Version == 0 && !r.BuiltIn
	switch {
	case p.NewName:
		p.Title, p.Action = "New role", base+"/new"
	default:
		p.Title, p.Action, p.Copy = r.Title, roleHref(f, r.Name), base+"/new?"+url.Values{"copy": {r.Name}}.Encode()
	}
	if !p.NewName && !r.BuiltIn {
		p.Delete = roleHref(f, r.Name) + "/delete"
	}
	p.Fixed = p.Fixed || !c.offers(f, fiber.MethodPost, p.Action)
	return c.page(f, rolePlace(f, p.Title), roles.Form(p))
}

func (c *Console) showRole(f *fiber.Ctx) error {
	r, err := c.opt.Access.RoleOf(f.UserContext(), visitOf(f).tenant.ID, f.Params("name"))
	if err != nil {
		return err
	}
	return c.roleForm(f, roleFormOf(r), r)
}

func (c *Console) makeRole(f *fiber.Ctx) error {
	typed := c.roleTyped(f)
	typed.Version = 0
	if err := c.opt.Access.CheckRole(as(f), typed, nil); err != nil {
		return c.roleWrong(f, typed, err)
	}
	if f.FormValue("confirmed") == "" {
		return c.rolePreview(f, typed, rolesBase(f)+"/new", "Make the role "+isolated(typed.Title))
	}
	r, err := c.opt.Access.AddRole(as(f), typed)
	if err != nil {
		return c.roleWrong(f, typed, err)
	}
	return c.done(f, rolesBase(f), flash{Text: "The role " + isolated(r.Title) + " is made."})
}

func (c *Console) saveRole(f *fiber.Ctx) error {
	typed := c.roleTyped(f)
	was, err := c.opt.Access.RoleOf(f.UserContext(), typed.TenantID, typed.Name)
	if err == nil {
		err = c.opt.Access.CheckRole(as(f), typed, &was)
	}
	switch {
	case err != nil:
		return c.roleWrong(f, typed, err)
	case was.Version != typed.Version:
		return c.roleLate(f, typed, was)
	case f.FormValue("confirmed") == "":
		return c.rolePreview(f, typed, roleHref(f, typed.Name), "Change the role "+isolated(was.Title))
	}
	if _, err := c.opt.Access.EditRole(as(f), typed); err != nil {
		return c.roleWrong(f, typed, err)
	}
	return c.done(f, rolesBase(f), flash{Text: "The role " + isolated(typed.Title) + " is saved. It counts within a second."})
}

// roleWrong shows the form again with what is wrong in it, or beside what somebody else saved.
func (c *Console) roleWrong(f *fiber.Ctx, typed models.Role, err error) error {
	fl := fault.From(err)
	switch fl.Code {
	case fault.Invalid:
	case fault.StaleEdit:
		was, err := c.opt.Access.RoleOf(f.UserContext(), typed.TenantID, typed.Name)
		if err != nil {
			return err
		}
		return c.roleLate(f, typed, was)
	default:
		return err
	}
	p := roleFormOf(typed)
	p.Errors = map[string]string{}
	for _, e := range fl.Fields {
		p.Errors[e.Path] = roleFields[e.Path] + " " + e.Message + "."
	}
	return c.roleForm(f.Status(http.StatusUnprocessableEntity), p, typed)
}

var roleFields = map[string]string{"name": "The name", "title": "The title", "grants": "The permissions", "fields": "The rules for parts of values"}

// roleLate shows what was typed, and what somebody else saved meanwhile.
func (c *Console) roleLate(f *fiber.Ctx, typed, now models.Role) error {
	typed.Version = now.Version
	p := roleFormOf(typed)
	gone := func(a, b []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(a), func(g string) bool { return slices.Contains(b, g) }), ", ")
	}
	if more := gone(now.Grants, typed.Grants); more != "" {
		p.Stale = append(p.Stale, "Saved is also "+more+", which yours lacks.")
	}
	if less := gone(typed.Grants, now.Grants); less != "" {
		p.Stale = append(p.Stale, "Saved is no "+less+", which yours has.")
	}
	if now.Title != typed.Title {
		p.Stale = append(p.Stale, "Saved is the title “"+isolated(now.Title)+"”.")
	}
	if now.MFA != typed.MFA {
		p.Stale = append(p.Stale, "Saved is another choice of the second factor.")
	}
	if !slices.Equal(now.Fields, typed.Fields) {
		p.Stale = append(p.Stale, "Saved are other rules for parts of values.")
	}
	p.Stale = append(p.Stale, "Below is what you typed; saved again, it stands over that.")
	return c.roleForm(f.Status(http.StatusConflict), p, typed)
}

// rolePreview shows what a role would do before it is saved.
func (c *Console) rolePreview(f *fiber.Ctx, r models.Role, action, title string) error {
	e, err := c.opt.Access.EffectOf(f.UserContext(), access.Change{TenantID: r.TenantID, Role: r})
	if err != nil {
		return err
	}
	fields := []ui.Hidden{{Name: "confirmed", Value: "1"}, {Name: "version", Value: strconv.FormatInt(r.Version, 10)}, {Name: "name", Value: r.Name}, {Name: "title", Value: r.Title}}
	if r.MFA {
		fields = append(fields, ui.Hidden{Name: "mfa", Value: "on"})
	}
	for _, g := range r.Grants {
		fields = append(fields, ui.Hidden{Name: "grant", Value: g})
	}
	for _, x := range r.Fields {
		fields = append(fields, ui.Hidden{Name: "field-collection", Value: x.Collection}, ui.Hidden{Name: "field-key", Value: x.Key}, ui.Hidden{Name: "field-pointer", Value: x.Pointer}, ui.Hidden{Name: "field-hidden", Value: map[bool]string{true: "1"}[x.Hidden]})
	}
	p := users.ChangeProps{CSRF: c.token(f), Action: action, Cancel: rolesBase(f), Title: title, Text: "This is what it does to those who hold it.", Button: "Save", Fields: fields, Effect: c.effectWords(f, e)}
	return c.page(f, rolePlace(f, "Preview"), users.Change(p))
}

func (c *Console) askDeleteRole(f *fiber.Ctx) error {
	r, err := c.opt.Access.RoleOf(f.UserContext(), visitOf(f).tenant.ID, f.Params("name"))
	if err == nil && r.BuiltIn {
		err = fault.New(fault.NotFound, "This role ships with Tidemark and stays.")
	}
	if err != nil {
		return err
	}
	return c.roleGoing(f, r, nil)
}

func (c *Console) roleGoing(f *fiber.Ctx, r models.Role, stale []string) error {
	gone := r
	gone.DeletedAt = 1
	e, err := c.opt.Access.EffectOf(f.UserContext(), access.Change{TenantID: r.TenantID, Role: gone})
	if err != nil {
		return err
	}
	p := users.ChangeProps{
		CSRF: c.token(f), Action: roleHref(f, r.Name) + "/delete", Cancel: roleHref(f, r.Name), Title: "Delete the role " + isolated(r.Title), Button: "Delete", Danger: true, Stale: stale,
		Text: "It goes to the trash. Who holds it has no rights until it is restored, or they get another.", Fields: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(r.Version, 10)}}, Effect: c.effectWords(f, e),
	}
	return c.page(f, rolePlace(f, "Delete a role"), users.Change(p))
}

func (c *Console) deleteRole(f *fiber.Ctx) error {
	r, err := c.opt.Access.RoleOf(f.UserContext(), visitOf(f).tenant.ID, f.Params("name"))
	if err != nil {
		return err
	}
	now := r
	if r.Version, err = versionOf(f); err != nil {
		return err
	}
	_, err = c.opt.Access.DeleteRole(as(f), r)
	if fault.Is(err, fault.StaleEdit) {
		return c.roleGoing(f.Status(http.StatusConflict), now, []string{"It was saved again."})
	}
	if err != nil {
		return err
	}
	return c.done(f, rolesBase(f), flash{
		Text: "The role " + isolated(r.Title) + " is in the trash.", Undo: roleHref(f, r.Name) + "/restore", With: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(now.Version+1, 10)}},
	})
}

func (c *Console) restoreRole(f *fiber.Ctx) error {
	r := models.Role{TenantID: visitOf(f).tenant.ID, Name: f.Params("name")}
	var err error
	if r.Version, err = versionOf(f); err != nil {
		return err
	}
	r, err = c.opt.Access.RestoreRole(as(f), r)
	if fault.Is(err, fault.StaleEdit) {
		return c.done(f, rolesBase(f), flash{Text: "Somebody changed this role meanwhile.", Bad: true})
	}
	if err != nil {
		return err
	}
	return c.done(f, rolesBase(f), flash{Text: "The role " + isolated(r.Title) + " is back."})
}

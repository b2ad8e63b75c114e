package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/layout"
	"tidemark/views/roles"
	"tidemark/views/ui"
)

func (c *Console) roleRoutes(in fiber.Router) {
	in.Get("/t/:tenant/roles", c.ofTenant, c.roles)
	in.Get("/t/:tenant/roles/new", c.ofTenant, c.newRole)
	in.Post("/t/:tenant/roles/new", c.ofTenant, c.makeRole)
	in.Get("/t/:tenant/roles/why", c.ofTenant, c.why)
	in.Post("/t/:tenant/roles/registration", c.ofTenant, c.setRegistration)
	in.Get("/t/:tenant/roles/role/:name", c.ofTenant, c.showRole)
	in.Post("/t/:tenant/roles/role/:name", c.ofTenant, c.saveRole)
	in.Get("/t/:tenant/roles/role/:name/delete", c.ofTenant, c.askDeleteRole)
	in.Post("/t/:tenant/roles/role/:name/delete", c.ofTenant, c.deleteRole)
	in.Post("/t/:tenant/roles/role/:name/restore", c.ofTenant, c.restoreRole)
}

func rolesBase(f *fiber.Ctx) string { return tenantOf(visitOf(f).tenant).Href() + "/roles" }

func roleHref(f *fiber.Ctx, name string) string { return rolesBase(f) + "/role/" + name }

func rolePlace(f *fiber.Ctx, title string) place {
	return place{title: title, active: "roles", crumbs: []layout.Crumb{{Label: "Roles", Href: rolesBase(f)}}}
}

// permissionWords are what permissions are called, by area, in the order people see them.
var permissionWords = []struct {
	area  string
	names []struct{ name, label string }
}{
	{"Items", []struct{ name, label string }{{"items:read", "Read items"}, {"items:write", "Write and remove items"}, {"items:clear", "Clear all items of a user"}, {"users:all", "Read items of all users at once, by API"}, {"changes:read", "See activity"}, {"status:read", "See the overview"}}},
	{"Conflicts", []struct{ name, label string }{{"conflicts:read", "See conflicts"}, {"conflicts:review", "Decide conflicts"}, {"policies:read", "See rules"}, {"policies:write", "Change rules"}, {"assistant:read", "See the assistant’s settings"}, {"assistant:write", "Change where values may go"}}},
	{"Tables", []struct{ name, label string }{{"schemas:read", "See tables and their fields"}, {"schemas:write", "Make and change tables"}}},
	{"Devices and jobs", []struct{ name, label string }{{"instances:read", "See devices"}, {"instances:write", "Disconnect and forget devices"}, {"jobs:read", "See jobs"}, {"jobs:cancel", "Cancel jobs"}, {"analytics:read", "See figures"}}},
	{"Access", []struct{ name, label string }{{"console:use", "Sign in to the console"}, {"members:read", "See users"}, {"members:write", "Invite and change users"}, {"roles:read", "See roles"}, {"roles:write", "Make and change roles"}, {"apikeys:read", "See API keys"}, {"apikeys:write", "Make and change API keys"}, {"audit:read", "See the audit"}}},
	{"Tenant", []struct{ name, label string }{{"tenants:read", "See the tenant’s settings"}, {"tenants:write", "Change how people come in"}}},
}

func (c *Console) roles(f *fiber.Ctx) error { return c.rolesPage(f, roles.Registration{}) }

func (c *Console) rolesPage(f *fiber.Ctx, people roles.Registration) error {
	ctx, t := f.UserContext(), visitOf(f).tenant
	all, err := c.opt.Access.Roles(ctx, t.ID)
	if err != nil {
		return err
	}
	p := roles.MatrixProps{CSRF: c.token(f), Base: rolesBase(f), People: people}
	for i := range all {
		h := roleHead(f, &all[i])
		if _, h.Members, err = c.opt.Store.HeldMembers(ctx, store.Held{Tenant: t.ID, Role: all[i].Name}, 0); err != nil {
			return err
		}
		h.MFA = h.MFA || slices.Contains(t.MFARoles, h.Name)
		p.Roles = append(p.Roles, h)
	}
	p.Rows = matrixRows(all)
	own, err := c.opt.Store.Roles(ctx, t.ID, true)
	if err != nil {
		return err
	}
	for i := range own {
		if own[i].DeletedAt != 0 {
			p.Trash = append(p.Trash, roleHead(f, &own[i]))
		}
	}
	p.People.Action, p.People.Version = rolesBase(f)+"/registration", t.Version
	p.People.Roles = append([]ui.Option{{Label: "Closed: nobody"}}, roleOptions(all, t.Registration)...)
	for _, r := range all {
		p.People.MFA = append(p.People.MFA, roles.Tick{Value: r.Name, Label: r.Title, On: slices.Contains(t.MFARoles, r.Name)})
	}
	return c.page(f, place{title: "Roles", active: "roles"}, roles.Matrix(p))
}

func roleHead(f *fiber.Ctx, r *models.Role) roles.Head {
	return roles.Head{Name: r.Name, Title: r.Title, Href: roleHref(f, r.Name), Own: !r.BuiltIn, MFA: r.MFA, Fields: len(r.Fields), Version: r.Version}
}

func matrixRows(all []models.Role) []roles.Line {
	var out []roles.Line
	for _, area := range permissionWords {
		for i, n := range area.names {
			l := roles.Line{Name: n.name, Label: n.label}
			if i == 0 {
				l.Area = area.area
			}
			for _, r := range all {
				cell := roles.None
				switch whole, part := access.Gives(r, access.Permission(n.name)); {
				case whole:
					cell = roles.Whole
				case part:
					cell = roles.Part
				}
				l.Cells = append(l.Cells, cell)
			}
			out = append(out, l)
		}
	}
	return out
}

func (c *Console) setRegistration(f *fiber.Ctx) error {
	version, err := versionOf(f)
	if err != nil {
		return err
	}
	r := store.Registration{Role: f.FormValue("role")}
	for _, b := range f.Context().PostArgs().PeekMulti("mfa") {
		r.MFARoles = append(r.MFARoles, string(b))
	}
	_, err = c.opt.Access.SetRegistration(as(f), visitOf(f).tenant.ID, r, version)
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, rolesBase(f), flash{Text: "How people come in is saved."})
	case fault.Invalid:
		p := roles.Registration{}
		for _, e := range fault.From(err).Fields {
			p.Error = "The role " + e.Message + "."
		}
		return c.rolesPage(f.Status(http.StatusUnprocessableEntity), p)
	case fault.StaleEdit:
		return c.rolesPage(f.Status(http.StatusConflict), roles.Registration{Stale: true})
	default:
		return err
	}
}

func (c *Console) why(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	p := roles.WhyProps{
		Base: rolesBase(f), Self: rolesBase(f) + "/why", User: strings.TrimSpace(f.Query("user")), Key: f.Query("key"), Where: strings.TrimSpace(f.Query("where")), Keys: []ui.Option{{Label: "signing in, or a token"}},
	}
	if c.offers(f, fiber.MethodGet, tenantOf(t).Href()+"/api-keys") {
		keys, err := c.opt.Store.KeyPage(f.UserContext(), store.KeyQuery{TenantID: t.ID, Limit: maxColleagues})
		if err != nil {
			return err
		}
		for i := range keys {
			p.Keys = append(p.Keys, ui.Option{Value: keys[i].ID, Label: "key " + keys[i].Name + " " + mask(&keys[i]), Selected: keys[i].ID == p.Key})
		}
	}
	chosen := cmp.Or(f.Query("permission"), string(access.ItemsRead))
	for _, area := range permissionWords {
		for _, n := range area.names {
			p.Permission = append(p.Permission, ui.Option{Value: n.name, Label: n.label, Selected: n.name == chosen})
		}
	}
	if p.User == "" && p.Key == "" {
		return c.page(f, rolePlace(f, "What may somebody do?"), roles.Why(p))
	}
	a, err := c.opt.Access.Effective(f.UserContext(), access.Question{TenantID: t.ID, UserID: p.User, KeyID: p.Key, Permission: access.Permission(chosen), Where: p.Where})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		p.Error = "There is no such key, or it is bound to another user than the one named."
		return c.page(f.Status(fault.Invalid.Status()), rolePlace(f, "What may somebody do?"), roles.Why(p))
	}
	if err != nil {
		return err
	}
	p.Asked, p.Allowed, p.Steps = true, a.Allowed, whySteps(a)
	return c.page(f, rolePlace(f, "What may somebody do?"), roles.Why(p))
}

// whySteps puts an answer into words.
func whySteps(a access.Answer) []roles.Step {
	var out []roles.Step
	add := func(v access.Part, name, yes, no string) {
		if v.Asked {
			out = append(out, roles.Step{Name: name, OK: v.OK, Text: map[bool]string{true: yes, false: no}[v.OK], Rule: v.Rule})
		}
	}
	add(a.User, "The user", "is let in", "is shut out, removed, or has a disabled account")
	add(a.Key, "The key", "lets in", "does not let in: it is "+a.Key.Of)
	add(a.Flags, "Its flags", "allow this kind of thing", "do not allow this: it may only read, or only write")
	add(a.Scopes, "The scopes", "give it by", "do not give it")
	if a.Role.Asked {
		add(a.Role, "The role "+isolated(a.Role.Of), "gives it by", "does not give it")
	} else {
		out = append(out, roles.Step{Name: "The role", OK: true, Text: "takes nothing away: there is none that counts here"})
	}
	return out
}

// roleTyped is the role as the form has it.
func (c *Console) roleTyped(f *fiber.Ctx) models.Role {
	r := models.Role{TenantID: visitOf(f).tenant.ID, Name: strings.TrimSpace(cmp.Or(f.Params("name"), f.FormValue("name"))), Title: strings.TrimSpace(f.FormValue("title")), MFA: f.FormValue("mfa") != "", Grants: []string{}, Fields: []models.FieldRule{}}
	args := f.Context().PostArgs()
	for _, b := range args.PeekMulti("grant") {
		r.Grants = append(r.Grants, string(b))
	}
	r.Grants = append(r.Grants, linesOf(f.FormValue("narrow"))...)
	collections, keys, pointers, hidden := args.PeekMulti("field-collection"), args.PeekMulti("field-key"), args.PeekMulti("field-pointer"), args.PeekMulti("field-hidden")
	for i := range min(len(collections), len(keys), len(pointers), len(hidden)) {
		rule := models.FieldRule{Collection: string(collections[i]), Key: string(keys[i]), Pointer: string(pointers[i]), Hidden: len(hidden[i]) > 0}
		if rule.Collection+rule.Key+rule.Pointer != "" {
			r.Fields = append(r.Fields, rule)
		}
	}
	r.Version, _ = strconv.ParseInt(f.FormValue("version"), 10, 64) // of a new role there is none
	return r
}

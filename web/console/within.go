package console

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

// tenantsFor are the first tenants that who is signed in may look at, by slug, whose slug or name contains the text.
func (c *Console) tenantsFor(f *fiber.Ctx, text string, most int) ([]layout.Tenant, error) {
	v := visitOf(f)
	if v.account.Installation {
		all, err := c.opt.Store.FindTenants(f.UserContext(), text, most)
		return tenantsOf(all), err
	}
	places, err := c.opt.Access.Places(f.UserContext(), v.account)
	slices.SortFunc(places, func(a, b models.Membership) int { return cmp.Compare(a.Slug, b.Slug) })
	out := []layout.Tenant{}
	for _, p := range places {
		if fitsTenant(p, text) && len(out) < most {
			out = append(out, layout.Tenant{Slug: p.Slug, Name: p.Tenant, Suspended: p.Suspended})
		}
	}
	return out, err
}

func fitsTenant(p models.Membership, text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(p.Slug, text) || strings.Contains(strings.ToLower(p.Tenant), text)
}

// tenantNamed is the tenant at an address, for who has a place in it; for others it is as unknown as one that is not there.
func (c *Console) tenantNamed(f *fiber.Ctx, slug string) (models.Tenant, error) {
	t, err := c.opt.Store.TenantBySlug(f.UserContext(), slug)
	if err != nil {
		return t, err
	}
	m := visitOf(f).account
	if m.Installation {
		return t, nil
	}
	err = c.opt.Access.AllowAccount(f.UserContext(), m, t.ID, access.Console)
	if fault.Is(err, fault.ScopeMissing) {
		err = fault.Wrap(fault.NotFound, err, "There is no tenant at this address.")
	}
	if err != nil {
		return models.Tenant{}, err
	}
	return t, nil
}

// role is what a person is, where they are.
func (c *Console) role(f *fiber.Ctx) string {
	v := visitOf(f)
	if !v.account.Installation && v.tenant.ID == "" {
		return "Member"
	}
	title, err := c.opt.Access.RoleOfAccount(f.UserContext(), v.account, v.tenant.ID)
	if err != nil {
		return "Member"
	}
	return title
}

// nav is the navigation with what the person may open.
func (c *Console) nav(f *fiber.Ctx) []layout.NavGroup {
	groups := []layout.NavGroup{layout.InstallationNav()}
	if t := visitOf(f).tenant; t.ID != "" {
		groups = layout.TenantNav(t.Slug)
	}
	return only(groups, c.doors(f))
}

func only(groups []layout.NavGroup, open func(method, path string) bool) []layout.NavGroup {
	if open == nil {
		return groups
	}
	var out []layout.NavGroup
	for _, g := range groups {
		g.Items = slices.DeleteFunc(g.Items, func(n layout.NavItem) bool { return !open(fiber.MethodGet, n.Href) })
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// doors says which pages and actions are open to who is signed in, by the table that the guard goes by; nil: all are.
func (c *Console) doors(f *fiber.Ctx) func(method, path string) bool {
	v := visitOf(f)
	if !v.signedIn() || v.account.Installation {
		return nil
	}
	return c.doorsOf(context.WithoutCancel(f.UserContext()), *v)
}

func (c *Console) doorsOf(ctx context.Context, v visit) func(method, path string) bool {
	known := map[access.Permission]bool{}
	return func(method, path string) bool {
		p, ofTenant, ok := pageAt(method, path)
		if !ok || p == access.Authenticated {
			return true
		}
		id := ""
		if ofTenant {
			id = v.tenant.ID
		}
		name := p + access.Permission("@"+id)
		open, asked := known[name]
		if !asked {
			open = c.opt.Access.AllowAccount(ctx, v.account, id, p) == nil
			known[name] = open
		}
		return open
	}
}

// offers says whether an action is open to who is signed in, so that a page can leave it out.
func (c *Console) offers(f *fiber.Ctx, method, path string) bool {
	open := c.doors(f)
	return open == nil || open(method, path)
}

// withDoors lets what is rendered leave out what is not open.
func (c *Console) withDoors(ctx context.Context, open func(method, path string) bool) context.Context {
	if open == nil {
		return ctx
	}
	return ui.WithDoors(ctx, open)
}

// pageAt is the permission of the page at an address, and whether it is asked in a tenant; an address outside the table is not ok.
func pageAt(method, address string) (p access.Permission, ofTenant, ok bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false, false
	}
	parts, best := strings.Split(strings.Trim(u.Path, "/"), "/"), -1
	for _, page := range pageTable()[method] {
		if n := page.fits(parts); n > best {
			best, p, ofTenant = n, page.needs, len(page.path) > 1 && page.path[1] == "t"
		}
	}
	return p, ofTenant, best >= 0
}

// pageEntry is a row of access.Pages.
type pageEntry struct {
	path  []string
	needs access.Permission
}

// pageTable is access.Pages by method.
var pageTable = sync.OnceValue(func() map[string][]pageEntry {
	out := map[string][]pageEntry{}
	for name, p := range access.Pages {
		method, path, _ := strings.Cut(name, " ")
		out[method] = append(out[method], pageEntry{strings.Split(strings.Trim(path, "/"), "/"), p})
	}
	return out
})

// fits is how many parts of the page's path a path has word for word; -1: it is not the page's.
func (e pageEntry) fits(parts []string) int {
	if len(parts) != len(e.path) {
		return -1
	}
	n := 0
	for i, part := range e.path {
		switch {
		case part == parts[i]:
			n++
		case !strings.HasPrefix(part, ":"):
			return -1
		}
	}
	return n
}

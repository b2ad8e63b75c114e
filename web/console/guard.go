package console

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
)

// guarded adds pages for people who hold the permission that access.Pages has for each.
type guarded struct {
	fiber.Router
	c      *Console
	prefix string // below /console
}

// Group adds pages below a prefix.
func (g guarded) Group(prefix string, h ...fiber.Handler) fiber.Router {
	return guarded{g.Router.Group(prefix, h...), g.c, g.prefix + prefix}
}

// Get adds a page.
func (g guarded) Get(path string, h ...fiber.Handler) fiber.Router {
	return g.Router.Get(path, g.held(fiber.MethodGet, path, h)...)
}

// Post adds an action.
func (g guarded) Post(path string, h ...fiber.Handler) fiber.Router {
	return g.Router.Post(path, g.held(fiber.MethodPost, path, h)...)
}

// held puts the question whether the person may do it before the handler, behind what finds the tenant.
func (g guarded) held(method, path string, h []fiber.Handler) []fiber.Handler {
	name := method + " /console" + strings.TrimSuffix(g.prefix+path, "/")
	p, ok := access.Pages[name]
	if !ok {
		g.c.faults = append(g.c.faults, fmt.Errorf("%s has no permission in access.Pages", name))
	}
	last := len(h) - 1
	return append(append(append([]fiber.Handler{}, h[:last]...), g.c.may(name, p)), h[last])
}

// may lets through who holds a permission, in the tenant of the page or, where it is of none, in the installation.
// With it comes what of values the person's role there keeps from them.
func (c *Console) may(page string, p access.Permission) fiber.Handler {
	return func(f *fiber.Ctx) (err error) {
		if p == access.Authenticated {
			return f.Next()
		}
		if err = c.allow(f, p); err != nil {
			return err
		}
		v := visitOf(f)
		if v.fields, err = c.opt.Access.FieldsFor(f.UserContext(), v.account, v.tenant.ID, page); err != nil {
			return err
		}
		visitOf(f).needs = p
		return f.Next()
	}
}

// allow says whether who is asking holds a permission where the page is: nil, or why not.
func (c *Console) allow(f *fiber.Ctx, p access.Permission) error {
	v := visitOf(f)
	return c.opt.Access.AllowAccount(f.UserContext(), v.account, v.tenant.ID, p)
}

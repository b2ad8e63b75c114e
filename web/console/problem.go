package console

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// wayBack is where to go from a page that says what went wrong: to the one before, or to where the tenant's pages begin.
func wayBack(f *fiber.Ctx) string {
	before := stood(f)
	switch t := visitOf(f).tenant; {
	case before != "/console" && before != f.OriginalURL():
		return before
	case t.ID != "" && f.Path() != tenantOf(t).Href():
		return tenantOf(t).Href()
	}
	return "/console"
}

// surround finds the tenant of an address at which there is no page, so that its pages stay at hand.
func (c *Console) surround(f *fiber.Ctx) {
	v := visitOf(f)
	rest, inside := strings.CutPrefix(f.Path(), "/console/t/")
	if !inside || v.tenant.ID != "" || !v.signedIn() {
		return
	}
	slug, _, _ := strings.Cut(rest, "/")
	if t, err := c.tenantNamed(f, slug); err == nil { // without it the page is the installation's
		v.tenant = t
	}
}

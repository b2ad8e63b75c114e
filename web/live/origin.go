package live

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
)

// origins are the pages of other hosts that may connect.
type origins struct {
	any  bool
	list map[string]bool
}

func newOrigins(list []string) origins {
	o := origins{list: map[string]bool{}}
	for _, s := range list {
		if s == "*" {
			o.any = true
			continue
		}
		o.list[strings.ToLower(s)] = true
	}
	return o
}

// check refuses pages of foreign origins: `origin_not_allowed`. Programs, which send none, pass.
func (o origins) check(c *fiber.Ctx) error {
	origin := strings.ToLower(string(c.Request().Header.Peek(fiber.HeaderOrigin)))
	if origin == "" || o.any || o.list[origin] || origin == own(c) {
		return nil
	}
	return fault.New(fault.OriginNotAllowed, "Pages of this origin may not connect. Add it to CORS_ORIGIN.")
}

// own is the origin the request was made to.
func own(c *fiber.Ctx) string {
	scheme := "http://"
	if c.Context().IsTLS() || telemetry.RequestOf(c.UserContext()).Secure {
		scheme = "https://"
	}
	return scheme + strings.ToLower(string(c.Request().Header.Host()))
}

// share lets a page of an allowed origin read polling answers, and says whether
// the request was a preflight. No cookie counts here, so none is asked for.
func (o origins) share(c *fiber.Ctx) (preflight bool) {
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return c.Method() == fiber.MethodOptions
	}
	if o.any {
		origin = "*"
	}
	c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	c.Vary(fiber.HeaderOrigin)
	if c.Method() != fiber.MethodOptions {
		return false
	}
	c.Set(fiber.HeaderAccessControlAllowMethods, "GET, POST")
	c.Set(fiber.HeaderAccessControlAllowHeaders, "Authorization, Content-Type, X-API-Key, X-Instance-Id, X-User-Id")
	c.Set(fiber.HeaderAccessControlMaxAge, "600")
	return true
}

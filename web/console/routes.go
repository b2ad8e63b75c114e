package console

import (
	"errors"

	"github.com/gofiber/fiber/v2"
)

// Routes adds the pages, all under /console. An error names those without a permission, which must not be served.
func (c *Console) Routes(r fiber.Router) error {
	r.Get("/console/assets/:build/*", c.asset)

	open := r.Group("/console", c.headers, c.session, c.forms)
	open.Get("/setup", c.setupPage)
	open.Post("/setup", c.setUp)
	open.Get("/login", c.loginPage)
	open.Post("/login", c.login)
	open.Get("/login/code", c.codePage)
	open.Post("/login/code", c.giveCode)
	open.Post("/login/passkey", c.passkeySignIn)
	open.Post("/login/passkey/begin", c.beginPasskeySignIn)
	open.Post("/login/oidc/:provider", c.beginProvider)
	open.Get("/login/oidc/:provider/callback", unreferred, c.fromProvider)
	c.linkRoutes(open)
	open.Post("/theme", c.setTheme)
	open.Post("/shortcuts", c.setShortcuts)
	if c.opt.Dev {
		open.Get("/gallery", c.gallery)
		open.Get("/gallery/:page", c.galleryPage)
		open.Get("/gallery/:page/stream", c.galleryStream)
	}

	in := guarded{open.Group("", c.signedIn), c, ""}
	in.Get("", c.home)
	in.Get("/", c.home)
	in.Post("/logout", c.logout)
	in.Get("/palette", c.palette)
	in.Get("/palette/tenants", c.switchTo)
	c.accountRoutes(in)
	c.setupRoutes(in)
	c.systemRoutes(in)
	c.tenantsRoutes(in)

	in.Get("/t/:tenant", c.ofTenant, c.overview)
	in.Get("/t/:tenant/stream", c.ofTenant, c.overviewStream)
	in.Get("/t/:tenant/activity", c.ofTenant, c.activity)
	in.Get("/t/:tenant/activity/stream", c.ofTenant, c.activityStream)
	c.deviceRoutes(in)
	c.assistantRoutes(in)
	c.rulesRoutes(in)
	c.conflictRoutes(in) // after the pages beside the queue: what else follows /conflicts/ is an id
	c.apiKeyRoutes(in)
	c.userRoutes(in)
	c.roleRoutes(in)
	c.storageRoutes(in)
	return errors.Join(c.faults...)
}

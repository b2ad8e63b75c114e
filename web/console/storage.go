package console

import "github.com/gofiber/fiber/v2"

// storageRoutes adds the pages of a tenant's items, and of what is done to many of them.
func (c *Console) storageRoutes(in fiber.Router) {
	at := "/t/:tenant/storage"
	in.Get(at, c.ofTenant, c.storage)
	in.Get(at+"/export", c.ofTenant, c.exportItems)
	in.Get(at+"/import", c.ofTenant, c.importForm)
	in.Post(at+"/import", c.ofTenant, c.newImport)
	in.Get(at+"/bulk", c.ofTenant, c.toStorage)
	in.Get(at+"/bulk/start", c.ofTenant, c.toStorage)
	in.Post(at+"/bulk", c.ofTenant, c.previewBulk)
	in.Post(at+"/bulk/start", c.ofTenant, c.startBulk)
	in.Get(at+"/clear", c.ofTenant, c.askClear)
	in.Post(at+"/clear", c.ofTenant, c.recently("Remove everything of the user"), c.clearUser)
	in.Get(at+"/jobs", c.ofTenant, c.jobs)
	in.Get(at+"/jobs/:job", c.ofTenant, c.job)
	in.Post(at+"/jobs/:job/part", c.ofTenant, c.importPart)
	in.Post(at+"/jobs/:job/check", c.ofTenant, c.checkImport)
	in.Post(at+"/jobs/:job/start", c.ofTenant, c.startImport)
	in.Post(at+"/jobs/:job/cancel", c.ofTenant, c.cancelJob)
	in.Post(at+"/jobs/:job/undo", c.ofTenant, c.undoJob)
	c.itemRoutes(in)
}

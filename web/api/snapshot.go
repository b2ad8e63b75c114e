package api

import (
	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// Snapshot answers a page of the current state as far as the caller may read it, high priority first.
func (a *API) Snapshot(c *fiber.Ctx, who models.Caller) error {
	var q engine.SnapshotQuery
	var err error
	if q.Page, err = token(c, "page"); err != nil {
		return err
	}
	if q.Limit, err = limit(c); err != nil {
		return err
	}
	page, err := a.opt.Engine.Snapshot(c.UserContext(), who, q)
	if err != nil {
		return err
	}
	return send(c, protocol.AppendItemPage(body(c), page.Items, page.NextPage, page.Cursor))
}

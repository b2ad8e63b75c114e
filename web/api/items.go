package api

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// ListItems answers a page of items the caller may read, in byte order of keys.
func (a *API) ListItems(c *fiber.Ctx, who models.Caller) error {
	page, err := a.list(c, who, false)
	if err != nil {
		return err
	}
	return send(c, protocol.AppendItemPage(body(c), page.Items, page.NextPage, page.Cursor))
}

// ListKeys answers a page of keys of items the caller may read, in byte order.
func (a *API) ListKeys(c *fiber.Ctx, who models.Caller) error {
	page, err := a.list(c, who, true)
	if err != nil {
		return err
	}
	return send(c, protocol.AppendKeyPage(body(c), page.Items, page.NextPage, page.Cursor))
}

func (a *API) list(c *fiber.Ctx, who models.Caller, keysOnly bool) (engine.ItemPage, error) {
	q, err := listQuery(c)
	if err != nil {
		return engine.ItemPage{}, err
	}
	q.KeysOnly = keysOnly
	return a.opt.Engine.List(c.UserContext(), who, q)
}

func listQuery(c *fiber.Ctx) (q engine.ListQuery, err error) {
	q = engine.ListQuery{Collection: models.Storage, Prefix: text(c, "prefix"), Tag: text(c, "tag")}
	if err = protocol.CheckPrefix(q.Prefix); err != nil {
		return q, err
	}
	if q.Tag != "" {
		if err = protocol.CheckTag(q.Tag); err != nil {
			return q, err
		}
	}
	if q.Limit, err = limit(c); err != nil {
		return q, err
	}
	if q.Page, err = token(c, "page"); err != nil {
		return q, err
	}
	q.IncludeDeleted, err = flag(c, "includeDeleted")
	return q, err
}

// Clear removes the caller's items as they stand now: 200 with the count, or 202 with the job that goes on.
func (a *API) Clear(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	opID, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	done, err := a.opt.Engine.Clear(c.UserContext(), who, opID)
	if err != nil {
		return err
	}
	b := strconv.AppendInt(append(body(c), `{"removed":`...), done.Removed, 10)
	b = strconv.AppendInt(append(b, `,"total":`...), done.Total, 10)
	if done.JobID != "" {
		c.Status(fiber.StatusAccepted)
		b = protocol.AppendString(append(b, `,"jobId":`...), done.JobID)
	}
	return send(c, append(b, '}'))
}
